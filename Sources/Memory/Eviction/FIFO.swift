public import Kernel
public import Units

/// First in, first out: the block goes that entered first, however much it was used since.
///
/// Modelled: the queue of insertions. A held block that is met at its end is set aside and comes
/// back there when it is released. Not modelled: any order of prefixes.
///
/// Source: Belady, "A Study of Replacement Algorithms for a Virtual-Storage Computer", IBM Systems
/// Journal 5(2), 1966.
public struct FIFO: EvictionPolicy {
  /// `fifo`.
  public static let name = "fifo"
  /// What it is.
  public static let summary = "First in, first out: the oldest block goes, used or not"

  private var queue = BlockLists(lists: 1)
  private var held = HeldBlocks()

  /// An empty cache.
  public init(_ options: NoOptions, _ context: EvictionContext) { grow(to: context.blockCount) }
  /// Has room for more numbers.
  public mutating func grow(to blockCount: Int) {
    queue.grow(to: blockCount)
    held.grow(to: blockCount)
  }

  /// It is the newest.
  public mutating func insert(_ use: BlockUse) -> Bool {
    queue.append(use.block, to: 0)
    return true
  }
  /// Changes nothing.
  public mutating func touch(_ use: BlockUse) -> Bool { true }
  /// It cannot go.
  public mutating func retain(_ block: BlockID) { held.hold(block) }
  /// It can go; where it stands does not change.
  public mutating func release(_ use: BlockUse) -> Bool {
    if held.letGo(use.block) >= 0 { queue.prepend(use.block, to: 0) }
    return true
  }
  /// The oldest goes.
  public mutating func evict(for incoming: BlockUse?) -> BlockID {
    while true {
      let oldest = queue.head(of: 0)
      queue.remove(oldest, from: 0)
      guard held.contains(oldest) else { return oldest }
      held.setAside(oldest, from: 0)
    }
  }
  /// Forgets it.
  public mutating func remove(_ block: BlockID) {
    if held.letGo(block) < 0 { queue.remove(block, from: 0) }
  }
}
