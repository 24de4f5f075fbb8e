import Kernel
import Memory
import Testing
import Units

@Suite struct LRUKTests {
  /// Backward k-distances, from the whole history of uses.
  struct Slow: SlowCache {
    let capacity: Int
    let k: Int
    var content: [BlockID] = []
    var history: [BlockID] = []

    init(capacity: Int, k: Int) {
      self.capacity = capacity
      self.k = k
    }

    mutating func use(_ use: SlowUse) {
      if !content.contains(use.block) {
        if content.count == capacity { evict() }
        content.append(use.block)
      }
      history.append(use.block)
    }
    mutating func evict() {
      let worst = content.min { a, b in
        let (x, y) = (uses(a), uses(b))
        return (x.kth, x.last) < (y.kth, y.last)
      }
      content.removeAll { $0 == worst }
    }
    func uses(_ block: BlockID) -> (kth: Int, last: Int) {
      let all = history.indices.filter { history[$0] == block }
      return (all.count < k ? -1 : all[all.count - k], all.last ?? -1)
    }
  }

  @Test(arguments: [1, 2, 3])
  func `it equals k-distances counted from the whole past`(k: Int) {
    var options = LRUK.Options()
    options.k = k
    expectAgreement(LRUK.self, options, cases: 150) { Slow(capacity: $0, k: k) }
  }

  @Test func `with k of 1 it is LRU`() {
    var options = LRUK.Options()
    options.k = 1
    expectAgreement(LRUK.self, options, cases: 100) { LRUTests.Slow(capacity: $0) }
  }

  @Test func `a k outside 1 to 16 is refused`() {
    var options = LRUK.Options()
    #expect(options.fault == nil)
    options.k = 0
    #expect(options.fault == "k 0 must be from 1 to 16")
    options.k = 17
    #expect(options.fault != nil)
  }
}
