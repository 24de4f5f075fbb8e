import Kernel
import Memory
import Testing
import Units

@Suite struct TTLTests {
  struct Slow: SlowCache {
    let capacity: Int
    let life: Int64
    // Least recent first.
    var entries: [(block: BlockID, time: Int64)] = []
    var content: [BlockID] { entries.map(\.block) }

    init(capacity: Int, life: Int64) {
      self.capacity = capacity
      self.life = life
    }

    mutating func age(to time: Int64) { entries.removeAll { time - $0.time >= life } }
    mutating func use(_ use: SlowUse) {
      entries.removeAll { $0.block == use.block }
      if entries.count == capacity { entries.removeFirst() }
      entries.append((use.block, use.time))
    }
  }

  @Test(arguments: [1, 3, 10, 100])
  func `it equals a list of times that is searched from end to end`(seconds: Int) {
    var options = TTL.Options()
    options.ttl = Seconds(Double(seconds))
    expectAgreement(TTL.self, options, cases: 150) {
      Slow(capacity: $0, life: Int64(seconds) * 1_000_000_000_000)
    }
  }

  @Test func `a block is there just before its life ends and gone when it does`() {
    func hits(after picoseconds: Int64) -> Int {
      var trace = BlockTrace(blockCount: 1)
      trace.append([0], at: .zero)
      trace.append([0], at: Instant(picoseconds: picoseconds))
      return replay(TTL.self, TTL.Options(), trace, capacity: 1).prefixHits
    }
    #expect(hits(after: 299_999_999_999_999) == 1)
    #expect(hits(after: 300_000_000_000_000) == 0)
  }

  @Test func `the next block to expire is the one that was used longest ago`() {
    var options = TTL.Options()
    options.ttl = Seconds(2)
    var policy = TTL(options, EvictionContext(capacity: 4, blockCount: 4))
    #expect(policy.nextExpiry == .never)
    for block in Int32(0)..<3 {
      let time = Instant(picoseconds: Int64(block) * 1_000_000_000_000)
      _ = policy.insert(
        BlockUse(block: block, depth: 0, request: block, position: -1, time: time))
    }
    let end = Instant(picoseconds: 2_000_000_000_000)
    #expect(policy.nextExpiry == end)
    #expect(policy.expired(at: Instant(picoseconds: end.picoseconds - 1)) == -1)
    #expect(policy.expired(at: end) == 0)
    #expect(policy.nextExpiry == Instant(picoseconds: 3_000_000_000_000))
    policy.retain(1)
    #expect(policy.nextExpiry == Instant(picoseconds: 4_000_000_000_000))
  }

  @Test func `a life of nothing is refused`() {
    var options = TTL.Options()
    #expect(options.fault == nil)
    options.ttl = Seconds(0)
    #expect(options.fault?.contains("must be above 0 s") == true)
  }
}
