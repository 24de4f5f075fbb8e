public import Kernel
public import Serving

/// The instance that served the session before; a new session, and one whose instance is not open,
/// goes to the fewest requests, then the lowest index.
///
/// Modelled: cookies or headers that name a session, remembered for ever. Not modelled: their
/// expiry. Without sessions every request is new.
///
/// Source: NGINX Plus, `sticky`; vLLM production-stack, `session` routing.
public struct SessionSticky: Router {
  /// `session-sticky`.
  public static let name = "session-sticky"
  /// What it is.
  public static let summary =
    "the instance that the session had before, a new one the fewest requests; O(log n)"
  private var loads: LeastLoad
  /// The instance of each session, −1 before its first request.
  private var homes: [Int32] = []

  /// No session is known.
  public init(_ options: NoOptions, _ context: RouterContext) {
    loads = LeastLoad(context.instances)
  }

  /// The session's instance, from now on if it had none that is open.
  public mutating func route(_ request: Arrival, in fleet: inout Fleet) -> Int {
    let session = Int(request.session)
    if session >= homes.count {
      homes += repeatElement(-1, count: session + 1 - homes.count)
    }
    let home = Int(homes[session])
    if home >= 0, fleet.isOpen(home) { return home }
    homes[session] = Int32(loads.first)
    return loads.first
  }

  /// Keeps the order of loads.
  public mutating func loadChanged(_ instance: Int, _ load: Load) {
    loads.set(instance, Double(load.requests))
  }

  /// Keeps closed instances out.
  public mutating func membershipChanged(_ instance: Int, isOpen: Bool) {
    loads.setOpen(instance, isOpen)
  }
}
