public import Files
internal import Kernel
public import Metrics
internal import Units
public import Workload

/// The requests of a run and where they came from.
public struct LoadedWorkload: Sendable {
  /// The requests.
  public var requests: RequestTable
  /// What reading a trace found; nil for generated requests.
  public var report: TraceReport?
}

extension ExperimentConfig {
  /// Whether a run looks at the blocks of prompts.
  package var keepsBlocks: Bool { engine.prefixCache.enabled.value }
}

extension Assembly {
  /// Reads or draws the requests.
  ///
  /// - Throws: `ConfigError` when the trace cannot be read or the distributions cannot be drawn.
  public func workload() throws(ConfigError) -> LoadedWorkload { try workload(sharing: nil) }

  /// The workload as a file of requests: with all that a trace says of blocks, though the run may
  /// not look at them.
  ///
  /// - Throws: `ConfigError` also when arrivals are not known before a run; it names the key that
  ///   makes a closed loop of the workload.
  public func recordedWorkload() throws(ConfigError) -> LoadedWorkload {
    try checkOpenLoop()
    let loaded = try load(keepsBlocks: true, sharing: nil)
    guard case .trace(let trace) = config.workload else { return loaded }
    let requests = loaded.requests
    guard !requests.closesSessions, !requests.arrival.contains(.never) else {
      throw trace.path.error(
        "has turns that are recorded by their delays alone, so their arrival times depend on the "
          + "system; martlet trace convert keeps the delays, run has arrival_s in requests.csv, "
          + "and sessions: open lets turns arrive as if answers took no time")
    }
    return loaded
  }

  /// As `workload`, with a trace that other runs read too out of `traces`.
  package func workload(sharing traces: TraceLibrary?) throws(ConfigError) -> LoadedWorkload {
    let loaded = try load(keepsBlocks: config.keepsBlocks, sharing: traces)
    guard prefixCache != nil, let chains = loaded.requests.chains else { return loaded }
    let (size, traceSize) = (config.engine.blockSize.value, Int(chains.tokensPerBlock))
    guard size % traceSize == 0 || traceSize % size == 0 else {
      throw config.engine.blockSize.error(
        "\(size) and the \(traceSize) tokens of the trace's blocks do not divide each other, so "
          + "the prefix cache cannot name blocks"
      ).misfit
    }
    return loaded
  }

  private func load(
    keepsBlocks: Bool, sharing traces: TraceLibrary?
  ) throws(ConfigError) -> LoadedWorkload {
    switch config.workload {
    case .trace(let trace):
      var workload = try Self.read(
        trace, keepsBlocks: keepsBlocks, seed: config.seed, sharing: traces)
      if trace.concurrency != nil, workload.requests.turns != nil {
        workload.report?.warnings.append(
          "\(trace.path.value): its sessions are ignored: workload.concurrency releases requests "
            + "in the order of the file")
      }
      try rule(trace, &workload.requests)
      return workload
    case .servegen(let servegen): return try Self.draw(servegen, seed: config.seed)
    case .generate(let generate):
      let generator = try Self.generator(generate)
      do {
        let requests = try generator(config.seed)
        guard requests.count > 0 else {
          throw generate.extent.error("ends before the first request arrives")
        }
        return LoadedWorkload(requests: requests, report: nil)
      } catch let error as ConfigError {
        throw error
      } catch {
        throw ConfigError(generate.extent.place, "\(error)")
      }
    }
  }

  /// Checks that the trace can be opened and begins with a usable row, or that the distributions
  /// can be drawn from.
  ///
  /// - Throws: `ConfigError` as `workload` does.
  public func checkWorkload() throws(ConfigError) { try Self.checkWorkload(config.workload) }

  /// As `checkWorkload`, without the rest of the experiment.
  package static func checkWorkload(_ workload: WorkloadConfig) throws(ConfigError) {
    switch workload {
    case .generate(let generate): _ = try generator(generate)
    case .servegen(let servegen):
      let (data, span) = try data(of: servegen)
      do {
        _ = try data.expected(in: span)
      } catch {
        throw ConfigError(nil, error.description)
      }
    case .trace(var trace):
      trace.limit = Located(1, key: "workload.limit", at: trace.path.place)
      trace.rate = nil
      _ = try read(trace, keepsBlocks: false, seed: 1, sharing: nil)
    }
  }

  /// Checks, before anything is read, that no key makes the workload a closed loop.
  private func checkOpenLoop() throws(ConfigError) {
    let fault =
      "makes a closed loop, whose arrival times depend on the system; run it and take "
      + "arrival_s of requests.csv"
    switch config.workload {
    case .generate(let generate):
      if case .closed = generate.arrivals.value { throw generate.arrivals.error(fault) }
      guard let sessions = generate.sessions, generate.sessionMode?.value != .open else { return }
      throw ConfigError(
        sessions.place, key: "workload.generate.sessions",
        "are closed, and their arrival times depend on the system; write workload.sessions: open")
    case .trace(let trace):
      if let concurrency = trace.concurrency { throw concurrency.error(fault) }
      if let sessions = trace.sessions, sessions.value == .closed { throw sessions.error(fault) }
    case .servegen: break
    }
  }

