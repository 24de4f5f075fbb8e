import Kernel
import Memory
import Testing
import Units

@Suite struct MinDemandTests {
  @Test func `it equals a search of the trace for every next use`() {
    expectAgreement(MinDemand.self, NoOptions()) { MinTests.Slow(capacity: $0, bypasses: false) }
  }

  @Test func `a cycle of one page more than fits misses once a round`() {
    // k pages fit: each miss evicts the page used last, so the next miss is k uses later.
    let k = 10
    let uses = (0..<1000).map { BlockID($0 % (k + 1)) }
    let faults = replay(MinDemand.self, NoOptions(), pages(uses), capacity: k).faults
    #expect(faults == k + 1 + (1000 - k - 1) / k)
    #expect(replay(LRU.self, NoOptions(), pages(uses), capacity: k).faults == 1000)
  }
}
