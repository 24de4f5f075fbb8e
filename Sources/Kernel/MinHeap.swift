/// A binary heap of keys, smallest first.
///
/// `Heap` of swift-collections is a min-max heap and costs about twice as much per push and pop.
public struct MinHeap<Key: Comparable & Sendable>: Sendable {
  private var keys: [Key] = []

  /// An empty heap.
  public init() {}

  /// The smallest key, nil when empty.
  public var first: Key? { keys.first }
  /// The number of keys.
  public var count: Int { keys.count }

  /// Adds `key`; O(log count).
  public mutating func push(_ key: Key) {
    var i = keys.count
    keys.append(key)
    while i > 0, key < keys[(i - 1) / 2] {
      keys[i] = keys[(i - 1) / 2]
      i = (i - 1) / 2
    }
    keys[i] = key
  }

  /// Removes the smallest key; O(log count).
  public mutating func removeFirst() {
    let key = keys.removeLast()
    guard !keys.isEmpty else { return }
    var i = 0
    while 2 * i + 1 < keys.count {
      var child = 2 * i + 1
      if child + 1 < keys.count, keys[child + 1] < keys[child] { child += 1 }
      guard keys[child] < key else { break }
      keys[i] = keys[child]
      i = child
    }
    keys[i] = key
  }
}
