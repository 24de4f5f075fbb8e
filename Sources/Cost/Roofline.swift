public import Catalog
public import Kernel
public import Units

/// Roofline: the larger of arithmetic at its peak and memory traffic at its peak, for the whole
/// step; the engine's host time on top.
///
/// Pipeline stages take turns, so only GPUs that share a matrix work at the same time.
/// Communication is free. Source: Williams et al., "Roofline", CACM 2009; Fu, arXiv 2405.08944.
public struct Roofline: CostModel {
  /// `roofline`.
  public static let name = "roofline"
  /// What it is.
  public static let summary =
    "the larger of arithmetic and memory traffic at the peaks, and host time"

  private let host: HostWork
  // Seconds per unit of each count, at the peaks.
  private let computePerToken: Double
  private let computePerSample: Double
  private let computePerPair: Double
  private let computePerContext: Double
  private let weights: Double
  private let expert: Double
  private let cached: Double
  private let experts: ExpertLoad?
  private let expertCount: Double
  /// HBM bandwidth of one GPU, bytes/s.
  private let bandwidth: Double

  /// The roofline of `deployment`.
  public init(_ options: NoOptions, _ deployment: Deployment, _ kernels: KernelProfile?) {
    let rates = WorkRates(deployment)
    let (model, gpu) = (deployment.model, deployment.gpu)
    let shards = Double(deployment.tensorParallel)
    let bandwidth = gpu.bandwidth.value * shards
    self.bandwidth = gpu.bandwidth.value
    host = HostWork(deployment)
    computePerToken = rates.layerFLOPsPerToken / (gpu.peak(model.weights).value * shards)
    computePerSample = rates.headFLOPsPerSample / (gpu.bf16.value * shards)
    computePerPair = rates.flopsPerPair / (gpu.bf16.value * shards)
    computePerContext = rates.flopsPerContextToken / (gpu.bf16.value * shards)
    weights = rates.weightBytes / bandwidth
    expert = rates.bytesPerExpert / bandwidth
    cached = rates.kvBytesPerToken / bandwidth
    experts = rates.experts
    expertCount = Double(model.experts?.count ?? 0)
  }

  /// Tokens of a step above which arithmetic takes longer than reading all weights.
  public var kneeTokens: Double { (weights + expert * expertCount) / computePerToken }

  /// What a step takes but for the context of its decodes.
  private struct Base {
    var compute = 0.0
    var memory = 0.0
  }

  private func base(_ shape: StepShape) -> Base {
    let tokens = Int(shape.decodes) + Int(shape.prefillTokens)
    guard tokens > 0 else { return Base() }
    let count = Double(tokens)
    var base = Base()
    base.compute =
      count * computePerToken + Double(shape.samples) * computePerSample
      + Double(shape.prefillPairs) * computePerPair
    // What is read together is computed by each and read once.
    let spared = Double(shape.sharedContext - shape.sharedKeys)
    base.memory = weights + (Double(shape.prefillKeys) + count - spared) * cached
    if let experts { base.memory += experts(tokens) * expert }
    return base
  }

  /// `slowing` is how much longer memory traffic takes beside copies.
  private func gpu(_ base: Base, _ context: Int64, _ slowing: Double) -> Double {
    let context = Double(context)
    return max(
      base.compute + context * computePerContext, (base.memory + context * cached) * slowing)
  }

  /// What copies leave of the bandwidth lasts so much less; they never take more than nine tenths.
  private func slowing(_ shape: StepShape) -> Double {
    shape.copyRate > 0 ? 1 / (1 - min(0.9, shape.copyRate / bandwidth)) : 1
  }

  /// What copies through HBM add to the GPU's part of a step: nothing while arithmetic hides them.
  func delay(_ shape: StepShape) -> Double {
    guard shape.copyRate > 0 else { return 0 }
    let base = base(shape)
    return gpu(base, shape.context, slowing(shape)) - gpu(base, shape.context, 1)
  }

  /// The time of one step.
  public func time(of shape: StepShape) -> Seconds {
    Seconds(host.step(shape).time(gpu(base(shape), shape.context, slowing(shape))))
  }

  /// As steps one by one; what does not depend on the context is computed once.
  public func ends(
    of shape: StepShape, from start: Instant, count: Int, into ends: inout [Instant]
  ) {
    let (base, host, slowing) = (base(shape), host.step(shape), slowing(shape))
    var context = shape.context
    var end = start
    for i in 0..<count {
      end = end + Seconds(host.time(gpu(base, context, slowing)))
      ends[i] = end
      context += Int64(shape.lengthening)
    }
  }

  /// The GPU's part and the host's.
  public func parts(of shape: StepShape) -> StepParts {
    let base = base(shape)
    let compute = base.compute + Double(shape.context) * computePerContext
    let memory = (base.memory + Double(shape.context) * cached) * slowing(shape)
    let (busy, total) = (max(compute, memory), time(of: shape))
    return StepParts(
      [
        StepParts.Part("host", Seconds(max(0, total.value - busy)), .host),
        StepParts.Part("gpu", Seconds(busy), compute >= memory ? .compute : .hbm),
      ], total: total)
  }
}
