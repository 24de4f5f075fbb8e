package import Files
public import Kernel
internal import Units
internal import Workload

extension WorkloadConfig {
  /// Reads the block `workload`: a trace, or what to generate.
  package init(_ node: ConfigNode, at place: Place) throws(ConfigError) {
    let replay = [
      "format", "block_tokens", "limit", "speedup", "rate", "concurrency", "think_time",
      "session_gap", "characters_per_token", "max_input_tokens",
    ]
    self = try MappingReader.read(
      node, path: "workload", at: place,
      keys: ["trace"] + replay + ["sessions", "generate", "servegen"]
    ) { (r) throws(ConfigError) in
      if let servegen = r.optional("servegen") {
        let own = ["limit", "rate"]
        for key in ["trace", "generate", "sessions"] + replay where !own.contains(key) {
          guard let field = r.optional(key) else { continue }
          throw field.error("stands beside servegen (\(servegen.place)); keep one of them")
        }
        var config = try ServeGenConfig(servegen.node, at: servegen.place)
        config.limit = try r.whole("limit", in: 1...Int(Int32.max))
        config.rate = try r.number("rate", in: .positive)
        return .servegen(config)
      }
      guard let generate = r.optional("generate") else { return .trace(try TraceConfig(&r)) }
      if let trace = r.optional("trace") {
        throw trace.error("stands beside generate (\(generate.place)); keep one of them")
      }
      for key in replay where key != "rate" {
        guard let field = r.optional(key) else { continue }
        let instead = ["concurrency": "arrivals", "think_time": "sessions"][key].map {
          "; write workload.generate.\($0).\(key)"
        }
        throw field.error("belongs to a trace, not to generate\(instead ?? "")")
      }
      var config = try GenerateConfig(generate.node, at: place)
      config.sessionMode = try sessionMode(&r)
      if let mode = config.sessionMode, config.sessions == nil {
        throw mode.error("has no sessions to rule; write workload.generate.sessions")
      }
      if let rate = try r.number("rate", in: .positive) { try config.setRate(to: rate) }
      return .generate(config)
    }
  }
}

/// Reads `workload.sessions`.
private func sessionMode(
  _ r: inout MappingReader
) throws(ConfigError) -> Located<SessionMode>? {
  guard let field = r.optional("sessions") else { return nil }
  return field.located(try SessionMode(field))
}

extension TraceConfig {
  fileprivate init(_ r: inout MappingReader) throws(ConfigError) {
    let trace = try r.required("trace", "trace: FILE, or generate: …")
    self.init(
      path: trace.located(Paths.resolve(try trace.text(), at: trace.place)),
      format: try r.text("format", default: "auto"),
      limit: try r.whole("limit", in: 1...Int(Int32.max)),
      speedup: try r.number("speedup", default: 1, in: .positive),
      rate: try r.number("rate", in: .positive),
      concurrency: try r.whole("concurrency", in: 1...Int(Int32.max)),
      blockTokens: try r.whole("block_tokens", in: 1...(1 << 20)),
      sessions: try sessionMode(&r),
      thinkTime: try r.optional("think_time").map { (field) throws(ConfigError) in
        field.located(try DelayConfig(field))
      },
      charactersPerToken: try r.number("characters_per_token", in: .positive),
      maxInputTokens: try r.whole("max_input_tokens", in: 1...Int(Int32.max)))
    if let thinkTime, let sessions, sessions.value == .open {
      throw thinkTime.error("means nothing to open sessions (\(sessions.place))")
    }
    if let gap = r.optional("session_gap") {
      let time: Seconds = try gap.quantity(in: .notNegative)
      sessionGap = gap.located(time)
    }
    guard let concurrency else { return }
    if let sessions {
      throw sessions.error(
        "\(sessions.value.rawValue) stands beside concurrency (\(concurrency.place)), which "
          + "releases requests by itself; keep one of them")
    }
    if let thinkTime {
      throw thinkTime.error(
        "stands beside concurrency (\(concurrency.place)), which releases requests by itself; "
          + "keep one of them")
    }
    if let sessionGap {
      throw sessionGap.error(
        "stands beside concurrency (\(concurrency.place)), which ignores recorded times; "
          + "keep one of them")
    }
    for pace in [rate, speedup.value == 1 ? nil : speedup] {
      guard let pace else { continue }
      throw pace.error(
        "stands beside concurrency (\(concurrency.place)), which ignores recorded times; "
          + "keep one of them")
    }
  }
}

