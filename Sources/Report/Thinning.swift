internal import CGSL

/// As many points as an eye can tell apart, from any number of rows.
package enum Thinning {
  /// The empirical distribution of `values`: at each point the share that is not larger, per cent.
  ///
  /// At most `most` points; the smallest and largest value are among them.
  package static func distribution(_ values: [Double], most: Int = 400) -> [Figure.Point] {
    let sorted = values.filter(\.isFinite).sorted()
    guard let smallest = sorted.first else { return [] }
    let count = sorted.count
    var points = [Figure.Point(smallest, 0)]
    let wanted = min(count, most - 1)
    for step in 0..<wanted {
      let rank = wanted == 1 ? count - 1 : step * (count - 1) / (wanted - 1)
      points.append(Figure.Point(sorted[rank], 100 * Double(rank + 1) / Double(count)))
    }
    return points
  }

  /// Points of which no two share a cell of a grid, the first of each cell, in the given order;
  /// those that an axis cannot show are left out.
  package static func scatter(
    _ points: [Figure.Point], x: Bool = false, y: Bool = false, columns: Int = 64, rows: Int = 40
  ) -> [Figure.Point] {
    let isShown = { (p: Figure.Point) in
      Figure.isInReach(p.x) && Figure.isInReach(p.y) && !(x && p.x <= 0) && !(y && p.y <= 0)
    }
    let points = points.filter(isShown)
    let across = Cells(points.map(\.x), isLogarithmic: x, columns)
    let up = Cells(points.map(\.y), isLogarithmic: y, rows)
    var isTaken = [Bool](repeating: false, count: columns * rows)
    return points.filter { point in
      let cell = up.cell(point.y) * columns + across.cell(point.x)
      defer { isTaken[cell] = true }
      return !isTaken[cell]
    }
  }

  /// Equal parts of an axis.
  private struct Cells {
    let low: Double
    let width: Double
    let count: Int
    let isLogarithmic: Bool

    init(_ values: [Double], isLogarithmic: Bool, _ count: Int) {
      let ends = (values.min() ?? 1, values.max() ?? 1)
      low = isLogarithmic ? cgsl_log(ends.0) : ends.0
      width = ((isLogarithmic ? cgsl_log(ends.1) : ends.1) - low) / Double(count)
      self.count = count
      self.isLogarithmic = isLogarithmic
    }

    func cell(_ value: Double) -> Int {
      guard width > 0 else { return 0 }
      return min(count - 1, Int(((isLogarithmic ? cgsl_log(value) : value) - low) / width))
    }
  }

  /// Equal parts of the time from 0 to `end`.
  package struct Buckets: Sendable {
    package let count: Int
    package let width: Double

    /// Parts of a round length, at most `most` and about one for each `rows / perBucket`.
    package init(end: Double, rows: Int, perBucket: Int, most: Int = 120) {
      let wanted = max(1, min(most, rows / max(1, perBucket)))
      width = end > 0 ? Ticks.niceStep(end / Double(wanted)) : 1
      count = max(1, Int((end / width).rounded(.down)) + 1)
    }

    /// The part that `time` falls into.
    package func index(_ time: Double) -> Int {
      Int(max(0, min(Double(count - 1), time / width)))
    }
    /// The middle of a part.
    package func middle(_ index: Int) -> Double { (Double(index) + 0.5) * width }
  }
}
