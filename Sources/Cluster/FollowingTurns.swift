internal import Kernel
internal import Metrics
internal import Units

/// Turns that wait for the one before them, and those whose time to arrive is known.
///
/// First turns are taken from the table, where they ascend; released ones from a heap by (time,
/// row), which holds no more than there are sessions under way. 12 bytes a request.
///
/// - Complexity: O(log sessions) an arrival.
struct FollowingTurns: Sendable {
  private let parents: [Int32]
  private let delays: [Int64]
  /// The first turn that follows each row, and the next one that follows the same; −1: none.
  private var firstFollower: [Int32]
  private var nextFollower: [Int32]
  /// The first turn that has not arrived.
  private var root = 0
  private var released = MinHeap<Pending>()

  /// A turn that is about to arrive.
  struct Pending: Comparable, Sendable {
    var time: Instant
    var row: Int

    static func < (a: Pending, b: Pending) -> Bool {
      a.time != b.time ? a.time < b.time : a.row < b.row
    }
  }

  /// No turn has arrived; the delays of `turns` are known.
  init(_ turns: SessionTurns) {
    (parents, delays) = (turns.parent, turns.delay)
    firstFollower = Array(repeating: -1, count: turns.count)
    nextFollower = firstFollower
    for row in parents.indices.reversed() where parents[row] >= 0 {
      nextFollower[row] = firstFollower[Int(parents[row])]
      firstFollower[Int(parents[row])] = Int32(row)
    }
    skipFollowers()
  }

  private mutating func skipFollowers() {
    while root < parents.count, parents[root] >= 0 { root += 1 }
  }

  /// The turn that arrives next; never, if all that are known have.
  func next(_ arrival: [Instant]) -> Pending {
    let first = root < parents.count ? Pending(time: arrival[root], row: root) : nil
    guard let follower = released.first else { return first ?? Pending(time: .never, row: -1) }
    return first.map { min($0, follower) } ?? follower
  }

  /// Lets the turn that arrives next arrive.
  mutating func take(_ arrival: [Instant]) -> Pending {
    let next = next(arrival)
    if next.row == root {
      root += 1
      skipFollowers()
    } else {
      released.removeFirst()
    }
    return next
  }

  /// Makes the arrivals known of all turns that follow `settled`; answers whether there are any.
  mutating func release(after settled: [RequestID], at now: Instant) -> Bool {
    var isAny = false
    for id in settled {
      var row = Int(firstFollower[Int(id.row)])
      while row >= 0 {
        let (time, isBeyond) = now.picoseconds.addingReportingOverflow(delays[row])
        released.push(Pending(time: isBeyond ? .horizon : Instant(picoseconds: time), row: row))
        row = Int(nextFollower[row])
        isAny = true
      }
    }
    return isAny
  }
}
