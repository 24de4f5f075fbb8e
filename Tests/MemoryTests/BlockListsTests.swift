import Testing

@testable import Memory

@Suite struct BlockListsTests {
  private func walk(_ lists: BlockLists, _ list: Int) -> (down: [Int32], up: [Int32]) {
    var (down, up): ([Int32], [Int32]) = ([], [])
    var block = lists.head(of: list)
    while block >= 0 {
      down.append(block)
      block = lists.after(block)
    }
    block = lists.tail(of: list)
    while block >= 0 {
      up.append(block)
      block = lists.before(block)
    }
    return (down, up)
  }

  @Test func `lists are empty at first`() {
    var lists = BlockLists(lists: 2)
    lists.grow(to: 3)
    #expect(lists.counts == [0, 0])
    #expect((lists.head(of: 1), lists.tail(of: 1)) == (-1, -1))
    #expect(!lists.contains(0) && !lists.contains(2))
  }

  @Test func `random operations give what arrays give`() {
    var state: UInt64 = 1
    func below(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % count
    }
    var lists = BlockLists(lists: 3)
    var model: [[Int32]] = [[], [], []]
    for step in 0..<2000 {
      // Room for more blocks comes while lists are empty, short or long.
      lists.grow(to: min(20, 1 + step / 50))
      let block = Int32(below(min(20, 1 + step / 50)))
      if let list = model.firstIndex(where: { $0.contains(block) }) {
        #expect(lists.contains(block))
        lists.remove(block, from: list)
        model[list].removeAll { $0 == block }
      } else {
        #expect(!lists.contains(block))
        let list = below(3)
        if below(2) == 0 {
          lists.append(block, to: list)
          model[list].append(block)
        } else {
          lists.prepend(block, to: list)
          model[list].insert(block, at: 0)
        }
      }
      #expect(lists.counts == model.map(\.count))
      for list in 0..<3 {
        let (down, up) = walk(lists, list)
        #expect(down == model[list] && up == model[list].reversed())
      }
    }
  }
}
