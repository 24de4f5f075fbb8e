import Kernel
import Memory
import Testing
import Units

@Suite struct HybridTests {
  struct Slow: SlowCache {
    let capacity: Int
    let room: Int
    let threshold: Int
    // Least recent first, in both.
    var fixed: [BlockID] = []
    var dynamic: [BlockID] = []
    var counts: [BlockID: Int] = [:]
    var content: [BlockID] { fixed + dynamic }

    init(capacity: Int, _ options: Hybrid.Options) {
      self.capacity = capacity
      room = Int(options.share * Double(capacity))
      threshold = options.threshold
    }

    func count(_ block: BlockID) -> Int { counts[block] ?? 0 }

    /// The static block of fewest requests, the least recent among equals.
    var least: BlockID? {
      let fewest = fixed.map { count($0) }.min()
      return fixed.first { count($0) == fewest }
    }

    mutating func use(_ use: SlowUse) {
      let x = use.block
      let wasFixed = fixed.contains(x)
      if !content.contains(x), content.count == capacity {
        if dynamic.isEmpty, let least {
          fixed.removeAll { $0 == least }
        } else {
          dynamic.removeFirst()
        }
      }
      counts[x] = count(x) + 1
      fixed.removeAll { $0 == x }
      dynamic.removeAll { $0 == x }
      if wasFixed {
        fixed.append(x)
      } else if count(x) > threshold, fixed.count < room {
        fixed.append(x)
      } else if count(x) > threshold, let least, count(least) < count(x) {
        fixed.removeAll { $0 == least }
        dynamic.append(least)
        fixed.append(x)
      } else {
        dynamic.append(x)
      }
    }
  }

  @Test(arguments: [(0.5, 2), (0.25, 0), (1.0, 1), (0.0, 0)])
  func `it equals two lists that are searched from end to end`(share: Double, threshold: Int) {
    var options = Hybrid.Options()
    (options.share, options.threshold) = (share, threshold)
    expectAgreement(Hybrid.self, options, cases: 200) { Slow(capacity: $0, options) }
  }

  @Test func `without a static share it is LRU`() {
    var options = Hybrid.Options()
    options.share = 0
    expectAgreement(Hybrid.self, options, cases: 100) { LRUTests.Slow(capacity: $0) }
  }

  @Test func `what many requests used outlives a flood of others`() {
    let uses: [BlockID] = [0, 0, 0] + Array(1...50) + [0]
    #expect(replay(Hybrid.self, Hybrid.Options(), pages(uses), capacity: 4).prefixHits == 3)
    #expect(replay(LRU.self, NoOptions(), pages(uses), capacity: 4).prefixHits == 2)
  }

  @Test func `settings beyond their range are refused`() {
    var options = Hybrid.Options()
    #expect(options.fault == nil)
    options.share = 1.1
    #expect(options.fault == "share 1.1 must be from 0 to 1")
    (options.share, options.threshold) = (0, -1)
    #expect(options.fault == "threshold -1 must not be negative")
  }
}