  private static func read(
    _ config: TraceConfig, keepsBlocks: Bool, seed: UInt64, sharing traces: TraceLibrary?
  ) throws(ConfigError) -> LoadedWorkload {
    let reading = TraceReading(config, keepsBlocks: keepsBlocks, seed: seed)
    let path = config.path.value
    var trace: Trace
    if let traces {
      let key = TraceLibrary.Key(config, keepsBlocks: keepsBlocks)
      trace = try traces.trace(key) { () throws(ConfigError) in try reading.read(path) }
    } else {
      trace = try reading.read(path)
    }
    var options = reading.options
    options.rate = config.rate?.value
    do {
      try trace.applyRate(of: options, path: path)
    } catch {
      throw ConfigError(nil, error.description)
    }
    return LoadedWorkload(requests: trace.requests, report: trace.report)
  }

  private static func draw(
    _ config: ServeGenConfig, seed: UInt64
  ) throws(ConfigError) -> LoadedWorkload {
    let (data, span) = try data(of: config)
    do {
      var drawn = try data.generate(span, seed: seed)
      if let limit = config.limit { drawn.requests.truncate(to: limit.value) }
      return LoadedWorkload(requests: drawn.requests, report: drawn.report)
    } catch {
      throw ConfigError(nil, error.description)
    }
  }

  private static func data(
    of config: ServeGenConfig
  ) throws(ConfigError) -> (ServeGen, ServeGen.Span) {
    let span = ServeGen.Span(
      start: config.start.value.value, duration: config.duration.value.value,
      clients: config.clients?.value, rate: config.rate?.value)
    do {
      let data = try ServeGen(
        at: config.data.value, category: config.category?.value, model: config.model?.value)
      return (data, span)
    } catch {
      throw ConfigError(nil, error.description)
    }
  }

  /// Draws the requests of a seed, once `config` is known to be possible.
  private static func generator(
    _ config: GenerateConfig
  ) throws(ConfigError) -> (UInt64) throws(TraceError) -> RequestTable {
    let process = config.arrivals.value.process
    let most = 200_000_000.0
    let expected =
      switch config.extent.value {
      case .requests(let count), .sessions(let count): Double(count)
      case .duration(let duration): duration.value * process.rate
      }
    if expected > most {
      throw config.extent.error("means over 200 million requests, more than memory holds")
    }
    if let sessions = config.sessions {
      let generator = try sessionGenerator(config, sessions)
      if let fault = generator.fault { throw ConfigError(config.extent.place, fault) }
      return { seed throws(TraceError) in try generator.generate(seed: seed) }
    }
    var generator = Generator(
      arrivals: process, inputTokens: try distribution(config.inputTokens),
      outputTokens: try distribution(config.outputTokens))
    switch config.extent.value {
    case .requests(let count): generator.requests = count
    case .duration(let duration): generator.duration = duration
    case .sessions: break
    }
    generator.maxTotalTokens = config.maxTotalTokens?.value
    if let fault = generator.fault { throw ConfigError(config.extent.place, fault) }
    return { [generator] seed throws(TraceError) in try generator.generate(seed: seed) }
  }

  static func distribution(
    _ config: Located<DistributionConfig>
  ) throws(ConfigError) -> Distribution {
    do {
      var values: [Double] = []
      if case .empirical(let file, let column) = config.value.shape {
        values = try csvColumn(named: column, inFile: file)
      }
      return try config.value.distribution(values: values)
    } catch {
      throw config.error("\(error)")
    }
  }

  /// The rate that was asked for and its burstiness, as `vllm bench serve` names them, of the
  /// `requests` of this workload.
  package func offered(by requests: RequestTable) -> (rate: Double?, burstiness: Double?) {
    guard case .generate(let generate) = config.workload else {
      // Of closed sessions only the first turns arrive at the rate asked for.
      if case .trace(let trace) = config.workload, !requests.closesSessions {
        return (trace.rate?.value, nil)
      }
      if case .servegen(let servegen) = config.workload { return (servegen.rate?.value, nil) }
      return (nil, nil)
    }
    // Of sessions only the first turns arrive at the rate asked for.
    if generate.sessions != nil { return (nil, nil) }
    switch generate.arrivals.value {
    case .poisson(let rate): return (rate, 1)
    case .gamma(let rate, let cv): return (rate, 1 / (cv * cv))
    case .fixed(let rate): return (rate, nil)
    case .burst: return (.infinity, nil)
    case .closed: return (nil, nil)
    case .mmpp, .diurnal: return (generate.arrivals.value.meanRate, nil)
    }
  }
}
