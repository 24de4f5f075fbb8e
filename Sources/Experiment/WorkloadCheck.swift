package import Files
internal import Units
internal import Workload

/// Checks the workloads of many experiments as their runs do, without keeping requests: what
/// several read is read once, whatever pace they replay it at.
package struct WorkloadCheck {
  fileprivate struct Known {
    let format: String
    let outline: TraceOutline
    /// What the times were divided by.
    let speedup: Double
    let hasTimes: Bool
  }
  private var traces: [TraceLibrary.Key: Known] = [:]  // only looked up
  private var clients: [TraceLibrary.ClientsKey: ServeGen] = [:]  // only looked up

  /// Nothing checked yet.
  package init() {}

  /// Checks that the workload of `config` can be had: traces are read to their end, distributions
  /// and clients not drawn from.
  ///
  /// - Throws: `ConfigError` as the run would; faults that only its combination with the engine
  ///   has are left to `checkFit`.
  package mutating func check(_ config: ExperimentConfig) throws(ConfigError) {
    switch config.workload {
    case .generate(let generate): _ = try Assembly.generator(generate)
    case .servegen(let servegen): try check(servegen)
    case .trace(let trace):
      let known = try known(trace, config)
      try TraceReading(trace, keepsBlocks: false, seed: 1).check(known.format)
      _ = try trace.turnMode(of: known.outline)
      if let thinkTime = trace.thinkTime { _ = try Assembly.delay(thinkTime.value) }
      guard known.isDoubtful(trace) else { return }
      _ = try Assembly.read(trace, keepsBlocks: false, seed: config.seed, sharing: nil)
    }
  }

  /// Checks that a trace which `check` has read fits the rest of `config`.
  ///
  /// - Throws: `ConfigError`, a misfit.
  package func checkFit(_ config: ExperimentConfig) throws(ConfigError) {
    guard case .trace(let trace) = config.workload, let known = traces[Self.key(trace, config)]
    else { return }
    try config.checkBlocks(of: known.outline)
    try Assembly.check(config.statistics, requests: known.outline.count)
    guard let warmup = config.statistics.warmup, trace.concurrency == nil,
      try trace.turnMode(of: known.outline) != .closed,
      warmup.value.value > 0.99 * known.span(trace)
    else { return }
    try Assembly(config).checkWorkload()
  }

  private mutating func check(_ servegen: ServeGenConfig) throws(ConfigError) {
    let key = TraceLibrary.ClientsKey(servegen)
    let data: ServeGen
    if let known = clients[key] {
      data = known
    } else {
      data = try Assembly.clients(of: servegen)
      clients[key] = data
    }
    do {
      _ = try data.expected(in: servegen.span)
    } catch {
      throw ConfigError(nil, error.description)
    }
  }

  private mutating func known(
    _ trace: TraceConfig, _ config: ExperimentConfig
  ) throws(ConfigError) -> Known {
    let key = Self.key(trace, config)
    if let known = traces[key] { return known }
    let reading = TraceReading(trace, keepsBlocks: config.keepsBlocks, seed: config.seed)
    let read = try reading.read(trace.path.value)
    let known = Known(
      format: read.report.format, outline: TraceOutline(read.requests),
      speedup: trace.speedup.value, hasTimes: read.report.hasTimes)
    traces[key] = known
    return known
  }

  /// The reading, without what changes times alone.
  private static func key(
    _ trace: TraceConfig, _ config: ExperimentConfig
  ) -> TraceLibrary.Key {
    var key = TraceLibrary.Key(trace, keepsBlocks: config.keepsBlocks)
    key.speedup = 1
    key.concurrency = key.concurrency.map { _ in 1 }
    return key
  }
}

extension WorkloadCheck.Known {
  /// About the time in which requests arrive at the pace of `trace`, in seconds.
  fileprivate func span(_ trace: TraceConfig) -> Double {
    if let rate = trace.rate?.value { return Double(outline.count - 1) / rate }
    guard let recorded = outline.meanRate else { return 0 }
    return Double(outline.count - 1) / recorded * speedup / trace.speedup.value
  }

  /// Whether requests may arrive beyond the longest run at the pace of `trace`, or have no mean
  /// rate to be rescaled from; only a reading tells for sure.
  fileprivate func isDoubtful(_ trace: TraceConfig) -> Bool {
    let longest = 9e6  // the clock ends after 9.2e6 s
    guard let rate = trace.rate?.value else {
      return outline.end * speedup / trace.speedup.value > longest
    }
    guard hasTimes else { return Double(outline.count) / rate > longest }
    guard let recorded = outline.meanRate else { return true }
    return outline.end * recorded / rate > longest
  }
}
