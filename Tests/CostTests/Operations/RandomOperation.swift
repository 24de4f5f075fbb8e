import Catalog
import Cost
import Units

extension Cost.Operation {
  /// One operation of each class, small and large sizes alike, as `gpu` can run it.
  static func random(
    on gpu: GPU, _ random: inout some RandomNumberGenerator
  ) -> [Cost.Operation] {
    /// A whole number from 1 on; every octave is as likely.
    func size(_ largest: Int) -> Int {
      var bits = 0
      while largest >> (bits + 1) > 0 { bits += 1 }
      let top = 1 << Int.random(in: 0...bits, using: &random)
      return min(largest, Int.random(in: top...(2 * top), using: &random))
    }
    let keys = size(32)
    let heads = AttentionHeads(
      queries: keys * size(16), keyValues: keys, width: [64, 96, 128, 256][size(4) - 1],
      cache: Bool.random(using: &random) ? .fp8 : .bf16)
    var experts = ExpertProducts(
      tokens: size(16384), hidden: size(8192), ffn: size(8192), perToken: size(8), count: size(256))
    experts.ranks = size(16)
    experts.precision = Bool.random(using: &random) ? .fp8 : .bf16
    experts.isBlockScaled = Bool.random(using: &random)
    let kind = Collective.allCases[size(4) - 1]
    let bytes = Double(size(1 << 30))
    let isJoined = gpu.nvlink.value > 0
    let group = isJoined ? gpu.nvlinkGroup : 8
    let gpus = Int.random(in: 2...group, using: &random)
    return [
      .gemm(rows: size(16384), inner: size(32768), outer: size(160_000), .bf16),
      .gemm(rows: size(16384), inner: size(32768), outer: size(160_000), .fp8),
      .decodeAttention(heads, sequences: size(1024), context: size(200_000)),
      .prefillAttention(
        heads, sequences: size(256), tokens: size(32768), cached: size(100_000) - 1),
      .collective(kind, gpus: gpus, bytes: bytes, overNVLink: isJoined),
      .collective(kind, gpus: size(8) + 1, bytes: bytes, overNVLink: false),
      .engineAllReduce(gpus: gpus, bytes: bytes, overNVLink: isJoined),
      .engineAllReduce(gpus: size(8) + 1, bytes: bytes, overNVLink: false),
      .mixedAttention(
        heads, chunk: size(4096), cached: size(20_000), sequences: size(300),
        context: size(20_000)),
      .headNorm(heads: Double(size(1 << 20)), width: size(256)),
      .elementwise(bytes: bytes), .sampling(sequences: size(1024), vocab: size(256_000)),
      .experts(experts),
      .copy(
        HostCopy.allCases[size(2) - 1], blockBytes: Double(size(1 << 26)),
        blocks: Double(size(100_000))),
    ]
  }

  /// Attention with each of its sizes grown by `more`.
  private func longerAttention(by more: Int) -> [Cost.Operation] {
    switch self {
    case .decodeAttention(let heads, let sequences, let context):
      [
        .decodeAttention(heads, sequences: sequences + more, context: context),
        .decodeAttention(heads, sequences: sequences, context: context + more),
      ]
    case .prefillAttention(let heads, let sequences, let tokens, let cached):
      [
        .prefillAttention(heads, sequences: sequences + more, tokens: tokens, cached: cached),
        .prefillAttention(heads, sequences: sequences, tokens: tokens + more, cached: cached),
        .prefillAttention(heads, sequences: sequences, tokens: tokens, cached: cached + more),
      ]
    case .mixedAttention(let heads, let chunk, let cached, let sequences, let context):
      [
        .mixedAttention(
          heads, chunk: chunk + more, cached: cached, sequences: sequences, context: context),
        .mixedAttention(
          heads, chunk: chunk, cached: cached + more, sequences: sequences, context: context),
        .mixedAttention(
          heads, chunk: chunk, cached: cached, sequences: sequences + more, context: context),
        .mixedAttention(
          heads, chunk: chunk, cached: cached, sequences: sequences, context: context + more),
      ]
    default: []
    }
  }

  /// The same operation with each of its sizes grown by one, to the next edge of a tile and by
  /// more; GPUs up to `group`.
  func grown(upTo group: Int) -> [Cost.Operation] {
    [1, 63, 129, 5000].flatMap { more -> [Cost.Operation] in
      switch self {
      case .gemm(let m, let k, let n, let precision):
        [
          .gemm(rows: m + more, inner: k, outer: n, precision),
          .gemm(rows: m, inner: k + more, outer: n, precision),
          .gemm(rows: m, inner: k, outer: n + more, precision),
        ]
      case .decodeAttention, .prefillAttention, .mixedAttention: longerAttention(by: more)
      case .collective(let kind, let gpus, let bytes, let over):
        [
          .collective(kind, gpus: gpus, bytes: bytes + Double(more * more), overNVLink: over),
          .collective(kind, gpus: min(group, gpus + 1), bytes: bytes, overNVLink: over),
        ]
      case .engineAllReduce(let gpus, let bytes, let over):
        [
          .engineAllReduce(gpus: gpus, bytes: bytes + Double(more * more), overNVLink: over),
          .engineAllReduce(gpus: min(group, gpus + 1), bytes: bytes, overNVLink: over),
        ]
      case .elementwise(let bytes): [.elementwise(bytes: bytes + Double(more * more))]
      case .headNorm(let heads, let width):
        [
          .headNorm(heads: heads + Double(more), width: width),
          .headNorm(heads: heads, width: width + more),
        ]
      case .sampling(let sequences, let vocab):
        [
          .sampling(sequences: sequences + more, vocab: vocab),
          .sampling(sequences: sequences, vocab: vocab + more),
        ]
      case .experts(let experts): experts.grown(by: more).map { .experts($0) }
      case .copy(let method, let bytes, let blocks):
        [
          .copy(method, blockBytes: bytes + Double(more), blocks: blocks),
          .copy(method, blockBytes: bytes, blocks: blocks + Double(more)),
        ]
      }
    }
  }
}

extension ExpertProducts {
  fileprivate func grown(by more: Int) -> [ExpertProducts] {
    [\ExpertProducts.tokens, \.hidden, \.ffn, \.perToken, \.count].map { path in
      var larger = self
      larger[keyPath: path] += more
      return larger
    }
  }
}
