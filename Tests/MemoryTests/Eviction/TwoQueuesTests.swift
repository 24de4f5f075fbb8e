import Kernel
import Memory
import Testing
import Units

@Suite struct TwoQueuesTests {
  /// The full version of Johnson and Shasha, §2.2.
  struct Slow: SlowCache {
    let capacity: Int
    let kin: Int
    let kout: Int
    // Oldest first.
    var a1in: [BlockID] = []
    var a1out: [BlockID] = []
    var am: [BlockID] = []
    var content: [BlockID] { a1in + am }

    init(capacity: Int, kin: Double, kout: Double) {
      self.capacity = capacity
      self.kin = Int(kin * Double(capacity))
      self.kout = Int(kout * Double(capacity))
    }

    mutating func use(_ use: SlowUse) {
      let x = use.block
      if am.contains(x) {
        am.removeAll { $0 == x }
        am.append(x)
      } else if !a1in.contains(x) {
        reclaim()
        if a1out.contains(x) {
          a1out.removeAll { $0 == x }
          am.append(x)
        } else {
          a1in.append(x)
        }
      }
    }
    mutating func reclaim() {
      guard content.count == capacity else { return }
      if a1in.count > kin || am.isEmpty {
        a1out.append(a1in.removeFirst())
        if a1out.count > kout { a1out.removeFirst() }
      } else {
        am.removeFirst()
      }
    }
  }

  @Test(arguments: [(0.25, 0.5), (0.0, 2.0), (1.0, 1.0)])
  func `it equals queues that are searched from end to end`(kin: Double, kout: Double) {
    var options = TwoQueues.Options()
    (options.kin, options.kout) = (kin, kout)
    expectAgreement(TwoQueues.self, options, cases: 200) {
      Slow(capacity: $0, kin: kin, kout: kout)
    }
  }

  @Test func `shares beyond their range are refused`() {
    var options = TwoQueues.Options()
    #expect(options.fault == nil)
    options.kin = 1.5
    #expect(options.fault == "kin 1.5 must be a share from 0 to 1")
    (options.kin, options.kout) = (0, -.infinity)
    #expect(options.fault != nil)
  }
}
