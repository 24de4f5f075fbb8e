/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): the tests' own random numbers.
struct SplitMix {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return Self.finish(state)
  }
  mutating func below(_ count: Int) -> Int { Int(next() % UInt64(count)) }

  /// The generator's output function.
  static func finish(_ word: UInt64) -> UInt64 {
    var z = word
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// FNV-1a of bytes (Fowler, Noll and Vo; constants of the 64-bit variant).
func fnv1a(_ bytes: [UInt8]) -> UInt64 {
  bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
}

/// The bytes of a word, lowest first.
func littleEndian(_ word: UInt64) -> [UInt8] {
  (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) }
}

/// MT19937 as its authors write it: Matsumoto and Nishimura, TOMACS 8(1), 1998; seeding of 2002.
struct MersenneTwister {
  private var state: [UInt32]
  private var index = 624

  init(seed: UInt32) {
    state = [seed]
    for i in 1..<624 {
      let last = state[i - 1]
      state.append(1_812_433_253 &* (last ^ (last >> 30)) &+ UInt32(i))
    }
  }

  mutating func next() -> UInt32 {
    if index == 624 { twist() }
    var y = state[index]
    index += 1
    y ^= y >> 11
    y ^= (y << 7) & 0x9D2C_5680
    y ^= (y << 15) & 0xEFC6_0000
    return y ^ (y >> 18)
  }

  private mutating func twist() {
    for i in 0..<624 {
      let y = (state[i] & 0x8000_0000) | (state[(i + 1) % 624] & 0x7FFF_FFFF)
      state[i] = state[(i + 397) % 624] ^ (y >> 1) ^ (y & 1 == 1 ? 0x9908_B0DF : 0)
    }
    index = 0
  }
}
