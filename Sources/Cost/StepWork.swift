public import Catalog
public import Units

/// Counts of steps, summed over a run: integers, so that the order of adding cannot matter.
public struct StepTotals: Sendable, Equatable {
  /// Steps.
  public var steps: Int64 = 0
  /// Σ of `StepShape.decodes`.
  public var decodes: Int64 = 0
  /// Σ of `StepShape.context`.
  public var context: Int64 = 0
  /// Σ of `StepShape.sharedContext`.
  public var sharedContext: Int64 = 0
  /// Σ of `StepShape.sharedKeys`.
  public var sharedKeys: Int64 = 0
  /// Σ of `StepShape.prefillTokens`.
  public var prefillTokens: Int64 = 0
  /// Σ of `StepShape.prefillPairs`.
  public var prefillPairs: Int64 = 0
  /// Σ of `StepShape.prefillKeys`.
  public var prefillKeys: Int64 = 0
  /// Σ of `StepShape.samples`.
  public var samples: Int64 = 0

  /// Nothing.
  public init() {}

  /// The counts of one step.
  public init(_ shape: StepShape) {
    steps = 1
    decodes = Int64(shape.decodes)
    context = shape.context
    sharedContext = shape.sharedContext
    sharedKeys = shape.sharedKeys
    prefillTokens = Int64(shape.prefillTokens)
    prefillPairs = shape.prefillPairs
    prefillKeys = shape.prefillKeys
    samples = Int64(shape.samples)
  }

  /// Adds the counts of `other`.
  public static func += (sum: inout StepTotals, other: StepTotals) {
    sum.steps += other.steps
    sum.decodes += other.decodes
    sum.context += other.context
    sum.sharedContext += other.sharedContext
    sum.sharedKeys += other.sharedKeys
    sum.prefillTokens += other.prefillTokens
    sum.prefillPairs += other.prefillPairs
    sum.prefillKeys += other.prefillKeys
    sum.samples += other.samples
  }
}

/// What steps need of the hardware at the very least, over all GPUs of the instance.
///
/// Arithmetic of matrices, attention and output head; memory traffic of weights (once a step; an
/// input table that is not the output head is not read) and of keys and values, those that
/// sequences read together once. Activations are
/// left out.
public struct StepWork: Sendable, Equatable {
  /// Floating-point operations.
  public var flops: FLOPs
  /// Bytes to and from HBM.
  public var bytes: Bytes

  /// The work of one step.
  public init(of shape: StepShape, on deployment: Deployment) {
    self.init(of: StepTotals(shape), on: deployment)
  }

  /// The work of all steps of a run.
  ///
  /// Exact for dense models; the experts that steps touch are taken at the mean step, an upper
  /// bound.
  public init(of totals: StepTotals, on deployment: Deployment) {
    let rates = WorkRates(deployment)
    let tokens = Double(totals.decodes + totals.prefillTokens)
    flops = FLOPs(
      tokens * rates.layerFLOPsPerToken + Double(totals.samples) * rates.headFLOPsPerSample
        + Double(totals.prefillPairs) * rates.flopsPerPair
        + Double(totals.context) * rates.flopsPerContextToken)
    let steps = tokens > 0 ? Double(totals.steps) : 0
    let touched = rates.experts.map { $0.at(tokens / max(1, steps)) } ?? 0
    let read = totals.context - totals.sharedContext + totals.sharedKeys
    let cached = Double(read + totals.prefillKeys) + tokens
    bytes = Bytes(
      steps * (rates.weightBytes + touched * rates.bytesPerExpert)
        + cached * rates.kvBytesPerToken)
  }

  /// The share of the instance's 16-bit (or 8-bit, as its weights) peak that this work took.
  public func modelFLOPsUtilization(over time: Seconds, on deployment: Deployment) -> Double {
    let peak = deployment.gpu.peak(deployment.model.weights).value * Double(deployment.gpus)
    return flops.value / (peak * time.value)
  }

  /// The share of the instance's HBM bandwidth that this work took.
  public func memoryBandwidthUtilization(
    over time: Seconds, on deployment: Deployment
  ) -> Double {
    bytes.value / (deployment.gpu.bandwidth.value * Double(deployment.gpus) * time.value)
  }
}

/// The work of a deployment's steps per unit of each count, over all GPUs.
struct WorkRates: Sendable {
  /// Matrix operations of the layers for one token.
  let layerFLOPsPerToken: Double
  /// Operations of the output head for one sampled position.
  let headFLOPsPerSample: Double
  /// Operations of causal prefill attention for one query–key pair.
  let flopsPerPair: Double
  /// Operations of decode attention for one token of context; latent attention works on the
  /// compressed vectors there.
  let flopsPerContextToken: Double
  /// Weights that every step reads: all but input tables and routed experts.
  let weightBytes: Double
  /// Weights of one routed expert over all layers that have it.
  let bytesPerExpert: Double
  /// Keys and values of one token, copies for tensor parallelism included.
  let kvBytesPerToken: Double
  /// Routed experts that tokens touch, nil in a dense model.
  let experts: ExpertLoad?

  init(_ deployment: Deployment) {
    let model = deployment.model
    let shards = deployment.tensorParallel
    let (dense, mixed) = (model.denseLayers, model.expertLayers)
    let active = model.layerParameters(dense: dense, mixed: mixed, shards: 1) { $0.perToken }
    layerFLOPsPerToken = 2 * active
    headFLOPsPerSample = 2 * model.embeddingParameters
    let layersAndHeads = Double(model.layers * model.heads)
    if let latent = model.latent {
      let wide = 2 * latent.keyValueRank + latent.positionWidth
      flopsPerPair = 2 * layersAndHeads * Double(model.headDim + latent.valueWidth)
      flopsPerContextToken = 2 * layersAndHeads * Double(wide)
    } else {
      flopsPerPair = 4 * layersAndHeads * Double(model.headDim)
      flopsPerContextToken = flopsPerPair
    }
    let resident = model.layerParameters(dense: dense, mixed: mixed, shards: shards) { _ in 0 }
    weightBytes =
      resident * Double(shards) * model.weights.bytes
      + model.embeddingParameters * Precision.bf16.bytes
    let expert = model.feedForwardParameters(width: Double(model.experts?.ffn ?? 0))
    bytesPerExpert = Double(mixed) * expert * model.weights.bytes
    let cached = model.layers * model.cachedElements(shards: shards) * shards
    kvBytesPerToken = Double(cached) * model.kvCache.bytes
    experts = model.experts.map { ExpertLoad($0) }
  }
}
