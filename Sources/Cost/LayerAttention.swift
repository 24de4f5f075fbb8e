internal import Catalog
internal import Units

/// Attention of all layers as one GPU sees it.
struct LayerAttention: Sendable {
  private let layers: Double
  private let speedup: AttentionSpeedup
  private let decode: DecodeAttention
  private let prefill: PrefillAttention
  private let mixed: MixedAttention

  init(_ deployment: Deployment, _ kernels: KernelProfile) {
    let (model, shards) = (deployment.model, deployment.tensorParallel)
    let rates = WorkRates(deployment)
    let cached = rates.kvBytesPerToken / Double(model.layers * shards)
    let queries = model.heads / shards
    func heads(_ keyValues: Int, width: Int, flops: Double) -> AttentionHeads {
      AttentionHeads(
        queries: queries, keyValues: keyValues, width: width, cache: model.kvCache,
        bytesPerToken: cached, flopsPerPair: flops / Double(model.layers * shards))
    }
    // One latent vector serves all heads.
    let keyValues = model.latent == nil ? model.kvHeads(shards: shards) : 1
    let wide = model.latent.map { $0.keyValueRank + $0.positionWidth } ?? model.headDim
    let decoding = heads(keyValues, width: wide, flops: rates.flopsPerContextToken)
    let prefilling = heads(
      model.latent == nil ? keyValues : queries, width: model.headDim, flops: rates.flopsPerPair)
    self.init(
      kernels, decoding: decoding, prefilling: prefilling, gpu: deployment.gpu,
      AttentionFamily(deployment.gpu, deployment.profile.kernels), layers: model.layers)
  }

  /// `layers` layers with these heads.
  init(
    _ kernels: KernelProfile, decoding: AttentionHeads, prefilling: AttentionHeads, gpu: GPU,
    _ family: AttentionFamily, layers: Int = 1
  ) {
    self.layers = Double(layers)
    speedup = kernels.speedup
    decode = DecodeAttention(kernels, decoding, gpu: gpu, family: family)
    prefill = PrefillAttention(kernels.prefill, prefilling, gpu: gpu)
    mixed = MixedAttention(
      kernels.prefill, prefilling, gpu: gpu, family: family, prefill: prefill, decode: decode)
  }

  /// The prompts of a step alone, in one layer.
  func prefilling(_ shape: StepShape) -> Double {
    shape.prefillTokens > 0
      ? prefill.time(PrefillAttention.Chunks(shape)) / speedup.prefill : 0
  }

  /// What the decodes of a step do whatever their contexts; nil without decodes.
  func batch(_ shape: StepShape) -> DecodeAttention.Batch? {
    shape.decodes > 0 ? DecodeAttention.Batch(Double(shape.decodes), decode) : nil
  }

  /// All attention of a step; `prefilling` is that of its prompts alone, `batch` of its decodes.
  func time(
    _ shape: StepShape, prefilling: Double, _ batch: DecodeAttention.Batch?
  ) -> Double {
    guard let batch else { return layers * prefilling }
    let prefix = DecodeAttention.Prefix(shape)
    let alone = batch.time(
      Double(shape.context), longest: Double(shape.longestContext), prefix)
    guard shape.prefillTokens > 0 else { return layers * (alone / speedup.decode) }
    // Both together gain what they gain one after the other.
    let paged = prefilling * speedup.prefill
    let gain = (prefilling + alone / speedup.decode) / (paged + alone)
    return layers * gain
      * mixed.time(
        PrefillAttention.Chunks(shape), Double(shape.decodes), Double(shape.context),
        longest: Double(shape.longestContext), prefix, decoding: alone, prefilling: paged)
  }

  /// Prompts and decodes; in a step that has both, decoding is what it adds.
  func parts(_ shape: StepShape) -> [StepParts.Part] {
    var parts: [StepParts.Part] = []
    let prefilling = prefilling(shape)
    if shape.prefillTokens > 0 {
      let bound = prefill.bound(PrefillAttention.Chunks(shape))
      parts.append(StepParts.Part("prefill attention", Seconds(layers * prefilling), bound))
    }
    if shape.decodes > 0 {
      let added = time(shape, prefilling: prefilling, batch(shape)) - layers * prefilling
      let read = shape.context - shape.sharedContext + shape.sharedKeys
      let bound = decode.bound(Double(shape.decodes), Double(read))
      parts.append(StepParts.Part("decode attention", Seconds(added), bound))
    }
    return parts
  }
}

extension DecodeAttention.Prefix {
  /// What the decodes of one step read together.
  init(_ shape: StepShape) {
    self.init(
      reads: Double(shape.sharedContext), keys: Double(shape.sharedKeys),
      kernels: Double(shape.prefixKernels))
  }
}

extension PrefillAttention.Chunks {
  /// The chunks of a step.
  init(_ shape: StepShape) {
    self.init(
      tokens: Double(shape.prefillTokens), pairs: Double(shape.prefillPairs),
      blocks: Double(shape.prefillBlocks), keys: Double(shape.prefillKeys),
      longest: Double(shape.longestChunk), largest: Double(shape.largestChunk))
  }
}
