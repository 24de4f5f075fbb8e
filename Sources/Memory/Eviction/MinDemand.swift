public import Kernel
public import Units

/// Belady's optimum for demand paging: the block goes whose next use is farthest, and every block
/// enters.
///
/// The fewest faults when a block must enter to be used, as in virtual memory; prefix caches need
/// not let it in, so `min` has at least as many hits. It hears of a request's blocks from the first
/// to the last.
///
/// Source: Belady, "A Study of Replacement Algorithms for a Virtual-Storage Computer", IBM Systems
/// Journal 5(2), 1966.
public struct MinDemand: EvictionPolicy {
  /// `min-demand`.
  public static let name = "min-demand"
  /// What it is.
  public static let summary = "Belady's optimum if every block must enter: the farthest use goes"
  /// It knows the next use of each block.
  public static let isOracle = true
  /// From the first to the last.
  public static let visitOrder: VisitOrder? = .fwd

  private var idle: FarthestFirst

  /// An empty cache.
  public init(_ options: NoOptions, _ context: EvictionContext) { idle = FarthestFirst(context) }
  /// Has room for more numbers.
  public mutating func grow(to blockCount: Int) { idle.grow(to: blockCount) }

  /// Ranked by its next use.
  public mutating func insert(_ use: BlockUse) -> Bool {
    idle.insert(use)
    return true
  }
  /// Ranked by its next use.
  public mutating func touch(_ use: BlockUse) -> Bool {
    idle.touch(use)
    return true
  }
  /// It cannot go.
  public mutating func retain(_ block: BlockID) { idle.retain(block) }
  /// It can go.
  public mutating func release(_ use: BlockUse) -> Bool {
    idle.release(use.block)
    return true
  }
  /// The one used farthest in the future goes.
  public mutating func evict(for incoming: BlockUse?) -> BlockID {
    idle.removeFirst(unless: nil)
  }
  /// Forgets it.
  public mutating func remove(_ block: BlockID) { idle.remove(block) }
}
