import Kernel
import Testing

@Suite struct ContentHashTests {
  private func hash(_ text: String) -> ContentHash {
    var hash = ContentHash()
    for byte in text.utf8 { hash.add(byte) }
    return hash
  }

  /// The finaliser steps before it mixes, as SplitMix64's `next` does.
  private func mix(_ state: UInt64) -> UInt64 { SplitMix.finish(state &+ 0x9E37_79B9_7F4A_7C15) }

  @Test func `the model gives the published FNV-1a and SplitMix64 values`() {
    // Test vectors of draft-eastlake-fnv and of the SplitMix64 reference code (seed 0).
    #expect(fnv1a([]) == 0xcbf2_9ce4_8422_2325)
    #expect(fnv1a(Array("a".utf8)) == 0xaf63_dc4c_8601_ec8c)
    #expect(fnv1a(Array("foobar".utf8)) == 0x8594_4171_f739_67e8)
    #expect(mix(0) == 0xe220_a839_7b1d_cdaf)
  }

  @Test(arguments: ["", "a", "foobar", "arrivals", "größe"])
  func `bytes are hashed by FNV-1a and mixed by SplitMix64`(text: String) {
    #expect(hash(text).mixed == mix(fnv1a(Array(text.utf8))))
  }

  @Test func `a word is its eight bytes, lowest first`() {
    for word in [0, 1, 0x0102_0304_0506_0708, UInt64.max] {
      var whole = ContentHash()
      whole.add(word)
      #expect(whole.mixed == mix(fnv1a(littleEndian(word))))
    }
  }

  @Test func `order matters`() {
    #expect(hash("ab").mixed != hash("ba").mixed)
    #expect(hash("ab").mixed != hash("abb").mixed)
  }

  private func hash(_ buffer: [UInt8], pieces: Int = 1) -> UInt64 {
    var hash = ContentHash()
    let step = (buffer.count + pieces - 1) / pieces
    for start in stride(from: 0, to: buffer.count, by: max(1, step)) {
      let piece = Array(buffer[start..<min(start + step, buffer.count)])
      piece.withUnsafeBytes { hash.add($0) }
    }
    return hash.mixed
  }

  @Test func `fewer than eight bytes are hashed one by one`() {
    let bytes = Array("seven b".utf8)
    #expect(hash(bytes) == mix(fnv1a(bytes)))
  }

  @Test func `eight bytes are folded in as one word`() {
    let bytes = littleEndian(0x0102_0304_0506_0708)
    var state = (0xcbf2_9ce4_8422_2325 ^ 0x0102_0304_0506_0708) &* 0x100_0000_01b3 as UInt64
    state ^= state >> 29
    #expect(hash(bytes) == mix(state))
    // A ninth byte goes on from there as FNV-1a does.
    #expect(hash(bytes + [9]) == mix((state ^ 9) &* 0x100_0000_01b3))
  }

  @Test func `pieces of whole words hash like the whole`() {
    let bytes = (0..<64).map { UInt8($0 * 3) }
    #expect(hash(bytes) == hash(bytes, pieces: 4))
  }

  @Test func `every bit of a buffer changes the hash`() {
    let bytes = (0..<21).map { UInt8($0) }
    var seen = [hash(bytes)]
    for bit in 0..<8 * bytes.count {
      var changed = bytes
      changed[bit / 8] ^= 1 << UInt8(bit % 8)
      seen.append(hash(changed))
    }
    #expect(Set(seen).count == seen.count)
  }

  @Test func `hex is sixteen digits with leading zeros`() {
    var short: ContentHash?
    for i in 0..<1000 where short == nil {
      let candidate = hash("\(i)")
      if candidate.mixed < 1 << 60 { short = candidate }
    }
    for one in [hash(""), hash("a"), short ?? hash("")] {
      #expect(one.hex.utf8.count == 16)
      #expect(UInt64(one.hex, radix: 16) == one.mixed)
    }
    #expect(short?.hex.hasPrefix("0") == true)
  }
}
