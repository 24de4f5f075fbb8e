/// Copies between host and GPU: each block takes its own time and its share of the link.
///
/// Time of a block = perBlock + bytes / (efficiency · link).
public struct HostCopyTimes: Sendable, Equatable {
  /// Time of a block but for its bytes, s.
  public var perBlock: Double
  /// Fraction of the link's bandwidth in one direction.
  public var efficiency: Double

  /// `blocks` copies of `blockBytes` over a link of `bandwidth` bytes/s.
  func time(blockBytes: Double, blocks: Double, bandwidth: Double) -> Double {
    blocks * (perBlock + blockBytes / (efficiency * bandwidth))
  }
}
