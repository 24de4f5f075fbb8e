public import Kernel

/// An instance at random, each open one with equal probability, whatever their loads.
///
/// Source: the baseline of Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing",
/// IEEE TPDS 12 (10), 2001.
public struct UniformRandom: Router {
  /// `random`.
  public static let name = "random"
  /// What it is.
  public static let summary = "an open instance at random, whatever their loads; O(1)"
  private var stream: SplitMixStream

  /// Draws from the context's stream of its seed.
  public init(_ options: NoOptions, _ context: RouterContext) {
    stream = SplitMixStream(seed: context.seed, name: context.stream)
  }

  /// One draw a request.
  public mutating func route(_ request: Arrival, in fleet: inout Fleet) -> Int {
    fleet.openInstances[stream.below(fleet.openInstances.count)]
  }
}
