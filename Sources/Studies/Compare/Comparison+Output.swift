internal import Experiment
public import Files
internal import Metrics

extension Comparison {
  /// Most rows that a person is shown; of more, only those with a difference.
  private static let mostRows = 80

  /// The answer for a person.
  public var text: String {
    var lines = ["A  \(a): \(extents.a)", "B  \(b): \(extents.b)", method]
    let isLong = rows.count > Self.mostRows
    let shown = isLong ? rows.filter { $0.verdict != .same } : rows
    var table = TextTable(
      keys.map { .text($0) } + [
        .text("metric"), .number("A"), .number("B"), .number("difference"), .text("interval"),
        .number("tolerance"), .text("verdict"),
      ])
    for row in shown { table.add(row.point + cells(row)) }
    lines += table.lines
    if isLong { lines.append("and \(rows.count - shown.count) that are the same") }
    for (name, metrics) in [("A", only.a), ("B", only.b)] where !metrics.isEmpty {
      lines.append("only in \(name): \(metrics.joined(separator: ", "))")
    }
    lines += notes.map { "note: \($0)" }
    return (lines + [conclusion]).joined(separator: "\n") + "\n"
  }

  /// How the rows were judged, in one line.
  private var method: String {
    let isSingle = rows.allSatisfy { $0.a.count < 2 && $0.b.count < 2 }
    let exact =
      isSingle ? "one run each over the same arrivals: exact" : "what no seed moves: exact"
    let kinds: [(ComparisonRow.Method, String)] = [
      (.paired, "paired by seed over the same arrivals"),
      (.welch, "independent runs (Welch)"),
      (.exact, exact),
      (.withinRuns, "one run each over other arrivals: intervals of batch means"),
    ]
    let used = kinds.filter { kind in rows.contains { $0.method == kind.0 } }.map(\.1)
    let share = NumberText.trimmed(100 * confidence, 6)
    let level = "\(share) % for all \(intervals) intervals together (Bonferroni)"
    // Of single runs the requests give means an interval, which informs and decides nothing.
    let isInformed = rows.contains { $0.method == .exact && $0.level != nil }
    let each = "intervals of means over their requests: \(share) % each"
    return (used + (isInformed ? [each] : []) + (intervals > 0 ? [level] : []))
      .joined(separator: "; ")
  }

  private func cells(_ row: ComparisonRow) -> [String] {
    let widths = row.halfWidths(level: confidence)
    func value(_ values: [Double], _ mean: Double, _ width: Double?) -> String {
      guard !values.isEmpty else { return "-" }
      return NumberShown.plain(mean) + (width.map { " ± \(NumberShown.plain($0))" } ?? "")
    }
    let change =
      row.a.isEmpty || row.b.isEmpty
      ? "-" : row.relative.map { NumberShown.change($0) } ?? NumberShown.signed(row.difference)
    let interval = row.relativeInterval.map {
      "[\(NumberShown.change($0.low)), \(NumberShown.change($0.high))]"
    }
    let isBad = row.verdict == .worse || row.verdict == .missing
    let verdict = isBad ? row.verdict.rawValue.uppercased() : row.verdict.rawValue
    return [
      row.metric, value(row.a, row.meanA, widths.a), value(row.b, row.meanB, widths.b), change,
      interval ?? "", row.sense == .neither ? "" : "\(row.tolerance)",
      row.reason.isEmpty ? verdict : "\(verdict): \(row.reason)",
    ]
  }

  private var conclusion: String {
    func names(_ verdict: ComparisonRow.Verdict) -> [String] {
      var names: [String] = []
      for row in rows where row.verdict == verdict && !names.contains(row.metric) {
        names.append(row.metric)
      }
      return names.isEmpty
        ? [] : ["\(verdict.rawValue.uppercased()): \(names.joined(separator: ", "))"]
    }
    let faults = names(.worse) + names(.missing)
    guard faults.isEmpty else { return faults.joined(separator: "; ") }
    let counts = [ComparisonRow.Verdict.better, .unclear].compactMap { verdict in
      let count = rows.count { $0.verdict == verdict }
      return count > 0 ? "\(count) \(verdict.rawValue)" : nil
    }
    return "not worse" + (counts.isEmpty ? "" : " (\(counts.joined(separator: ", ")))")
  }

  private var verdict: String { isWorse ? "worse" : isMissing ? "missing" : "not worse" }

