internal import Units

/// What happened to the blocks of one tier under HBM, counted in blocks.
///
/// What came in (`stored`, `received`, `raised`) is what went (`demoted`, `dropped`, `surrendered`,
/// `expired`, `discarded`, and `promoted` under write-back) and what lies there.
public struct TierCounts: Sendable, Equatable {
  /// Written here from HBM, or from the tier above by write-through.
  public var stored = 0
  /// Came down from a tier above that had no room for them.
  public var received = 0
  /// Came up from a tier below.
  public var raised = 0
  /// Used here.
  public var hits = 0
  /// Went down to a tier below to make room.
  public var demoted = 0
  /// Went up to the nearest tier; under write-through their copies stay.
  public var promoted = 0
  /// Went, and no lower tier had or took them.
  public var dropped = 0
  /// Copies that went because a lower tier has another one.
  public var surrendered = 0
  /// Went because their policy found them too old or not worth keeping.
  public var expired = 0
  /// Went because `discard` asked for it.
  public var discarded = 0

  /// None.
  public init() {}
}

/// One tier of a `TieredStore`: how much lies there and who goes first.
struct TierBlocks: Sendable {
  let capacity: Int32
  /// Blocks that lie here.
  private(set) var occupancy: Int32 = 0
  /// Those of them that cannot go.
  private(set) var held: Int32 = 0
  /// Most blocks that ever lay here.
  private(set) var peak: Int32 = 0
  var counts = TierCounts()
  private var policy: any EvictionPolicy

  init(capacity: Int32, policy: any EvictionPolicy) {
    self.capacity = capacity
    self.policy = policy
  }

  /// Blocks that could come if all that may go went.
  var room: Int32 { capacity - held }
  /// Blocks that must go before `count` can come.
  func excess(for count: Int32) -> Int { Int(max(0, occupancy + count - capacity)) }
  var nextExpiry: Instant { policy.nextExpiry }

  mutating func grow(to blockCount: Int) { policy.grow(to: blockCount) }

  /// A block comes, for which there is room; false: it is not worth keeping.
  mutating func insert(_ use: BlockUse, isHeld: Bool) -> Bool {
    precondition(occupancy < capacity, "a tier holds more than it has room for (I4)")
    let stays = policy.insert(use)
    if isHeld {
      policy.retain(use.block)
      held += 1
    } else if !stays {
      policy.remove(use.block)
      return false
    }
    occupancy += 1
    peak = max(peak, occupancy)
    return true
  }

  mutating func touch(_ use: BlockUse) {
    _ = policy.touch(use)
    counts.hits += 1
  }

  mutating func hold(_ block: BlockID) {
    policy.retain(block)
    held += 1
  }

  /// A block may go again; false: it is not worth keeping and has gone.
  mutating func letGo(_ use: BlockUse) -> Bool {
    held -= 1
    guard !policy.release(use) else { return true }
    policy.remove(use.block)
    occupancy -= 1
    counts.expired += 1
    return false
  }

  /// Takes out a block that is held.
  mutating func takeHeld(_ block: BlockID) {
    policy.remove(block)
    held -= 1
    occupancy -= 1
  }

  /// Takes out a block that may go.
  mutating func discard(_ block: BlockID) {
    policy.remove(block)
    occupancy -= 1
    counts.discarded += 1
  }

  /// Takes out `count` blocks that may go, the one worth least first.
  mutating func evict(_ count: Int, into victims: inout [BlockID]) {
    policy.evict(count, into: &victims)
    occupancy -= Int32(count)
  }

  /// Takes out a block that is too old at `now`; −1 if there is none.
  mutating func expire(at now: Instant) -> BlockID {
    let block = policy.expired(at: now)
    guard block >= 0 else { return -1 }
    occupancy -= 1
    counts.expired += 1
    return block
  }

  /// Compares the tier with its blocks that may go and the number of those that may not.
  func checkInvariants(idle: [BlockID], held: Int32, keepsPromoted: Bool) {
    precondition(occupancy <= capacity && occupancy <= peak, "a tier is over its capacity (I4)")
    precondition(self.held == held, "blocks in use drifted (I4)")
    precondition(occupancy == held + Int32(idle.count), "blocks of a tier drifted (I4)")
    let came = counts.stored + counts.received + counts.raised
    let went =
      counts.demoted + counts.dropped + counts.surrendered + counts.expired + counts.discarded
      + (keepsPromoted ? 0 : counts.promoted)
    precondition(
      came == went + Int(occupancy),
      "blocks came or went uncounted (I4)")
    var copy = policy
    var known: [BlockID] = []
    copy.evict(idle.count, into: &known)
    precondition(known.sorted() == idle, "the policy does not know what may go (I10)")
  }
}
