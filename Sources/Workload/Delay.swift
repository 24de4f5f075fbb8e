public import Kernel
public import Units

/// A span of time between two turns of a session: always the same, or drawn.
public enum Delay: Sendable {
  /// Always the same, 0 or more.
  case fixed(Seconds)
  /// A distribution of seconds.
  case drawn(Distribution)

  /// One draw in picoseconds, rounded; no more than the longest run.
  public func draw(from stream: inout RandomStream) -> Int64 {
    switch self {
    case .fixed(let time): Self.picoseconds(time.value)
    case .drawn(let distribution): Self.picoseconds(distribution.draw(from: &stream))
    }
  }

  private static func picoseconds(_ seconds: Double) -> Int64 {
    Int64(max(0, min(seconds * 1e12 + 0.5, 9.2e18)))
  }
}
