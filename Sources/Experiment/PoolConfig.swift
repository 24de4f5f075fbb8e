public import Files
public import Serving

/// A part of a cluster whose instances are alike.
public struct PoolConfig: Sendable {
  /// What it is called.
  public var name: Located<String>
  /// What its instances do of a request.
  public var role: Located<InstanceRole>
  /// The experiment as it is for this pool alone: what the pool does not say is the cluster's.
  public var config: ExperimentConfig
  /// Where it is written.
  public var place: Place

  /// Keys of a pool that stand in `cluster` otherwise.
  static let clusterKeys = [
    "gpu", "instances", "tensor_parallel", "pipeline_parallel", "memory", "kernels",
    "price_per_gpu_hour", "power",
  ]
  static let keys = ["name", "role", "model", "engine"] + clusterKeys
  /// Keys of `cluster` that are of all pools together.
  static let commonKeys = ["pools", "disaggregation"] + ElasticConfig.keys
}

extension PoolConfig {
  /// The pools of the experiment `root` and what it is with those of the first alone; no pools when
  /// it has none.
  static func read(
    _ root: ConfigNode, file: String
  ) throws(ConfigError) -> (first: ConfigNode, pools: [PoolConfig]) {
    guard let cluster = root.entry("cluster"), let list = cluster.value.entry("pools") else {
      return (root, [])
    }
    if case .null = list.value.content {
      return (root.with(cluster: cluster, without: ["pools"]), [])
    }
    let field = Field(node: list.value, key: "cluster.pools", place: list.place)
    guard case .sequence(let items) = list.value.content, !items.isEmpty else {
      throw field.error(
        "is \(list.value.found); write a list, - {name: a, gpu: NAME, instances: 2}")
    }
    if let count = cluster.value.entry("instances") {
      throw ConfigError(
        count.place, key: "cluster.instances",
        "has no meaning beside cluster.pools; write instances in each pool")
    }
    let base = root.with(cluster: cluster, without: commonKeys)
    var pools: [PoolConfig] = []
    var nodes: [ConfigNode] = []
    for (index, item) in items.enumerated() {
      let (pool, node) = try pool(item, index, over: base, file: file)
      if let twin = pools.first(where: { $0.name.value == pool.name.value }) {
        throw pool.name.error(
          "\"\(pool.name.value)\" is that of the pool at \(twin.place), too; names differ")
      }
      pools.append(pool)
      nodes.append(node)
    }
    try checkRoles(of: pools)
    let own = root.with(cluster: cluster, without: ["pools"])
    return (nodes[0].laid(over: own), pools)
  }

  /// The pool written in `item` over the experiment `base`, and what it says of an experiment.
  private static func pool(
    _ item: ConfigNode, _ index: Int, over base: ConfigNode, file: String
  ) throws(ConfigError) -> (PoolConfig, ConfigNode) {
    guard case .mapping(let entries) = item.content else {
      throw ConfigError(
        item.place, key: "cluster.pools.\(index)",
        "is \(item.found); write a mapping with the keys \(keys.joined(separator: ", "))")
    }
    for entry in entries where !keys.contains(entry.key) {
      throw .unknown("key", entry.key, known: keys, at: entry.place)
    }
    let own = ConfigNode(
      .mapping(entries.filter { $0.key == "name" || $0.key == "role" }), at: item.place)
    let (name, role) = try MappingReader.read(
      own, path: "cluster.pools.\(index)", at: item.place, keys: ["name", "role"]
    ) { (r) throws(ConfigError) in
      (try r.text("name", default: "\(index)"), try Self.role(&r))
    }
    let cluster = ConfigNode(
      .mapping(entries.filter { clusterKeys.contains($0.key) }), at: item.place)
    var said = entries.filter { $0.key == "model" || $0.key == "engine" }
    said.append(ConfigNode.Entry(key: "cluster", place: item.place, value: cluster))
    let node = ConfigNode(.mapping(said), at: item.place)
    let config = try ExperimentConfig(node.laid(over: base), file: file)
    return (PoolConfig(name: name, role: role, config: config, place: item.place), node)
  }

  private static func role(_ r: inout MappingReader) throws(ConfigError) -> Located<InstanceRole> {
    guard let field = r.optional("role") else { return r.standing(.mixed, for: "role") }
    return field.located(try field.choice(of: InstanceRole.self))
  }

  /// Refuses one half of a cluster that parts prefill from decode.
  private static func checkRoles(of pools: [PoolConfig]) throws(ConfigError) {
    for (role, other) in [(InstanceRole.prefill, InstanceRole.decode), (.decode, .prefill)] {
      guard let lone = pools.first(where: { $0.role.value == role }),
        !pools.contains(where: { $0.role.value == other })
      else { continue }
      throw lone.role.error(
        "\(role) needs a pool with role \(other) beside it; add one, or write mixed"
      ).misfit
    }
  }
}

// MARK: - One value over another

extension ConfigNode {
  /// The entry of a mapping at `key`; nil when it is none or lacks it.
  func entry(_ key: String) -> Entry? {
    guard case .mapping(let entries) = content else { return nil }
    return entries.first { $0.key == key }
  }

  /// An experiment whose `cluster` lacks `keys`.
  fileprivate func with(cluster: Entry, without keys: [String]) -> ConfigNode {
    guard case .mapping(var entries) = content, case .mapping(let kept) = cluster.value.content,
      let index = entries.firstIndex(where: { $0.key == "cluster" })
    else { return self }
    entries[index].value.content = .mapping(kept.filter { !keys.contains($0.key) })
    return ConfigNode(.mapping(entries), at: place)
  }

  /// This value of the key `path` over `base`: of two mappings key by key, else it alone.
  ///
  /// A policy with a name replaces the one below it whole, one without adds options to it; a model
  /// or a GPU in a block is one value.
  fileprivate func laid(over base: ConfigNode, path: String = "") -> ConfigNode {
    guard case .mapping(let entries) = content, path != "model", path != "cluster.gpu" else {
      return self
    }
    var merged: [Entry]
    let isPolicy = ExperimentConfig.policyKeys.contains(path)
    switch base.content {
    case .mapping where isPolicy && entry("name") != nil: return self
    case .mapping(let below): merged = below
    case .scalar where isPolicy && entry("name") == nil:
      merged = [Entry(key: "name", place: base.place, value: base)]
    default: return self
    }
    for var entry in entries {
      let name = path.isEmpty ? entry.key : "\(path).\(entry.key)"
      if let index = merged.firstIndex(where: { $0.key == entry.key }) {
        entry.value = entry.value.laid(over: merged[index].value, path: name)
        merged[index] = entry
      } else {
        merged.append(entry)
      }
    }
    return ConfigNode(.mapping(merged), at: place)
  }
}
