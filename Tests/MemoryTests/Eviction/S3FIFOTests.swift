import Kernel
import Memory
import Testing
import Units

@Suite struct S3FIFOTests {
  /// The table of ../shared/data/cache-reference/reference_definition.md.
  struct Slow: SlowCache {
    let capacity: Int
    // Oldest first.
    var small: [BlockID] = []
    var main: [BlockID] = []
    var ghost: [BlockID] = []
    var frequency: [BlockID: Int] = [:]
    var content: [BlockID] { small + main }
    var smallRoom: Int { max(1, capacity / 10) }

    init(capacity: Int) { self.capacity = capacity }

    mutating func use(_ use: SlowUse) {
      if content.contains(use.block) {
        frequency[use.block] = min(3, (frequency[use.block] ?? 0) + 1)
        return
      }
      if content.count == capacity { evict() }
      if ghost.contains(use.block) {
        ghost.removeAll { $0 == use.block }
        main.append(use.block)
      } else {
        small.append(use.block)
      }
      frequency[use.block] = 0
    }
    mutating func evict() {
      while true {
        if small.count >= smallRoom || main.isEmpty {
          let oldest = small.removeFirst()
          if frequency[oldest] ?? 0 > 1 {
            frequency[oldest] = 0
            main.append(oldest)
            continue
          }
          ghost.append(oldest)
          if ghost.count > capacity - smallRoom { ghost.removeFirst() }
          return
        }
        let oldest = main.removeFirst()
        guard let count = frequency[oldest], count > 0 else { return }
        frequency[oldest] = count - 1
        main.append(oldest)
      }
    }
  }

  @Test func `it equals queues that are searched from end to end`() {
    expectAgreement(S3FIFO.self, NoOptions(), cases: 500) { Slow(capacity: $0) }
  }

  @Test func `a newcomer that comes back while its name is known joins the main queue`() {
    // 3 pushes 0 out; 0 comes back into the main queue, out of which no newcomer pushes it.
    let uses: [BlockID] = [0, 1, 2, 3, 0, 4, 5, 6, 7, 0]
    let hits = replay(S3FIFO.self, NoOptions(), pages(uses), capacity: 3)
    #expect(hits.perRequest == [0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
  }
}
