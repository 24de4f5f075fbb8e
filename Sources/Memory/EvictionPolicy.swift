public import Kernel
public import Units

/// What a policy may know of the place that it works in.
public struct EvictionContext: Sendable {
  /// Most blocks in the cache.
  public var capacity: Int
  /// Block numbers are below it, until the policy hears that it grows.
  public var blockCount: Int
  /// Tokens of a block.
  public var tokensPerBlock: Int32
  /// Seed of the policy's own random stream.
  public var seed: UInt64
  /// The next request that uses the block of each use in the trace, by number.
  ///
  /// `Int32.max` if there is none; empty unless the policy says `isOracle`.
  public var nextUse: [Int32]
  /// The block of each use in the trace; empty unless the policy says `isOracle`.
  ///
  /// These are the trace's names, which need not be the numbers by which a cache calls its blocks.
  public var uses: [BlockID]
  /// What `advice` of the policy said of `uses`; nil if it was not asked yet.
  public var advice: [Bool]?

  /// A cache of `capacity` blocks with numbers below `blockCount`.
  public init(
    capacity: Int, blockCount: Int = 0, tokensPerBlock: Int32 = 16, seed: UInt64 = 1,
    nextUse: [Int32] = [], uses: [BlockID] = []
  ) {
    self.capacity = capacity
    self.blockCount = blockCount
    self.tokensPerBlock = tokensPerBlock
    self.seed = seed
    self.nextUse = nextUse
    self.uses = uses
  }

  /// The next request after the use at `position` that uses the same block; `Int32.max` if there is
  /// none or it is not known.
  func nextRequest(after position: Int) -> Int32 {
    nextUse.indices.contains(position) ? nextUse[position] : .max
  }
}

/// One block of one request at the moment at which a policy hears of it.
public struct BlockUse: Sendable {
  /// The block.
  public var block: BlockID
  /// Blocks before it in the prompt.
  public var depth: Int32
  /// The request, numbered in order of arrival.
  public var request: Int32
  /// Where this use stands in `EvictionContext.nextUse`; −1 if the trace does not know it.
  public var position: Int
  /// Now.
  public var time: Instant

  /// A use; the parameters are the fields.
  public init(block: BlockID, depth: Int32, request: Int32, position: Int, time: Instant) {
    self.block = block
    self.depth = depth
    self.request = request
    self.position = position
    self.time = time
  }
}

/// The request that uses blocks, and when.
public struct BlockUser: Sendable {
  /// The request, numbered in order of arrival.
  public var request: Int32
  /// Now.
  public var time: Instant
  /// Where its uses begin in `EvictionContext.nextUse`.
  public var position: Int
  /// How many of its uses stand there; 0 if its blocks are not in the trace.
  public var knownUses: Int32

  /// A user; the parameters are the fields.
  public init(request: Int32, time: Instant, position: Int = 0, knownUses: Int32 = 0) {
    self.request = request
    self.time = time
    self.position = position
    self.knownUses = knownUses
  }

  /// Its use of `block`, which has `depth` blocks before it.
  public func use(of block: BlockID, depth: Int32) -> BlockUse {
    BlockUse(
      block: block, depth: depth, request: request,
      position: depth < knownUses ? position + Int(depth) : -1, time: time)
  }
}

