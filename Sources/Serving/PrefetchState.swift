internal import DequeModule
internal import Memory
internal import Units

/// What rises to the nearest tier for requests that wait, and what is kept there for them.
///
/// Invariants: what rises lies in the nearest tier of the store, pinned for its transfer; what is
/// kept is pinned for a request that waits.
struct PrefetchState: Sendable {
  /// Blocks on their way up, which one transfer carries.
  struct Rise: Sendable {
    /// The tier that they come from.
    let tier: Int32
    /// The request for which they set out.
    let row: Int
    let blocks: [TieredStore.Place]
  }

  /// Requests that may not have got all that they find, in the order in which they came; those that
  /// have left the queue meanwhile have no ticket any more.
  private var queued: Deque<(entry: Waiting, ticket: Int)> = []
  /// The last ticket of each request that waits, by row; only looked up.
  private var tickets: [Int32: Int] = [:]
  private var lastTicket = 0
  /// Whether something has happened that may let one of them have more.
  var isDue = false
  /// What rises, by the tag of its transfer; only looked up.
  private(set) var rises: [Int32: Rise] = [:]
  /// Tags of the transfers by the names of blocks that rise; only looked up.
  private var tags: [BlockID: Int32] = [:]
  /// What is kept for each request that waits, by row; only looked up.
  private(set) var kept: [Int32: [TieredStore.Place]] = [:]

  /// Whether nothing rises.
  var isIdle: Bool { rises.isEmpty }

  /// The transfer that carries the block called `name`; nil: it does not rise.
  func tag(of name: BlockID) -> Int32? { tags.isEmpty ? nil : tags[name] }

  /// The tier that a block which rises comes from; nil: it does not rise.
  func source(of name: BlockID) -> Int32? { tag(of: name).flatMap { rises[$0]?.tier } }

  mutating func begin(_ tag: Int32, _ rise: Rise) {
    rises[tag] = rise
    for block in rise.blocks { tags[block.name] = tag }
  }

  mutating func end(_ tag: Int32) -> Rise? {
    guard let rise = rises.removeValue(forKey: tag) else { return nil }
    for block in rise.blocks { tags[block.name] = nil }
    isDue = true
    return rise
  }

  /// Requests that have not got all that they find.
  var unserved: [Waiting] {
    queued.filter { tickets[$0.entry.request.row] == $0.ticket }.map(\.entry)
  }

  /// `entry` waits for what it finds to rise.
  mutating func await(_ entry: Waiting) {
    lastTicket += 1
    tickets[entry.request.row] = lastTicket
    queued.append((entry, lastTicket))
    isDue = true
  }

  /// Who has waited longest; nil when nobody does.
  ///
  /// - Complexity: O(1) on average.
  mutating func next() -> Waiting? {
    while let (entry, ticket) = queued.first {
      if tickets[entry.request.row] == ticket { return entry }
      queued.removeFirst()
    }
    return nil
  }

  /// The request in `row` waits no longer, or has got all.
  mutating func forget(_ row: Int32) { tickets[row] = nil }

  mutating func keep(_ blocks: [TieredStore.Place], for row: Int32) {
    if !blocks.isEmpty { kept[row] = blocks }
  }

  mutating func takeKept(for row: Int32) -> [TieredStore.Place] {
    guard let blocks = kept.removeValue(forKey: row) else { return [] }
    isDue = true
    return blocks
  }
}
