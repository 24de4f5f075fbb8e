import Kernel
import Memory
import Testing
import Units

@Suite struct LRUTests {
  struct Slow: SlowCache {
    let capacity: Int
    var content: [BlockID] = []
    mutating func use(_ use: SlowUse) {
      content.removeAll { $0 == use.block }
      if content.count == capacity { content.removeFirst() }
      content.append(use.block)
    }
  }

  @Test func `it equals a list that is searched from end to end`() {
    expectAgreement(LRU.self, NoOptions()) { Slow(capacity: $0) }
  }

  @Test func `a tail goes before its head when the last block is used first`() {
    // 0 1 2 fill the cache; 3 takes the room of 2, the least recent, so 0 1 hit.
    var trace = BlockTrace(blockCount: 4)
    trace.append([0, 1, 2])
    trace.append([3])
    trace.append([0, 1, 2])
    #expect(replay(LRU.self, NoOptions(), trace, capacity: 3).perRequest == [0, 0, 2])
    #expect(replay(LRU.self, NoOptions(), trace, capacity: 3, order: .fwd).perRequest == [0, 0, 0])
  }

  @Test func `hits never fall when the cache grows`() {
    for seed in 0..<UInt64(100) {
      var stream = SplitMixStream(seed: seed, name: "case")
      let trace = randomPrompts(&stream)
      let hits = (1...20).map {
        replay(LRU.self, NoOptions(), trace, capacity: $0).prefixHits
      }
      #expect(hits == hits.sorted(), "seed \(seed)")
    }
  }

  @Test func `what is held is the most recent when it is released`() {
    var policy = LRU(NoOptions(), EvictionContext(capacity: 3, blockCount: 3))
    func use(_ block: BlockID) -> BlockUse {
      BlockUse(block: block, depth: 0, request: 0, position: -1, time: .zero)
    }
    for block in 0..<BlockID(3) { _ = policy.insert(use(block)) }
    policy.retain(0)
    #expect(policy.evict(for: nil) == 1)
    _ = policy.release(use(0))
    #expect(policy.evict(for: nil) == 2)
    #expect(policy.evict(for: nil) == 0)
  }
}
