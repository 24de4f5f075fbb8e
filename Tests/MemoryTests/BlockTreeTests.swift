import Testing

@testable import Memory

@Suite struct BlockTreeTests {
  private func descendants(_ tree: BlockTree, of block: Int32) -> [Int32] {
    var list: [Int32] = []
    tree.addDescendants(of: block, to: &list)
    return list
  }

  // 0 ─ 1 ─ 2
  //      └ 3 ─ 4
  private var sample: BlockTree {
    var tree = BlockTree()
    tree.grow(to: 6)
    tree.insert(0, under: -1)
    tree.insert(1, under: 0)
    tree.insert(2, under: 1)
    tree.insert(3, under: 1)
    tree.insert(4, under: 3)
    return tree
  }

  @Test func `what follows a block is found, parents before children`() {
    let all = descendants(sample, of: 0)
    #expect(Set(all) == [1, 2, 3, 4] && all.first == 1)
    #expect(descendants(sample, of: 3) == [4])
    #expect(descendants(sample, of: 2) == [])
    #expect(descendants(sample, of: 5) == [])
  }

  @Test func `what is in the list before is left alone`() {
    var list: [Int32] = [9, 8]
    sample.addDescendants(of: 3, to: &list)
    #expect(list == [9, 8, 4])
  }

  @Test func `a first, a middle and a last child can go`() {
    for gone in [Int32(1), 2, 3] {
      var tree = BlockTree()
      tree.grow(to: 4)
      tree.insert(0, under: -1)
      for child in [Int32(1), 2, 3] { tree.insert(child, under: 0) }
      tree.remove(gone)
      #expect(Set(descendants(tree, of: 0)) == Set([1, 2, 3]).subtracting([gone]))
      tree.insert(gone, under: 0)
      #expect(Set(descendants(tree, of: 0)) == [1, 2, 3])
    }
  }

  @Test func `what followed a block that is gone follows nothing`() {
    var tree = sample
    tree.remove(1)
    #expect(descendants(tree, of: 0) == [])
    #expect(descendants(tree, of: 3) == [4])
    tree.remove(3)
    tree.insert(1, under: 0)
    #expect(descendants(tree, of: 1) == [])
    tree.insert(3, under: 1)
    #expect(descendants(tree, of: 0) == [1, 3])
  }
}
