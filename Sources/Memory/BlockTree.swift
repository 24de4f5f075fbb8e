internal import Units

/// Which cached blocks follow which: children of each block in columns by number.
struct BlockTree: Sendable {
  private var parent: [BlockID] = []
  private var firstChild: [BlockID] = []
  private var nextSibling: [BlockID] = []
  private var previousSibling: [BlockID] = []

  /// Has room for blocks with numbers below `blockCount`.
  mutating func grow(to blockCount: Int) {
    parent.grow(to: blockCount, with: -1)
    firstChild.grow(to: blockCount, with: -1)
    nextSibling.grow(to: blockCount, with: -1)
    previousSibling.grow(to: blockCount, with: -1)
  }

  /// `block` is cached and follows `above`, −1 at the beginning of a prompt.
  mutating func insert(_ block: BlockID, under above: BlockID) {
    parent[Int(block)] = above
    guard above >= 0 else { return }
    let next = firstChild[Int(above)]
    nextSibling[Int(block)] = next
    previousSibling[Int(block)] = -1
    if next >= 0 { previousSibling[Int(next)] = block }
    firstChild[Int(above)] = block
  }

  /// `block` is no longer cached; what followed it is without a parent.
  mutating func remove(_ block: BlockID) {
    var child = firstChild[Int(block)]
    while child >= 0 {
      parent[Int(child)] = -1
      child = nextSibling[Int(child)]
    }
    firstChild[Int(block)] = -1
    let above = parent[Int(block)]
    guard above >= 0 else { return }
    let (before, after) = (previousSibling[Int(block)], nextSibling[Int(block)])
    if before >= 0 {
      nextSibling[Int(before)] = after
    } else {
      firstChild[Int(above)] = after
    }
    if after >= 0 { previousSibling[Int(after)] = before }
    parent[Int(block)] = -1
  }

  /// Appends every block that follows `block`, parents before children.
  func addDescendants(of block: BlockID, to list: inout [BlockID]) {
    var next = list.count
    var current = block
    while true {
      var child = firstChild[Int(current)]
      while child >= 0 {
        list.append(child)
        child = nextSibling[Int(child)]
      }
      guard next < list.count else { return }
      current = list[next]
      next += 1
    }
  }
}
