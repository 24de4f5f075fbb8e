public import Kernel
public import Units

/// SIEVE: a queue in order of entry, through which a hand walks that spares each block used since
/// it last came by.
///
/// Modelled: queue, hand and one bit a block. A held block that the hand meets is set aside and
/// comes back to the queue's old end when it is released. Not modelled: any order of prefixes.
///
/// Source: Zhang, Yang, Yue, Vigfusson and Rashmi, "SIEVE is Simpler than LRU", NSDI 2024, §3.
public struct SIEVE: EvictionPolicy {
  /// `sieve`.
  public static let name = "sieve"
  /// What it is.
  public static let summary = "SIEVE: a hand walks from old to new and spares what was used"

  // The head is the old end.
  private var queue = BlockLists(lists: 1)
  private var held = HeldBlocks()
  private var wasUsed: [Bool] = []
  private var hand: BlockID = -1

  /// An empty cache.
  public init(_ options: NoOptions, _ context: EvictionContext) { grow(to: context.blockCount) }
  /// Has room for more numbers.
  public mutating func grow(to blockCount: Int) {
    queue.grow(to: blockCount)
    held.grow(to: blockCount)
    wasUsed.grow(to: blockCount, with: false)
  }

  /// It is the newest, and not used yet.
  public mutating func insert(_ use: BlockUse) -> Bool {
    wasUsed[Int(use.block)] = false
    queue.append(use.block, to: 0)
    return true
  }
  /// It is spared the next time.
  public mutating func touch(_ use: BlockUse) -> Bool {
    wasUsed[Int(use.block)] = true
    return true
  }
  /// It cannot go.
  public mutating func retain(_ block: BlockID) { held.hold(block) }
  /// It can go.
  public mutating func release(_ use: BlockUse) -> Bool {
    if held.letGo(use.block) >= 0 { queue.prepend(use.block, to: 0) }
    return true
  }
  /// The first goes that the hand meets unused.
  public mutating func evict(for incoming: BlockUse?) -> BlockID {
    while true {
      let met = hand >= 0 ? hand : queue.head(of: 0)
      hand = queue.after(met)
      if held.contains(met) {
        queue.remove(met, from: 0)
        held.setAside(met, from: 0)
      } else if wasUsed[Int(met)] {
        wasUsed[Int(met)] = false
      } else {
        queue.remove(met, from: 0)
        return met
      }
    }
  }
  /// Forgets it.
  public mutating func remove(_ block: BlockID) {
    guard held.letGo(block) < 0 else { return }
    if hand == block { hand = queue.after(block) }
    queue.remove(block, from: 0)
  }
}
