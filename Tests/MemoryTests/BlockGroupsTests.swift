import Kernel
import Memory
import TestSupport
import Testing

/// One owner a block, and every slot's blocks one by one; each question looks at all of them.
private struct Bitmap {
  var owners: [Int32]
  var blocks: [[Int]]
  let initialGroup: Int

  init(total: Int, initialGroup: Int, slots: Int) {
    owners = Array(repeating: -1, count: total)
    blocks = Array(repeating: [], count: slots)
    self.initialGroup = initialGroup
  }

  /// First blocks and lengths of the longest runs without an owner.
  var freeRuns: [(start: Int, count: Int)] {
    owners.indices.filter { owners[$0] < 0 && ($0 == 0 || owners[$0 - 1] >= 0) }.map { start in
      (start, owners[start...].prefix { $0 < 0 }.count)
    }
  }

  /// Blocks at the end of a slot that are neighbours of each other.
  func lastGroup(_ slot: Int) -> Int {
    var count = 0
    for block in blocks[slot].reversed() {
      if count > 0, block + 1 != blocks[slot][blocks[slot].count - count] { break }
      count += 1
    }
    return count
  }

  func runs(_ slot: Int, _ range: Range<Int>) -> Int {
    range.count { $0 == range.lowerBound || blocks[slot][$0 - 1] + 1 != blocks[slot][$0] }
  }

  private mutating func give(_ slot: Int, _ start: Int, _ count: Int) {
    for block in start..<start + count {
      owners[block] = Int32(slot)
      blocks[slot].append(block)
    }
  }

  mutating func allocate(_ slot: Int, _ count: Int, _ used: [Int]) -> [Int32] {
    var stolen: Set<Int32> = []
    while blocks[slot].count < used[slot] + count {
      let need = used[slot] + count - blocks[slot].count
      let wish = max(need, initialGroup)
      let runs = freeRuns
      let behind = runs.first { run in blocks[slot].last.map { $0 + 1 == run.start } ?? false }
      let fits = runs.filter { $0.count >= wish }.min { $0.count < $1.count }
      // The first of the longest: `max` would answer the last.
      let longest = runs.first { run in runs.allSatisfy { $0.count <= run.count } }
      if let run = behind ?? fits ?? longest {
        give(slot, run.start, min(wish, run.count))
        continue
      }
      let tails = blocks.indices.map {
        $0 == slot ? 0 : min(blocks[$0].count - used[$0], lastGroup($0))
      }
      let most = tails.max() ?? 0
      guard most > 0, let victim = tails.firstIndex(of: most) else { return [-1] }
      stolen.insert(Int32(victim))
      for block in blocks[victim].suffix(most) { owners[block] = -1 }
      blocks[victim].removeLast(most)
    }
    return stolen.sorted()
  }

  mutating func release(_ slot: Int) {
    for block in blocks[slot] { owners[block] = -1 }
    blocks[slot] = []
  }
}

