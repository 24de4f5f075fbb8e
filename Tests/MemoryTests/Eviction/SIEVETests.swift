import Kernel
import Memory
import Testing
import Units

@Suite struct SIEVETests {
  /// Figure 3 of the paper in words: the head is the newest, the hand walks from tail to head.
  struct Slow: SlowCache {
    let capacity: Int
    // Newest first.
    var queue: [BlockID] = []
    var visited: Set<BlockID> = []
    var hand: BlockID?
    var content: [BlockID] { queue }
    mutating func use(_ use: SlowUse) {
      if queue.contains(use.block) {
        visited.insert(use.block)
        return
      }
      if queue.count == capacity { evict() }
      queue.insert(use.block, at: 0)
      visited.remove(use.block)
    }
    mutating func evict() {
      var place = hand.flatMap { queue.firstIndex(of: $0) } ?? queue.count - 1
      while visited.contains(queue[place]) {
        visited.remove(queue[place])
        place = place == 0 ? queue.count - 1 : place - 1
      }
      hand = place == 0 ? nil : queue[place - 1]
      queue.remove(at: place)
    }
  }

  @Test func `it equals a queue that is searched from end to end`() {
    expectAgreement(SIEVE.self, NoOptions()) { Slow(capacity: $0) }
  }

  @Test func `the hand spares what was used and goes on from where it stopped`() {
    // 0 was used, so 1 goes for 3; the hand stands at 2, which goes for 4 although 0 is older.
    let hits = replay(SIEVE.self, NoOptions(), pages([0, 1, 2, 0, 3, 4, 0, 3, 2]), capacity: 3)
    #expect(hits.perRequest == [0, 0, 0, 1, 0, 0, 1, 1, 0])
  }
}
