/// A point in simulated time: whole picoseconds since the run began.
///
/// Integers add exactly in any order, so equal inputs give bit-equal schedules. Range: 106 days.
public struct Instant: Comparable, Hashable, Sendable {
  /// Picoseconds since the run began.
  public var picoseconds: Int64

  /// The instant `picoseconds` after the run began.
  public init(picoseconds: Int64) { self.picoseconds = picoseconds }

  /// The start of the run.
  public static let zero = Instant(picoseconds: 0)
  /// Later than every event: the time of a source that has nothing pending.
  public static let never = Instant(picoseconds: .max)

  /// Whether `a` is earlier than `b`.
  public static func < (a: Instant, b: Instant) -> Bool { a.picoseconds < b.picoseconds }

  /// The last instant that a run may reach, about 106 days; later ones are moved to it.
  public static let horizon = Instant(picoseconds: .max - 1)

  /// The instant `delay` later, rounded once to the nearest picosecond and never the same instant.
  public static func + (start: Instant, delay: Seconds) -> Instant {
    // `.rounded()` is a libm call on baseline x86-64; truncation of x + ½ is one instruction.
    let step = max(1, Int64(min(delay.value * 1e12 + 0.5, 9.2e18)))
    let (sum, isBeyond) = start.picoseconds.addingReportingOverflow(step)
    return isBeyond ? horizon : Instant(picoseconds: min(sum, horizon.picoseconds))
  }

  /// Picoseconds from `start` to `end`.
  public static func - (end: Instant, start: Instant) -> Int64 {
    end.picoseconds - start.picoseconds
  }

  /// Seconds since the run began.
  public var seconds: Seconds { Seconds(Double(picoseconds) * 1e-12) }
}