extension ServeGenConfig {
  fileprivate init(_ node: ConfigNode, at place: Place) throws(ConfigError) {
    self = try MappingReader.read(
      node, path: "workload.servegen", at: place,
      keys: ["data", "category", "model", "start", "duration", "clients"]
    ) { (r) throws(ConfigError) in
      let data = try r.required("data", "data: DIRECTORY, or a tar archive of ServeGen's data")
      let duration: Located<Seconds> = try r.quantity(
        "duration", default: Seconds(3600), in: .positive)
      guard duration.value.value <= 100 * 86_400 else { throw duration.error("is above 100 d") }
      return ServeGenConfig(
        data: data.located(Paths.resolve(try data.text(), at: data.place)),
        category: try r.optional("category").map { (f) throws(ConfigError) in
          f.located(try f.text())
        },
        model: try r.optional("model").map { (f) throws(ConfigError) in f.located(try f.text()) },
        start: try r.quantity("start", default: Seconds(0), in: .notNegative),
        duration: duration, clients: try r.whole("clients", in: 1...Int(Int32.max)))
    }
  }
}

extension GenerateConfig {
  /// Gives the arrivals the mean rate that stands at `workload.rate`, as for a trace.
  fileprivate mutating func setRate(to rate: Located<Double>) throws(ConfigError) {
    switch arrivals.value {
    case .poisson: arrivals.value = .poisson(rate: rate.value)
    case .gamma(_, let cv): arrivals.value = .gamma(rate: rate.value, cv: cv)
    case .fixed: arrivals.value = .fixed(rate: rate.value)
    case .burst:
      throw rate.error("means nothing to a burst (\(arrivals.place)), which arrives at once")
    case .closed:
      throw rate.error(
        "means nothing to a closed loop (\(arrivals.place)), whose pace the system sets; "
          + "write workload.generate.arrivals.concurrency")
    case .mmpp, .diurnal:
      guard let scaled = arrivals.value.process.scaled(to: rate.value) else { return }
      arrivals.value = Arrivals(scaled)
    }
  }

  fileprivate init(_ node: ConfigNode, at place: Place) throws(ConfigError) {
    self = try MappingReader.read(
      node, path: "workload.generate", at: place,
      keys: [
        "requests", "duration", "arrivals", "input_tokens", "output_tokens", "max_total_tokens",
        "prefix_tree", "sessions",
      ]
    ) { (r) throws(ConfigError) in
      var count: Located<Int>?
      let tree = try r.optional("prefix_tree").map { (field) throws(ConfigError) in
        try PrefixTreeConfig(field)
      }
      let sessions = try r.optional("sessions").map { (field) throws(ConfigError) in
        try SessionsConfig(field, count: &count)
      }
      try tree?.check(against: sessions)
      let extent = try Self.extent(&r, sessions: count, tree)
      let arrivals = try r.required("arrivals", "arrivals: {process: poisson, rate: 4}")
      let process = arrivals.located(try Arrivals(arrivals))
      if case .duration = extent.value {
        switch process.value {
        case .burst: throw extent.error("never ends a burst; write requests")
        case .closed:
          throw extent.error(
            "does not end a closed loop, whose pace the system sets; write requests")
        default: break
        }
      }
      if let sessions, case .closed = process.value {
        throw process.error(
          "(closed) releases requests by itself and has no sessions (\(sessions.place)); write a "
            + "process for the arrivals of sessions")
      }
      let hint = "{distribution: fixed, value: 512}"
      let config = GenerateConfig(
        extent: extent, arrivals: process,
        inputTokens: try r.lengths("input_tokens", hint),
        outputTokens: try r.lengths("output_tokens", hint),
        maxTotalTokens: try r.whole("max_total_tokens", in: 2...Int(Int32.max)),
        prefixTree: tree, sessions: sessions)
      if let limit = config.maxTotalTokens, sessions != nil {
        throw limit.error("means nothing to sessions; write workload.generate.sessions.max_context")
      }
      return config
    }
  }

