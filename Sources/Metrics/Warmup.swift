internal import Units

/// The first requests of a run, which are simulated but not measured: they fill an empty system.
///
/// Source: Law, Simulation Modeling and Analysis, 5th edition, 2015, §9.5.1.
public enum Warmup: Sendable, Equatable {
  /// Every request is measured.
  case none
  /// So many requests, the first in order of arrival.
  case requests(Int)
  /// Requests that arrive less than so many picoseconds after the first.
  case time(Int64)
}

extension RequestTable {
  /// Whether the request in `row`, which has arrived, is measured; one that never arrives is, too.
  @inline(__always)
  public func isMeasured(_ row: Int) -> Bool {
    switch warmup {
    case .none: true
    case .requests(let count): number(of: row) >= count
    case .time(let span): arrival[row] - arrival[first] >= span
    }
  }

  /// Requests of the warm-up: the first row that is measured, or `count`.
  ///
  /// - Complexity: O(log n); O(n) when turns wait for each other.
  public var warmupRequests: Int {
    if case .requests(let count) = warmup { return min(count, self.count) }
    if closesSessions { return (0..<count).reduce(0) { isMeasured($1) ? $0 : $0 + 1 } }
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isMeasured(middle) { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// The rows that are measured.
  var measuredRows: Range<Int> { warmupRequests..<count }
}
