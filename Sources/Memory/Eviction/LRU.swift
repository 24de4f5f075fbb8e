public import Kernel
public import Units

/// Least recently used: the block goes that has been idle longest.
///
/// A held block is in no order; released it is the most recent. Since a request's blocks are
/// released from the last to the first, its tail goes first, and no block goes before those that
/// follow it: that is leaf-first eviction of a radix tree, too.
///
/// Source: vLLM 0.8.5, `vllm/v1/core/block_pool.py` (`FreeKVCacheBlockQueue`); Zheng et al.,
/// "SGLang", NeurIPS 2024, §3 (RadixAttention, LRU over leaves).
public struct LRU: EvictionPolicy {
  /// `lru`.
  public static let name = "lru"
  /// What it is.
  public static let summary = "Least recently used, tails of prompts first; vLLM and SGLang"
  /// Tails go first.
  public static let keepsPrefixes = true
  /// A block that comes back is new.
  public static let remembersEvicted = false

  private var idle = BlockLists(lists: 1)

  /// An empty cache.
  public init(_ options: NoOptions, _ context: EvictionContext) { grow(to: context.blockCount) }
  /// Has room for more numbers.
  public mutating func grow(to blockCount: Int) { idle.grow(to: blockCount) }

  /// It is the most recent.
  public mutating func insert(_ use: BlockUse) -> Bool {
    idle.append(use.block, to: 0)
    return true
  }
  /// It is the most recent.
  public mutating func touch(_ use: BlockUse) -> Bool {
    if idle.contains(use.block) { idle.moveToTail(use.block, of: 0) }
    return true
  }
  /// Held blocks are not in the order.
  public mutating func retain(_ block: BlockID) { idle.remove(block, from: 0) }
  /// It is the most recent.
  public mutating func release(_ use: BlockUse) -> Bool {
    idle.append(use.block, to: 0)
    return true
  }
  /// The least recent goes.
  public mutating func evict(for incoming: BlockUse?) -> BlockID {
    let victim = idle.head(of: 0)
    idle.remove(victim, from: 0)
    return victim
  }
  /// Forgets it.
  public mutating func remove(_ block: BlockID) {
    if idle.contains(block) { idle.remove(block, from: 0) }
  }
}
