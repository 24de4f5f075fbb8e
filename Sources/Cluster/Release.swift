internal import Metrics
internal import Units

/// Which request arrives next, and when: the rule that feeds a run.
///
/// In an open loop the request table has every arrival. In a closed loop it has those at 0, and
/// whatever settles a request, its last token or its refusal, releases the next row in that very
/// instant, as `vllm bench serve --max-concurrency` does (`vllm/benchmarks/serve.py`: a semaphore
/// around each request). The run asks for one arrival at a time and reports every request that
/// settles; it knows nothing else of the rule.
struct Release: Sendable {
  /// The row that arrives next; so many requests have arrived.
  private(set) var next = 0
  /// Rows whose arrival is known.
  private var known: Int

  /// The rule of `requests`, none of which has arrived.
  init(_ requests: RequestTable) { known = requests.released }

  /// When the next request arrives; `.never` when that is not known, or none is left.
  func time(in requests: RequestTable) -> Instant {
    next < known ? requests.arrival[next] : .never
  }

  /// Lets the next request arrive.
  mutating func take() -> RequestID {
    defer { next += 1 }
    return RequestID(next)
  }

  /// Whether every request has arrived.
  func isOver(_ requests: RequestTable) -> Bool { next == requests.count }

  /// Hears that `count` requests settled at `now`; answers whether arrivals became known by it.
  mutating func settle(_ count: Int, at now: Instant, _ requests: inout RequestTable) -> Bool {
    let last = min(known + count, requests.count)
    guard last > known else { return false }
    for row in known..<last { requests.release(row, at: now) }
    known = last
    return true
  }
}
