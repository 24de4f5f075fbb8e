internal import DequeModule

/// What the host has of a sequence.
struct HostCopy: Sendable, Equatable {
  /// Blocks taken for it, those kept free behind it among them.
  var room: Int32 = 0
  /// Tokens, the first ones, whose KV is there.
  var tokens: Int32 = 0
  /// Pieces that it lies in.
  var pieces: Int32 = 0
}

/// The host memory of an instance: KV of requests that were swapped out, copies of what runs again,
/// and contexts of finished turns.
///
/// Invariant: `used` = Σ room of sequences + Σ room of contexts ≤ `memory.blocks`.
struct SwapSpace: Sendable {
  /// A finished turn's KV.
  struct Context: Sendable {
    var copy: HostCopy
    /// Whether it has arrived.
    var isLanded = false
    /// Whether the next turn waits for it.
    var isWanted = false
    /// Number of the turn that left it, by which stale entries of the order are known.
    var stamp: Int
  }

  let memory: HostMemory
  let mode: SwapMode
  /// Blocks taken.
  private(set) var used: Int32 = 0
  /// Those of contexts that have arrived: for which nobody waits, and the others.
  private(set) var unwanted: Int32 = 0
  private(set) var wanted: Int32 = 0
  /// Those of contexts for which a turn waits, whether they have arrived or not.
  private(set) var claimed: Int32 = 0
  private(set) var contexts: [Int32: Context] = [:]  // looked up, never iterated but in checks
  /// Sessions of contexts, the oldest first; stale where stamps differ.
  private var order = Deque<(session: Int32, stamp: Int)>()
  private var stamps = 0

  init(_ memory: HostMemory, _ mode: SwapMode) {
    self.memory = memory
    self.mode = mode
  }

  var free: Int32 { memory.blocks - used }

  mutating func take(_ count: Int32) {
    used += count
    precondition(used <= memory.blocks, "the host holds more than it can (I5)")
  }

  mutating func give(_ count: Int32) {
    used -= count
    precondition(used >= 0, "the host gave back more than it held (I5)")
  }

  /// Keeps a turn's KV, whose room is taken, for the next turn; what an earlier turn of the session
  /// has left goes.
  ///
  /// Answers the mark by which `land` knows it.
  mutating func keep(_ copy: HostCopy, of session: Int32) -> Int {
    let isWanted = contexts[session]?.isWanted ?? false
    drop(session)
    stamps += 1
    contexts[session] = Context(copy: copy, isWanted: isWanted, stamp: stamps)
    if isWanted { claimed += copy.room }
    order.append((session, stamps))
    return stamps
  }

  /// The context of `session` with that mark has arrived.
  mutating func land(_ session: Int32, _ stamp: Int) {
    guard let context = contexts[session], context.stamp == stamp else { return }
    contexts[session]?.isLanded = true
    count(context, 1)
  }

  /// The next turn of `session` waits for its context.
  mutating func want(_ session: Int32) {
    guard let context = contexts[session], !context.isWanted else { return }
    if context.isLanded { count(context, -1) }
    contexts[session]?.isWanted = true
    claimed += context.copy.room
    if context.isLanded, let wanted = contexts[session] { count(wanted, 1) }
  }

  /// The next turn of `session` waits elsewhere.
  mutating func unwant(_ session: Int32) {
    guard let context = contexts[session], context.isWanted else { return }
    if context.isLanded { count(context, -1) }
    contexts[session]?.isWanted = false
    claimed -= context.copy.room
    if context.isLanded, let unwanted = contexts[session] { count(unwanted, 1) }
  }

  private mutating func count(_ context: Context, _ sign: Int32) {
    if context.isWanted {
      wanted += sign * context.copy.room
    } else {
      unwanted += sign * context.copy.room
    }
  }

  /// Hands the context of `session`, and its room, over to its next turn.
  mutating func claim(_ session: Int32) -> HostCopy? {
    guard let context = contexts.removeValue(forKey: session) else { return nil }
    if context.isLanded { count(context, -1) }
    if context.isWanted { claimed -= context.copy.room }
    return context.copy
  }

  private mutating func drop(_ session: Int32) {
    if let copy = claim(session) { give(copy.room) }
  }

  /// Drops contexts that have arrived, the oldest first, until `count` blocks are free, as far as
  /// there are any; those that somebody waits for only if `dropsWanted`.
  mutating func makeRoom(_ count: Int32, dropsWanted: Bool) {
    var kept: [(session: Int32, stamp: Int)] = []
    while free < count, (dropsWanted ? wanted : 0) + unwanted > 0, let oldest = order.popFirst() {
      guard let context = contexts[oldest.session], context.stamp == oldest.stamp else { continue }
      if context.isLanded, dropsWanted || !context.isWanted {
        drop(oldest.session)
      } else {
        kept.append(oldest)
      }
    }
    for entry in kept.reversed() { order.prepend(entry) }
  }
}