  private static func extent(
    _ r: inout MappingReader, sessions: Located<Int>?, _ tree: PrefixTreeConfig?
  ) throws(ConfigError) -> Located<Extent> {
    if let tree { return try tree.extent(&r) }
    if let sessions {
      for key in ["requests", "duration"] {
        guard let other = r.optional(key) else { continue }
        throw sessions.error("stands beside \(key) (\(other.place)); keep one of them")
      }
      return Located(.sessions(sessions.value), key: sessions.key, at: sessions.place)
    }
    if let duration = r.optional("duration") {
      if r.optional("requests") != nil {
        throw duration.error("stands beside requests; keep one of them")
      }
      let time: Seconds = try duration.quantity(in: .positive)
      // The clock ends after 106 days; the last requests need some of them.
      guard time.value <= 100 * 86_400 else { throw duration.error("is above 100 d") }
      return duration.located(.duration(time))
    }
    let requests = try r.required("requests", "requests: 1000, or duration: 3600 s")
    return requests.located(.requests(try requests.whole(in: 1...Int(Int32.max))))
  }
}

extension GenerateConfig.Arrivals {
  /// Every process and its parameters.
  package static let processes: [(name: String, keys: [String])] = [
    ("poisson", ["rate"]), ("gamma", ["rate", "cv"]), ("fixed", ["rate"]), ("burst", []),
    ("closed", ["concurrency"]), ("mmpp", ["on_rate", "on_time", "off_time"]),
    ("diurnal", ["rate", "amplitude"]),
  ]
  /// Parameters that may be left out.
  package static let optional = ["mmpp": ["off_rate"], "diurnal": ["period", "phase"]]

  fileprivate init(_ field: Field) throws(ConfigError) {
    let name = try field.choice("process", of: Self.processes.map(\.name))
    let keys =
      (Self.processes.first { $0.name == name.value }?.keys ?? [])
      + (Self.optional[name.value] ?? [])
    self = try MappingReader.read(
      field.node, path: field.key, at: field.place, keys: ["process"] + keys
    ) { (r) throws(ConfigError) in
      _ = r.optional("process")
      switch name.value {
      case "poisson": return .poisson(rate: try r.parameter("rate", in: .positive))
      case "gamma":
        return .gamma(
          rate: try r.parameter("rate", in: .positive), cv: try r.parameter("cv", in: .positive))
      case "fixed": return .fixed(rate: try r.parameter("rate", in: .positive))
      case "closed":
        let concurrency = try r.required("concurrency", "a whole number above 0")
        return .closed(concurrency: try concurrency.whole(in: 1...Int(Int32.max)))
      case "mmpp":
        return .mmpp(
          onRate: try r.parameter("on_rate", in: .positive),
          offRate: try r.number("off_rate", default: 0, in: .notNegative).value,
          onTime: try r.required("on_time", "on_time: 10 s").quantity(in: .positive),
          offTime: try r.required("off_time", "off_time: 50 s").quantity(in: .positive))
      case "diurnal":
        return .diurnal(
          rate: try r.parameter("rate", in: .positive),
          amplitude: try r.parameter("amplitude", in: .fraction),
          period: try r.quantity("period", default: Seconds(86_400), in: .positive).value,
          phase: try r.quantity("phase", default: Seconds(0), in: .notNegative).value)
      default: return .burst
      }
    }
  }
}

extension DistributionConfig {
  /// The keys of every family, besides `distribution` and the bounds.
  package static let parameters: [String: [String]] = [
    "fixed": ["value"], "uniform": [], "exponential": ["mean"], "gamma": ["mean", "cv"],
    "lognormal": ["mean", "cv"], "pareto": ["mean", "shape"], "geometric": ["mean"],
    "zipf": ["exponent"], "empirical": ["file", "column"],
  ]

  /// Reads a distribution of counts or, with units, of times.
  init(_ field: Field, isTime: Bool = false) throws(ConfigError) {
    let counts = ["geometric", "zipf"]
    let names = Distribution.names.filter { !isTime || !counts.contains($0) }
    let name = try field.choice("distribution", of: names)
    let keys = Self.parameters[name.value] ?? []
    self = try MappingReader.read(
      field.node, path: field.key, at: field.place, keys: ["distribution"] + keys + ["min", "max"]
    ) { (r) throws(ConfigError) in
      _ = r.optional("distribution")
      let shape = try Self.shape(name.value, &r, isTime)
      var config = DistributionConfig(shape: shape, min: nil, max: nil)
      switch shape {
      case .family(.uniform): return config
      case .family(.zipf):
        config.min = try r.number("min", in: .notNegative)?.value
        return config
      default:
        config.min = try r.bound("min", isTime)
        config.max = try r.bound("max", isTime)
        return config
      }
    }
    do {
      if case .family = shape { _ = try distribution(values: []) }
    } catch {
      throw field.error("(\(name.value)): \(error)")
    }
  }

