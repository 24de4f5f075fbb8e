internal import Metrics
internal import Units

/// Which request arrives next, and when: the rule that feeds a run.
///
/// In an open loop the request table has every arrival. In a closed loop it has those at 0, and
/// whatever settles a request, its last token or its refusal, releases the next row in that very
/// instant, as `vllm bench serve --max-concurrency` does (`vllm/benchmarks/serve.py`: a semaphore
/// around each request). In closed sessions it has those of first turns, and what settles a turn
/// releases those that follow it (`FollowingTurns`). The run asks for one arrival at a time and
/// reports every request that settles; it knows nothing else of the rule.
struct Release: Sendable {
  /// Requests that have arrived; without sessions also the row that arrives next.
  private(set) var arrived = 0
  /// Rows whose arrival is known.
  private var known: Int
  private var sessions: FollowingTurns?

  /// The rule of `requests`, none of which has arrived.
  init(_ requests: RequestTable) {
    known = requests.released
    if requests.closesSessions { sessions = requests.turns.map { FollowingTurns($0) } }
  }

  /// When the next request arrives; `.never` when that is not known, or none is left.
  func time(in requests: RequestTable) -> Instant {
    if let sessions { return sessions.next(requests.arrival).time }
    return arrived < known ? requests.arrival[arrived] : .never
  }

  /// Lets the next request arrive.
  mutating func take(_ requests: inout RequestTable) -> RequestID {
    defer { arrived += 1 }
    guard let row = sessions?.take(requests.arrival) else { return RequestID(arrived) }
    requests.arrive(row.row, at: row.time, rank: arrived)
    return RequestID(row.row)
  }

  /// Whether every request of `count` has arrived.
  func isOver(_ count: Int) -> Bool { arrived == count }

  /// Hears that `settled` did at `now`; answers whether arrivals became known by it.
  mutating func settle(
    _ settled: [RequestID], at now: Instant, _ requests: inout RequestTable
  ) -> Bool {
    if sessions != nil { return sessions?.release(after: settled, at: now) ?? false }
    let last = min(known + settled.count, requests.count)
    guard last > known else { return false }
    for row in known..<last { requests.release(row, at: now) }
    known = last
    return true
  }
}
