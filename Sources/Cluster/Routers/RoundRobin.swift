public import Kernel

/// One instance after the other, whatever their loads.
public struct RoundRobin: Router {
  /// `round-robin`.
  public static let name = "round-robin"
  /// What it is.
  public static let summary = "one instance after the other, whatever their loads; O(log n)"
  private var next = 0

  /// Starts at instance 0.
  public init(_ options: NoOptions, _ context: RouterContext) {}

  /// The next open instance in turn.
  public mutating func route(_ request: Arrival, in fleet: inout Fleet) -> Int {
    let instance = fleet.firstOpen(from: next)
    next = (instance + 1) % fleet.count
    return instance
  }
}
