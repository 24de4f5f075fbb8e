internal import Experiment
internal import Files

/// A sweep file as written: a base experiment and what each point changes of it.
struct SweepFile {
  /// One key of a point and its value.
  struct Setting {
    /// The dotted key, such as `cluster.instances`.
    let key: String
    let value: ConfigNode

    /// The value as a cell of a table; empty for `null`.
    var cell: String {
      switch value.content {
      case .null: ""
      case .scalar(let text, _): text
      case .sequence, .mapping: YAMLWriter.inline(value)
      }
    }
  }
  /// One key and the values it takes in turn.
  struct Axis {
    let key: String
    let values: [ConfigNode]
  }

  /// Most points of a sweep.
  static let mostPoints = 1_000_000

  /// The experiment under `base`.
  let base: ConfigNode
  /// The keys under `vary`.
  let axes: [Axis]
  /// The list under `points`.
  let points: [[Setting]]
  /// The list under `seeds`; empty when there is none.
  let seeds: [UInt64]

  /// Reads the text `yaml` of the sweep file called `file` and lays `overrides` over its base.
  ///
  /// - Throws: `ConfigError` for syntax, an unknown key at the top, a malformed list, a value that
  ///   stands twice, nothing to vary, over a million points, or an override of what every point
  ///   sets.
  init(_ yaml: String, file: String, overrides: [Override] = []) throws(ConfigError) {
    let root = try ConfigNode(yaml: yaml, file: file)
    let place = Place.file(file)
    self = try MappingReader.read(
      root, path: "", at: place, keys: ["version", "base", "vary", "points", "seeds"]
    ) { (r) throws(ConfigError) in
      if let version = r.optional("version") { try ExperimentConfig.check(version: version) }
      var base = try ScenarioFile.base(try r.required("base", "base: with an experiment below it"))
      for override in overrides { try override.apply(to: &base) }
      let (vary, points) = (r.optional("vary"), r.optional("points"))
      let seeds = r.optional("seeds")
      guard vary != nil || points != nil || seeds != nil else {
        throw ConfigError(place, "varies nothing; write vary, points or seeds beside base")
      }
      return SweepFile(
        base: base, axes: try vary.map(Self.axes) ?? [], points: try points.map(Self.points) ?? [],
        seeds: try seeds.map(Self.seeds) ?? [])
    }
    var count = Double(max(1, seeds.count))
    for axis in axes { count *= Double(axis.values.count) }
    guard count + Double(points.count * max(1, seeds.count)) <= Double(Self.mostPoints) else {
      throw ConfigError(place, "has more than \(Self.mostPoints) points; split it")
    }
    for override in overrides { try check(override) }
  }

  /// Refuses an override that no point would feel.
  private func check(_ override: Override) throws(ConfigError) {
    func hides(_ setting: String) -> Bool {
      override.key == setting || override.key.hasPrefix("\(setting).")
    }
    let isVaried = axes.contains { hides($0.key) }
    let inAllPoints = points.allSatisfy { $0.contains { hides($0.key) } }
    let isHidden =
      override.key == "seed"
      ? !seeds.isEmpty
      : (axes.isEmpty ? !points.isEmpty : isVaried) && inAllPoints
    guard isHidden else { return }
    throw ConfigError(
      override.place, "every point of the sweep file sets it; edit the file instead")
  }

  /// A sweep of parts that are checked.
  init(base: ConfigNode, axes: [Axis] = [], points: [[Setting]] = [], seeds: [UInt64] = []) {
    self.base = base
    self.axes = axes
    self.points = points
    self.seeds = seeds
  }

  /// The cross product of `vary`, its first key changing slowest, then `points`.
  var combinations: [[Setting]] {
    if axes.isEmpty, points.isEmpty { return [[]] }
    var product: [[Setting]] = axes.isEmpty ? [] : [[]]
    for axis in axes {
      product = product.flatMap { head in
        axis.values.map { head + [Setting(key: axis.key, value: $0)] }
      }
    }
    return product + points
  }

