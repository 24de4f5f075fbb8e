package import Files

/// A scenario as written: an experiment with what is known of its result from elsewhere.
package struct ScenarioFile: Sendable {
  /// The experiment: `base`, or the file it names, with `set` laid over it.
  package let experiment: ConfigNode
  /// The keys of summary.json under `expect`, at least one.
  package let expectations: [ConfigNode.Entry]

  /// Whether `root`, a whole file, is a scenario: it has the key `expect`.
  package static func isOne(_ root: ConfigNode) -> Bool {
    guard case .mapping(let entries) = root.content else { return false }
    return entries.contains { $0.key == "expect" }
  }

  /// Reads `root`, the whole file at `path`.
  ///
  /// - Throws: `ConfigError` for the first fault of the scenario; the experiment's own are left to
  ///   its reader.
  package init(_ root: ConfigNode, path: String) throws(ConfigError) {
    (experiment, expectations) = try MappingReader.read(
      root, path: "", at: .file(path), keys: ["version", "base", "set", "expect"]
    ) { (r) throws(ConfigError) in
      if let version = r.optional("version") { try ExperimentConfig.check(version: version) }
      let base = try Self.base(try r.required("base", "base: with an experiment below it"))
      let set = try r.field("set")
      let expect = try r.required("expect", "expect: with keys of summary.json below it")
      guard case .mapping(let entries) = expect.node.content, !entries.isEmpty else {
        throw expect.error("is \(expect.node.found); write p99_ttft_ms: '<= 500', for example")
      }
      return (try base.setting(try set.map(Self.settings) ?? []), entries)
    }
  }

  /// The experiment under the key `base` of a file, or that of the file which it names.
  ///
  /// - Throws: `ConfigError` when it is neither, or the file cannot be read.
  package static func base(_ field: Field) throws(ConfigError) -> ConfigNode {
    switch field.node.content {
    case .mapping: return field.node
    case .scalar(let text, _):
      let path = Paths.resolve(text, at: field.place)
      return try ConfigNode(yaml: try ExperimentConfig.text(of: path), file: path)
    default: throw field.error("is \(field.node.found); write an experiment, or the path of one")
    }
  }

  private static func settings(
    _ field: Field
  ) throws(ConfigError) -> [(key: String, value: ConfigNode)] {
    guard case .mapping(let entries) = field.node.content else {
      throw field.error("is \(field.node.found); write keys and values, cluster.instances: 2")
    }
    for entry in entries {
      guard !entry.key.split(separator: ".", omittingEmptySubsequences: false).contains("") else {
        throw ConfigError(
          entry.place, "\"\(entry.key)\" is no key; write cluster.instances, for example")
      }
    }
    // An error about a value names the line of its key, as in an experiment.
    return entries.map { ($0.key, ConfigNode($0.value.content, at: $0.place)) }
  }
}
