internal import Cluster
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
  package var keepsBlocks: Bool {
    if engine.prefixCache.enabled.value { return true }
    let pools = cluster.pools
    if pools.contains(where: { $0.config.engine.prefixCache.enabled.value }) { return true }
    return routers.contains { $0.name == router.policy.name.value && $0.readsPrompts }
  }
}

extension Assembly {
  /// Reads or draws the requests.
  ///
  /// - Throws: `ConfigError` when the trace cannot be read or does not fit the experiment, or the
  ///   distributions cannot be drawn.
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
    try config.checkBlocks(of: TraceOutline(loaded.requests))
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
    case .servegen(let servegen): return try Self.draw(servegen, seed: config.seed, sharing: traces)
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

  /// Checks that the workload can be had and measured: a trace is read to its end, distributions
  /// and clients are not drawn from.
  ///
  /// - Throws: `ConfigError` as a run does.
  public func checkWorkload() throws(ConfigError) { try checkWorkload(sharing: nil) }

  /// As `checkWorkload`, with what other runs read too out of `traces`.
  package func checkWorkload(sharing traces: TraceLibrary?) throws(ConfigError) {
    guard case .trace = config.workload else {
      var check = WorkloadCheck()
      return try check.check(config)
    }
    var requests = try workload(sharing: traces).requests
    try cutWarmup(of: &requests)
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

  static func read(
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
    if let most = config.maxInputTokens?.value {
      let cut = trace.requests.cutPrompts(at: Int32(most))
      if cut > 0 {
        trace.report.warnings.append(
          "\(path): \(cut) of \(trace.requests.count) prompts are cut off at \(most) tokens "
            + "(workload.max_input_tokens)")
      }
    }
    return LoadedWorkload(requests: trace.requests, report: trace.report)
  }

  private static func draw(
    _ config: ServeGenConfig, seed: UInt64, sharing traces: TraceLibrary?
  ) throws(ConfigError) -> LoadedWorkload {
    let data: ServeGen
    if let traces {
      data = try traces.clients(TraceLibrary.ClientsKey(config)) { () throws(ConfigError) in
        try clients(of: config)
      }
    } else {
      data = try clients(of: config)
    }
    do {
      var drawn = try data.generate(config.span, seed: seed)
      if let limit = config.limit { drawn.requests.truncate(to: limit.value) }
      return LoadedWorkload(requests: drawn.requests, report: drawn.report)
    } catch {
      throw ConfigError(nil, error.description)
    }
  }

  /// Reads the clients of `config`.
  static func clients(of config: ServeGenConfig) throws(ConfigError) -> ServeGen {
    do {
      return try ServeGen(
        at: config.data.value, category: config.category?.value, model: config.model?.value)
    } catch {
      throw ConfigError(nil, error.description)
    }
  }

  /// Draws the requests of a seed, once `config` is known to be possible.
  static func generator(
    _ config: GenerateConfig
  ) throws(ConfigError) -> (UInt64) throws(TraceError) -> RequestTable {
    let process = config.arrivals.value.process
    let starts: Double =
      switch config.extent.value {
      case .requests(let count), .sessions(let count): Double(count)
      case .duration(let duration): duration.value * process.rate
      case .tree: 0
      }
    try checkRoom(starts, config)
    if let sessions = config.sessions {
      let generator = try sessionGenerator(config, sessions)
      switch config.extent.value {
      case .requests, .tree: break
      case .sessions, .duration: try checkRoom(starts, turns: generator.meanTurns, config)
      }
      if let fault = generator.fault { throw ConfigError(config.extent.place, fault) }
      return { seed throws(TraceError) in try generator.generate(seed: seed) }
    }
    var generator = Generator(
      arrivals: process, inputTokens: try distribution(config.inputTokens),
      outputTokens: try distribution(config.outputTokens))
    switch config.extent.value {
    case .requests(let count): generator.requests = count
    case .duration(let duration): generator.duration = duration
    case .sessions, .tree: break
    }
    if let tree = config.prefixTree { generator.prefixes = try prefixTree(tree) }
    generator.maxTotalTokens = config.maxTotalTokens?.value
    if let fault = generator.fault { throw ConfigError(config.extent.place, fault) }
    return { [generator] seed throws(TraceError) in try generator.generate(seed: seed) }
  }

  private static func checkRoom(
    _ starts: Double, turns: Double = 1, _ config: GenerateConfig
  ) throws(ConfigError) {
    guard starts * turns > 200_000_000 else { return }
    let each = turns > 1 ? "with \(turns.fixed(1)) turns each " : ""
    throw config.extent.error("\(each)means over 200 million requests, more than memory holds")
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

extension ServeGenConfig {
  /// What is to be drawn of the data.
  var span: ServeGen.Span {
    ServeGen.Span(
      start: start.value.value, duration: duration.value.value, clients: clients?.value,
      rate: rate?.value)
  }
}
