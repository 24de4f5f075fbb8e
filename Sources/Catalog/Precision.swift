/// The number format of weights or of cached keys and values.
public enum Precision: String, Sendable, CaseIterable, Codable {
  /// Sixteen bits: bfloat16 or half precision, which cost the same.
  case bf16
  /// Eight bits, E4M3 or E5M2; scales are left out (below 1 %).
  case fp8

  /// Bytes of one element.
  public var bytes: Double {
    switch self {
    case .bf16: 2
    case .fp8: 1
    }
  }
}
