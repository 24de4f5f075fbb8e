import Cluster
import TestSupport
import Testing
import Units

@Suite struct HitIndexTests {
  /// Lists of blocks, the newest last, with the request that alone brought each, −1 for several.
  private struct Model {
    var lists: [[(block: BlockID, author: Int32)]]
    let capacities: [Int]

    mutating func learn(_ chain: [BlockID], on i: Int, from request: Int32) {
      for block in chain.prefix(capacities[i]).reversed() {
        var author = request
        if let place = lists[i].firstIndex(where: { $0.block == block }) {
          if lists[i][place].author != request { author = -1 }
          lists[i].remove(at: place)
        }
        lists[i].append((block, author))
      }
      lists[i].removeFirst(max(0, lists[i].count - capacities[i]))
    }

    mutating func unlearn(_ chain: [BlockID], on i: Int, from request: Int32) {
      for block in chain.reversed() {
        guard let place = lists[i].firstIndex(where: { $0.block == block }) else { continue }
        guard lists[i][place].author == request else { return }
        lists[i].remove(at: place)
      }
    }

    func has(_ block: BlockID, _ i: Int) -> Bool { lists[i].contains { $0.block == block } }
    func depth(_ chain: [BlockID], _ i: Int) -> Int { chain.prefix { has($0, i) }.count }
  }

  /// Prompts that branch: each begins as an earlier one does.
  private func prompts(_ random: inout SplitMix) -> [[BlockID]] {
    var (prompts, next) = ([[BlockID]](), BlockID(0))
    for _ in 0..<40 {
      var prompt = prompts.isEmpty ? [] : random.pick(prompts)
      prompt = Array(prompt.prefix(random.below(prompt.count + 1)))
      for _ in 0...random.below(5) {
        prompt.append(next)
        next += 1
      }
      prompts.append(prompt)
    }
    return prompts
  }

  @Test func `it knows what lists of all blocks that were sent know`() {
    for seed in 0..<UInt64(isDebug ? 20 : 300) {
      var random = SplitMix(seed: seed)
      let prompts = prompts(&random)
      let capacities = (0..<4).map { _ in 1 + random.below(40) }
      var model = Model(lists: capacities.map { _ in [] }, capacities: capacities)
      var index = HitIndex(capacities: capacities)
      for turn in 0..<200 {
        let (row, i) = (random.below(prompts.count), random.below(4))
        let request = Int32(row)
        switch random.below(12) {
        case 0:
          model.lists[i] = []
          index.forget(i)
        case 1, 2:
          model.unlearn(prompts[row], on: i, from: request)
          index.unlearn(prompts[row][...], on: i, from: request)
        default:
          model.learn(prompts[row], on: i, from: request)
          index.learn(prompts[row][...], on: i, from: request)
        }
        check(index, model, random.pick(prompts), "seed \(seed), turn \(turn)")
      }
    }
  }

  private func check(
    _ index: HitIndex, _ model: Model, _ chain: [BlockID], _ note: Comment
  ) {
    var index = index
    let depths = (0..<4).map { model.depth(chain, $0) }
    #expect((0..<4).map { index.depth(of: chain[...], on: $0) } == depths, note)
    #expect(index.depth(of: chain[...]) == depths.max(), note)
    #expect((0..<4).map { index.size(of: $0) } == model.lists.map(\.count), note)
    for (k, block) in chain.enumerated() {
      let all = (0..<4).filter { model.has(block, $0) }
      #expect(index.count(of: block) == all.count, note)
      #expect((0..<4).filter { index.has(block, on: $0) } == all, note)
      let next = k + 1 < chain.count ? chain[k + 1] : nil
      var holders: [Int] = []
      index.appendHolders(of: block, without: next, to: &holders)
      #expect(holders.sorted() == all.filter { depths[$0] == k + 1 }, note)
    }
  }

  @Test func `uses of what would go are those of the blocks that were used longest ago`() {
    var index = HitIndex(capacities: [4])
    index.learn([0, 1], on: 0, from: 0)
    index.learn([0, 2], on: 0, from: 1)
    // By age: 1 (one use), 2 (one), 0 (two); one more fits.
    #expect((0...4).map { index.usesOfEvicted(by: $0, on: 0) } == [0, 0, 1, 2, 4])
  }

  @Test func `a prompt longer than the capacity leaves its beginning`() {
    var index = HitIndex(capacities: [3])
    index.learn([0, 1, 2, 3, 4], on: 0, from: 0)
    #expect(index.depth(of: [0, 1, 2, 3, 4], on: 0) == 3)
    index.learn([0, 5], on: 0, from: 1)
    // The new block takes the place of the last one of the older prompt.
    #expect(index.depth(of: [0, 1, 2], on: 0) == 2)
    #expect(index.depth(of: [0, 5], on: 0) == 2)
  }
}
