internal import Units

/// Blocks by key, smallest first, with their places known: a block's key may change.
///
/// A heap of four children a node in columns; every change is O(log count).
struct BlockHeap<Key: Comparable & Sendable>: Sendable {
  private struct Node {
    var key: Key
    var block: BlockID
  }

  private var nodes: [Node] = []
  /// Where each block stands in `nodes`, −1 if nowhere.
  private var places: [Int32] = []

  /// Has room for blocks with numbers below `blockCount`.
  mutating func grow(to blockCount: Int) { places.grow(to: blockCount, with: -1) }

  /// Number of blocks in it.
  var count: Int { nodes.count }
  /// Whether `block` is in it.
  func contains(_ block: BlockID) -> Bool { places[Int(block)] >= 0 }
  /// The block with the smallest key; nil when it is empty.
  var first: (block: BlockID, key: Key)? { nodes.first.map { ($0.block, $0.key) } }

  /// Gives `block`, in the heap or not, the key `key`.
  mutating func set(_ block: BlockID, to key: Key) {
    let place = Int(places[Int(block)])
    let node = Node(key: key, block: block)
    if place < 0 {
      nodes.append(node)
      rise(node, from: nodes.count - 1)
    } else if key < nodes[place].key {
      rise(node, from: place)
    } else {
      sink(node, from: place)
    }
  }

  /// Takes `block`, which is in the heap, out of it.
  mutating func remove(_ block: BlockID) {
    let place = Int(places[Int(block)])
    places[Int(block)] = -1
    let last = nodes.removeLast()
    guard place < nodes.count else { return }
    if place > 0, last.key < nodes[(place - 1) / 4].key {
      rise(last, from: place)
    } else {
      sink(last, from: place)
    }
  }

  private mutating func rise(_ node: Node, from start: Int) {
    var place = start
    while place > 0 {
      let parent = (place - 1) / 4
      guard node.key < nodes[parent].key else { break }
      put(nodes[parent], at: place)
      place = parent
    }
    put(node, at: place)
  }

  private mutating func sink(_ node: Node, from start: Int) {
    var place = start
    while 4 * place + 1 < nodes.count {
      let children = 4 * place + 1..<min(4 * place + 5, nodes.count)
      var least = children.lowerBound
      for child in children where nodes[child].key < nodes[least].key { least = child }
      guard nodes[least].key < node.key else { break }
      put(nodes[least], at: place)
      place = least
    }
    put(node, at: place)
  }

  private mutating func put(_ node: Node, at place: Int) {
    nodes[place] = node
    places[Int(node.block)] = Int32(place)
  }
}