/// Decides which cached block goes when another needs its room.
///
/// The cache tells it of every block that enters, is used again, or leaves; it keeps its own order
/// in columns by block number, so each call is O(1) or O(log blocks). In a cache that serves
/// running requests, blocks in use are held: they stay known, but `evict` must not name them.
/// `retain` and `release` say so; a policy that ranks by the last use moves a block on `release`,
/// as vLLM does, which frees a request's blocks from its last to its first.
///
/// A policy knows exactly the blocks in the cache: from `insert` until `evict` or `expired` names
/// one or `remove` takes it. An answer of false is advice, which the cache follows by `remove`.
///
/// The same calls give the same answers; randomness comes from `EvictionContext.seed` alone.
public protocol EvictionPolicy: Sendable {
  /// Its settings.
  associatedtype Options: PolicyOptions
  /// The name used in experiment files.
  static var name: String { get }
  /// One sentence for `martlet list evictions`.
  static var summary: String { get }
  /// Whether it uses what a real cache cannot know, such as the next use of a block.
  static var isOracle: Bool { get }
  /// Whether no block ever goes before those that follow it, given that blocks are released from
  /// a request's last to its first.
  static var keepsPrefixes: Bool { get }
  /// The order in which it must hear of a request's blocks; nil: either.
  static var visitOrder: VisitOrder? { get }
  /// Whether it knows a block again that was evicted and comes back; if not, another block may
  /// have had the number meanwhile.
  static var remembersEvicted: Bool { get }
  /// Whether a cache without a serving engine around it has room for everything.
  static var isUnbounded: Bool { get }
  /// What it makes of `context.uses` alone, one bit a use: the same for all caches of a capacity,
  /// so it can be worked out once for many. Empty for a policy without advice.
  static func advice(_ options: Options, _ context: EvictionContext) -> [Bool]
  /// An empty cache.
  init(_ options: Options, _ context: EvictionContext)
  /// Block numbers are below `blockCount` from now on, which is never less than before.
  mutating func grow(to blockCount: Int)
  /// A block that is not in the cache enters it; there is room. False: drop it as soon as it is
  /// not held.
  mutating func insert(_ use: BlockUse) -> Bool
  /// A block that is in the cache was used again. False: drop it as soon as it is not held.
  mutating func touch(_ use: BlockUse) -> Bool
  /// A block in the cache is held from now on.
  mutating func retain(_ block: BlockID)
  /// The last holder of a block has gone. False: drop it now.
  mutating func release(_ use: BlockUse) -> Bool
  /// Takes one block that is not held out of the cache; −1 if the incoming block is not worth it.
  ///
  /// `incoming` is the block that needs the room; nil if the room is for what is not cached, and
  /// then a block must go.
  mutating func evict(for incoming: BlockUse?) -> BlockID
  /// Forgets a block in the cache, which is dropped for another reason.
  mutating func remove(_ block: BlockID)
  /// Takes one block that is not held and too old to be used at `now` out of the cache; −1 if
  /// there is none. The cache asks before it looks a request up, until the answer is −1.
  mutating func expired(at now: Instant) -> BlockID
  /// The first moment at which `expired` would name a block, if nothing else happens; `.never` if
  /// it would not.
  var nextExpiry: Instant { get }
  /// Runs a cache of this policy, empty until now, over `trace`.
  ///
  /// The default is meant to be kept. It is a requirement so that the loop over blocks runs inside
  /// the concrete type: one indirect call a trace, none a block.
  mutating func replay(
    _ trace: BlockTrace, capacity: Int, order: VisitOrder, logsRequests: Bool
  ) -> CacheHits

  // What follows is those calls for many blocks. The defaults are meant to be kept: they are
  // requirements so that the loop over blocks runs inside the concrete type.

  /// `insert` and `retain` for each block; the first has `depth` blocks before it.
  mutating func enter(_ blocks: ArraySlice<BlockID>, depth: Int32, _ user: BlockUser)
  /// `touch` for each of `blocks`, the first of a prompt, then `retain` for each of `idle`.
  mutating func reuse(_ blocks: ArraySlice<BlockID>, idle: [BlockID], _ user: BlockUser)
  /// `release` for each block, from the last to the first, which has `depth` blocks before it;
  /// those to drop are appended to `dropped`.
  mutating func leave(
    _ blocks: ArraySlice<BlockID>, depth: Int32, _ user: BlockUser, dropped: inout [BlockID])
  /// `evict` without an incoming block, `count` times; victims are appended.
  mutating func evict(_ count: Int, into victims: inout [BlockID])
}

extension EvictionPolicy {
  /// Only what a real cache knows.
  public static var isOracle: Bool { false }
  /// Not promised.
  public static var keepsPrefixes: Bool { false }
  /// It may.
  public static var remembersEvicted: Bool { true }
  /// Either order.
  public static var visitOrder: VisitOrder? { nil }
  /// None.
  public static func advice(_ options: Options, _ context: EvictionContext) -> [Bool] { [] }
  /// Room has an end.
  public static var isUnbounded: Bool { false }
  /// Nothing grows too old.
  public mutating func expired(at now: Instant) -> BlockID { -1 }
  /// Nothing grows too old.
  public var nextExpiry: Instant { .never }

  /// One block after another.
  public mutating func enter(_ blocks: ArraySlice<BlockID>, depth: Int32, _ user: BlockUser) {
    var depth = depth
    for block in blocks {
      _ = insert(user.use(of: block, depth: depth))
      retain(block)
      depth += 1
    }
  }
  /// One block after another.
  public mutating func reuse(
    _ blocks: ArraySlice<BlockID>, idle: [BlockID], _ user: BlockUser
  ) {
    var depth: Int32 = 0
    for block in blocks {
      _ = touch(user.use(of: block, depth: depth))
      depth += 1
    }
    for block in idle { retain(block) }
  }
  /// One block after another.
  public mutating func leave(
    _ blocks: ArraySlice<BlockID>, depth: Int32, _ user: BlockUser, dropped: inout [BlockID]
  ) {
    var depth = depth + Int32(blocks.count)
    for block in blocks.reversed() {
      depth -= 1
      if !release(user.use(of: block, depth: depth)) { dropped.append(block) }
    }
  }
  /// One block after another.
  public mutating func evict(_ count: Int, into victims: inout [BlockID]) {
    for _ in 0..<count { victims.append(evict(for: nil)) }
  }
}
