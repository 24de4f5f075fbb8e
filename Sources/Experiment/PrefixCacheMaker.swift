internal import Files
internal import Kernel
internal import Memory
internal import Metrics
internal import Schedulers
internal import Serving
internal import Units

/// The prefix cache that an experiment asks for: its names looked up, ready to be installed.
struct PrefixCacheMaker: Sendable {
  private let index: PrefixIndex
  private let isOracle: Bool
  private let seed: UInt64
  private let policy: Policy
  /// That of the tiers under HBM; nil without.
  private let lower: Policy?

  /// How to make a policy, and what all of them can share.
  private struct Policy: Sendable {
    let make: @Sendable (EvictionContext) -> any EvictionPolicy
    let advice: @Sendable (EvictionContext) -> [Bool]
  }

  /// The cache of `config` in the engine of `scheduler`; nil when it is not enabled.
  ///
  /// Names and options are checked all the same.
  ///
  /// - Throws: `ConfigError` for an unknown name or option, and a scheduler that caches nothing.
  init?(
    _ config: ExperimentConfig, _ scheduler: any Scheduler, _ resolved: inout ResolvedConfig
  ) throws(ConfigError) {
    let cache = config.engine.prefixCache
    let name = cache.index
    guard let index = PrefixIndex(rawValue: name.value) else {
      throw .unknown(
        "index of the prefix cache", name.value, known: PrefixIndex.allCases.map(\.rawValue),
        at: name.place)
    }
    self.index = index
    let eviction = cache.eviction
    let type = try eviction.pick("eviction", of: evictions) { $0.name }
    (policy, resolved.eviction) = try Self.maker(type, eviction)
    lower = try Self.lower(cache.offload, &resolved)
    isOracle = type.isOracle
    seed = config.seed
    guard cache.enabled.value else { return nil }
    guard Swift.type(of: scheduler).cachesPrefixes else {
      let able = schedulers.filter { $0.cachesPrefixes }.map { $0.name }.joined(separator: ", ")
      throw cache.enabled.error(
        "needs a scheduler that caches prefixes, not \(Swift.type(of: scheduler).name); "
          + "write false or one of \(able)"
      ).misfit
    }
  }

  private static func lower(
    _ offload: OffloadConfig?, _ resolved: inout ResolvedConfig
  ) throws(ConfigError) -> Policy? {
    guard let eviction = offload?.eviction else { return nil }
    let type = try eviction.pick("eviction", of: evictions) { $0.name }
    if let fault = TieredStore.fault(type) { throw eviction.name.error(fault).misfit }
    let (policy, options) = try maker(type, eviction)
    resolved.lowerEviction = options
    return policy
  }

  private static func maker<P: EvictionPolicy>(
    _ type: P.Type, _ config: PolicyConfig
  ) throws(ConfigError) -> (Policy, [(name: String, text: String)]) {
    let options = try decodeOptions(P.Options.self, from: config, kind: "eviction")
    return (
      Policy(make: { P(options, $0) }, advice: { P.advice(options, $0) }), optionTexts(options)
    )
  }

  /// What every instance must know of the prompts of `requests`.
  struct Names {
    fileprivate let keys: PrefixKeys
    /// Numbers of names.
    var count: Int { keys.count }
    /// Of all instances, whose batches are alike; its arrays have one copy.
    fileprivate let context: EvictionContext
  }

  /// What instances with batches like `batch` share for `requests`; nil when their blocks' size and
  /// the batch's do not divide.
  func names(of requests: RequestTable, in batch: Batch) -> Names? {
    guard var keys = PrefixKeys(requests, tokensPerBlock: batch.tokensPerBlock) else { return nil }
    let trace = isOracle ? keys.trace(of: requests) : nil
    var context = EvictionContext(
      capacity: Int(batch.totalBlocks), tokensPerBlock: batch.tokensPerBlock,
      nextUse: trace?.nextUses ?? [], uses: trace?.blocks ?? [])
    context.advice = policy.advice(context)
    return Names(keys: keys, context: context)
  }

  /// The policy of a tier under HBM, tier `number` of all.
  func lowerPolicy(
    capacity: Int, names: Int, tokensPerBlock: Int32, number: Int
  ) -> any EvictionPolicy {
    var context = EvictionContext(
      capacity: capacity, blockCount: names, tokensPerBlock: tokensPerBlock)
    context.seed = seed &+ UInt64(number) &* 0x9E37_79B9_7F4A_7C15
    return (lower ?? policy).make(context)
  }

  /// Gives `batch`, that of instance `number`, its cache.
  func install(_ names: Names, in batch: inout Batch, number: Int) {
    var context = names.context
    context.seed = seed &+ UInt64(number) &* 0x9E37_79B9_7F4A_7C15
    batch.cachePrefixes(names.keys, index, policy.make(context))
  }
}
