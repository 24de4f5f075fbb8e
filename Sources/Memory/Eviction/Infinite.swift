public import Kernel
public import Units

/// A cache with room for everything: a block misses once, the first time.
///
/// The bound that no capacity can beat. In a serving engine, whose memory has an end, it is LRU.
public struct Infinite: EvictionPolicy {
  /// `infinite`.
  public static let name = "infinite"
  /// What it is.
  public static let summary = "Room for everything, the bound of all; in an engine it is LRU"
  /// Tails go first, if any.
  public static let keepsPrefixes = true
  /// Room for everything.
  public static let isUnbounded = true

  private var order: LRU

  /// An empty cache.
  public init(_ options: NoOptions, _ context: EvictionContext) { order = LRU(options, context) }
  /// Has room for more numbers.
  public mutating func grow(to blockCount: Int) { order.grow(to: blockCount) }

  /// It stays.
  public mutating func insert(_ use: BlockUse) -> Bool { order.insert(use) }
  /// It stays.
  public mutating func touch(_ use: BlockUse) -> Bool { order.touch(use) }
  /// It cannot go.
  public mutating func retain(_ block: BlockID) { order.retain(block) }
  /// It stays.
  public mutating func release(_ use: BlockUse) -> Bool { order.release(use) }
  /// In an engine the least recent goes.
  public mutating func evict(for incoming: BlockUse?) -> BlockID { order.evict(for: incoming) }
  /// Forgets it.
  public mutating func remove(_ block: BlockID) { order.remove(block) }
}
