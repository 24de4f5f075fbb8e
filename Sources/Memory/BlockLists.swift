internal import Units

/// Doubly linked lists over block numbers, in columns: a block is in one list at most.
///
/// Every operation is O(1). A list's head is its oldest end where not said otherwise.
struct BlockLists: Sendable {
  private struct Links {
    var next: Int32
    var previous: Int32
  }

  // Entries of blocks, then one sentinel a list: its next is the head, its previous the tail.
  private var links: [Links]
  private var blockCount = 0
  /// Blocks of each list.
  private(set) var counts: [Int]

  /// `lists` empty lists without room for any block.
  init(lists: Int) {
    links = (0..<Int32(lists)).map { Links(next: $0, previous: $0) }
    counts = Array(repeating: 0, count: lists)
  }

  /// Has room for blocks with numbers below `count`; O(lists) a call and O(1) a block.
  mutating func grow(to count: Int) {
    guard count > blockCount else { return }
    let (ends, old) = (Array(links[blockCount...]), Int32(blockCount))
    links.removeLast(ends.count)
    links.grow(to: count, with: Links(next: -1, previous: -1))
    blockCount = count
    for (list, end) in ends.enumerated() {
      let place = Int32(count + list)
      guard counts[list] > 0 else {
        links.append(Links(next: place, previous: place))
        continue
      }
      precondition(end.next < old && end.previous < old, "a list's ends are blocks")
      links.append(end)
      links[Int(end.next)].previous = place
      links[Int(end.previous)].next = place
    }
  }

  /// Whether `block` is in any list.
  func contains(_ block: BlockID) -> Bool { links[Int(block)].next >= 0 }

  /// The first block of `list`, −1 if it is empty.
  func head(of list: Int) -> BlockID { inside(links[blockCount + list].next) }
  /// The last block of `list`, −1 if it is empty.
  func tail(of list: Int) -> BlockID { inside(links[blockCount + list].previous) }
  /// The block after `block`, −1 at the tail.
  func after(_ block: BlockID) -> BlockID { inside(links[Int(block)].next) }
  /// The block before `block`, −1 at the head.
  func before(_ block: BlockID) -> BlockID { inside(links[Int(block)].previous) }

  private func inside(_ entry: Int32) -> BlockID { entry < blockCount ? entry : -1 }

  /// Puts a block that is in no list at the tail of `list`.
  mutating func append(_ block: BlockID, to list: Int) {
    let end = blockCount + list
    links.withUnsafeMutableBufferPointer { Self.linkLast(block, end, Self.checked($0)) }
    counts[list] += 1
  }

  /// Puts a block that is in no list at the head of `list`.
  mutating func prepend(_ block: BlockID, to list: Int) {
    let end = Int32(blockCount + list)
    let later = links[Int(end)].next
    links[Int(block)] = Links(next: later, previous: end)
    links[Int(later)].previous = block
    links[Int(end)].next = block
    counts[list] += 1
  }

  /// Takes `block` out of `list`, in which it is.
  mutating func remove(_ block: BlockID, from list: Int) {
    links.withUnsafeMutableBufferPointer {
      let entries = Self.checked($0)
      Self.unlink(block, entries)
      entries[Int(block)] = Links(next: -1, previous: -1)
    }
    counts[list] -= 1
  }

  /// Moves `block`, which is in `list`, to its tail.
  mutating func moveToTail(_ block: BlockID, of list: Int) {
    let end = blockCount + list
    links.withUnsafeMutableBufferPointer {
      let entries = Self.checked($0)
      Self.unlink(block, entries)
      Self.linkLast(block, end, entries)
    }
  }

  /// Entries whose places are checked as an array's are, while the array's owner is asked once.
  ///
  /// `mutableSpan` would say the same, but the optimiser of Swift 6.3 lets two copies of a value
  /// share what one of them changes by it.
  private struct Entries {
    let base: UnsafeMutableBufferPointer<Links>

    subscript(place: Int) -> Links {
      get {
        precondition(UInt(bitPattern: place) < UInt(bitPattern: base.count), "no such block")
        return base[place]
      }
      nonmutating set {
        precondition(UInt(bitPattern: place) < UInt(bitPattern: base.count), "no such block")
        base[place] = newValue
      }
    }
  }

  @inline(__always)
  private static func checked(_ base: UnsafeMutableBufferPointer<Links>) -> Entries {
    Entries(base: base)
  }

  @inline(__always)
  private static func linkLast(_ block: BlockID, _ end: Int, _ links: Entries) {
    let earlier = links[end].previous
    links[Int(block)] = Links(next: Int32(end), previous: earlier)
    links[Int(earlier)].next = block
    links[end].previous = block
  }

  @inline(__always)
  private static func unlink(_ block: BlockID, _ links: Entries) {
    let own = links[Int(block)]
    links[Int(own.previous)].next = own.next
    links[Int(own.next)].previous = own.previous
  }
}
