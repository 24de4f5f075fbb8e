import Units

/// A lane as a route uses it.
struct LaneUse: Sendable, Equatable {
  let lane: Int
  /// How often the route passes it.
  var times: Int64
}

/// When the lead of a passage ends.
struct Start: Comparable, Sendable {
  let time: Instant
  let number: Int64

  static func < (a: Start, b: Start) -> Bool { (a.time, a.number) < (b.time, b.number) }
}

/// A transfer on its way over links.
struct Passage: Sendable {
  enum Phase: Sendable {
    /// Occupies nothing yet.
    case lead
    /// Moves or waits for room.
    case ready
    /// Has moved all; not reported yet.
    case due
    /// Landed or cancelled.
    case left
  }

  let transfer: Transfer
  let route: Int
  /// Ascends in order of submission.
  let number: Int64
  let submitted: Instant
  /// Time that it moves when alone, s; > 0.
  let work: Double
  /// The part of it that was left when it was sent.
  let workLeft: Double
  /// When its lead ends.
  var ready: Instant
  var phase = Phase.ready
  /// Part of full speed.
  private(set) var speed = 0.0
  /// When it moves all at this speed; `.never` while it stands.
  private(set) var end = Instant.never
  /// When it first moved; `.never` before.
  private(set) var started = Instant.never
  /// Work left at `anchor`, s.
  private var remaining: Double
  /// When the speed last changed.
  private var anchor: Instant

  init(_ transfer: Transfer, route: Int, number: Int64, submitted: Instant, work: Double) {
    self.transfer = transfer
    self.route = route
    self.number = number
    self.submitted = submitted
    self.work = work
    workLeft = max(work * transfer.leastLeft, work - transfer.ahead.value, 1e-12)
    ready = submitted
    remaining = workLeft
    anchor = submitted
  }

  /// When it would have landed alone.
  var endAlone: Instant { ready + Seconds(workLeft) }

  /// Work left at `now`, s.
  func remaining(at now: Instant) -> Double {
    if speed == 0 { return remaining }
    if end <= now { return 0 }
    return max(0, remaining - speed * Double(now - anchor) * 1e-12)
  }

  /// Moves at `speed` from `now` on.
  mutating func go(at speed: Double, from now: Instant) {
    // Unchanged speed keeps the anchor, so that the events of others do not round its work.
    guard speed != self.speed else { return }
    remaining = remaining(at: now)
    anchor = now
    self.speed = speed
    end = speed > 0 ? now + Seconds(remaining / speed) : .never
    if speed > 0, started == .never { started = now }
  }
}
