internal import Experiment
public import Files
internal import Metrics

/// Published figures beside simulated ones.
public struct Scorecard: Sendable {
  let rows: [ScorecardRow]

  private var gated: [ScorecardRow] { rows.filter(\.isGated) }
  private var inRange: Int { gated.count { $0.verdict == .inRange } }

  /// Gated rows that are further off than is known, or have no figure.
  private var failed: [ScorecardRow] {
    gated.filter { $0.figure == nil || $0.verdict.isWorse(than: $0.claim.known) }
  }

  /// Whether a gated row is further off than is known, or has no figure.
  public var isWorse: Bool { !failed.isEmpty }

  /// What the columns of scorecard.csv are.
  static let columns: [ColumnEntry] = [
    ColumnEntry("system", "", "The system of the paper.", every),
    ColumnEntry("claim", "", "What is claimed.", every),
    ColumnEntry("metric", "", "What is measured.", every),
    ColumnEntry("baseline", "", "What it is compared with.", "rows with a baseline"),
    ColumnEntry("published_low", "", "The least published figure.", "rows with a lower end"),
    ColumnEntry("published_high", "", "The greatest published figure.", "rows with an upper end"),
    ColumnEntry(
      "simulated", "", "The same figure simulated on the paper's set-up; means over seeds.",
      "rows that ran"),
    ColumnEntry(
      "quotient", "", "How many times better than its best baseline the system is.",
      "rows that ran with a baseline"),
    ColumnEntry(
      "verdict", "",
      "in range: within the published ends, a single figure within 10 %; near: beyond an end by at "
        + "most 20 % of it, of a ratio by 20 % of its distance from 1; off: further; "
        + "informational: gates nothing; skipped: a trace is not there.",
      every),
    ColumnEntry(
      "gated", "",
      "1 when the row gates: its source is primary, official data or secondary, and it has a lower "
        + "end.", every),
    ColumnEntry("confidence", "", "How much of the paper was read.", every),
    ColumnEntry("scenario", "", "Folder and experiment.", every),
  ]
  private static let every = "claims"

  private func cells(_ row: ScorecardRow) -> [String] {
    func number(_ value: Double?) -> String {
      value.flatMap { $0.isFinite ? NumberText.trimmed($0, 6) : nil } ?? ""
    }
    let claim = row.claim
    return [
      claim.system, claim.text, claim.metric, claim.baseline, number(claim.published.low),
      number(claim.published.high), number(row.figure?.simulated), number(row.figure?.quotient),
      row.verdict.rawValue, row.isGated ? "1" : "0", claim.confidence, claim.scenario,
    ]
  }

  // MARK: - Output

  /// The answer for a person.
  public var text: String {
    var table = TextTable([
      .text("system"), .text("claim"), .number("published"), .number("simulated"),
      .number("quotient"), .text("verdict"),
    ])
    for row in rows {
      table.add([
        row.claim.system, row.claim.text, row.claim.published.text,
        NumberShown.plain(row.figure?.simulated), NumberShown.plain(row.figure?.quotient),
        row.verdict.rawValue,
      ])
    }
    let wrong = failed.map { row in
      let fault =
        row.figure == nil
        ? "no figure: a run failed or a search found no end"
        : "\(row.verdict.rawValue), known to be \(row.claim.known.rawValue)"
      return "\(row.claim.system), \(row.claim.text): \(fault)"
    }
    return (table.lines + wrong + [summary]).joined(separator: "\n") + "\n"
  }

  /// How many rows of which kind there are.
  public var summary: String {
    func count(_ verdict: PublishedRange.Verdict) -> Int { rows.count { $0.verdict == verdict } }
    let share =
      gated.isEmpty ? "" : " (\((100 * Double(inRange) / Double(gated.count)).fixed(0)) %)"
    return "\(rows.count) claims: \(inRange) of \(gated.count) gated rows in range\(share), "
      + "\(count(.near)) near, \(count(.off)) off; \(count(.informational)) informational, "
      + "\(count(.skipped)) skipped"
  }

  /// The answer of `--json`, with `robustness` where it was asked for.
  public func json(_ robustness: Robustness?) -> JSON {
    let texts: Set = [
      "system", "claim", "metric", "baseline", "verdict", "confidence", "scenario",
    ]
    let list = rows.map { row in
      JSON.object(
        zip(Self.columns, cells(row)).map { column, cell in
          if column.name == "gated" { return (column.name, .bool(cell == "1")) }
          if texts.contains(column.name) { return (column.name, .string(cell)) }
          return (column.name, cell.isEmpty ? .null : .number(text: cell))
        })
    }
    return .object(
      [
        ("gated", .integer(Int64(gated.count))), ("in_range", .integer(Int64(inRange))),
        ("failed", .integer(Int64(failed.count))),
        ("rows", .array(list)),
      ] + (robustness.map { [("robustness", $0.json)] } ?? []))
  }

  /// scorecard.csv, robustness.csv where it was asked for, and columns.json, by name.
  public func files(_ robustness: Robustness?) -> [(name: String, bytes: [UInt8])] {
    var table = CSVText.row(Self.columns.map(\.name))
    for row in rows { table += CSVText.row(cells(row)) }
    var files = [("scorecard.csv", Array(table.utf8))]
    var columns = [("scorecard.csv", Self.columns)]
    if let robustness {
      files.append(("robustness.csv", Array(robustness.table.csv.utf8)))
      columns.append(("robustness.csv", robustness.table.columns))
    }
    return files + [("columns.json", ColumnCatalog.json(columns).bytes)]
  }

  // MARK: - For a page

  /// A line of the page.
  public struct Line: Sendable {
    /// The system, the claim and its metric.
    public let names: [String]
    /// The published figure as text.
    public let published: String
    /// Its ends; both are the same where only one is known.
    public let low: Double
    /// Its upper end.
    public let high: Double
    /// The simulated figure; nil when there is none.
    public let simulated: Double?
    /// The gain over the baseline; nil when there is none.
    public let quotient: Double?
    /// `in range`, `near`, `off`, `informational` or `skipped`.
    public let verdict: String
    /// Where it was published.
    public let source: String
    /// Folder and experiment.
    public let scenario: String
    /// Why it gates nothing, the constants of the baseline's stack, and what is missing.
    public let remark: String
  }

  /// The rows for a page.
  public var lines: [Line] {
    rows.map { row in
      let claim = row.claim
      let ends = [claim.published.low, claim.published.high].compactMap(\.self)
      let remark = [claim.reservation ?? "", claim.remark].filter { !$0.isEmpty }
      return Line(
        names: [claim.system, claim.text, claim.metric], published: claim.published.text,
        low: ends.min() ?? .nan, high: ends.max() ?? .nan, simulated: row.figure?.simulated,
        quotient: row.figure?.quotient, verdict: row.verdict.rawValue, source: claim.source,
        scenario: claim.scenario, remark: remark.joined(separator: " "))
    }
  }
}
