public import Kernel
public import Units

/// Least frequently used: the block goes that was used least since it entered; among equals the
/// one that was used least recently.
///
/// Modelled: counts from 1 at each entry (in-cache LFU). A held block is in no order; released it
/// is the most recent of its count. Not modelled: ageing, and counts of blocks that have left.
///
/// Source: Robinson and Devarakonda, "Data Cache Management Using Frequency-Based Replacement",
/// SIGMETRICS 1990, §1.
public struct LFU: EvictionPolicy {
  /// `lfu`.
  public static let name = "lfu"
  /// What it is.
  public static let summary = "Least frequently used since it entered; the oldest among equals"

  // Count, then clock of the last use.
  private var idle = BlockHeap<UInt128>()
  private var counts: [UInt64] = []
  private var clock: UInt64 = 0

  /// An empty cache.
  public init(_ options: NoOptions, _ context: EvictionContext) { grow(to: context.blockCount) }
  /// Has room for more numbers.
  public mutating func grow(to blockCount: Int) {
    idle.grow(to: blockCount)
    counts.grow(to: blockCount, with: 0)
  }

  private mutating func rank(_ block: BlockID) {
    clock += 1
    idle.set(block, to: UInt128(counts[Int(block)]) << 64 | UInt128(clock))
  }

  /// Its count is 1.
  public mutating func insert(_ use: BlockUse) -> Bool {
    counts[Int(use.block)] = 1
    rank(use.block)
    return true
  }
  /// Its count grows.
  public mutating func touch(_ use: BlockUse) -> Bool {
    counts[Int(use.block)] += 1
    if idle.contains(use.block) { rank(use.block) }
    return true
  }
  /// Held blocks are not in the order.
  public mutating func retain(_ block: BlockID) { idle.remove(block) }
  /// It is the most recent of its count.
  public mutating func release(_ use: BlockUse) -> Bool {
    rank(use.block)
    return true
  }
  /// The one with the smallest count goes.
  public mutating func evict(for incoming: BlockUse?) -> BlockID {
    guard let victim = idle.first?.block else { return -1 }
    idle.remove(victim)
    return victim
  }
  /// Forgets it.
  public mutating func remove(_ block: BlockID) {
    if idle.contains(block) { idle.remove(block) }
  }
}
