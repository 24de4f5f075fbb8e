/// A named stream of random numbers that may be copied: eight bytes of state (SplitMix64).
///
/// For policies, which are values: a copy goes on with the same draws. A run's own draws come from
/// `RandomStream`.
///
/// Source: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014.
public struct SplitMixStream: Sendable {
  private var state: UInt64

  /// The stream called `name` of `seed`.
  public init(seed: UInt64, name: String) {
    var hash = ContentHash()
    hash.add(seed)
    for byte in name.utf8 { hash.add(byte) }
    state = hash.mixed
  }

  /// All 64 bits at random.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return Self.mixed(state)
  }

  /// A whole number in 0..<`count`, which is above 0; the bias is below `count` / 2⁶⁴.
  public mutating func below(_ count: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(count)).high)
  }

  /// A number in [0, 1) that depends on `key` and the stream alone, however many were drawn.
  public func uniform(at key: UInt64) -> Double {
    Double(Self.mixed(state ^ Self.mixed(key)) >> 11) * 0x1p-53
  }

  private static func mixed(_ word: UInt64) -> UInt64 {
    var z = word
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
