public import Kernel
public import Serving

/// The open instance with the fewest requests, queued or running; then the lowest index.
///
/// Modelled: join the shortest queue. Not modelled: weights of instances; a slower one is given
/// fewer requests only as its queue grows.
///
/// Source: NGINX, `least_conn`; Weber, "On the optimal assignment of customers to parallel
/// servers", J. Appl. Prob. 15, 1978.
public struct LeastRequests: Router {
  /// `least-requests`.
  public static let name = "least-requests"
  /// What it is.
  public static let summary = "the instance with the fewest requests queued or running; O(log n)"
  private var loads: LeastLoad

  /// Nobody is open yet.
  public init(_ options: NoOptions, _ context: RouterContext) {
    loads = LeastLoad(context.instances)
  }

  /// The least loaded open instance.
  public mutating func route(_ request: Arrival, in fleet: inout Fleet) -> Int { loads.first }

  /// Keeps the order of loads.
  public mutating func loadChanged(_ instance: Int, _ load: Load) {
    loads.set(instance, Double(load.requests))
  }

  /// Keeps closed instances out.
  public mutating func membershipChanged(_ instance: Int, isOpen: Bool) {
    loads.setOpen(instance, isOpen)
  }
}
