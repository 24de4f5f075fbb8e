public import Catalog

/// One call of one kernel on one GPU (of a collective: on each of them): what a measurement times
/// and a step repeats for every layer.
public enum Operation: Sendable, Equatable {
  /// A product of `rows` × `inner` with `inner` × `outer`, the second one being weights.
  case gemm(rows: Int, inner: Int, outer: Int, Precision)
  /// One new token of each of `sequences` attends to `context` tokens of its own.
  case decodeAttention(AttentionHeads, sequences: Int, context: Int)
  /// `sequences` chunks of `tokens` tokens attend to `cached` earlier tokens of their own and,
  /// causally, to themselves.
  case prefillAttention(AttentionHeads, sequences: Int, tokens: Int, cached: Int)
  /// A chunk of `chunk` tokens after `cached` ones in the same step as `sequences` decodes, each
  /// attending to `context` tokens; either may be missing.
  case mixedAttention(
    AttentionHeads, chunk: Int, cached: Int, sequences: Int, context: Int)
  /// A collective of NCCL over `gpus` GPUs of a buffer of `bytes`, by NVLink or the host's bus.
  case collective(Collective, gpus: Int, bytes: Double, overNVLink: Bool)
  /// An engine's own all-reduce inside a CUDA graph.
  case engineAllReduce(gpus: Int, bytes: Double, overNVLink: Bool)
  /// A kernel that passes over `bytes` of activations.
  case elementwise(bytes: Double)
  /// A norm that passes over each of `heads` heads of `width` elements by itself.
  case headNorm(heads: Double, width: Int)
  /// Choosing the next tokens of `sequences` among `vocab`.
  case sampling(sequences: Int, vocab: Int)
  /// The routed experts of one layer.
  case experts(ExpertProducts)
  /// `blocks` separate copies of `blockBytes` each from host to GPU or back.
  case copy(HostCopy, blockBytes: Double, blocks: Double)
}

/// The heads of one layer's attention on one GPU.
public struct AttentionHeads: Sendable, Equatable {
  /// Query heads.
  public let queries: Int
  /// Key and value heads.
  public let keyValues: Int
  /// Elements of a query, key or value of one head.
  public let width: Int
  /// Format of cached keys and values.
  public let cache: Precision
  /// Bytes of one token's keys and values.
  public let bytesPerToken: Double
  /// Operations of one query token with one key, over all query heads.
  public let flopsPerPair: Double

  /// Heads of `width` elements.
  public init(queries: Int, keyValues: Int, width: Int, cache: Precision = .bf16) {
    self.init(
      queries: queries, keyValues: keyValues, width: width, cache: cache,
      bytesPerToken: Double(2 * keyValues * width) * cache.bytes,
      flopsPerPair: Double(4 * queries * width))
  }

  /// Heads whose keys and values take other sizes than their width tells, as latent ones do.
  init(
    queries: Int, keyValues: Int, width: Int, cache: Precision, bytesPerToken: Double,
    flopsPerPair: Double
  ) {
    self.queries = queries
    self.keyValues = keyValues
    self.width = width
    self.cache = cache
    self.bytesPerToken = bytesPerToken
    self.flopsPerPair = flopsPerPair
  }
}

/// What GPUs do together with a buffer.
public enum Collective: String, Sendable, CaseIterable {
  /// Every GPU ends with the sum of all buffers; the size is that of one buffer.
  case allReduce = "all_reduce"
  /// Every GPU ends with all parts; the size is that of the whole.
  case allGather = "all_gather"
  /// Every GPU ends with its part of the sum; the size is that of the whole.
  case reduceScatter = "reduce_scatter"
  /// Every GPU sends a part to every other; the size is that of one GPU's parts together.
  case allToAll = "alltoall"

  /// Bytes that leave each of `gpus` GPUs for a buffer of one byte, at the least.
  public func share(of gpus: Int) -> Double {
    let others = Double(gpus - 1) / Double(gpus)
    return self == .allReduce ? 2 * others : others
  }
}

/// How blocks travel between host memory and HBM.
public enum HostCopy: String, Sendable, CaseIterable {
  /// One `cudaMemcpyAsync` a block, by a copy engine.
  case memcpy = "cudaMemcpyAsync"
  /// One kernel for all blocks, its threads reading the host's memory.
  case kernel = "custom_kernel"
}

/// What the routed experts of one layer compute on one GPU.
public struct ExpertProducts: Sendable, Equatable {
  /// Tokens of the step.
  public var tokens: Int
  /// Width of the residual stream.
  public var hidden: Int
  /// Inner width of one expert on this GPU.
  public var ffn: Int
  /// Experts that each token visits.
  public var perToken: Int
  /// Experts of the layer.
  public var count: Int
  /// GPUs that hold different experts.
  public var ranks = 1
  /// Format of the weights.
  public var precision = Precision.bf16
  /// Whether 8-bit weights have a scale for each block, not one for all.
  public var isBlockScaled = true
  /// Whether some experts are visited far more often than others.
  public var isSkewed = false

  /// The products of `tokens` tokens.
  public init(tokens: Int, hidden: Int, ffn: Int, perToken: Int, count: Int) {
    self.tokens = tokens
    self.hidden = hidden
    self.ffn = ffn
    self.perToken = perToken
    self.count = count
  }
}
