public import Kernel

/// One instance after the other, whatever their loads.
public struct RoundRobin: Router {
  /// `round-robin`.
  public static let name = "round-robin"
  /// What it is.
  public static let summary = "one instance after the other, whatever their loads"
  private var next = 0

  /// Starts at instance 0.
  public init(_ options: NoOptions, instances: Int) {}

  /// The next instance in turn.
  public mutating func route(_ request: Arrival, in fleet: inout Fleet) -> Int {
    defer { next = (next + 1) % fleet.count }
    return next
  }
}
