internal import Metrics

/// Rows of a table that belong together.
package enum Grouping {
  /// `rows` by the values that they have in `columns`, groups in the order of these values:
  /// numbers by size, then text by its bytes.
  package static func rows(
    _ rows: [Int], by columns: [[String]]
  ) -> [(values: [String], rows: [Int])] {
    var places: [[String]: Int] = [:]
    var groups: [(values: [String], rows: [Int])] = []
    for row in rows {
      let values = columns.map { $0[row] }
      if let place = places[values] {
        groups[place].rows.append(row)
      } else {
        places[values] = groups.count
        groups.append((values, [row]))
      }
    }
    return groups.sorted { precedes($0.values, $1.values) }
  }

  /// `instances 2, gpu default`: what `values` of `keys` are called in a legend.
  package static func name(of values: [String], keys: [String]) -> String {
    let short = shortNames(keys)
    return zip(short, values).map { "\($0) \($1.isEmpty ? "default" : $1)" }
      .joined(separator: ", ")
  }

  /// The last parts of `keys`, `rate` of `workload.rate`, where no two are the same.
  package static func shortNames(_ keys: [String]) -> [String] {
    let last = keys.map { key in
      let part = key.split(separator: ".").last.map(String.init) ?? key
      // The point in p99.9_ttft_ms separates nothing.
      return part.first?.isLetter == true ? part : key
    }
    return zip(keys, last).map { key, part in last.count { $0 == part } > 1 ? key : part }
  }

  /// Whether one list of cells stands before another.
  private static func precedes(_ a: [String], _ b: [String]) -> Bool {
    for (left, right) in zip(a, b) where left != right {
      switch (Double(left), Double(right)) {
      case (let x?, let y?) where x != y: return x < y
      case (_?, nil): return true
      case (nil, _?): return false
      default: return left.utf8.lexicographicallyPrecedes(right.utf8)
      }
    }
    return false
  }
}

/// Points that share their x as one: their mean with its 95 % interval.
package struct Aggregation: Sendable {
  /// By ascending x; not a number where all y are missing.
  package let points: [Figure.Point]
  /// How many values each mean is of; those without any are left out.
  package let counts: [Int]

  /// The means of `points`, those without an x left out.
  package init(_ points: [Figure.Point]) {
    // The order of equal x must not depend on the sorting.
    let order = points.indices.filter { points[$0].x.isFinite }
      .sorted { (points[$0].x, $0) < (points[$1].x, $1) }
    var means: [Figure.Point] = []
    var counts: [Int] = []
    var start = 0
    while start < order.count {
      var end = start
      while end < order.count, points[order[end]].x == points[order[start]].x { end += 1 }
      let values = order[start..<end].map { points[$0].y }.filter(\.isFinite)
      means.append(Self.mean(of: values, at: points[order[start]].x))
      if !values.isEmpty { counts.append(values.count) }
      start = end
    }
    self.points = means
    self.counts = counts
  }

  /// The mean of `values` with its interval, as the point at `x`.
  package static func mean(of values: [Double], at x: Double) -> Figure.Point {
    guard let interval = ConfidenceInterval.of(samples: values) else {
      return Figure.Point(x, values.first ?? .nan)
    }
    return Figure.Point(x, interval.mean, halfWidth: interval.halfWidth)
  }

  /// At most about `most` points: means of neighbours when there are more.
  package func thinned(to most: Int) -> [Figure.Point] {
    guard points.count > most else { return points }
    let size = (points.count + most - 1) / most
    return stride(from: 0, to: points.count, by: size).map { start in
      let part = points[start..<min(start + size, points.count)]
      let values = part.map(\.y).filter(\.isFinite)
      let x = part.map(\.x).reduce(0, +) / Double(part.count)
      let mean = values.reduce(0, +) / Double(max(1, values.count))
      return Figure.Point(x, values.isEmpty ? .nan : mean)
    }
  }
}