@Suite struct BlockGroupsTests {
  private func agree(_ seed: UInt64, _ groups: BlockGroups, _ bitmap: Bitmap, _ used: [Int]) {
    groups.checkInvariants()
    #expect(groups.available == bitmap.owners.count { $0 < 0 }, "seed \(seed)")
    for (slot, blocks) in bitmap.blocks.enumerated() {
      #expect(groups.capacity(of: Int32(slot)) == blocks.count, "seed \(seed)")
      #expect(blocks.count >= used[slot], "seed \(seed)")
      #expect(
        groups.addresses(of: Int32(slot)).flatMap { $0.map { Int($0) } } == blocks, "seed \(seed)")
    }
  }

  @Test func `random owners that come, grow, shrink and go agree with a bitmap`() {
    for seed in 0..<UInt64(isDebug ? 60 : 1000) {
      var stream = SplitMixStream(seed: seed, name: "groups")
      let total = 1 + stream.below(300)
      let slots = 1 + stream.below(8)
      let initial = 1 + stream.below(60)
      var groups = BlockGroups(total: Int32(total), initialGroup: Int32(initial))
      var bitmap = Bitmap(total: total, initialGroup: initial, slots: slots)
      var used = Array(repeating: 0, count: slots)
      for _ in 0..<80 {
        let slot = stream.below(slots)
        switch stream.below(10) {
        case 0:
          groups.release(Int32(slot))
          bitmap.release(slot)
          used[slot] = 0
        case 1:
          used[slot] = stream.below(used[slot] + 1)
        default:
          let left = total - used.reduce(0, +)
          let count = stream.below(2) == 0 ? min(1, left) : stream.below(left + 1)
          let stolen = groups.allocate(Int32(slot), Int32(count)) { Int32(used[Int($0)]) }
          #expect(stolen == bitmap.allocate(slot, count, used), "seed \(seed)")
          used[slot] += count
        }
        agree(seed, groups, bitmap, used)
        let size = bitmap.blocks[slot].count
        let from = stream.below(size + 1)
        let to = from + stream.below(size - from + 1)
        #expect(
          groups.groups(of: Int32(slot), from: Int32(from), to: Int32(to))
            == Int32(bitmap.runs(slot, from..<to)), "seed \(seed)")
      }
      for slot in 0..<slots { groups.release(Int32(slot)) }
      groups.checkInvariants()
      #expect(groups.available == total)
    }
  }

  @Test func `owners that grow block by block lie in few groups while there is room`() {
    var groups = BlockGroups(total: 2000, initialGroup: 60)
    var used = Array(repeating: Int32(0), count: 16)
    for _ in 0..<100 {
      for slot in used.indices {
        #expect(groups.allocate(Int32(slot), 1) { used[Int($0)] } == [])
        used[slot] += 1
      }
    }
    for slot in used.indices {
      #expect(groups.groups(of: Int32(slot), from: 0, to: 100) <= 3, "slot \(slot)")
    }
  }

  @Test func `a reserve is taken from its end and its owner keeps what it uses`() {
    var groups = BlockGroups(total: 100, initialGroup: 40)
    let used: [Int32] = [10, 30, 0, 0]
    _ = groups.allocate(0, 10) { _ in 0 }
    _ = groups.allocate(1, 30) { $0 == 0 ? 10 : 0 }
    #expect(groups.addresses(of: 0) == [0..<40] && groups.addresses(of: 1) == [40..<80])
    // 20 are free, so the 30 in the reserve of slot 0 are asked for, not the 10 of slot 1.
    #expect(groups.allocate(2, 21) { used[Int($0)] } == [0])
    #expect(groups.addresses(of: 0) == [0..<10])
    #expect(groups.addresses(of: 2) == [80..<100, 10..<40])
    #expect(groups.groups(of: 2, from: 0, to: 20) == 1)
    #expect(groups.groups(of: 2, from: 19, to: 21) == 2)
    #expect(groups.groups(of: 2, from: 20, to: 20) == 0)
    // All that is left, from two owners: 29 of slot 2 and 10 of slot 1.
    let now: [Int32] = [10, 30, 21, 0]
    #expect(groups.allocate(3, 39) { now[Int($0)] } == [1, 2])
    #expect(groups.available == 0)
    groups.checkInvariants()
  }

  @Test func `the smallest free run that holds a group is taken, its lower end first`() {
    var groups = BlockGroups(total: 100, initialGroup: 10)
    for slot in Int32(0)..<10 { _ = groups.allocate(slot, 10) { _ in 0 } }
    for slot in [Int32(1), 2, 3, 5, 6, 8] { groups.release(slot) }
    // Free: 10..<40, 50..<70 and 80..<90.
    _ = groups.allocate(1, 10) { _ in 0 }
    #expect(groups.addresses(of: 1) == [80..<90])
    _ = groups.allocate(2, 12) { _ in 0 }
    #expect(groups.addresses(of: 2) == [50..<62])
    // No run holds 35: the largest one first.
    _ = groups.allocate(3, 35) { _ in 0 }
    #expect(groups.addresses(of: 3) == [10..<40, 62..<70])
  }

  @Test func `asking for more than the pool has left stops the process`() async {
    await #expect(processExitsWith: .failure) {
      var groups = BlockGroups(total: 8, initialGroup: 4)
      _ = groups.allocate(0, 8) { _ in 0 }
      _ = groups.allocate(1, 1) { $0 == 0 ? 8 : 0 }
    }
  }
}
