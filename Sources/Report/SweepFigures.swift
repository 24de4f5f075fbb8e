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

  init(_ report: SweepReport) {
    self.report = report
    axis = Self.axis(of: report)
    var categories: [String] = []
    if let axis, report.groups.contains(where: { Double($0.values[axis]) == nil }),
      !report.groups.contains(where: { Double($0.values[axis]) != nil })
    {
      for group in report.groups where !categories.contains(group.values[axis]) {
        categories.append(group.values[axis])
      }
    }
    self.categories = categories
    places = report.groups.map { group in
      Figure.Point(
        1000 / report.mean("median_tpot_ms", of: group).y,
        report.mean("output_throughput_per_gpu", of: group).y)
    }
    frontier = Pareto.frontier(places)
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
    var lines: [(values: [String], points: [Figure.Point])] = []
    for group in report.groups {
      var others = group.values
      let own = others.remove(at: axis)
      let x =
        categories.isEmpty
        ? Double(own) ?? .nan : Double(categories.firstIndex(of: own) ?? 0)
      let point = report.mean(metric, of: group, at: x)
      guard point.x.isFinite else { continue }
      if let index = lines.firstIndex(where: { $0.values == others }) {
        lines[index].points.append(point)
      } else {
        lines.append((others, [point]))
      }
    }
    let all = lines.flatMap(\.points)
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
      series: lines.prefix(Self.mostLines).enumerated().map { index, line in
        let points = line.points.enumerated()
          .sorted { ($0.element.x, $0.offset) < ($1.element.x, $1.offset) }.map(\.element)
        return Figure.Series(name(of: line.values), .markedLine, points, look: index)
      }, notes: ["\(metric) of sweep.csv."])
    if lines.count > Self.mostLines {
      figure.notes.append("\(Self.mostLines) of \(lines.count) lines; martlet plot draws others.")
    }
    return FigureItem(figure, ifEmpty: "No point ran to its end with a value for \(metric).")
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
    var lines: [(values: [String], points: [Figure.Point])] = []
    for (index, group) in report.groups.enumerated() {
      var others = group.values
      if let axis { others.remove(at: axis) }
      if let line = lines.firstIndex(where: { $0.values == others }) {
        lines[line].points.append(places[index])
      } else {
        lines.append((others, [places[index]]))
      }
    }
    let edge = frontier.map { Figure.Point(places[$0].x, places[$0].y) }
    var figure = Figure(
      "Speed for a user against throughput of a GPU",
      x: Figure.Axis("tokens/s/user (1000 / median_tpot_ms)"),
      y: Figure.Axis("output tokens/s/GPU"),
      series: lines.prefix(Self.mostLines).enumerated().map { index, line in
        Figure.Series(name(of: line.values), .points, line.points, look: index)
      })
    figure.series.append(Figure.Series("Pareto frontier", .guide, edge))
    figure.notes.append(
      "Up and right is better; points on the dashed line are beaten by none in both.")
    return [FigureItem(figure, ifEmpty: "No point ran to its end, so there is nothing to trade.")]
  }
}
