internal import Cost

extension Operation {
  /// What operations have in common that differ in size alone.
  var family: String {
    switch self {
    case .gemm(_, let inner, let outer, _): return "\(inner) \(outer)"
    case .decodeAttention(let heads, let sequences, _):
      return "\(heads.queries) \(heads.keyValues) \(heads.width) \(sequences)"
    case .prefillAttention(let heads, let sequences, _, _):
      return "\(heads.queries) \(heads.keyValues) \(heads.width) \(sequences)"
    case .mixedAttention(let heads, let chunk, _, let sequences, _):
      return "\(heads.queries) \(heads.keyValues) \(chunk) \(sequences)"
    case .experts(let experts):
      return "\(experts.hidden) \(experts.ffn) \(experts.count) \(experts.ranks)"
    // Too few shapes to count by: an octave of the size.
    case .elementwise(let bytes): return "\(bytes.exponent)"
    case .headNorm(let heads, let width): return "\(width) \(heads.exponent)"
    case .sampling(let sequences, let vocab): return "\(vocab) \(Double(sequences).exponent)"
    case .collective(let kind, let gpus, let bytes, _):
      return "\(kind.rawValue) \(gpus) \(bytes.exponent)"
    case .engineAllReduce(let gpus, let bytes, _): return "\(gpus) \(bytes.exponent)"
    case .copy(_, let blockBytes, _): return "\(blockBytes)"
    }
  }
}
