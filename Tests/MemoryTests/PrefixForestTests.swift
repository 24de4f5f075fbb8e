import Memory
import TestSupport
import Testing

@Suite struct PrefixForestTests {
  /// Prompts as paths through a random tree of blocks: a block has one predecessor.
  private static func prompts(_ seed: UInt64, _ count: Int) -> [[Int32]] {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
    func below(_ n: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % n
    }
    var next: [[Int32]: Int32] = [:]
    return (0..<count).map { _ in
      var path: [Int32] = []
      var chain: [Int32] = []
      while chain.count < 6, below(5) > 0 {
        path.append(Int32(below(chain.count < 2 ? 2 : 3)))
        let block = next[path] ?? Int32(next.count)
        next[path] = block
        chain.append(block)
      }
      return chain
    }
  }

  private static func forest(_ prompts: [[Int32]]) -> PrefixForest {
    var ends: [Int] = []
    for prompt in prompts { ends.append((ends.last ?? 0) + prompt.count) }
    return PrefixForest(prompts.flatMap { $0 }, ends: ends)
  }

  private static func common(_ prompts: [[Int32]]) -> Int {
    guard let first = prompts.first else { return 0 }
    return (0..<first.count).first { i in
      prompts.contains { $0.count <= i || $0[i] != first[i] }
    } ?? first.count
  }

  /// The best of all partitions, by trying each.
  private static func best(_ prompts: [[Int32]]) -> Int {
    var best = 0
    func place(_ i: Int, _ groups: [[Int]]) {
      guard i < prompts.count else {
        let saved = groups.reduce(0) { sum, group in
          sum + (group.count - 1) * common(group.map { prompts[$0] })
        }
        best = max(best, saved)
        return
      }
      for g in groups.indices {
        var with = groups
        with[g].append(i)
        place(i + 1, with)
      }
      place(i + 1, groups + [[i]])
    }
    place(0, [])
    return best
  }

  @Test func `groups are a partition, and their prefix is what members share`() {
    for seed in 0..<(isDebug ? 100 : 1000) {
      let prompts = Self.prompts(UInt64(seed), 1 + seed % 40)
      let forest = Self.forest(prompts)
      #expect(forest.groups.flatMap(\.members).sorted() == prompts.indices.map { Int32($0) })
      var saved = 0
      for group in forest.groups {
        #expect(group.members == group.members.sorted())
        let own = Self.common(group.members.map { prompts[Int($0)] })
        if group.members.count > 1 {
          #expect(Int(group.prefix) <= own, "seed \(seed)")
          saved += (group.members.count - 1) * Int(group.prefix)
        } else {
          #expect(group.prefix == 0)
        }
      }
      #expect(Int64(saved) == forest.saved, "seed \(seed)")
      let firsts = forest.groups.map { $0.members[0] }
      #expect(firsts == firsts.sorted())
    }
  }

  @Test func `the optimum of all levels is the blocks less the different ones`() {
    for seed in 0..<(isDebug ? 100 : 1000) {
      let prompts = Self.prompts(UInt64(seed), 1 + seed % 40)
      let blocks = prompts.flatMap { $0 }
      let forest = Self.forest(prompts)
      #expect(forest.optimum == Int64(blocks.count - Set(blocks).count), "seed \(seed)")
      #expect(forest.saved <= forest.optimum)
    }
  }

  @Test func `the walk saves no more than the best partition, and nearly as much`() {
    var (walk, best) = (0, 0)
    for seed in 0..<(isDebug ? 40 : 200) {
      let prompts = Self.prompts(UInt64(seed), 7)
      let (own, most) = (Int(Self.forest(prompts).saved), Self.best(prompts))
      #expect(own <= most, "seed \(seed)")
      (walk, best) = (walk + own, best + most)
    }
    #expect(Double(walk) > 0.95 * Double(best), "\(walk) of \(best)")
  }

  // 0, 1, 2 begin all; two prompts go on with 10, five with 20…36 and pay on their own. What is
  // left shares four blocks, not three: 4 + 4 · 20.
  @Test func `who is left alone shares its whole beginning`() {
    let short: [Int32] = [0, 1, 2, 10]
    let long: [Int32] = [0, 1, 2] + Array(20..<37)
    let prompts = (0..<2).map { short + [100 + $0] } + (0..<5).map { long + [200 + $0] }
    let forest = Self.forest(prompts)
    #expect(forest.saved == 84)
    #expect(forest.groups.map(\.prefix) == [4, 20])
  }

  @Test func `the longer beginning is shared where the shorter one costs less`() {
    // Block 0 begins all; 1…4 and 5…8 follow it in three prompts each.
    let long: [[Int32]] = [[0, 1, 2, 3, 4], [0, 5, 6, 7, 8]]
    let prompts = long + long + long
    let forest = Self.forest(prompts)
    #expect(
      forest.groups == [
        .init(prefix: 5, members: [0, 2, 4]), .init(prefix: 5, members: [1, 3, 5]),
      ])
    // One level: 2 × 2 × 5 blocks; all levels: block 0 once more.
    #expect(forest.saved == 20)
    #expect(forest.optimum == 21)
    // Two of each with one block more each than they share: the short beginning is better.
    let short: [[Int32]] = [[0, 1, 2, 3], [0, 1, 2, 3], [0, 1, 2, 4], [0, 1, 2, 4]]
    #expect(Self.forest(short).groups == [.init(prefix: 3, members: [0, 1, 2, 3])])
  }

  @Test func `a hundred thousand prompts take seconds at most`() {
    // 40,000 pages of 62 blocks under one beginning, two or three questions each of 4 blocks.
    let count = isDebug ? 2000 : 100_000
    var blocks: [Int32] = []
    var ends: [Int] = []
    var next = Int32(4)
    var page: [Int32] = []
    var state: UInt64 = 1
    for i in 0..<count {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      if i == 0 || state >> 33 % 5 < 2 {
        page = (0..<62).map { next + Int32($0) }
        next += 62
      }
      blocks += [0, 1, 2, 3] + page + [next, next + 1, next + 2, next + 3]
      next += 4
      ends.append(blocks.count)
    }
    var forest = PrefixForest([], ends: [])
    let time = ContinuousClock().measure { forest = PrefixForest(blocks, ends: ends) }
    #expect(time < .seconds(5), "\(time)")
    let (saved, optimum) = (Double(forest.saved), Double(forest.optimum))
    #expect(saved / optimum > 0.95)
    print("forest of \(count):", time, saved / Double(blocks.count), optimum / Double(blocks.count))
  }
}
