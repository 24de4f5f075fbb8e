internal import Catalog
internal import Cost
internal import Files
internal import Metrics
internal import Schedulers
internal import Serving
public import Units

/// The pages that vAttention maps: what one holds, and what mapping costs.
public struct PagePlan: Sendable, Equatable {
  /// Bytes of a page.
  public var size: Bytes
  /// Tokens of one layer's keys or values in a page: what a request takes at least.
  public var tokens: Int
  /// Pages of a group, one for keys or values of each layer, on the GPU with the most layers.
  public var pages: Int
  /// Time to map a group; GPUs map side by side.
  public var groupTime: Seconds

  /// Bytes of a page group on such a GPU.
  public var groupBytes: Bytes { size * Double(pages) }

  /// Most tokens of a page; more are no use to anybody.
  private static let mostTokens = 1 << 16

  /// The pages of `config`; nil when blocks are found by a table.
  ///
  /// - Throws: `ConfigError` when a page holds no power of two of tokens.
  init?(_ config: ExperimentConfig, _ deployment: Deployment) throws(ConfigError) {
    let allocator = config.engine.allocator
    guard allocator.name.value == .vattention else { return nil }
    let parts = deployment.model.latent == nil ? 2 : 1
    let stage = deployment.stages[0]
    let token = Bytes(stage.kvBytesPerToken.value / Double(parts * stage.layers))
    let given = allocator.pageSize
    let held = given.value / token
    guard held <= Double(Self.mostTokens) else {
      throw given.error(
        "\(given.value) holds more than \(Self.mostTokens) tokens of \(token); write at most "
          + "\(token * Double(Self.mostTokens))"
      ).misfit
    }
    let whole = Int(held)
    guard whole > 0, Double(whole) == held, whole.nonzeroBitCount == 1 else {
      let below = held < 1 ? 1 : 1 << (Int.bitWidth - 1 - whole.leadingZeroBitCount)
      let sizes = (held < 1 ? [1] : [below, 2 * below]).map { "\(token * Double($0)) (\($0))" }
      throw given.error(
        "\(given.value) holds \(held.fixed(1)) tokens of a layer's keys or values, \(token) each "
          + "on a GPU; a page must hold a power of two: write "
          + sizes.joined(separator: " or ")
      ).misfit
    }
    size = given.value
    tokens = whole
    pages = parts * (deployment.stages.map(\.layers).max() ?? 0)
    groupTime = allocator.mapTime.value * Double(pages)
  }
}

extension Assembly {
  /// Tokens of what KV is given out in: blocks, or page groups.
  public var tokensPerBlock: Int { pages?.tokens ?? config.engine.blockSize.value }

  /// How the batch maps its pages; nil when blocks are found by a table.
  var pageMapping: PageMapping? {
    guard let pages else { return nil }
    var mapping = PageMapping(groupTime: pages.groupTime)
    mapping.isAsynchronous = config.engine.allocator.mapping.value == .async
    mapping.defersReclamation = config.engine.allocator.deferredReclaim.value
    return mapping
  }

  /// The constants of kernels that know no block table, for which `kernels`, or those of the GPU,
  /// are too slow by the factors of `allocator`.
  static func contiguous(
    _ kernels: KernelProfile?, _ engine: EngineConfig, _ gpu: GPU
  ) throws(ConfigError) -> KernelProfile? {
    let (prefill, decode) = (
      engine.allocator.pagedPrefillFactor, engine.allocator.pagedDecodeFactor
    )
    guard prefill.value != 1 || decode.value != 1 else { return kernels }
    guard engine.cost.name.value == Calibrated.name else {
      throw (prefill.value != 1 ? prefill : decode).error(
        "needs cost \(Calibrated.name), which tells attention from the rest; cost "
          + "\(engine.cost.name.value) does not"
      ).misfit
    }
    var kernels = kernels ?? KernelProfile(of: gpu)
    kernels.speedup = AttentionSpeedup(prefill: prefill.value, decode: decode.value)
    return kernels
  }

  /// Refuses what contiguous tensors cannot do.
  static func checkAllocator(
    of config: ExperimentConfig, _ scheduler: any Scheduler
  ) throws(ConfigError) {
    let (name, engine) = (config.engine.allocator.name, config.engine)
    guard name.value == .vattention else { return }
    if engine.prefixCache.enabled.value {
      throw engine.prefixCache.enabled.error(
        "is true, but allocator vattention shares no blocks between requests; write false, or "
          + "allocator: paged"
      ).misfit
    }
    let swaps = engine.preemption.name.value == .swap || scheduler.swapMode(nil) != nil
    guard swaps || !type(of: scheduler).isPaged else { return }
    let able = schedulers.filter { $0.isPaged && ($0.cachesPrefixes || $0.offersSwap) }
      .map { $0.name }
    let reason =
      swaps
      ? "does not swap"
      : "grows with its requests, which scheduler \(type(of: scheduler).name) gives contiguous "
        + "memory once and for all"
    throw name.error(
      "vattention \(reason); write paged, or preemption: recompute and one of "
        + able.joined(separator: ", ")
    ).misfit
  }
}
