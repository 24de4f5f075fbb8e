public import Catalog
public import Units

extension Operation {
  /// The time with the constants of `kernels`.
  ///
  /// The formulas are those of a step; what a step works out beforehand is worked out here.
  public func time(on gpu: GPU, _ kernels: KernelProfile) -> Seconds {
    Seconds(seconds(on: gpu, kernels))
  }

  private func seconds(on gpu: GPU, _ kernels: KernelProfile) -> Double {
    let family = AttentionFamily(gpu, .current)
    switch self {
    case .gemm(let rows, let inner, let outer, let precision):
      return MatrixProduct(
        kernels.products(precision, on: gpu), inner: inner, outer: outer, precision: precision,
        gpu: gpu
      ).time(rows)
    case .decodeAttention(let heads, let sequences, let context):
      return DecodeAttention(kernels, heads, gpu: gpu, family: family).time(
        Double(sequences), Double(sequences) * Double(context), longest: Double(context))
    case .prefillAttention(let heads, let sequences, let tokens, let cached):
      return PrefillAttention(kernels.prefill, heads, gpu: gpu)
        .time(.init(sequences: sequences, tokens: tokens, cached: cached))
    case .mixedAttention(let heads, let chunk, let cached, let sequences, let context):
      var shape = StepShape()
      shape.decodes = Int32(sequences)
      shape.context = Int64(sequences) * Int64(context)
      shape.longestContext = Int32(sequences > 0 ? context : 0)
      if chunk > 0 { shape.addChunk(tokens: Int32(chunk), after: Int32(cached)) }
      let layer = LayerAttention(kernels, decoding: heads, prefilling: heads, gpu: gpu, family)
      return layer.time(shape, prefilling: layer.prefilling(shape), layer.batch(shape))
    case .collective(let kind, let gpus, let bytes, let overNVLink):
      return (overNVLink ? kernels.nvlink : kernels.hostBus).time(
        kind, gpus: gpus, x: bytes / Self.link(gpu, overNVLink), overNVLink: overNVLink)
    case .engineAllReduce(let gpus, let bytes, let overNVLink):
      return (overNVLink ? kernels.nvlink : kernels.hostBus).engineAllReduce(
        gpus: gpus, bytes: bytes, bandwidth: Self.link(gpu, overNVLink), overNVLink: overNVLink,
        inSwitch: overNVLink && gpu.reducesInSwitch)
    case .elementwise(let bytes):
      return BoundElementwise(kernels.elementwise, count: 1, bytes: bytes, gpu: gpu).time(1)
    case .headNorm(let heads, let width):
      return BoundElementwise.norms(
        kernels.elementwise, count: 1, heads: heads, width: width, gpu: gpu
      ).time(1)
    case .sampling(let sequences, let vocab):
      return kernels.elementwise.sampling(sequences, vocab: vocab, bandwidth: gpu.bandwidth.value)
    case .experts(let experts):
      let isPlain =
        experts.precision == .fp8 && !experts.isBlockScaled && gpu.fp8.value > 0
      return experts.seconds(
        on: gpu, isPlain ? kernels.experts8 : kernels.experts(experts.precision, on: gpu))
    case .copy(let method, let blockBytes, let blocks):
      return (method == .memcpy ? kernels.memcpy : kernels.copyKernel).time(
        blockBytes: blockBytes, blocks: blocks, bandwidth: gpu.hostLink.value)
    }
  }

  private static func link(_ gpu: GPU, _ overNVLink: Bool) -> Double {
    (overNVLink ? gpu.nvlink : gpu.hostLink).value
  }
}

extension ExpertProducts {
  fileprivate func seconds(on gpu: GPU, _ times: ExpertTimes) -> Double {
    let bound = BoundExperts(times, hidden: hidden, ffn: ffn, precision: precision, gpu: gpu)
    let all = Double(tokens * perToken)
    guard isSkewed else {
      return bound.time(visits: all, local: rowsOfBusiestRank, touched: touchedOfBusiestRank)
    }
    let loads = SkewedExperts(tokens: tokens, perToken: perToken, count: count)
    return bound.time(visits: all, perExpert: loads.busiest(perRank: max(1, count / ranks)))
  }
}

extension PrefillAttention.Chunks {
  /// Chunks of one size.
  fileprivate init(sequences: Int, tokens: Int, cached: Int) {
    let (count, s, c) = (Double(sequences), Double(tokens), Double(cached))
    let rows = PrefillTimes.blockRows
    self.init(
      tokens: count * s, pairs: count * (s * c + s * (s + 1) / 2),
      blocks: count * Double((tokens + rows - 1) / rows), keys: count * (s + c), longest: s + c,
      largest: s)
  }
}
