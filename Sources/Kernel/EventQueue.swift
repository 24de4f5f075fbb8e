public import Units

/// The smallest key of a fixed set of leaves; the lowest leaf on ties.
///
/// - Complexity: O(log leaves) a change, O(1) a look.
public struct Tournament: Sendable {
  private var tree: [UInt128]
  private let leaves: Int

  /// A tournament of `leaves` leaves, none of which has a key.
  public init(leaves count: Int) {
    var leaves = 1
    while leaves < count { leaves *= 2 }
    self.leaves = leaves
    tree = Array(repeating: .max, count: 2 * leaves)
  }

  /// Gives `leaf` the key `key`.
  public mutating func set(_ leaf: Int, _ key: UInt64) {
    var node = leaves + leaf
    var best = UInt128(key) << 64 | UInt128(UInt(leaf))
    tree[node] = best
    while node > 1 {
      let rival = tree[node ^ 1]
      best = rival < best ? rival : best
      node >>= 1
      tree[node] = best
    }
  }

  /// The leaf with the smallest key.
  public var first: Int { Int(UInt32(truncatingIfNeeded: tree[1])) }
  /// The smallest key.
  public var firstKey: UInt64 { UInt64(truncatingIfNeeded: tree[1] >> 64) }

  /// Visits the leaves and their keys in ascending order, as long as `body` answers true.
  ///
  /// - Complexity: O(log leaves) a visit, and as much again for the order.
  public func visitAscending(_ body: (Int, UInt64) -> Bool) {
    // Subtrees that are not opened yet, by their smallest keys, none of which are equal.
    var closed = MinHeap<Subtree>()
    closed.push(Subtree(smallest: tree[1], root: 1))
    while let next = closed.first, next.smallest != .max {
      closed.removeFirst()
      let leaf = Int(UInt32(truncatingIfNeeded: next.smallest))
      guard body(leaf, UInt64(truncatingIfNeeded: next.smallest >> 64)) else { return }
      var node = next.root
      while node < leaves {
        node *= 2
        if tree[node] != next.smallest { node += 1 }
        if tree[node ^ 1] != .max {
          closed.push(Subtree(smallest: tree[node ^ 1], root: node ^ 1))
        }
      }
    }
  }

  private struct Subtree: Comparable, Sendable {
    let smallest: UInt128
    let root: Int

    static func < (a: Subtree, b: Subtree) -> Bool { a.smallest < b.smallest }
  }
}

/// The pending event of every source (instance, arrivals, samples), earliest first.
///
/// A source has at most one pending event and may move it either way, so there are no stale
/// events. The key is (time, source): total and free of insertion order. Sources are numbered by
/// rank, so rank breaks ties by itself.
public struct EventQueue: Sendable {
  private var tournament: Tournament
  /// The time of the last event taken out.
  public private(set) var now = Instant.zero

  /// A queue for `sources` sources, none of which has an event pending.
  public init(sources: Int) {
    tournament = Tournament(leaves: sources)
    for source in 0..<sources { set(source, at: .never) }
  }

  /// Moves the event of `source` to `time`; `.never` takes it out.
  ///
  /// The past is refused: causality is the kernel's one rule.
  public mutating func set(_ source: Int, at time: Instant) {
    precondition(time >= now, "event scheduled in the past")
    tournament.set(source, UInt64(time.picoseconds))
  }

  /// The time of the earliest event, `.never` when there is none.
  public var time: Instant { Instant(picoseconds: Int64(tournament.firstKey)) }

  /// Takes the earliest event out, moves the clock to it and returns its source.
  public mutating func next() -> Int {
    now = time
    let source = tournament.first
    tournament.set(source, UInt64(Int64.max))
    return source
  }
}