  /// Every key that some point sets, in the order of the file.
  var keys: [String] {
    var keys: [String] = []
    var known: Set<String> = []
    for key in axes.map(\.key) + points.flatMap({ $0.map(\.key) }) where known.insert(key).inserted
    {
      keys.append(key)
    }
    return keys
  }

  /// The experiment of the point with `settings`.
  func experiment(_ settings: [Setting]) throws(ConfigError) -> ConfigNode {
    try base.setting(settings.map { ($0.key, $0.value) })
  }
}

// MARK: - Reading

extension SweepFile {
  /// The keys and lists of `field`.
  static func axes(_ field: Field) throws(ConfigError) -> [Axis] {
    guard case .mapping(let entries) = field.node.content, !entries.isEmpty else {
      throw field.error("is \(field.node.found); write keys and lists, workload.rate: [1, 2]")
    }
    var axes: [Axis] = []
    for entry in entries {
      try check(key: entry.key, at: entry.place)
      guard case .sequence(let values) = entry.value.content else {
        let below = entry.value.isMapping ? " (nested keys are dotted)" : ""
        throw ConfigError(
          entry.place, key: entry.key,
          "is \(entry.value.found); write the list of its values\(below)")
      }
      guard !values.isEmpty else {
        throw ConfigError(entry.place, key: entry.key, "has no value; write a list of some")
      }
      var seen: Set<String> = []
      for value in values {
        let text = YAMLWriter.inline(value)
        guard seen.insert(text).inserted else {
          throw ConfigError(value.place, key: entry.key, "has the value \(text) twice")
        }
      }
      axes.append(Axis(key: entry.key, values: values))
    }
    return axes
  }

  /// The list of mappings of `field`.
  static func points(_ field: Field) throws(ConfigError) -> [[Setting]] {
    guard case .sequence(let nodes) = field.node.content, !nodes.isEmpty else {
      throw field.error("is \(field.node.found); write a list, - {cluster.instances: 2}")
    }
    var points: [[Setting]] = []
    for node in nodes {
      guard case .mapping(let entries) = node.content else {
        throw ConfigError(
          node.place, key: "points", "has \(node.found) in it; write a mapping of keys and values")
      }
      for entry in entries { try check(key: entry.key, at: entry.place) }
      // An error about a value names the line of its key, as in an experiment.
      points.append(
        entries.map { Setting(key: $0.key, value: ConfigNode($0.value.content, at: $0.place)) })
    }
    return points
  }

  private static func check(key: String, at place: Place) throws(ConfigError) {
    let parts = key.split(separator: ".", omittingEmptySubsequences: false)
    guard !parts.contains("") else {
      throw ConfigError(place, "\"\(key)\" is no key; write cluster.instances, for example")
    }
    guard key != "seed" else {
      throw ConfigError(place, "seed is varied by seeds: [1, 2, 3], beside base")
    }
  }

  private static func seeds(_ field: Field) throws(ConfigError) -> [UInt64] {
    guard case .sequence(let nodes) = field.node.content, !nodes.isEmpty else {
      throw field.error("is \(field.node.found); write a list of whole numbers, [1, 2, 3]")
    }
    var seeds: [UInt64] = []
    for node in nodes {
      let item = Field(node: node, key: "seeds", place: node.place)
      let seed = UInt64(try item.whole(in: 0...Int.max))
      guard !seeds.contains(seed) else { throw item.error("has \(seed) twice") }
      seeds.append(seed)
    }
    return seeds
  }
}

extension ConfigNode {
  fileprivate var isMapping: Bool {
    if case .mapping = content { return true }
    return false
  }

  /// The value at the dotted `path`, items of lists by their numbers; nil when there is none.
  func value(at path: String) -> ConfigNode? {
    var node = self
    for part in path.split(separator: ".") {
      if case .sequence(let items) = node.content, let index = Int(part) {
        guard items.indices.contains(index) else { return nil }
        node = items[index]
        continue
      }
      guard case .mapping(let entries) = node.content,
        let entry = entries.first(where: { $0.key == part })
      else { return nil }
      node = entry.value
    }
    return node
  }
}
