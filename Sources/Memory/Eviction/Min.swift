public import Kernel
public import Units

/// Belady's optimum under the prefix rule: the block goes whose next use is farthest; a block that
/// is not used before all others does not enter.
///
/// The most prefix hits that any policy can have on blocks that are chains, since a block is never
/// needed later than those that follow it. It hears of a request's blocks from the first to the
/// last. Modelled: next uses in the trace; among blocks that are never used again the deepest goes.
/// In a serving engine, where time and held blocks are beyond it, it is no bound but a strong
/// policy that knows the future.
///
/// Source: Belady, "A Study of Replacement Algorithms for a Virtual-Storage Computer", IBM Systems
/// Journal 5(2), 1966; with bypassing: Michaud, "Some Mathematical Facts about Optimal Cache
/// Replacement", ACM TACO 13(4), 2016.
public struct Min: EvictionPolicy {
  /// `min`.
  public static let name = "min"
  /// What it is.
  public static let summary = "Belady's optimum: the farthest next use goes or never enters; bound"
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
  /// The one used farthest in the future goes, unless that is the one that comes.
  public mutating func evict(for incoming: BlockUse?) -> BlockID {
    idle.removeFirst(unless: incoming)
  }
  /// Forgets it.
  public mutating func remove(_ block: BlockID) { idle.remove(block) }
}
