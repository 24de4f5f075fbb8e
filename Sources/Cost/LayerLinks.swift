internal import Catalog
internal import Units

/// Collectives and pipeline transfers of a step.
struct LayerLinks: Sendable {
  private let reductions: Double
  private let gpus: Int
  private let bandwidth: Double
  private let rowBytes: Double
  private let isNVLink: Bool
  private let inSwitch: Bool
  private let usesRing: Bool
  private let collectives: LinkCollectives
  private let gather: BoundCollective
  private let gatherBytes: Double
  private let hops: Double
  private let perHop: Double
  private let hopSeconds: Double

  /// Two all-reduces per layer, one gathering of logits, one transfer between stages.
  ///
  /// `efficiency` replaces the fraction of the link that collectives reach; 0 keeps the measured.
  init(_ deployment: Deployment, _ kernels: KernelProfile, efficiency: Double) {
    let model = deployment.model
    gpus = deployment.tensorParallel
    isNVLink = deployment.joinedByNVLink
    inSwitch = isNVLink && deployment.gpu.reducesInSwitch
    usesRing = deployment.profile.kernels == .of2023
    var collectives = isNVLink ? kernels.nvlink : kernels.hostBus
    if efficiency > 0 { collectives.reach(efficiency, overNVLink: isNVLink) }
    self.collectives = collectives
    bandwidth = deployment.tensorLink.value
    rowBytes = Double(model.hidden) * Precision.bf16.bytes
    reductions = gpus > 1 ? Double(2 * model.layers) : 0
    gather = BoundCollective(
      collectives.gather, .allGather, gpus: max(2, gpus), overNVLink: isNVLink)
    gatherBytes = Double(model.vocab) * Precision.bf16.bytes
    hops = Double(deployment.pipelineParallel - 1)
    let near = deployment.gpus <= deployment.gpu.nvlinkGroup && deployment.gpu.nvlink.value > 0
    let hop = near ? deployment.gpu.nvlink : deployment.gpu.hostLink
    let ring = near ? kernels.nvlink.gather : kernels.hostBus.gather
    perHop = ring.latency
    // What a gathering over two GPUs takes for the half of its buffer that crosses the link.
    let traffic = near ? 2 * (ring.offset + ring.slope / 2) : ring.offset
    hopSeconds = rowBytes / hop.value * max(1, traffic)
  }

  /// One all-reduce over the rows of `tokens` tokens.
  private func reduction(_ tokens: Int) -> Double {
    let bytes = rowBytes * Double(tokens)
    if usesRing {
      return collectives.time(
        .allReduce, gpus: gpus, x: bytes / bandwidth, overNVLink: isNVLink)
    }
    return collectives.engineAllReduce(
      gpus: gpus, bytes: bytes, bandwidth: bandwidth, overNVLink: isNVLink, inSwitch: inSwitch)
  }

  private func gathering(_ samples: Int) -> Double {
    gpus > 1 && samples > 0 ? gather(gatherBytes * Double(samples) / bandwidth) : 0
  }

  private func transfer(_ tokens: Int) -> Double { hops * (perHop + hopSeconds * Double(tokens)) }

  /// All of a step.
  func time(tokens: Int, samples: Int) -> Double {
    guard gpus > 1 || hops > 0 else { return 0 }
    return (gpus > 1 ? reductions * reduction(tokens) : 0) + transfer(tokens) + gathering(samples)
  }

  /// What happens in the layers and between the stages.
  func parts(tokens: Int) -> [StepParts.Part] {
    var parts: [StepParts.Part] = []
    if gpus > 1 {
      parts.append(
        StepParts.Part("all-reduce", Seconds(reductions * reduction(tokens)), .link))
    }
    if hops > 0 {
      parts.append(StepParts.Part("pipeline transfer", Seconds(transfer(tokens)), .link))
    }
    return parts
  }

  /// Bringing the logits together.
  func gatherPart(samples: Int) -> StepParts.Part? {
    gpus > 1 ? StepParts.Part("gather logits", Seconds(gathering(samples)), .link) : nil
  }
}

extension LinkCollectives {
  /// Sets the fraction of the link that large buffers reach: traffic is the share that leaves each
  /// GPU over it.
  fileprivate mutating func reach(_ efficiency: Double, overNVLink: Bool) {
    let factor = 1 / efficiency
    engine.twoShot = factor
    engine.oneShot = max(1, factor)
    for ring in [\LinkCollectives.allReduce, \.gather, \.allToAll] {
      self[keyPath: ring].offset = overNVLink ? 0 : factor
      self[keyPath: ring].slope = overNVLink ? factor : 0
      self[keyPath: ring].inSwitch = 0
    }
  }
}
