public import Kernel
public import Serving

/// The open instance with the fewest prompt tokens left to compute; then the lowest index.
///
/// Modelled: tokens of unfinished prompts, and of queued ones those that were not cached when they
/// came. Not modelled: what of this very prompt an instance has cached, see `min-ttft`.
///
/// Source: the baseline min_pending_input of DualMap, arXiv 2602.06502.
public struct MinPendingPrefill: Router {
  /// `min-pending-prefill`.
  public static let name = "min-pending-prefill"
  /// What it is.
  public static let summary = "the instance with the fewest prompt tokens left to compute; O(log n)"
  /// It does.
  public static let readsPendingPrefill = true
  private var loads: LeastLoad

  /// Nobody is open yet.
  public init(_ options: NoOptions, _ context: RouterContext) {
    loads = LeastLoad(context.instances)
  }

  /// The least loaded open instance.
  public mutating func route(_ request: Arrival, in fleet: inout Fleet) -> Int { loads.first }

  /// Keeps the order of loads.
  public mutating func loadChanged(_ instance: Int, _ load: Load) {
    loads.set(instance, Double(load.pendingPrefill))
  }

  /// Keeps closed instances out.
  public mutating func membershipChanged(_ instance: Int, isOpen: Bool) {
    loads.setOpen(instance, isOpen)
  }
}
