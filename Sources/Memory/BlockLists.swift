internal import Units

/// Doubly linked lists over block numbers, in columns: a block is in one list at most.
///
/// Every operation is O(1). A list's head is its oldest end where not said otherwise.
struct BlockLists: Sendable {
  // Entries of blocks, then one sentinel a list: its next is the head, its previous the tail.
  private var next: [Int32]
  private var previous: [Int32]
  private let blockCount: Int
  /// Blocks of each list.
  private(set) var counts: [Int]

  /// `lists` empty lists of blocks with numbers below `blockCount`.
  init(lists: Int, blockCount: Int) {
    self.blockCount = blockCount
    next = Array(repeating: -1, count: blockCount + lists)
    previous = next
    counts = Array(repeating: 0, count: lists)
    for list in 0..<lists {
      next[blockCount + list] = Int32(blockCount + list)
      previous[blockCount + list] = Int32(blockCount + list)
    }
  }

  /// Whether `block` is in any list.
  func contains(_ block: BlockID) -> Bool { next[Int(block)] >= 0 }

  /// The first block of `list`, −1 if it is empty.
  func head(of list: Int) -> BlockID { inside(next[blockCount + list]) }
  /// The last block of `list`, −1 if it is empty.
  func tail(of list: Int) -> BlockID { inside(previous[blockCount + list]) }
  /// The block after `block`, −1 at the tail.
  func after(_ block: BlockID) -> BlockID { inside(next[Int(block)]) }
  /// The block before `block`, −1 at the head.
  func before(_ block: BlockID) -> BlockID { inside(previous[Int(block)]) }

  private func inside(_ entry: Int32) -> BlockID { entry < blockCount ? entry : -1 }

  /// Puts a block that is in no list at the tail of `list`.
  mutating func append(_ block: BlockID, to list: Int) {
    link(block, before: Int32(blockCount + list), list)
  }

  /// Puts a block that is in no list at the head of `list`.
  mutating func prepend(_ block: BlockID, to list: Int) {
    link(block, before: next[blockCount + list], list)
  }

  private mutating func link(_ block: BlockID, before entry: Int32, _ list: Int) {
    let earlier = previous[Int(entry)]
    next[Int(block)] = entry
    previous[Int(block)] = earlier
    next[Int(earlier)] = block
    previous[Int(entry)] = block
    counts[list] += 1
  }

  /// Takes `block` out of `list`, in which it is.
  mutating func remove(_ block: BlockID, from list: Int) {
    let (earlier, later) = (previous[Int(block)], next[Int(block)])
    next[Int(earlier)] = later
    previous[Int(later)] = earlier
    next[Int(block)] = -1
    counts[list] -= 1
  }
}
