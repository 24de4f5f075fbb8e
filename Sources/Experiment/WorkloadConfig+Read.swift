package import Files
public import Kernel
internal import Units

extension WorkloadConfig {
  /// Reads the block `workload`: a trace, or what to generate.
  package init(_ node: ConfigNode, at place: Place) throws(ConfigError) {
    let replay = ["format", "limit", "speedup", "rate", "concurrency"]
    self = try MappingReader.read(
      node, path: "workload", at: place, keys: ["trace"] + replay + ["generate", "servegen"]
    ) { (r) throws(ConfigError) in
      if let servegen = r.optional("servegen") {
        for key in ["trace", "generate", "format", "speedup", "concurrency"] {
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
        let instead = key == "concurrency" ? "; write workload.generate.arrivals.\(key)" : ""
        throw field.error("belongs to a trace, not to generate\(instead)")
      }
      var config = try GenerateConfig(generate.node, at: place)
      if let rate = try r.number("rate", in: .positive) { try config.setRate(to: rate) }
      return .generate(config)
    }
  }
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
      concurrency: try r.whole("concurrency", in: 1...Int(Int32.max)))
    guard let concurrency else { return }
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
    }
  }

  fileprivate init(_ node: ConfigNode, at place: Place) throws(ConfigError) {
    self = try MappingReader.read(
      node, path: "workload.generate", at: place,
      keys: [
        "requests", "duration", "arrivals", "input_tokens", "output_tokens", "max_total_tokens",
      ]
    ) { (r) throws(ConfigError) in
      let extent = try Self.extent(&r)
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
      let hint = "{distribution: fixed, value: 512}"
      let input = try r.required("input_tokens", "input_tokens: \(hint)")
      let output = try r.required("output_tokens", "output_tokens: \(hint)")
      return GenerateConfig(
        extent: extent, arrivals: process,
        inputTokens: input.located(try DistributionConfig(input)),
        outputTokens: output.located(try DistributionConfig(output)),
        maxTotalTokens: try r.whole("max_total_tokens", in: 2...Int(Int32.max)))
    }
  }

  private static func extent(_ r: inout MappingReader) throws(ConfigError) -> Located<Extent> {
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
    ("closed", ["concurrency"]),
  ]
  private static let later = ["mmpp", "diurnal"]

  fileprivate init(_ field: Field) throws(ConfigError) {
    let name = try field.choice("process", of: Self.processes.map(\.name), later: Self.later)
    let keys = Self.processes.first { $0.name == name.value }?.keys ?? []
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
      default: return .burst
      }
    }
  }
}

extension DistributionConfig {
  /// The keys of every family, besides `distribution` and the bounds.
  package static let parameters: [String: [String]] = [
    "fixed": ["value"], "uniform": [], "exponential": ["mean"], "gamma": ["mean", "cv"],
    "lognormal": ["mean", "cv"], "pareto": ["mean", "shape"], "zipf": ["exponent"],
    "empirical": ["file", "column"],
  ]

  fileprivate init(_ field: Field) throws(ConfigError) {
    let name = try field.choice("distribution", of: Distribution.names)
    let keys = Self.parameters[name.value] ?? []
    self = try MappingReader.read(
      field.node, path: field.key, at: field.place, keys: ["distribution"] + keys + ["min", "max"]
    ) { (r) throws(ConfigError) in
      _ = r.optional("distribution")
      let shape = try Self.shape(name.value, &r)
      var config = DistributionConfig(shape: shape, min: nil, max: nil)
      switch shape {
      case .family(.uniform): return config
      case .family(.zipf):
        config.min = try r.number("min", in: .notNegative)?.value
        return config
      default:
        config.min = try r.number("min", in: .notNegative)?.value
        config.max = try r.number("max", in: .notNegative)?.value
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
    _ name: String, _ r: inout MappingReader
  ) throws(ConfigError) -> Shape {
    switch name {
    case "fixed": return .family(.fixed(value: try r.parameter("value", in: .positive)))
    case "uniform":
      let low = try r.parameter("min", in: .notNegative)
      return .family(.uniform(min: low, max: try r.parameter("max", in: .positive)))
    case "exponential":
      return .family(.exponential(mean: try r.parameter("mean", in: .positive)))
    case "gamma", "lognormal":
      let mean = try r.parameter("mean", in: .positive)
      let cv = try r.parameter("cv", in: .positive)
      return .family(name == "gamma" ? .gamma(mean: mean, cv: cv) : .lognormal(mean: mean, cv: cv))
    case "pareto":
      let mean = try r.parameter("mean", in: .positive)
      return .family(.pareto(mean: mean, shape: try r.parameter("shape", in: .positive)))
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
  fileprivate mutating func parameter(
    _ key: String, in range: NumberRange
  ) throws(ConfigError) -> Double {
    try required(key, "a number \(range.words)").number(in: range)
  }
}

extension Field {
  /// The name at `key` of this mapping, one of `known`; those of `later` are not offered yet.
  fileprivate func choice(
    _ key: String, of known: [String], later: [String] = []
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
    if later.contains(name.value) {
      throw name.error("\(name.value) is not offered yet; write one of \(list)")
    }
    guard known.contains(name.value) else {
      throw .unknown(key, name.value, known: known, at: name.place)
    }
    return name
  }
}
