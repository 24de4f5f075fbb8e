internal import Units

/// Whether the numbers of a run may be quoted.
///
/// - OVERLOADED: the backlog's slope over the second half of the arrival window is above 2 % of
///   the arrival rate, its whole 99 % interval is above 0, and some instance is hardly ever empty
///   in that half: one that runs empty carries its load, whatever the line says. Latencies then
///   depend on how long the run is.
/// - SATURATED: not that, but on every instance requests waited for more than half of the window.
/// - STABLE: neither.
///
/// A burst has no window: it is SATURATED if any request waited. In a closed loop the backlog
/// cannot exceed the requests in flight, so it is never OVERLOADED; there, and with fewer than 20
/// requests, no slope is fitted and the share of time waited decides alone. A run that was
/// stopped, or that left requests unfinished, is never STABLE.
public struct Verdict: Sendable, Equatable {
  /// The three answers.
  public enum Kind: String, Sendable, CaseIterable {
    /// Load is carried.
    case stable = "STABLE"
    /// Load is carried at best with queues that rarely empty.
    case saturated = "SATURATED"
    /// Queues grow as long as requests arrive.
    case overloaded = "OVERLOADED"
  }

  /// The growth above which a run may be OVERLOADED.
  public static let mostGrowth = 0.02
  /// The least share of time with a request on the fullest instance of an OVERLOADED run.
  private static let leastPresent = 0.9

  /// The answer.
  public let kind: Kind
  /// One sentence with the numbers that decided.
  public let reason: String
  /// The backlog's slope over the arrival rate; nil when no slope was fitted.
  public let growth: Double?

  /// Judges a run; O(requests).
  public init(of record: RunRecord) {
    let backlog = Backlog(record)
    let (kind, reason) = Self.judge(backlog)
    growth = backlog.trend.map { $0.slope * backlog.window / Double(backlog.requests) }
    guard let fault = Self.fault(of: record) else {
      (self.kind, self.reason) = (kind, reason)
      return
    }
    self.kind = kind == .stable ? .saturated : kind
    self.reason = "\(fault); \(reason)"
  }

  /// Why a run cannot be stable whatever its backlog.
  private static func fault(of record: RunRecord) -> String? {
    if let stop = record.stop { return "the run was stopped: \(stop)" }
    let table = record.requests
    let failed = table.isFailed.count { $0 }
    if failed > 0 { return failed == 1 ? "1 request failed" : "\(failed) requests failed" }
    var unfinished = 0
    for row in 0..<table.count where table.finished[row] == .never && !table.isUnserved(row) {
      unfinished += 1
    }
    guard unfinished > 0 else { return nil }
    return unfinished == 1 ? "1 request did not finish" : "\(unfinished) requests did not finish"
  }

  private static func judge(_ backlog: Backlog) -> (Kind, String) {
    let count = backlog.requests == 1 ? "1 request" : "\(backlog.requests) requests"
    guard backlog.requests > 0 else { return (.stable, "no request was served, so none waited") }
    guard backlog.window > 0 else {
      return backlog.hasWaiting
        ? (.saturated, "\(count) arrived at once and had to wait: a burst has no steady load")
        : (.stable, "\(count) arrived at once and none waited")
    }
    let rate = Double(backlog.requests) / backlog.window
    let share = "requests waited \((100 * backlog.leastWaiting).fixed(1)) % of the time"
    let waiting = "\(share) on the instance where they waited least"
    let isSaturated = backlog.leastWaiting > 0.5
    if let concurrency = backlog.concurrency {
      let loop = "closed loop of \(concurrency) in flight: the backlog cannot grow"
      return (isSaturated ? .saturated : .stable, "\(loop); \(waiting)")
    }
    guard let trend = backlog.trend else {
      let few = "\(count) are too few for a backlog slope (\(Backlog.fewest) are needed)"
      return (isSaturated ? .saturated : .stable, "\(few); \(waiting)")
    }
    let slope = "backlog slope \(trend.slope.fixed(3)) ± \(trend.margin.fixed(3)) req/s"
    let arriving = "at \(rate.fixed(3)) req/s arriving"
    let isNeverEmpty = backlog.mostPresent > leastPresent
    if trend.slope > mostGrowth * rate, trend.slope - trend.margin > 0, isNeverEmpty {
      return (.overloaded, "\(slope) \(arriving): latencies grow with the run; \(waiting)")
    }
    return (isSaturated ? .saturated : .stable, "\(slope) \(arriving); \(waiting)")
  }
}
