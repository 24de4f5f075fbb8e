internal import Catalog
internal import Cluster
public import Files
internal import Memory
internal import Metrics
public import Serving

/// The tiers under HBM as the prefix cache uses them.
public struct OffloadConfig: Sendable {
  /// When blocks go down.
  public enum Write: String, Sendable, CaseIterable {
    /// When they are computed; tiers hold copies of each other's.
    case through
    /// When they make room in the tier above; a block lies in one tier.
    case back
  }
  /// When blocks go down.
  public var write: Located<Write>
  /// Whether what lies there is loaded or computed again.
  public var load: Located<LoadRule>
  /// Whether what is found below the nearest tier rises to it while its request waits.
  public var prefetch: Located<Prefetching>
  /// What one copy carries.
  public var granularity: Located<CopyGranularity>
  /// Which blocks of a tier go first.
  public var eviction: PolicyConfig
  /// Where it is written.
  public var place: Place

  /// Reads `engine.prefix_cache.offload`.
  init(_ field: Field) throws(ConfigError) {
    let place = field.place
    self = try MappingReader.read(
      field.node, path: field.key, at: place,
      keys: ["write", "load", "prefetch", "granularity", "eviction"]
    ) { (r) throws(ConfigError) in
      OffloadConfig(
        write: try Self.choice(&r, "write", default: .through),
        load: try Self.choice(&r, "load", default: .cheaper),
        prefetch: try Self.choice(&r, "prefetch", default: .none),
        granularity: try Self.choice(&r, "granularity", default: .layer),
        eviction: try r.policy("eviction", default: "lru"), place: place)
    }
  }

  private init(
    write: Located<Write>, load: Located<LoadRule>, prefetch: Located<Prefetching>,
    granularity: Located<CopyGranularity>, eviction: PolicyConfig, place: Place
  ) {
    self.write = write
    self.load = load
    self.prefetch = prefetch
    self.granularity = granularity
    self.eviction = eviction
    self.place = place
  }

  private static func choice<Value: RawRepresentable<String> & CaseIterable & Sendable>(
    _ r: inout MappingReader, _ key: String, default standing: Value
  ) throws(ConfigError) -> Located<Value> {
    guard let field = r.optional(key) else { return r.standing(standing, for: key) }
    return field.located(try field.choice(of: Value.self))
  }
}

extension YAMLWriter {
  /// `engine.prefix_cache.offload`, where there is one.
  mutating func offload(_ offload: OffloadConfig?, _ options: [(name: String, text: String)]) {
    guard let offload else { return }
    block("offload") { out in
      out.key("write", offload.write.value.rawValue)
      out.key("load", offload.load.value.rawValue)
      out.key("prefetch", offload.prefetch.value.rawValue)
      out.key("granularity", offload.granularity.value.rawValue)
      out.policy("eviction", offload.eviction, options)
    }
  }
}

extension Assembly {
  /// Refuses an offload that the memory or the cache of `config` cannot serve.
  static func checkOffload(of config: ExperimentConfig) throws(ConfigError) {
    guard let offload = config.engine.prefixCache.offload else { return }
    guard config.cluster.memory?.tiers.isEmpty == false else {
      throw ConfigError(
        offload.place,
        "engine.prefix_cache.offload needs tiers under HBM; "
          + "write cluster.memory: {dram: {capacity: 256 GiB}}"
      ).misfit
    }
    guard config.engine.prefixCache.enabled.value else {
      throw ConfigError(
        offload.place,
        "engine.prefix_cache.offload needs the cache itself; write enabled: true beside it"
      ).misfit
    }
    try checkCommonTier(of: config, offload)
    try checkPrefetch(of: config, offload)
    guard config.engine.preemption.name.value == .recompute else {
      throw config.engine.preemption.name.error(
        "swap and engine.prefix_cache.offload exclude each other; write recompute"
      ).misfit
    }
  }

  /// Refuses a common tier without one of its own above it, or that blocks enter as they leave HBM.
  private static func checkCommonTier(
    of config: ExperimentConfig, _ offload: OffloadConfig
  ) throws(ConfigError) {
    guard let tiers = config.cluster.memory?.tiers, let last = tiers.last,
      let shared = last.isShared, shared.value
    else { return }
    guard tiers.count > 1 else {
      throw shared.error(
        "needs a tier of each instance above it; write dram: {capacity: 64 GiB}"
      ).misfit
    }
    guard offload.write.value == .through else {
      throw offload.write.error("back and a shared tier exclude each other; write through").misfit
    }
    guard offload.eviction.name.value != "ttl" else {
      throw offload.eviction.name.error(
        "ttl and a shared tier exclude each other; write lru"
      ).misfit
    }
  }

  /// Refuses a prefetch that no tier serves, or whose blocks nobody would load.
  private static func checkPrefetch(
    of config: ExperimentConfig, _ offload: OffloadConfig
  ) throws(ConfigError) {
    guard offload.prefetch.value == .queued else { return }
    guard let tiers = config.cluster.memory?.tiers, tiers.count > 1 else {
      throw offload.prefetch.error(
        "queued needs a second tier, from which blocks rise to the nearest one; write "
          + "cluster.memory: {dram: {capacity: 64 GiB}, ssd: {capacity: 1 TB}}, or prefetch: none"
      ).misfit
    }
    guard offload.load.value != .never else {
      throw offload.prefetch.error("queued and load: never exclude each other; write none").misfit
    }
  }

  /// Whether the last tier is common to all instances.
  var sharesLastTier: Bool {
    config.engine.prefixCache.offload != nil
      && config.cluster.memory?.tiers.last?.isShared?.value == true
  }

  /// The tier that all instances have in common, empty; nil without.
  func commonTier(for requests: RequestTable) -> TieredStore? {
    guard sharesLastTier, let prefixCache, let room = tiers.last,
      let keys = PrefixKeys(requests, tokensPerBlock: Int32(tokensPerBlock))
    else { return nil }
    let policy = prefixCache.lowerPolicy(
      capacity: Int(room.capacityBlocks), names: keys.count,
      tokensPerBlock: Int32(tokensPerBlock), number: instanceCount * tiers.count)
    return TieredStore(
      tiers: [.init(capacity: room.capacityBlocks, policy: policy)])
  }

  /// Gives the batch of instance `number`, whose prompts have `names` names, the tiers under its
  /// cache.
  func installTiers(in batch: inout Batch, names: Int, number: Int) {
    guard let offload = config.engine.prefixCache.offload, let prefixCache else { return }
    let own = sharesLastTier ? tiers.dropLast() : tiers[...]
    let stores = own.enumerated().map { (index, tier) in
      TieredStore.Tier(
        capacity: tier.capacityBlocks,
        policy: prefixCache.lowerPolicy(
          capacity: Int(tier.capacityBlocks), names: names,
          tokensPerBlock: batch.tokensPerBlock, number: number * tiers.count + index))
    }
    var mode = OffloadMode()
    mode.writing = offload.write.value == .through ? .through : .back
    mode.load = offload.load.value
    mode.prefetch = offload.prefetch.value
    mode.granularity = offload.granularity.value
    batch.offload(
      to: TieredStore(tiers: stores, writing: mode.writing), mode,
      blockLayout, computing: cost, over: topology.links(of: number - pool.instances.lowerBound),
      sharingOneMore: sharesLastTier)
  }
}
