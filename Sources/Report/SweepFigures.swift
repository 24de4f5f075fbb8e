/// The figures of a sweep.
struct SweepFigures {
  private let report: SweepReport
  /// The key along the horizontal axis, as an index into the varied keys; nil without any.
  private let axis: Int?
  /// Its texts when they are no numbers.
  private let categories: [String]
  /// One point a group of the report: tokens/s/user against tokens/s/GPU.
  let places: [Figure.Point]
  /// Groups on the Pareto frontier, by ascending tokens/s/user.
  let frontier: [Int]

  private static let mostLines = 12
  private static let mostPoints = 240
  private static let mostCategories = 200
  /// Groups of the report that differ along the axis alone, by their other values.
  private let lines: [(values: [String], groups: [Int])]
  /// The place of each group along the axis.
  private let positions: [Double]

  init(_ report: SweepReport) {
    self.report = report
    let axis = Self.axis(of: report)
    self.axis = axis
    (positions, categories) = Self.positions(of: report, along: axis)
    let others = report.keys.indices.filter { $0 != axis }
    lines = Grouping.rows(
      Array(report.groups.indices),
      by: others.map { key in report.groups.map { $0.values[key] } }
    ).map { ($0.values, $0.rows) }
    places = report.groups.map { group in
      Figure.Point(
        1000 / report.mean("median_tpot_ms", of: group).y,
        report.mean("output_throughput_per_gpu", of: group).y)
    }
    frontier = Pareto.frontier(places)
  }

  /// Where each group stands along the key `axis`, and the names of the places when no group has a
  /// number there; groups beyond the most categories have no place.
  private static func positions(
    of report: SweepReport, along axis: Int?
  ) -> (places: [Double], names: [String]) {
    guard let axis else { return (report.groups.map { _ in .nan }, []) }
    let texts = report.groups.map { $0.values[axis] }
    let numbers = texts.map { Double($0) ?? .nan }
    guard numbers.allSatisfy(\.isNaN) else { return (numbers, []) }
    var (names, known): ([String], [String: Int]) = ([], [:])
    let places = texts.map { text -> Double in
      if let place = known[text] { return Double(place) }
      guard names.count < mostCategories else { return .nan }
      known[text] = names.count
      names.append(text)
      return Double(names.count - 1)
    }
    return (places, names)
  }

  /// A rate if one is varied, else a concurrency, else the key with the most numbers.
  private static func axis(of report: SweepReport) -> Int? {
    let numbers = report.keys.indices.map { index in
      Set(report.groups.compactMap { Double($0.values[index]) }).count
    }
    let numeric = report.keys.indices.filter { numbers[$0] > 1 }
    for word in ["rate", "concurrency", "qps", "speedup"] {
      if let index = numeric.first(where: { report.keys[$0].hasSuffix(word) }) { return index }
    }
    return numeric.max { (numbers[$0], $1) < (numbers[$1], $0) } ?? report.keys.indices.first
  }

  /// What is drawn against what.
  var lead: String {
    guard let axis else { return "" }
    let others = report.keys.indices.filter { $0 != axis }.map { report.keys[$0] }
    let by = others.isEmpty ? "" : ", one line for each \(others.joined(separator: ", "))"
    let bars = report.seeds > 1 ? " Means over the seeds; bars: 95 % interval (Student's t)." : ""
    return "Against \(report.keys[axis])\(by).\(bars)"
  }

  var latencies: [FigureItem] {
    [
      item("p99_ttft_ms", "p99 time to first token"),
      item("p99_tpot_ms", "p99 time per output token"),
      item("p99_e2el_ms", "p99 end-to-end latency"),
    ].compactMap { $0 }
  }

  var throughputs: [FigureItem] {
    [
      item("request_goodput", "Goodput: requests a second within every target"),
      item("slo_attainment", "Requests within every target"),
      report.has("request_goodput") ? nil : item("request_throughput", "Requests a second"),
      item("output_throughput_per_gpu", "Output throughput per GPU"),
    ].compactMap { $0 }
  }

