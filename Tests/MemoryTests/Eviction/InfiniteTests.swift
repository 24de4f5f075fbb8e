import Kernel
import Memory
import Testing
import Units

@Suite struct InfiniteTests {
  struct Slow: SlowCache {
    var content: [BlockID] = []
    mutating func use(_ use: SlowUse) {
      if !content.contains(use.block) { content.append(use.block) }
    }
  }

  @Test func `a block misses the first time only, whatever the capacity`() {
    expectAgreement(Infinite.self, NoOptions()) { _ in Slow() }
  }
}
