import Memory
import TestSupport
import Testing

@Suite struct PageMapTests {
  @Test func `what is mapped stays for the next sequence, the best fit first`() {
    var map = PageMap(total: 10, defersReclamation: true)
    for (slot, groups) in [(Int32(0), Int32(4)), (1, 2), (2, 3)] {
      map.open(slot, for: groups)
      #expect(map.map(slot, upTo: groups) { _ in 0 }.mapped == groups)
    }
    for slot: Int32 in 0..<3 { map.release(slot) }
    #expect(map.mapped == 9)
    map.open(0, for: 3)
    #expect(map.capacity(of: 0) == 3, "not the 4, which also fit")
    map.open(1, for: 5)
    #expect(map.capacity(of: 1) == 4, "none fits: the most")
    #expect(map.map(1, upTo: 5) { _ in 0 }.mapped == 1)
    map.open(2, for: 1)
    #expect(map.capacity(of: 2) == 2)
    #expect(map.mapped == 10)
    map.checkInvariants()
  }

  @Test func `without deferral a sequence leaves nothing`() {
    var map = PageMap(total: 4, defersReclamation: false)
    map.open(0, for: 3)
    #expect(map.map(0, upTo: 3) { _ in 0 }.mapped == 3)
    map.release(0)
    #expect(map.mapped == 0)
    map.open(0, for: 3)
    #expect(map.capacity(of: 0) == 0)
  }

  @Test func `when all is mapped, idle regions lose first, then who has most to spare`() {
    var map = PageMap(total: 6, defersReclamation: true)
    for (slot, groups) in [(Int32(0), Int32(1)), (1, 2), (2, 3)] {
      map.open(slot, for: groups)
      _ = map.map(slot, upTo: groups) { _ in 0 }
    }
    map.release(0)
    map.open(3, for: 2)
    #expect(map.capacity(of: 3) == 1)
    // Slots 1 and 2 need a group each: one and two are to spare.
    let first = map.map(3, upTo: 3) { _ in 1 }
    #expect(first.mapped == 2 && first.robbed == [1, 2])
    #expect([1, 2, 3].map { map.capacity(of: $0) } == [1, 2, 3])
    map.release(2)
    #expect(map.map(1, upTo: 3) { _ in 3 }.robbed.isEmpty, "the idle region's")
    #expect(map.mapped == 6)
    map.checkInvariants()
  }

  @Test func `everybody gets what the pool has, and nothing leaks`() {
    var state: UInt64 = 7
    func draw(_ count: Int32) -> Int32 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int32(truncatingIfNeeded: Int64(state >> 33) % Int64(count))
    }
    for round in 0..<40 {
      let total = 1 + draw(30)
      var map = PageMap(total: total, defersReclamation: round % 2 == 0)
      var used = [Int32](repeating: 0, count: 8)
      for _ in 0..<200 {
        let slot = draw(8)
        let free = total - used.reduce(0, +)
        if used[Int(slot)] > 0, draw(4) == 0 {
          map.release(slot)
          used[Int(slot)] = 0
        } else if free > 0 {
          let more = 1 + draw(free)
          if used[Int(slot)] == 0 { map.open(slot, for: more) }
          used[Int(slot)] += more
          _ = map.map(slot, upTo: used[Int(slot)]) { used[Int($0)] }
        }
        map.checkInvariants()
        for other in used.indices { #expect(map.capacity(of: Int32(other)) >= used[other]) }
      }
    }
  }
}
