internal import Catalog
internal import Files
internal import Metrics
internal import Units

extension Assembly {
  /// The draws that `config` gives, else those of the catalogue.
  ///
  /// The thermal design power is what a GPU may draw for long; memory-bound work draws less.
  static func power(
    _ config: PowerConfig?, _ gpu: GPU, _ resolved: inout ResolvedConfig
  ) throws(ConfigError) -> PowerDraw? {
    guard let config else { return nil }
    func draw(
      _ given: Located<Watts>?, _ known: Watts, _ key: String, _ what: String
    ) throws(ConfigError) -> Watts {
      if let given { return given.value }
      guard known.value > 0 else {
        throw ConfigError(
          config.place, key: "cluster.power",
          "has no \(key), and the catalogue knows no \(what) of \(gpu.name); write \(key): … W"
        ).misfit
      }
      return known
    }
    let idle = try draw(config.idle, gpu.idle, "idle", "idle draw")
    let busy = try draw(config.busy, gpu.tdp, "busy", "design power")
    guard idle <= busy else {
      throw ConfigError(
        config.place, key: "cluster.power", "has idle \(idle) above busy \(busy)"
      ).misfit
    }
    resolved.power = (idle.description, busy.description)
    return PowerDraw(idle: idle, busy: busy, pue: config.pue)
  }

  /// Refuses a warm-up that is known to leave nothing before the requests are.
  static func check(
    _ statistics: StatisticsConfig, against workload: WorkloadConfig
  ) throws(ConfigError) {
    switch workload {
    case .generate(let generate):
      switch generate.extent.value {
      case .requests(let count): try check(statistics, requests: count)
      case .sessions, .tree: break
      case .duration(let time):
        guard let warmup = statistics.warmup, warmup.value >= time else { return }
        throw warmup.error(
          "\(warmup.value) leaves nothing to measure: requests arrive for \(time)"
        ).misfit
      }
    case .trace(let trace):
      if let limit = trace.limit { try check(statistics, requests: limit.value) }
    case .servegen(let servegen):
      if let limit = servegen.limit { try check(statistics, requests: limit.value) }
    }
  }

  /// Refuses a warm-up of all `requests`.
  static func check(
    _ statistics: StatisticsConfig, requests: Int
  ) throws(ConfigError) {
    guard let warmup = statistics.warmupRequests, warmup.value >= requests else { return }
    throw warmup.error(
      "\(warmup.value) leaves nothing to measure: the run has \(requests) requests"
    ).misfit
  }

  /// Marks the requests of the warm-up in `requests`.
  ///
  /// - Throws: `ConfigError` when that are all; of a closed loop, which has yet to release its
  ///   requests, `checkMeasured` knows after the run.
  func cutWarmup(of requests: inout RequestTable) throws(ConfigError) {
    if let count = config.statistics.warmupRequests {
      requests.warmup = .requests(count.value)
    } else if let time = config.statistics.warmup {
      requests.warmup = .time(Int64((time.value.value * 1e12).rounded(.toNearestOrEven)))
    }
    try checkMeasured(requests)
  }

  /// Refuses results of which nothing is measured.
  func checkMeasured(_ requests: RequestTable) throws(ConfigError) {
    guard requests.count > 0, requests.warmupRequests == requests.count else { return }
    try Self.check(config.statistics, requests: requests.count)
    guard let warmup = config.statistics.warmup, let last = requests.arrival.last else { return }
    let span = Double(last - requests.arrival[0]) * 1e-12
    throw warmup.error(
      "\(warmup.value) leaves nothing to measure: the last request arrives "
        + "\(span.fixed(3)) s after the first"
    ).misfit
  }
}
