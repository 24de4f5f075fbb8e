import Kernel
import Memory
import Testing
import Units

@Suite struct ARCTests {
  /// Figure 4 of Megiddo and Modha, case by case.
  struct Slow: SlowCache {
    let c: Int
    // Least recent first.
    var t1: [BlockID] = []
    var t2: [BlockID] = []
    var b1: [BlockID] = []
    var b2: [BlockID] = []
    var p = 0.0
    var content: [BlockID] { t1 + t2 }

    init(capacity: Int) { c = capacity }

    mutating func use(_ use: SlowUse) {
      let x = use.block
      if t1.contains(x) || t2.contains(x) {
        t1.removeAll { $0 == x }
        t2.removeAll { $0 == x }
      } else if b1.contains(x) {
        p = min(p + (b1.count >= b2.count ? 1 : Double(b2.count) / Double(b1.count)), Double(c))
        replace(x)
        b1.removeAll { $0 == x }
      } else if b2.contains(x) {
        p = max(p - (b2.count >= b1.count ? 1 : Double(b1.count) / Double(b2.count)), 0)
        replace(x)
        b2.removeAll { $0 == x }
      } else {
        if t1.count + b1.count == c {
          if t1.count < c {
            b1.removeFirst()
            replace(x)
          } else {
            t1.removeFirst()
          }
        } else if t1.count + t2.count + b1.count + b2.count >= c {
          if t1.count + t2.count + b1.count + b2.count == 2 * c { b2.removeFirst() }
          replace(x)
        }
        t1.append(x)
        return
      }
      t2.append(x)
    }
    mutating func replace(_ x: BlockID) {
      let size = Double(t1.count)
      if t1.count >= 1, (b2.contains(x) && size == p) || size > p {
        b1.append(t1.removeFirst())
      } else {
        b2.append(t2.removeFirst())
      }
    }
  }

  @Test func `it equals the cases of the paper's figure`() {
    expectAgreement(ARC.self, NoOptions(), cases: 500) { Slow(capacity: $0) }
  }

  @Test func `on skewed pages the target follows the ghosts as in the paper`() {
    for seed in 0..<UInt64(5) {
      let trace = pages(skewedPages(2000, of: 60, seed: seed))
      var slow = Slow(capacity: 12)
      let expected = slowReplay(trace, order: .fwd, &slow)
      #expect(replay(ARC.self, NoOptions(), trace, capacity: 12, order: .fwd) == expected)
    }
  }
}
