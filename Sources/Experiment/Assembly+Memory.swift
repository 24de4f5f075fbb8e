internal import Catalog
public import Cluster
internal import Files
internal import Schedulers
internal import Serving
internal import Units

/// KV blocks as copies between HBM and a tier under it, on the GPU with the most layers.
public struct KVCopies: Sendable, Equatable {
  /// Bytes of a block.
  public var bytesPerBlock: Int64
  /// Tensors that hold a part of a block: keys and values of each layer, or its latent vectors.
  public var tensors: Int64
  /// What one copy moves.
  public var granularity: PreemptionConfig.Granularity

  /// The figures; the parameters are the fields.
  public init(
    bytesPerBlock: Int64, tensors: Int64, granularity: PreemptionConfig.Granularity
  ) {
    self.bytesPerBlock = bytesPerBlock
    self.tensors = tensors
    self.granularity = granularity
  }

  /// Copies that move `blocks` blocks of one sequence.
  public func copies(of blocks: Int64) -> Int64 {
    guard blocks > 0 else { return 0 }
    return switch granularity {
    case .block: tensors * blocks
    case .layer: tensors
    case .sequence: 1
    }
  }

  /// Bytes of `blocks` blocks.
  public func bytes(of blocks: Int64) -> Int64 { bytesPerBlock * blocks }
}

extension Assembly {
  /// The links of the instances of this pool and how each reaches its tiers.
  public var topology: Topology { memory.topology }

  /// The tiers under HBM, nearest first; none when KV lies in HBM only.
  public var tiers: [MemoryPlan.Room] { memory.tiers }

  /// Layers of the GPU with the most.
  public var layersPerGPU: Int { deployment.stages.map(\.layers).max() ?? 0 }

  /// Bytes of a KV block on the GPU with the most layers, rounded up.
  public var kvBytesPerBlockPerGPU: Int64 {
    let most = deployment.stages.map(\.kvBytesPerToken.value).max() ?? 0
    return Int64((most * Double(config.engine.blockSize.value)).rounded(.up))
  }

  /// What moving KV means for each GPU, by the granularity of `engine.preemption`.
  public var kvCopies: KVCopies { kvCopies(by: config.engine.preemption.granularity.value) }

  /// The same by the granularity of the prefix cache's offload, where there is one; its runs of
  /// neighbours count as one.
  package var movedCopies: KVCopies {
    switch config.engine.prefixCache.offload?.granularity.value {
    case .block: kvCopies(by: .block)
    case .layer, .group: kvCopies(by: .layer)
    case .sequence: kvCopies(by: .sequence)
    case nil: kvCopies
    }
  }

  /// What moving KV means for each GPU when one copy moves a `granularity`.
  package func kvCopies(by granularity: PreemptionConfig.Granularity) -> KVCopies {
    let parts = deployment.model.latent == nil ? 2 : 1
    return KVCopies(
      bytesPerBlock: kvBytesPerBlockPerGPU, tensors: Int64(parts * layersPerGPU),
      granularity: granularity)
  }

  /// The tiers of `config`.
  static func memory(
    _ config: ExperimentConfig, _ deployment: Deployment, instances: Int,
    _ resolved: inout ResolvedConfig
  ) throws(ConfigError) -> MemoryPlan {
    guard let memory = config.cluster.memory else { return .none }
    var perToken = 0.0
    for stage in deployment.stages { perToken += stage.kvBytesPerToken.value }
    let block = perToken * Double(deployment.tensorParallel * config.engine.blockSize.value)
    return try MemoryPlan(
      memory, deployment, instances: instances, bytesPerBlock: Bytes(block), &resolved)
  }

  /// Gives a batch the host that its scheduler swaps to, if it does.
  func installHost(in batch: inout Batch) {
    var asked: SwapMode?
    let preemption = config.engine.preemption
    if preemption.name.value == .swap {
      var mode = SwapMode()
      switch preemption.granularity.value {
      case .block: mode.granularity = .block
      case .layer: mode.granularity = .layer
      case .sequence: mode.granularity = .sequence
      }
      mode.isAwaited = preemption.overlap.value == .none
      asked = mode
    }
    guard let mode = scheduler.swapMode(asked), let host = tiers.first else { return }
    batch.swapTo(
      HostMemory(blocks: host.capacityBlocks, layout: blockLayout), mode)
  }

  /// What a KV block is on its way between tiers.
  var blockLayout: BlockLayout {
    BlockLayout(
      bytesPerBlock: kvBytesPerBlockPerGPU, tensors: kvCopies.tensors,
      gpus: Int64(deployment.gpus))
  }

  /// Refuses a preemption that the memory or the scheduler of `config` does not offer.
  static func checkPreemption(
    of config: ExperimentConfig, _ scheduler: any Scheduler
  ) throws(ConfigError) {
    let name = config.engine.preemption.name
    let hasHost = config.cluster.memory?.tiers.first?.level == .dram
    if name.value == .recompute, scheduler.swapMode(nil) != nil, !hasHost {
      throw config.engine.scheduler.name.error(
        "\(type(of: scheduler).name) swaps to host memory; "
          + "write cluster.memory: {dram: {capacity: 256 GiB}}"
      ).misfit
    }
    guard name.value == .swap else { return }
    guard hasHost else {
      throw name.error(
        "swap needs cluster.memory.dram, where swapped KV lies; "
          + "write dram: {capacity: 256 GiB} there, or recompute"
      ).misfit
    }
    guard !config.engine.prefixCache.enabled.value else {
      throw name.error(
        "swap and engine.prefix_cache exclude each other; write recompute, or enabled: false there"
      ).misfit
    }
    guard !type(of: scheduler).offersSwap else { return }
    let able = schedulers.filter { $0.offersSwap }.map { $0.name }
    throw name.error(
      "swap is not offered by scheduler \(type(of: scheduler).name); "
        + "write recompute, or one of \(able.joined(separator: ", "))"
    ).misfit
  }

  /// What to say of tiers that nothing uses.
  static func idleTiers(_ config: ExperimentConfig, _ scheduler: any Scheduler) -> String? {
    guard let tiers = config.cluster.memory?.tiers, config.engine.prefixCache.offload == nil else {
      return nil
    }
    guard config.engine.preemption.name.value == .recompute, scheduler.swapMode(nil) == nil else {
      let idle = tiers.dropFirst().map { $0.level.rawValue }.joined(separator: ", ")
      return idle.isEmpty ? nil : "\(idle) of cluster.memory change no run: swapping uses dram only"
    }
    return "cluster.memory changes no run: preemption is recompute and engine.prefix_cache has no "
      + "offload, so no KV leaves HBM"
  }
}
