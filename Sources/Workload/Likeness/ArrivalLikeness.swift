internal import Kernel
internal import Units

/// When the requests of a trace arrive: groups at one time, the sizes of groups, the gaps between.
///
/// Most traces have groups of one. Those with a coarse clock (Mooncake's 3 s) have large ones,
/// whose sizes are not those of independent gaps.
struct ArrivalLikeness: Sendable {
  /// Requests of each group.
  let sizes: [Int32]
  /// Picoseconds between neighbouring groups; one fewer than groups.
  let gaps: [Int64]
  /// Number of requests.
  let count: Int

  /// The rate of groups is followed over runs of so many of them.
  private static let window = 64
  /// Neighbours stay together over so many on the mean, so that bursts stay bursts.
  private static let run = 8.0

  init(_ arrival: [Instant]) {
    var sizes: [Int32] = []
    var gaps: [Int64] = []
    for (row, time) in arrival.enumerated() {
      if row > 0, time == arrival[row - 1] {
        sizes[sizes.count - 1] += 1
      } else {
        if row > 0 { gaps.append(time - arrival[row - 1]) }
        sizes.append(1)
      }
    }
    self.sizes = sizes
    self.gaps = gaps
    count = arrival.count
  }

  /// `wanted` arrival times in picoseconds, ascending from 0; nil if they end after 106 days.
  ///
  /// Fewer than the trace has show its course in less time, more repeat it, both at its rate.
  func sample(_ wanted: Int, _ stream: inout RandomStream) -> [Int64]? {
    let share = Double(wanted) / Double(count)
    let groups = min(max(1, Int((Double(sizes.count) * share).rounded())), wanted)
    var sizes = Marginal(sizes).matched(
      to: scores(of: sizes.map(Double.init), groups, share, &stream), &stream)
    fit(&sizes, to: wanted, &stream)
    let gaps = Marginal(gaps).matched(
      to: scores(of: gaps.map(Double.init), groups - 1, share, &stream), &stream)
    var times: [Int64] = []
    times.reserveCapacity(wanted)
    var time: Int64 = 0
    for (group, size) in sizes.enumerated() {
      if group > 0, !gaps.isEmpty {
        let (sum, overflows) = time.addingReportingOverflow(gaps[group - 1])
        if overflows { return nil }
        time = sum
      }
      for _ in 0..<size { times.append(time) }
    }
    return times
  }

  /// `wanted` of `values` from the same part of the trace, in short runs of neighbours.
  private func scores(
    of values: [Double], _ wanted: Int, _ share: Double, _ stream: inout RandomStream
  ) -> [Double] {
    guard !values.isEmpty, wanted > 0 else { return [] }
    let cycles = share.rounded(.up)
    var place = 0
    return (0..<wanted).map { i in
      let position = (Double(i) + 0.5) / Double(wanted) * cycles
      let centre = Int((position - position.rounded(.down)) * Double(values.count))
      let low = max(0, min(centre - Self.window / 2, values.count - Self.window))
      let part = low..<min(low + Self.window, values.count)
      place += 1
      if i == 0 || !part.contains(place) || stream.uniform() < 1 / Self.run {
        place = part.lowerBound + stream.below(part.count)
      }
      return values[place]
    }
  }

  /// Moves single requests into or out of groups by chance until there are `wanted`.
  private func fit(_ sizes: inout [Int32], to wanted: Int, _ stream: inout RandomStream) {
    var surplus = sizes.reduce(0) { $0 + Int($1) } - wanted
    while surplus != 0 {
      let group = stream.below(sizes.count)
      if surplus < 0 {
        sizes[group] += 1
        surplus += 1
      } else if sizes[group] > 1 {
        sizes[group] -= 1
        surplus -= 1
      }
    }
  }
}
