internal import Experiment
public import Files
internal import Metrics

/// Variants of one experiment over the same arrivals; the first is what the others are compared
/// with.
public struct VariantComparison: Sendable {
  let keys: [String]
  let metrics: [String]
  let confidence: Double
  let intervals: Int
  let variants: [Variant]
  /// Runs that failed or were stopped.
  public var failedRuns: Int { variants.reduce(0) { $0 + $1.failed } }
  private let sweep: (name: String, bytes: [UInt8])
  private let sweepColumns: [ColumnEntry]

  /// One combination of the varied keys.
  struct Variant: Sendable {
    let cells: [String]
    /// Results against the first variant; of that one nothing but means.
    let rows: [ComparisonRow]
    /// Verdicts of its runs, the worst first.
    let verdict: String
    let runs: Int
    let failed: Int
  }

  /// The runs of the experiment at `path` for each combination of `vary` with `changes`.
  ///
  /// - Throws: `ConfigError` for a malformed flag, an unknown key or value.
  public static func plan(
    _ path: String, vary: [String], _ changes: RunChanges
  ) throws(ConfigError) -> SweepPlan {
    var root = try ConfigNode(yaml: try ExperimentConfig.text(of: path), file: path)
    for key in ["base", "expect"] where root.value(at: key) != nil {
      let what = key == "base" ? "a sweep file" : "a scenario"
      throw ConfigError(.file(path), "is \(what); --vary takes an experiment")
    }
    for override in changes.overrides { try override.apply(to: &root) }
    var entries: [ConfigNode.Entry] = []
    for text in vary {
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let place = Place.flag("--vary \(parts[0])")
      guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
        throw ConfigError(
          .flag("--vary \(text)"), "is no variation; write --vary engine.scheduler=vllm-v0,vllm-v1")
      }
      guard !entries.contains(where: { $0.key == parts[0] }) else {
        throw ConfigError(place, "stands twice; write all its values in one")
      }
      let values: ConfigNode
      do throws(ConfigError) {
        values = try ConfigNode(yaml: "[\(parts[1])]", file: "").moved(to: place)
      } catch {
        throw ConfigError(place, error.message)
      }
      entries.append(ConfigNode.Entry(key: String(parts[0]), place: place, value: values))
    }
    let field = Field(
      node: ConfigNode(.mapping(entries), at: .flag("--vary")), key: "", place: .flag("--vary"))
    return try SweepPlan(
      SweepFile(base: root, axes: try SweepFile.axes(field), seeds: changes.seeds),
      file: path)
  }

  /// Runs `plan` in `pool` and compares every variant with the first.
  ///
  /// - Throws: `ConfigError` when a metric that was asked for does not exist.
  public init(
    _ plan: SweepPlan, _ settings: CompareSettings, in pool: RunPool
  ) throws(ConfigError) {
    let runs = pool.run(plan.points, keepsRequests: false)
    let side = ComparedSide(plan, runs, name: plan.file)
    keys = plan.keys
    confidence = settings.confidence
    let known = side.metrics
    try settings.check(against: known)
    let metrics = settings.names(standing: ComparedMetric.shown).filter(known.contains)
    self.metrics = metrics
    let first = side.points[0]
    let pairs = side.points.map { PointPair($0.cells, first, of: side, $0, of: side) }
    let drafts = pairs.map { pair in metrics.map { pair.draft($0, settings) } }
    let intervals = drafts.dropFirst().joined().count { $0?.estimate != nil }
    self.intervals = intervals
    let level = 1 - (1 - settings.confidence) / Double(max(1, intervals))
    variants = zip(side.points, drafts).map { point, drafts in
      let rows = drafts.compactMap { draft -> ComparisonRow? in
        guard let (drafted, estimate) = draft else { return nil }
        var row = drafted
        if let estimate {
          row.judge(by: estimate, level: level)
        } else if !row.a.isEmpty, !row.b.isEmpty {
          row.judgeExactly()
        }
        return row
      }
      return Variant(
        cells: point.cells, rows: rows, verdict: Self.verdict(point, side),
        runs: point.runs.count, failed: point.runs.count { $0.status != .ok })
    }
    let table = SweepTable(keys: plan.keys, hasTiers: plan.hasTiers)
    let lines = zip(plan.points, runs).map { table.row($0, $1.outcome) }
    let text = table.header(table.columns) + lines.joined()
    sweep = ("sweep.csv", Array(text.utf8))
    sweepColumns = table.columns
  }

  private static func verdict(_ point: ComparedPoint, _ side: ComparedSide) -> String {
    let verdicts = point.runs.map { side.text("verdict", in: $0) }
    let worst = ["OVERLOADED", "SATURATED", "STABLE"].first { verdicts.contains($0) } ?? ""
    let count = verdicts.count { $0 == worst }
    return count == verdicts.count || worst.isEmpty ? worst : "\(worst) \(count)/\(verdicts.count)"
  }
}

// MARK: - Output

