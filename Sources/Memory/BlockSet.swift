internal import Units

/// A set of blocks of which one can be drawn at random; every operation is O(1).
struct BlockSet: Sendable {
  /// The blocks, in an order that depends on what was done to the set alone.
  private(set) var blocks: [BlockID] = []
  /// Where each block stands in `blocks`, −1 if nowhere.
  private var places: [Int32] = []

  /// Has room for blocks with numbers below `blockCount`.
  mutating func grow(to blockCount: Int) { places.grow(to: blockCount, with: -1) }

  /// Number of blocks in it.
  var count: Int { blocks.count }
  /// Whether `block` is in it.
  func contains(_ block: BlockID) -> Bool { places[Int(block)] >= 0 }

  /// Adds `block`, which is not in it.
  mutating func insert(_ block: BlockID) {
    places[Int(block)] = Int32(blocks.count)
    blocks.append(block)
  }

  /// Takes `block` out if it is in it, and says whether it was.
  @discardableResult
  mutating func remove(_ block: BlockID) -> Bool {
    let place = Int(places[Int(block)])
    guard place >= 0 else { return false }
    places[Int(block)] = -1
    let last = blocks.removeLast()
    if last != block {
      blocks[place] = last
      places[Int(last)] = Int32(place)
    }
    return true
  }

  /// Takes all blocks out.
  mutating func removeAll() {
    for block in blocks { places[Int(block)] = -1 }
    blocks.removeAll(keepingCapacity: true)
  }
}
