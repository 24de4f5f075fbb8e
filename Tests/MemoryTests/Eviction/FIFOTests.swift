import Kernel
import Memory
import Testing
import Units

@Suite struct FIFOTests {
  struct Slow: SlowCache {
    let capacity: Int
    var content: [BlockID] = []
    mutating func use(_ use: SlowUse) {
      guard !content.contains(use.block) else { return }
      if content.count == capacity { content.removeFirst() }
      content.append(use.block)
    }
  }

  @Test func `it equals a queue that is searched from end to end`() {
    expectAgreement(FIFO.self, NoOptions()) { Slow(capacity: $0) }
  }

  @Test func `a held block comes back to the old end of the queue`() {
    var policy = FIFO(NoOptions(), EvictionContext(capacity: 4, blockCount: 4))
    func use(_ block: BlockID) -> BlockUse {
      BlockUse(block: block, depth: 0, request: 0, position: -1, time: .zero)
    }
    for block in 0..<BlockID(4) { _ = policy.insert(use(block)) }
    policy.retain(0)
    #expect(policy.evict(for: nil) == 1)
    _ = policy.release(use(0))
    #expect(policy.evict(for: nil) == 0)
    #expect(policy.evict(for: nil) == 2)
  }
}
