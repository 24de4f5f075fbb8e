internal import CGSL
internal import Units

/// Requests that have arrived but not yet finished, over the arrival window [0, T] (T = the last
/// arrival); rejected requests never count.
///
/// Those in a batch count: an engine that admits a thousand sequences hides its backlog there.
struct Backlog {
  /// Arrivals that count.
  let requests: Int64
  /// T in seconds.
  let window: Double
  /// Most requests in flight of a closed loop, nil of an open one.
  let concurrency: Int?
  /// Trend over [T/2, T]; nil when there is no window, too few requests to fit one, or a closed
  /// loop, in which no backlog can grow.
  let trend: Trend?
  /// Share of [0, T] with a request waiting, on the instance where it is least; of an instance that
  /// comes and goes the share of the part in which it is there.
  let leastWaiting: Double
  /// Whether a request waited for any time at all.
  let hasWaiting: Bool
  /// Share of [T/2, T] with a request present, on the instance where it is most.
  let mostPresent: Double

  /// A straight line through mean backlogs.
  struct Trend {
    /// Requests per second.
    let slope: Double
    /// Half width of the slope's 99 % interval, requests per second.
    let margin: Double
  }

  /// Fewest requests that a trend is fitted to: one a sub-window, as on average a window without
  /// arrivals says nothing of the load.
  static let fewest: Int64 = 20

  /// Reads the request table once; O(requests).
  init(_ record: RunRecord) {
    let table = record.requests
    let last = record.lastArrival
    var half = SecondHalf(until: last.picoseconds)
    let there = Self.times(of: record, until: last)
    var waits = TimeUnion(instances: record.instances, from: 0, until: last.picoseconds)
    var presence = TimeUnion(
      instances: record.instances, from: last.picoseconds / 2, until: last.picoseconds)
    var counted: Int64 = 0
    for row in 0..<table.released where !table.isUnserved(row) {
      let arrival = table.arrival[row].picoseconds
      let scheduled = table.firstScheduled[row].picoseconds
      counted += 1
      half.change(by: 1, at: arrival)
      half.change(by: -1, at: table.finished[row].picoseconds)
      waits.add(arrival, scheduled, on: Int(table.instance[row]))
      presence.add(arrival, table.finished[row].picoseconds, on: Int(table.instance[row]))
    }
    requests = counted
    window = last.seconds.value
    concurrency = table.concurrency
    let isFitted = last > .zero && counted >= Self.fewest && concurrency == nil
    trend = isFitted ? half.trend() : nil
    let queued = zip(record.instanceTotals, there).compactMap { totals, time in
      time > 0 ? Double(totals.waitingTimeInWindow) / Double(time) : nil
    }
    leastWaiting = max(waits.leastShare(of: there), queued.min() ?? 0)
    hasWaiting = waits.isAny
    mostPresent = presence.mostShare
  }
}

extension Backlog {
  /// The part of [0, `last`] in which each instance is there, ps.
  fileprivate static func times(of record: RunRecord, until last: Instant) -> [Int64] {
    record.cluster.members.map {
      guard record.cluster.comesAndGoes else { return last.picoseconds }
      return Int64(clamping: $0.upTime(from: .zero, until: last))
    }
  }
}

/// Integrals of a step function over 20 equal parts of [T/2, T].
private struct SecondHalf {
  static let parts = 20
  let start: Int64
  let length: Int64
  /// Sum of changes inside each part; all that came before the first is in `before`.
  var changes = [Int64](repeating: 0, count: parts)
  /// ∫ over each part of the changes inside it.
  var areas = [Int128](repeating: 0, count: parts)
  var before: Int64 = 0

  init(until end: Int64) {
    start = end / 2
    length = end - end / 2
  }

  func edge(_ part: Int) -> Int64 {
    start + Int64(Int128(length) * Int128(part) / Int128(Self.parts))
  }

  /// A change reaches from its instant to the end, so each touches one part only.
  mutating func change(by amount: Int64, at time: Int64) {
    guard time > start else {
      before += amount
      return
    }
    guard time < start + length else { return }
    var part = Int(Double(time - start) / Double(length) * Double(Self.parts))
    part = min(part, Self.parts - 1)
    while time < edge(part) { part -= 1 }
    while time >= edge(part + 1) { part += 1 }
    changes[part] += amount
    areas[part] += Int128(amount) * Int128(edge(part + 1) - time)
  }

  /// Least squares over the mean of each part at its middle, 99 % interval by Student's t.
  func trend() -> Backlog.Trend? {
    guard length >= Int64(Self.parts) else { return nil }
    var times: [Double] = []
    var means: [Double] = []
    var level = before
    for part in 0..<Self.parts {
      let width = edge(part + 1) - edge(part)
      times.append((Double(edge(part)) + Double(width) / 2) * 1e-12)
      means.append(Double(Int128(level) * Int128(width) + areas[part]) / Double(width))
      level += changes[part]
    }
    var (intercept, slope) = (0.0, 0.0)
    var (cov00, cov01, cov11, residual) = (0.0, 0.0, 0.0, 0.0)
    gsl_fit_linear(
      times, 1, means, 1, Self.parts, &intercept, &slope, &cov00, &cov01, &cov11, &residual)
    let quantile = StudentT.quantile(0.995, degreesOfFreedom: Double(Self.parts - 2))
    return Backlog.Trend(slope: slope, margin: quantile * max(0, cov11).squareRoot())
  }
}

/// Time that at least one request waits, or is there at all, on each instance.
private struct TimeUnion {
  let start: Int64
  let end: Int64
  /// Where the union so far ends; arrivals ascend, so a later interval adds only what lies beyond.
  var reached: [Int64]
  var covered: [Int64]
  var isAny = false

  init(instances: Int, from start: Int64, until end: Int64) {
    (self.start, self.end) = (start, end)
    reached = Array(repeating: start, count: instances)
    covered = Array(repeating: 0, count: instances)
  }

  /// Adds the time from `began`, an arrival, to `ended`.
  mutating func add(_ began: Int64, _ ended: Int64, on instance: Int) {
    if ended > began { isAny = true }
    guard covered.indices.contains(instance) else { return }
    let stop = min(ended, end)
    let start = max(began, reached[instance])
    guard stop > start else { return }
    covered[instance] += stop - start
    reached[instance] = stop
  }

  /// The least share of the time in which each instance was there.
  func leastShare(of times: [Int64]) -> Double {
    zip(covered, times).compactMap { time, whole in
      whole > 0 ? min(1, Double(time) / Double(whole)) : nil
    }.min() ?? 0
  }
  var mostShare: Double { share(covered.max()) }

  private func share(_ time: Int64?) -> Double {
    guard end > start, let time else { return 0 }
    return Double(time) / Double(end - start)
  }
}