  /// The answer of `--json`.
  public var json: JSON {
    .object([
      ("a", .string(a)), ("b", .string(b)), ("verdict", .string(verdict)),
      ("confidence", .number(confidence)), ("intervals", .integer(Int64(intervals))),
      ("rows", .array(rows.map(json))),
      ("only_in_a", .array(only.a.map { .string($0) })),
      ("only_in_b", .array(only.b.map { .string($0) })),
      ("notes", .array(notes.map { .string($0) })),
    ])
  }

  private func json(_ row: ComparisonRow) -> JSON {
    .object(
      zip(columns, csvCells(row)).map { column, cell in
        (
          column.name,
          cell.isEmpty
            ? .null
            : Self.texts.contains(column.name) || keys.contains(column.name)
              ? .string(cell) : .number(text: cell)
        )
      })
  }

  private static let texts = [
    "metric", "unit", "worse_when", "method", "tolerance", "verdict", "reason",
  ]

  // MARK: - compare.csv

  /// Columns of compare.csv.
  var columns: [ColumnEntry] {
    let every = "metrics of the points that both sides have"
    let several = "rows with several runs a side"
    let interval = "rows with an interval"
    return keys.map { ColumnEntry($0, "", "The setting \($0), as written.", every) } + [
      ColumnEntry(
        "metric", "",
        "A key of summary.json; failed_runs counts runs that ended badly; missing_points is 1 for "
          + "a point that only A has.", every),
      ColumnEntry("unit", "", "Unit of a, b and difference.", every),
      ColumnEntry("worse_when", "", "higher, lower, or empty: not judged.", every),
      ColumnEntry("method", "", "paired, welch, exact, within_runs, bare or count.", every),
      ColumnEntry("runs_a", "", "Runs of A in which the metric is defined.", every),
      ColumnEntry("runs_b", "", "Runs of B in which the metric is defined.", every),
      ColumnEntry("a", "", "Mean over the runs of A.", every),
      ColumnEntry("a_half_width", "", "Half width of the t interval of a.", several),
      ColumnEntry("b", "", "Mean over the runs of B.", every),
      ColumnEntry("b_half_width", "", "Half width of the t interval of b.", several),
      ColumnEntry("difference", "", "b - a.", every),
      ColumnEntry(
        "relative_difference", "1",
        "B over A - 1: of geometric means where paired or welch and all values are above 0, else "
          + "of means.", "rows whose a is not 0"),
      ColumnEntry("relative_low", "1", "Lower end of its interval.", interval),
      ColumnEntry("relative_high", "1", "Upper end of its interval.", interval),
      ColumnEntry("interval_confidence", "1", "Confidence of that interval alone.", interval),
      ColumnEntry("tolerance", "", "How much worse it may be: a share, or in the unit.", every),
      ColumnEntry(
        "verdict", "",
        "worse or better: the interval lies beyond the tolerance; same: within; unclear: it "
          + "reaches beyond and back; missing: asked for and defined on one side alone; or not "
          + "judged.", every),
      ColumnEntry(
        "reason", "", "Why it is missing or not judged.", "rows that are missing or not judged"),
    ]
  }

  /// compare.csv and columns.json, by name.
  public var files: [(name: String, bytes: [UInt8])] {
    let table = CSVText.row(columns.map(\.name)) + rows.map { CSVText.row(csvCells($0)) }.joined()
    return [
      ("compare.csv", Array(table.utf8)),
      ("columns.json", ColumnCatalog.json([("compare.csv", columns)]).bytes),
    ]
  }

  private func csvCells(_ row: ComparisonRow) -> [String] {
    func cell(_ value: Double?) -> String {
      value.flatMap { $0.isFinite ? "\($0)" : nil } ?? ""
    }
    let widths = row.halfWidths(level: confidence)
    return row.point + [
      row.metric, ComparedMetric.unit(of: row.metric), row.sense.rawValue, row.method.rawValue,
      "\(row.a.count)", "\(row.b.count)", cell(row.meanA), cell(widths.a), cell(row.meanB),
      cell(widths.b), cell(row.difference), cell(row.relative), cell(row.relativeInterval?.low),
      cell(row.relativeInterval?.high), cell(row.level), "\(row.tolerance)", row.verdict.rawValue,
      row.reason,
    ]
  }
}