  private static func shape(
    _ name: String, _ r: inout MappingReader, _ isTime: Bool
  ) throws(ConfigError) -> Shape {
    switch name {
    case "fixed": return .family(.fixed(value: try r.amount("value", in: .positive, isTime)))
    case "uniform":
      let low = try r.amount("min", in: .notNegative, isTime)
      return .family(.uniform(min: low, max: try r.amount("max", in: .positive, isTime)))
    case "exponential":
      return .family(.exponential(mean: try r.amount("mean", in: .positive, isTime)))
    case "gamma", "lognormal":
      let mean = try r.amount("mean", in: .positive, isTime)
      let cv = try r.parameter("cv", in: .positive)
      return .family(name == "gamma" ? .gamma(mean: mean, cv: cv) : .lognormal(mean: mean, cv: cv))
    case "pareto":
      let mean = try r.amount("mean", in: .positive, isTime)
      return .family(.pareto(mean: mean, shape: try r.parameter("shape", in: .positive)))
    case "geometric": return .family(.geometric(mean: try r.parameter("mean", in: .positive)))
    case "zipf":
      let exponent = try r.parameter("exponent", in: .positive)
      // One sum per value is kept, so the support is bounded.
      let max = try r.required("max", "a whole number").whole(in: 1...10_000_000)
      return .family(.zipf(exponent: exponent, max: max))
    default:
      let file = try r.required("file", "the path of a CSV file")
      let column = try r.required("column", "the name of a column")
      return .empirical(
        file: Paths.resolve(try file.text(), at: file.place), column: try column.text())
    }
  }

  /// The distribution; an empirical one draws from `values`.
  ///
  /// - Throws: `DistributionError` for parameters that no such distribution has.
  public func distribution(values: [Double]) throws(DistributionError) -> Distribution {
    let family: Distribution.Family =
      switch shape {
      case .family(let family): family
      case .empirical: .empirical(values: values)
      }
    return try Distribution(family, min: min ?? 0, max: max ?? .infinity)
  }
}

extension MappingReader {
  /// A number that must be there.
  mutating func parameter(
    _ key: String, in range: NumberRange
  ) throws(ConfigError) -> Double {
    try required(key, "a number \(range.words)").number(in: range)
  }

  /// A number that must be there or, of a time, an amount with its unit, in seconds.
  fileprivate mutating func amount(
    _ key: String, in range: NumberRange, _ isTime: Bool
  ) throws(ConfigError) -> Double {
    guard isTime else { return try parameter(key, in: range) }
    let time: Seconds = try required(key, "a time with its unit").quantity(in: range)
    return time.value
  }

  /// A bound of a distribution, in seconds when it is a time; nil when there is none.
  fileprivate mutating func bound(
    _ key: String, _ isTime: Bool
  ) throws(ConfigError) -> Double? {
    guard let field = optional(key) else { return nil }
    guard isTime else { return try field.number(in: .notNegative) }
    let time: Seconds = try field.quantity(in: .notNegative)
    return time.value
  }
}

extension Field {
  /// The name at `key` of this mapping, one of `known`.
  fileprivate func choice(
    _ key: String, of known: [String]
  ) throws(ConfigError) -> Located<String> {
    let list = known.joined(separator: ", ")
    guard case .mapping(let entries) = node.content else {
      throw error("is \(node.found); write a mapping with \(key) (\(list))")
    }
    guard let entry = entries.first(where: { $0.key == key }) else {
      throw error("has no \(key); write one of \(list)")
    }
    let field = Field(node: entry.value, key: "\(self.key).\(key)", place: entry.place)
    let name = field.located(try field.text())
    guard known.contains(name.value) else {
      throw .unknown(key, name.value, known: known, at: name.place)
    }
    return name
  }
}
