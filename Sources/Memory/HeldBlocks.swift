internal import Units

/// Which blocks are held, for policies whose queues do not move a block when it is used.
///
/// A held block stays in its queue until it is met at the end where victims are taken; there it is
/// set aside, and it comes back to that end when it is released. So a block is looked at once for
/// each time that it is held.
struct HeldBlocks: Sendable {
  private static let free: Int8 = -2
  private static let queued: Int8 = -1
  // What else stands here is the queue from which a held block was set aside.
  private var states: [Int8] = []

  /// Has room for blocks with numbers below `blockCount`.
  mutating func grow(to blockCount: Int) { states.grow(to: blockCount, with: Self.free) }

  /// Whether `block` is held.
  func contains(_ block: BlockID) -> Bool { states[Int(block)] != Self.free }
  /// Whether `block` is held and in no queue.
  func isAside(_ block: BlockID) -> Bool { states[Int(block)] >= 0 }

  /// Holds `block`, which is in its queue.
  mutating func hold(_ block: BlockID) { states[Int(block)] = Self.queued }
  /// Notes that `block`, which is held, was taken out of `queue`.
  mutating func setAside(_ block: BlockID, from queue: Int) { states[Int(block)] = Int8(queue) }
  /// Lets go of `block`, and names the queue to whose end it must come back; −1 if it is in it.
  mutating func letGo(_ block: BlockID) -> Int {
    let state = states[Int(block)]
    states[Int(block)] = Self.free
    return max(-1, Int(state))
  }
}
