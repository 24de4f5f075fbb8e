/// Multiplies times by one factor, exactly, and rounds each product once.
struct TimeScale: Sendable {
  private let factor: Double
  private let significand: Int128
  private let shift: Int

  /// A scale by `factor`, which is finite and above 0.
  init(factor: Double) {
    self.factor = factor
    significand = Int128(factor.significand * 0x1p52)
    shift = 52 - Int(factor.exponent)
  }

  /// `time` × factor, rounded half up; nil if that lies beyond 64 bits.
  func apply(_ time: Int128) -> Int64? {
    if factor == 1 { return Int64(exactly: time) }
    // The product below has 73 + 53 bits.
    guard time.magnitude < 1 << 73, (Double(time) * factor).magnitude < 0x1p63 else { return nil }
    let product = time * significand
    if shift <= 0 { return Int64(exactly: product << Int128(-shift)) }
    if shift > 126 { return 0 }
    return Int64(exactly: (product + (1 << Int128(shift - 1))) >> Int128(shift))
  }
}
