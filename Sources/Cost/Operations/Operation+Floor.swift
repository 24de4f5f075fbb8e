public import Catalog
public import Units

extension Operation {
  /// Arithmetic and traffic of one GPU with nothing in its caches.
  public struct Work: Sendable, Equatable {
    /// Floating-point operations, at the peak of `precision`.
    public var flops = 0.0
    /// Their format.
    public var precision = Precision.bf16
    /// Bytes to and from HBM.
    public var memory = 0.0
    /// Bytes over the link between GPUs or to the host, in one direction.
    public var link = 0.0
  }

  /// What the operation needs at the least.
  public var work: Work {
    var work = Work()
    switch self {
    case .gemm(let rows, let inner, let outer, let precision):
      let (m, k, n) = (Double(rows), Double(inner), Double(outer))
      work.flops = 2 * m * k * n
      work.precision = precision
      work.memory = k * n * precision.bytes + m * (k + n) * Precision.bf16.bytes
    case .decodeAttention(let heads, let sequences, let context):
      let pairs = Double(sequences) * Double(context)
      work.flops = pairs * heads.flopsPerPair
      work.memory = pairs * heads.bytesPerToken
    case .prefillAttention(let heads, let sequences, let tokens, let cached):
      let (count, s, c) = (Double(sequences), Double(tokens), Double(cached))
      work.flops = count * s * (c + s / 2) * heads.flopsPerPair
      let queries = 2 * s * Double(heads.queries * heads.width) * Precision.bf16.bytes
      work.memory = count * ((c + s) * heads.bytesPerToken + queries)
    case .mixedAttention(let heads, let chunk, let cached, let sequences, let context):
      let decode = Operation.decodeAttention(heads, sequences: sequences, context: context).work
      let prefill = Operation.prefillAttention(
        heads, sequences: chunk > 0 ? 1 : 0, tokens: chunk, cached: cached
      ).work
      work.flops = decode.flops + prefill.flops
      work.memory = decode.memory + prefill.memory
    case .collective(let kind, let gpus, let bytes, _):
      work.link = kind.share(of: gpus) * bytes
    case .engineAllReduce(let gpus, let bytes, _):
      work.link = Collective.allReduce.share(of: gpus) * bytes
    case .elementwise(let bytes): work.memory = bytes
    case .headNorm(let heads, let width):
      work.memory = 2 * heads * Double(width) * Precision.bf16.bytes
    case .sampling(let sequences, let vocab):
      work.memory = Double(sequences) * Double(vocab) * Precision.bf16.bytes
    case .experts(let experts):
      let rows = experts.rowsOfBusiestRank
      let matrices = 3 * Double(experts.hidden) * Double(experts.ffn)
      work.flops = 2 * rows * matrices
      work.precision = experts.precision
      work.memory = experts.touchedOfBusiestRank * matrices * experts.precision.bytes
    case .copy(_, let blockBytes, let blocks):
      work.link = blockBytes * blocks
    }
    return work
  }

  /// The time at the data sheet's peaks: the larger of arithmetic, memory traffic and link.
  ///
  /// The naive roofline that fits are compared with. A floor of kernels that read what does not fit
  /// L2, such as weights and long contexts; activations that L2 holds, and all-reduces that the
  /// switch adds up, can take less.
  public func floor(on gpu: GPU) -> Seconds {
    let work = work
    var link = gpu.hostLink
    switch self {
    case .collective(_, _, _, overNVLink: true), .engineAllReduce(_, _, overNVLink: true):
      link = gpu.nvlink
    default: break
    }
    return Seconds(
      max(
        work.flops / gpu.peak(work.precision).value, work.memory / gpu.bandwidth.value,
        work.link / link.value))
  }
}

extension ExpertProducts {
  /// Token visits to the GPU that has most of them.
  var rowsOfBusiestRank: Double { Double(tokens * perToken) / Double(ranks) }

  /// Experts touched on the GPU that has most of them: as many as there are visits, when these are
  /// dealt out one to each.
  var touchedOfBusiestRank: Double {
    let visits = (tokens * perToken + ranks - 1) / ranks
    return Double(min(max(1, count / ranks), visits))
  }
}
