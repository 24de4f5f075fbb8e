internal import Experiment
internal import Files
internal import Metrics

/// Reads `claims.yaml` of a paper's folder.
struct ClaimReader {
  /// The file that makes a folder one of the scorecard.
  static let file = "claims.yaml"

  private let folder: String
  private let system: String

  /// The claims of the folder at `path`.
  ///
  /// - Throws: `ConfigError` for the first fault: an unknown key, a metric that summary.json does
  ///   not have, an experiment that is not there.
  static func claims(of path: String) throws(ConfigError) -> [Claim] {
    let file = Paths.join(path, file)
    let root = try ConfigNode(yaml: try ExperimentConfig.text(of: file), file: file)
    return try MappingReader.read(
      root, path: "", at: .file(file), keys: ["version", "system", "claims"]
    ) { (r) throws(ConfigError) in
      if let version = r.optional("version") { try ExperimentConfig.check(version: version) }
      let system = try r.required("system", "system: NAME").text()
      let reader = ClaimReader(folder: Paths.last(of: path), system: system)
      let list = try r.required("claims", "a list of claims")
      guard case .sequence(let nodes) = list.node.content, !nodes.isEmpty else {
        throw list.error("is \(list.node.found); write a list of claims")
      }
      var claims: [Claim] = []
      for (i, node) in nodes.enumerated() {
        claims.append(try reader.claim(node, "claims.\(i)", at: list.place))
      }
      return claims
    }
  }

  private static let keys = [
    "claim", "metric", "baseline", "published", "source", "confidence", "experiment", "needs",
    "set", "system_set", "baselines", "key", "capacity", "as", "better", "factor", "seeds", "over",
    "informational", "known", "remark",
  ]

  private func claim(
    _ node: ConfigNode, _ path: String, at place: Place
  ) throws(ConfigError) -> Claim {
    try MappingReader.read(node, path: path, at: place, keys: Self.keys) {
      (r) throws(ConfigError) in
      let shared = try Self.settings(try r.field("set"))
      let experiment = try r.required("experiment", "the name of an experiment beside this file")
      let file = Paths.resolve(try experiment.text(), at: experiment.place)
      let baselines = try Self.baselines(try r.field("baselines"), shared)
      let kind = try Self.choice(
        try r.field("as"), default: baselines.isEmpty ? Claim.Kind.value : .ratio)
      if kind != .value, baselines.isEmpty {
        throw ConfigError(r.place, "\(r.name("as")) is \(kind.rawValue); write baselines, too")
      }
      let target = try Self.settings(try r.field("system_set"))
      let remark = try r.text("remark", default: "").value
      return Claim(
        system: system, text: try r.required("claim", "what is claimed").text(),
        metric: try r.required("metric", "what is measured").text(),
        baseline: try r.text("baseline", default: "").value,
        published: try Self.range(try r.required("published", "published: [1.1, 2.0]"), kind),
        source: try Self.source(&r),
        confidence: try r.required("confidence", "how much of the paper was read").text(),
        file: file, scenario: "\(folder)/\(Paths.stem(of: file))",
        needs: try r.field("needs").map { (field) throws(ConfigError) in
          let path = Paths.resolve(try field.text(), at: field.place)
          guard (try? Posix.kind(of: path)) != .directory else {
            throw field.error("\(path) is a directory; name the file that the experiment reads")
          }
          return path
        },
        measure: try Self.measure(&r), kind: kind,
        sense: try Self.choice(try r.field("better"), default: Claim.Sense.higher),
        factor: try r.number("factor", default: 1, in: .positive).value,
        target: Claim.Side(settings: shared + target), baselines: baselines,
        seeds: (1...UInt64(try r.whole("seeds", default: 1, in: 1...100).value)).map { $0 },
        over: try Self.over(try r.field("over")),
        reservation: try r.field("informational").map { (field) throws(ConfigError) in
          try field.text()
        }, known: try Self.known(try r.field("known"), remark), remark: remark)
    }
  }

  // MARK: - Parts

  private static func choice<Choice: RawRepresentable & CaseIterable>(
    _ field: Field?, default standing: Choice
  ) throws(ConfigError) -> Choice where Choice.RawValue == String {
    guard let field else { return standing }
    let text = try field.text()
    guard let choice = Choice(rawValue: text) else {
      throw .unknown(field.key, text, known: Choice.allCases.map(\.rawValue), at: field.place)
    }
    return choice
  }

