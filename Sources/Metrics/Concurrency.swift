internal import Units

/// Most requests in the system at once.
///
/// A request counts over [arrival, finish), so one that finishes when another arrives is gone; an
/// unfinished one stays, a rejected one never counts. Exact, without sorting all finishes: they
/// are counted in buckets of time, and only a bucket whose arrivals could set a new peak is looked
/// into.
///
/// - Complexity: O(n) but for buckets that come close to the peak; n / 2 bytes beside the table.
func peakConcurrency(of requests: RequestTable) -> Int64 {
  let released = requests.released
  guard released > 0 else { return 0 }
  let (first, last) = (requests.arrival[0], requests.arrival[released - 1])
  let buckets = Buckets(from: first, to: last, count: requests.count / 8 + 1)
  var departures = [Int32](repeating: 0, count: buckets.count)
  var arrivals = departures
  for row in 0..<released where !requests.isUnserved(row) {
    arrivals[buckets.index(of: requests.arrival[row])] += 1
    // After the last arrival the count can only fall.
    if requests.finished[row] <= last {
      departures[buckets.index(of: requests.finished[row])] += 1
    }
  }
  let (candidates, base, floor) = closeToPeak(arrivals, departures)
  return exactPeak(requests, buckets, candidates, base, floor)
}

/// Equal buckets of time, a power of two wide.
private struct Buckets {
  let start: Int64
  let shift: Int64
  let count: Int

  init(from first: Instant, to last: Instant, count: Int) {
    start = first.picoseconds
    var shift: Int64 = 0
    while (last - first) >> shift >= Int64(count) { shift += 1 }
    self.shift = shift
    self.count = Int((last - first) >> shift) + 1
  }

  func index(of time: Instant) -> Int { Int((time.picoseconds - start) >> shift) }
}

/// Buckets whose peak may exceed every bucket's first count: their slots, the count each starts
/// with, and the greatest first count.
private func closeToPeak(
  _ arrivals: [Int32], _ departures: [Int32]
) -> (slots: [Int32], base: [Int64], floor: Int64) {
  var present: Int64 = 0
  var floor: Int64 = 0
  for bucket in arrivals.indices {
    present += Int64(arrivals[bucket]) - Int64(departures[bucket])
    floor = max(floor, present)
  }
  var slots = [Int32](repeating: -1, count: arrivals.count)
  var base: [Int64] = []
  present = 0
  for bucket in arrivals.indices {
    if present + Int64(arrivals[bucket]) > floor {
      slots[bucket] = Int32(base.count)
      base.append(present)
    }
    present += Int64(arrivals[bucket]) - Int64(departures[bucket])
  }
  return (slots, base, floor)
}

/// Sweeps the chosen buckets event by event.
private func exactPeak(
  _ requests: RequestTable, _ buckets: Buckets, _ slots: [Int32], _ base: [Int64], _ floor: Int64
) -> Int64 {
  // One key an event: time, then departures before arrivals.
  var events = [[UInt64]](repeating: [], count: base.count)
  let released = requests.released
  let last = requests.arrival[released - 1]
  for row in 0..<released where !requests.isUnserved(row) {
    let (arrival, finish) = (requests.arrival[row], requests.finished[row])
    let entered = Int(slots[buckets.index(of: arrival)])
    if entered >= 0 { events[entered].append(UInt64(arrival.picoseconds) << 1 | 1) }
    guard finish <= last else { continue }
    let left = Int(slots[buckets.index(of: finish)])
    if left >= 0 { events[left].append(UInt64(finish.picoseconds) << 1) }
  }
  var peak = floor
  for bucket in base.indices {
    var present = base[bucket]
    for event in events[bucket].sorted() {
      present += event & 1 == 1 ? 1 : -1
      peak = max(peak, present)
    }
  }
  return peak
}
