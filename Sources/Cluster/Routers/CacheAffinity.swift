public import Kernel
public import Serving

/// The instance that has most of the prompt; then the fewest prompt tokens left to compute, then
/// the lowest index.
///
/// It knows no balance: where every request begins alike, as behind one system prompt, the first
/// instance that has the common block draws all that come, whatever its queue, and the cluster
/// collapses to one instance. `min_hit_blocks` above the blocks that all share is the remedy.
///
/// Modelled: the longest hit of any instance, none below `min_hit_blocks`. Not modelled: a limit of
/// the queue.
///
/// Source: the baseline cache_affinity of DualMap, arXiv 2602.06502.
public struct CacheAffinity: Router {
  /// What counts as a hit.
  public struct Options: PolicyOptions {
    /// Blocks of the trace, the last of which may be partial, below which a hit does not count.
    public var minHitBlocks = 1
    /// Any hit.
    public init() {}
    /// Ranges.
    public var fault: String? {
      if minHitBlocks < 1 { return "min_hit_blocks must be at least 1" }
      return minHitBlocks > 1_000_000 ? "min_hit_blocks must be at most 1000000" : nil
    }
  }

  /// `cache-affinity`.
  public static let name = "cache-affinity"
  /// What it is.
  public static let summary =
    "the instance with the longest hit, whatever its queue; O(blocks + log n + holders), "
    + "with an exact index O(n blocks)"
  /// It does, where hits are equal.
  public static let readsPendingPrefill = true
  /// It does.
  public static let readsHits = true
  private let options: Options
  private var loads: LeastLoad

  /// Nobody is open yet.
  public init(_ options: Options, _ context: RouterContext) {
    self.options = options
    loads = LeastLoad(context.instances)
  }

  /// The longest hit.
  public mutating func route(_ request: Arrival, in fleet: inout Fleet) -> Int {
    let most = Int64(options.minHitBlocks - 1) * Int64(max(1, fleet.tokensPerPromptBlock))
    let levels = fleet.hitLevels(of: request.id)
    return fleet.cheapest(request.id, levels, by: loads) { _, hit in
      Int64(hit) > most ? -Double(hit) : 0
    }.instance
  }

  /// Keeps the order of loads.
  public mutating func loadChanged(_ instance: Int, _ load: Load) {
    loads.set(instance, Double(load.pendingPrefill))
  }

  /// Keeps closed instances out.
  public mutating func membershipChanged(_ instance: Int, isOpen: Bool) {
    loads.setOpen(instance, isOpen)
  }
}