  /// `near` or `off`, which needs a remark that says why.
  private static func known(
    _ field: Field?, _ remark: String
  ) throws(ConfigError) -> PublishedRange.Verdict {
    guard let field else { return .inRange }
    let text = try field.text()
    guard let verdict = PublishedRange.Verdict(rawValue: text), [.near, .off].contains(verdict)
    else { throw .unknown(field.key, text, known: ["near", "off"], at: field.place) }
    guard !remark.isEmpty else {
      throw field.error("is \(text) without a remark; write what is missing")
    }
    return verdict
  }

  /// Where it was published, which begins with what kind of source that is.
  private static func source(_ r: inout MappingReader) throws(ConfigError) -> String {
    let field = try r.required("source", "where it was published")
    let text = try field.text()
    guard Claim.kinds.contains(where: { text.hasPrefix($0) }) else {
      throw field.error("begins with none of \(Claim.kinds.joined(separator: ", "))")
    }
    return text
  }

  /// Keys and values as `--set` takes them.
  private static func settings(_ field: Field?) throws(ConfigError) -> [String] {
    guard let field else { return [] }
    guard case .mapping(let entries) = field.node.content else {
      throw field.error("is \(field.node.found); write keys and values, cluster.instances: 2")
    }
    return entries.map { "\($0.key)=\(YAMLWriter.inline($0.value))" }
  }

  private static func baselines(
    _ field: Field?, _ shared: [String]
  ) throws(ConfigError) -> [Claim.Side] {
    guard let field else { return [] }
    guard case .sequence(let nodes) = field.node.content, !nodes.isEmpty else {
      throw field.error("is \(field.node.found); write a list, [{engine.scheduler.name: vllm-v1}]")
    }
    var sides: [Claim.Side] = []
    for node in nodes {
      let own = Field(node: node, key: field.key, place: field.place)
      sides.append(Claim.Side(settings: shared + (try settings(own))))
    }
    return sides
  }

  /// `[1.1, 2.0]`, either of which may be `null`, or one number.
  private static func range(
    _ field: Field, _ kind: Claim.Kind
  ) throws(ConfigError) -> PublishedRange {
    let nodes: [ConfigNode]
    switch field.node.content {
    case .scalar: nodes = [field.node, field.node]
    case .sequence(let two) where two.count == 2: nodes = two
    default: throw field.error("is \(field.node.found); write [1.1, 2.0], or [null, 2.0]")
    }
    var ends: [Double?] = []
    var decimals = 0
    for node in nodes {
      switch node.content {
      case .null: ends.append(nil)
      case .scalar(let text, false):
        guard let number = Scalar.number(text) else { fallthrough }
        ends.append(number)
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        decimals = max(decimals, parts.count == 2 ? parts[1].count : 0)
      default: throw field.error("has \(node.found); write a number or null")
      }
    }
    guard let last = ends[1] ?? ends[0], ends[0] ?? last <= ends[1] ?? .infinity else {
      throw field.error("is no range; write the lower end first")
    }
    return PublishedRange(
      low: ends[0], high: ends[1], decimals: decimals, origin: kind == .ratio ? 1 : 0)
  }

  private static func measure(_ r: inout MappingReader) throws(ConfigError) -> Claim.Measure {
    let (key, capacity) = (try r.field("key"), try r.field("capacity"))
    if let key, capacity == nil {
      let name = try key.text()
      let known = SLOTerm.metrics.map(\.name).filter(SweepTable.valueNames.contains)
      guard known.contains(name) else {
        throw .unknown("metric", name, known: known, at: key.place)
      }
      return .key(name)
    }
    guard key == nil, let capacity else {
      throw ConfigError(r.place, "\(r.path) needs either key or capacity")
    }
    return try MappingReader.read(
      capacity.node, path: capacity.key, at: capacity.place,
      keys: ["slo", "vary", "min", "max", "largest"]
    ) { (r) throws(ConfigError) in
      .capacity(
        Trial.Search(
          slo: try r.required("slo", "slo: 'slo_attainment>=0.9'").text(),
          vary: try r.required("vary", "vary: workload.rate").text(),
          least: try r.number("min", in: .positive)?.value,
          most: try r.number("max", in: .positive)?.value,
          findsLargest: try r.bool("largest", default: false).value))
    }
  }

  /// One key and its values.
  private static func over(_ field: Field?) throws(ConfigError) -> (String, [String])? {
    guard let field else { return nil }
    guard case .mapping(let entries) = field.node.content, entries.count == 1,
      case .sequence(let nodes) = entries[0].value.content, !nodes.isEmpty
    else { throw field.error("is no key with a list; write workload.rate: [5, 6, 7]") }
    return (entries[0].key, nodes.map(YAMLWriter.inline))
  }
}
