/// A 64-bit hash of bytes that is the same in every process (FNV-1a with a final mix).
///
/// Swift's `Hasher` is seeded per process, so no result may depend on it.
public struct ContentHash: Sendable {
  private var state: UInt64 = 0xcbf2_9ce4_8422_2325

  /// The hash of nothing.
  public init() {}

  /// Adds one byte.
  public mutating func add(_ byte: UInt8) { state = (state ^ UInt64(byte)) &* 0x100_0000_01b3 }
  /// Adds eight bytes, lowest first.
  public mutating func add(_ word: UInt64) {
    for shift in stride(from: 0, to: 64, by: 8) { add(UInt8(truncatingIfNeeded: word >> shift)) }
  }
  /// Adds many bytes, eight at a time; not the same value as adding them one by one.
  public mutating func add(_ bytes: UnsafeRawBufferPointer) {
    var i = 0
    while i + 8 <= bytes.count {
      let word = bytes.loadUnaligned(fromByteOffset: i, as: UInt64.self)
      state = (state ^ UInt64(littleEndian: word)) &* 0x100_0000_01b3
      state ^= state >> 29
      i += 8
    }
    while i < bytes.count {
      add(bytes[i])
      i += 1
    }
  }

  /// The hash so far, all bits mixed (SplitMix64's finaliser).
  public var mixed: UInt64 {
    var z = state &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
  /// `mixed` as 16 hexadecimal digits.
  public var hex: String {
    let digits = String(mixed, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
