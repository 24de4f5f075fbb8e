import Kernel
import Memory
import Testing
import Units

@Suite struct LFUTests {
  struct Slow: SlowCache {
    let capacity: Int
    // Least recent first.
    var entries: [(block: BlockID, count: Int)] = []
    var content: [BlockID] { entries.map(\.block) }
    mutating func use(_ use: SlowUse) {
      if let index = entries.firstIndex(where: { $0.block == use.block }) {
        let entry = entries.remove(at: index)
        entries.append((entry.block, entry.count + 1))
        return
      }
      if entries.count == capacity, let least = entries.map(\.count).min(),
        let victim = entries.firstIndex(where: { $0.count == least })
      {
        entries.remove(at: victim)
      }
      entries.append((use.block, 1))
    }
  }

  @Test func `it equals counts that are searched from end to end`() {
    expectAgreement(LFU.self, NoOptions()) { Slow(capacity: $0) }
  }

  @Test func `what was used often stays, and a count is lost with its block`() {
    // 0 is used twice, so 1 goes for 2; then 2 goes for 1, whose count is 1 again.
    let hits = replay(LFU.self, NoOptions(), pages([0, 0, 1, 2, 0, 1, 0, 2]), capacity: 2)
    #expect(hits.perRequest == [0, 1, 0, 0, 1, 0, 1, 0])
  }
}
