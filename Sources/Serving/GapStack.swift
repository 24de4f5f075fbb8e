internal import Units

/// The largest gap between decode steps since any past clock, amortised O(1) a step.
///
/// A stack of gaps that no later gap exceeds: entries fall in value as the clock grows.
struct GapStack: Sendable {
  private var clocks: [Int] = []
  private var gaps: [Int64] = []
  /// When the last decode step ended.
  var lastEnd = Instant.zero

  mutating func push(_ gap: Int64, at clock: Int) {
    while let top = gaps.last, top <= gap {
      gaps.removeLast()
      clocks.removeLast()
    }
    gaps.append(gap)
    clocks.append(clock)
  }

  /// The largest gap pushed at `clock` or later, 0 when there is none; O(log size).
  func longest(since clock: Int) -> Int64 {
    var (low, high) = (0, clocks.count)
    while low < high {
      let middle = (low + high) / 2
      if clocks[middle] < clock { low = middle + 1 } else { high = middle }
    }
    return low < gaps.count ? gaps[low] : 0
  }

  mutating func forget() {
    gaps.removeAll(keepingCapacity: true)
    clocks.removeAll(keepingCapacity: true)
  }
}
