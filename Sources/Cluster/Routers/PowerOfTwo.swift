public import Kernel
internal import Serving

/// The less loaded of two open instances drawn at random, the first drawn on ties.
///
/// Modelled: two different instances, drawn anew for every request. Not modelled: memory of the
/// last winner.
///
/// Source: Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", IEEE TPDS 12
/// (10), 2001; `power_of_two` of sgl-router compares loads alike.
public struct PowerOfTwo: Router {
  /// What is compared.
  public struct Options: PolicyOptions {
    /// The load of an instance.
    public var signal = LoadSignal.requests
    /// Requests, queued or running.
    public init() {}
  }

  /// `power-of-two`.
  public static let name = "power-of-two"
  /// What it is.
  public static let summary = "the less loaded of two instances drawn at random; O(1)"
  /// It may.
  public static let readsPendingPrefill = true
  private var stream: SplitMixStream
  private let signal: LoadSignal

  /// Draws from the context's stream of its seed.
  public init(_ options: Options, _ context: RouterContext) {
    stream = SplitMixStream(seed: context.seed, name: context.stream)
    signal = options.signal
  }

  /// Two draws a request; none when one instance is open.
  public mutating func route(_ request: Arrival, in fleet: inout Fleet) -> Int {
    let count = fleet.openInstances.count
    guard count > 1 else { return fleet.openInstances[0] }
    let first = stream.below(count)
    var second = stream.below(count - 1)
    if second >= first { second += 1 }
    let (a, b) = (fleet.openInstances[first], fleet.openInstances[second])
    return signal.value(of: fleet.loads[b]) < signal.value(of: fleet.loads[a]) ? b : a
  }
}
