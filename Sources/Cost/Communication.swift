internal import Catalog
internal import Units

/// Collectives and pipeline transfers of a step: seconds, and seconds per unit of each count.
struct Communication: Sendable {
  let allReduceFloor: Double
  let allReducePerToken: Double
  let gatherFloor: Double
  let gatherPerSample: Double
  let transferFloor: Double
  let transferPerToken: Double

  /// Two all-reduces per layer, one gathering of logits, one transfer between stages.
  ///
  /// `efficiency` overrides the fraction of the link that collectives reach; 0 keeps the table's.
  init(_ deployment: Deployment, _ kernels: KernelProfile, efficiency: Double) {
    let model = deployment.model
    let gpus = deployment.tensorParallel
    let table =
      deployment.joinedByNVLink ? kernels.allReduce : KernelProfile.allReduceOverPCIe
    let collective = KernelProfile.allReduce(over: gpus, in: table)
    let fraction = efficiency > 0 ? efficiency : collective.efficiency
    let link = deployment.tensorLink.value * fraction
    let rowBytes = Double(model.hidden) * Precision.bf16.bytes
    // Each GPU sends this share of the data once to scatter and once to gather.
    let share = Double(gpus - 1) / Double(gpus)
    let reductions = gpus > 1 ? Double(2 * model.layers) : 0
    allReduceFloor = reductions * collective.latency
    allReducePerToken = reductions * 2 * share * rowBytes / link
    gatherFloor = gpus > 1 ? collective.latency : 0
    gatherPerSample = share * Double(model.vocab) * Precision.bf16.bytes / link
    let hops = Double(deployment.pipelineParallel - 1)
    let near = deployment.gpus <= deployment.gpu.nvlinkGroup && deployment.gpu.nvlink.value > 0
    let hop = near ? deployment.gpu.nvlink : deployment.gpu.hostLink
    let pair = KernelProfile.allReduce(
      over: 2, in: near ? kernels.allReduce : KernelProfile.allReduceOverPCIe)
    transferFloor = hops * KernelProfile.transferFloor
    transferPerToken = hops * rowBytes / (hop.value * pair.efficiency)
  }

  func allReduce(_ tokens: Double) -> Double { allReduceFloor + allReducePerToken * tokens }
  func gather(_ samples: Double) -> Double { gatherFloor + gatherPerSample * samples }
  func transfer(_ tokens: Double) -> Double { transferFloor + transferPerToken * tokens }
}