  /// `metric` against the axis; nil when the sweep has no such number at all.
  private func item(_ metric: String, _ title: String) -> FigureItem? {
    guard let axis, report.has(metric) else { return nil }
    var isThinned = false
    let drawn = lines.prefix(Self.mostLines).map {
      line -> (values: [String], points: [Figure.Point]) in
      let points = line.groups.map { index in
        report.mean(metric, of: report.groups[index], at: positions[index])
      }.filter(\.x.isFinite)
      isThinned = isThinned || points.count > Self.mostPoints
      guard points.count > Self.mostPoints else {
        let order = points.indices.sorted { (points[$0].x, $0) < (points[$1].x, $1) }
        return (line.values, order.map { points[$0] })
      }
      return (line.values, Aggregation(points).thinned(to: Self.mostPoints))
    }
    let all = drawn.flatMap(\.points)
    let isShare = metric == "slo_attainment"
    let unit = report.notes[metric]?.unit ?? ""
    let label = isShare ? "share of requests, 0–1" : unit.isEmpty ? metric : unit
    var figure = Figure(
      title,
      x: Figure.Axis(
        report.keys[axis], isLogarithmic: categories.isEmpty && Self.isWide(all.map(\.x)),
        categories: categories.map { $0.isEmpty ? "default" : $0 }),
      y: Figure.Axis(
        label, isLogarithmic: metric.hasSuffix("_ms") && Self.isWide(all.map(\.y)),
        limits: isShare ? 0...1 : nil),
      series: drawn.enumerated().map { index, line in
        Figure.Series(
          name(of: line.values), isThinned ? .line : .markedLine, line.points, look: index)
      }, notes: ["\(metric) of sweep.csv."] + cuts)
    if isThinned {
      figure.notes.append("Points are means of neighbours, at most \(Self.mostPoints) a line.")
    }
    return FigureItem(figure, ifEmpty: "No point ran to its end with a value for \(metric).")
  }

  /// What is not drawn, because no eye could tell it apart.
  private var cuts: [String] {
    var cuts: [String] = []
    if lines.count > Self.mostLines {
      cuts.append("\(Self.mostLines) of \(lines.count) lines; martlet plot draws others.")
    }
    if let axis, categories.count == Self.mostCategories {
      let count = positions.count { $0.isNaN }
      if count > 0 {
        cuts.append(
          "The first \(categories.count) values of \(report.keys[axis]); \(count) points have "
            + "others.")
      }
    }
    return cuts
  }

  private func name(of values: [String]) -> String {
    guard let axis else { return "" }
    var keys = report.keys
    keys.remove(at: axis)
    return Grouping.name(of: values, keys: keys)
  }

  /// Whether values span more than a linear axis can show.
  private static func isWide(_ values: [Double]) -> Bool {
    let values = values.filter { $0.isFinite }
    guard let low = values.min(), let high = values.max(), low > 0 else { return false }
    return high / low > 30
  }

  // MARK: - Pareto

  var tradeOff: [FigureItem] {
    guard report.has("output_throughput_per_gpu") else { return [] }
    // The frontier's own points are drawn whatever lies below them.
    let edge = frontier.map { places[$0] }
    let shown = lines.prefix(Self.mostLines).map { line in
      Thinning.scatter(line.groups.map { places[$0] })
    }
    var figure = Figure(
      "Speed for a user against throughput of a GPU",
      x: Figure.Axis("tokens/s/user (1000 / median_tpot_ms)"),
      y: Figure.Axis("output tokens/s/GPU"),
      series: shown.enumerated().map { index, points in
        Figure.Series(name(of: lines[index].values), .points, points, look: index)
      })
    figure.series.append(
      Figure.Series("Pareto frontier", .guide, Aggregation(edge).thinned(to: 1000)))
    figure.notes.append(
      "Up and right is better; points on the dashed line are beaten by none in both.")
    if lines.count > Self.mostLines {
      figure.notes.append("Points of \(Self.mostLines) of \(lines.count) lines.")
    }
    let (drawn, all) = (
      shown.map(\.count).reduce(0, +),
      lines.prefix(Self.mostLines).flatMap(\.groups).count {
        places[$0].x.isFinite && places[$0].y.isFinite
      }
    )
    if drawn < all { figure.notes.append("\(drawn) of \(all) points; the others lie on top.") }
    return [FigureItem(figure, ifEmpty: "No point ran to its end, so there is nothing to trade.")]
  }
}
