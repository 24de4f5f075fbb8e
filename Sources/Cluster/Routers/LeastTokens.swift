public import Kernel
public import Serving

/// The open instance whose requests, queued or running, have the fewest prompt tokens in all; then
/// the lowest index.
///
/// Modelled: join the shortest queue by tokens, whether they are cached, computed or not. Not
/// modelled: tokens to decode, which nobody knows.
///
/// Source: Splitwise (Patel et al., arXiv 2311.18677): the shortest queue in tokens; the
/// least-loaded baseline of DualMap, arXiv 2602.06502.
public struct LeastTokens: Router {
  /// `least-tokens`.
  public static let name = "least-tokens"
  /// What it is.
  public static let summary =
    "the instance with the fewest prompt tokens of requests present; O(log n)"
  private var loads: LeastLoad

  /// Nobody is open yet.
  public init(_ options: NoOptions, _ context: RouterContext) {
    loads = LeastLoad(context.instances)
  }

  /// The least loaded open instance.
  public mutating func route(_ request: Arrival, in fleet: inout Fleet) -> Int { loads.first }

  /// Keeps the order of loads.
  public mutating func loadChanged(_ instance: Int, _ load: Load) {
    loads.set(instance, Double(load.promptTokens))
  }

  /// Keeps closed instances out.
  public mutating func membershipChanged(_ instance: Int, isOpen: Bool) {
    loads.setOpen(instance, isOpen)
  }
}