extension VariantComparison {
  /// The answer for a person.
  public var text: String {
    var table = TextTable(
      keys.map { .text($0) } + metrics.map { .text($0) } + [.text("verdict")])
    for (i, variant) in variants.enumerated() {
      let values = metrics.map { name in
        variant.rows.first { $0.metric == name }.map { cell($0, isFirst: i == 0) } ?? "-"
      }
      let failed = variant.failed > 0 ? ["\(variant.failed) of \(variant.runs) failed"] : []
      let end = [variant.verdict].filter { !$0.isEmpty } + failed
      table.add(variant.cells + values + [end.joined(separator: ", ")])
    }
    return (table.lines + legend).joined(separator: "\n") + "\n"
  }

  private func cell(_ row: ComparisonRow, isFirst: Bool) -> String {
    guard !row.b.isEmpty else { return "-" }
    let width = row.halfWidths(level: confidence).b.map { " ± \(NumberShown.plain($0))" } ?? ""
    let value = NumberShown.plain(row.meanB) + width
    guard !isFirst else { return value }
    let change = row.relative.map { NumberShown.change($0) } ?? NumberShown.signed(row.difference)
    return "\(value) (\(change)\(row.excludesZero ? "*" : ""))"
  }

  private var legend: [String] {
    let share = NumberText.trimmed(100 * confidence, 6)
    guard intervals > 0 else {
      return ["one run each: differences are exact for these arrivals; --seeds 5 adds intervals"]
    }
    return [
      "± \(share) % interval over seeds; difference from the first row, * where its interval over "
        + "the same arrivals excludes 0",
      "(\(share) % for all \(intervals) differences together, Bonferroni)",
    ]
  }

  /// The answer of `--json`.
  public var json: JSON {
    let rows = table.map { cells in
      JSON.object(
        zip(columns, cells).map { column, cell in
          let isText = keys.contains(column.name) || Self.texts.contains(column.name)
          return (
            column.name, cell.isEmpty ? .null : isText ? .string(cell) : .number(text: cell)
          )
        })
    }
    return .object([
      ("confidence", .number(confidence)), ("intervals", .integer(Int64(intervals))),
      ("rows", .array(rows)),
    ])
  }

  private static let texts = ["metric", "unit", "method", "verdict"]

  private var columns: [ColumnEntry] {
    let every = "variants and metrics"
    let interval = "variants with several seeds, but for the first"
    return keys.map { ColumnEntry($0, "", "The setting \($0), as written.", every) } + [
      ColumnEntry("metric", "", "A key of summary.json.", every),
      ColumnEntry("unit", "", "Unit of mean.", every),
      ColumnEntry("runs", "", "Seeds for which the metric is defined.", every),
      ColumnEntry("mean", "", "Mean over seeds.", every),
      ColumnEntry("half_width", "", "Half width of its t interval.", "several seeds"),
      ColumnEntry(
        "relative_difference", "1",
        "Over the first variant - 1, of geometric means where possible.",
        "all but the first variant"),
      ColumnEntry("relative_low", "1", "Lower end of its interval.", interval),
      ColumnEntry("relative_high", "1", "Upper end of its interval.", interval),
      ColumnEntry("interval_confidence", "1", "Confidence of that interval alone.", interval),
      ColumnEntry("differs", "", "1 when that interval excludes 0.", interval),
      ColumnEntry("method", "", "paired, welch, exact or bare.", "all but the first variant"),
      ColumnEntry("verdict", "", "The worst verdict of its runs.", every),
    ]
  }

  /// Rows of compare.csv.
  private var table: [[String]] {
    func cell(_ value: Double?) -> String {
      value.flatMap { $0.isFinite ? "\($0)" : nil } ?? ""
    }
    return variants.enumerated().flatMap { i, variant in
      variant.rows.map { row in
        let other = i > 0
        let interval = other ? row.relativeInterval : nil
        return variant.cells + [
          row.metric, ComparedMetric.unit(of: row.metric), "\(row.b.count)", cell(row.meanB),
          cell(row.halfWidths(level: confidence).b), other ? cell(row.relative) : "",
          cell(interval?.low), cell(interval?.high), other ? cell(row.level) : "",
          interval == nil ? "" : row.excludesZero ? "1" : "0", other ? row.method.rawValue : "",
          variant.verdict,
        ]
      }
    }
  }

  /// compare.csv, sweep.csv with every run, and columns.json, by name.
  public var files: [(name: String, bytes: [UInt8])] {
    let text = CSVText.row(columns.map(\.name)) + table.map { CSVText.row($0) }.joined()
    let entries = [("compare.csv", columns), ("sweep.csv", sweepColumns)]
    return [
      ("compare.csv", Array(text.utf8)), sweep, ("columns.json", ColumnCatalog.json(entries).bytes),
    ]
  }
}

extension ComparisonRow {
  /// Whether an interval of the difference lies on one side of 0.
  var excludesZero: Bool { relativeInterval.map { $0.low > 0 || $0.high < 0 } ?? false }
}
