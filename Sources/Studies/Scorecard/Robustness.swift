internal import Experiment
public import Files
internal import Metrics

/// How gains change when constants of the cost model are off.
public struct Robustness: Sendable {
  /// A row of the scorecard with a baseline.
  struct Row: Sendable {
    let claim: Claim
    /// The gain as it is, then under each of `Perturbation.all`; nil where it is not defined.
    let gains: [Double?]

    /// Gains that are no more than a tie.
    static let ties = 0.95...1.05

    /// Whether the gain as it is says who is ahead.
    var isDecided: Bool { gains[0].map { !Self.ties.contains($0) } ?? false }

    /// Whether the same system is ahead under every perturbation.
    var keepsOrder: Bool {
      guard let first = gains[0] else { return false }
      return gains.allSatisfy { $0.map { ($0 > 1) == (first > 1) } ?? false }
    }
  }

  let rows: [Row]

  private var decided: [Row] { rows.filter(\.isDecided) }

  /// The answer for a person.
  public var text: String {
    let lost = decided.filter { !$0.keepsOrder }
    let names = lost.map { row in
      let gains = zip(["as it is"] + Perturbation.all.map(\.name), row.gains).map {
        "\($0) \(NumberShown.plain($1))"
      }
      return "  \(row.claim.system), \(row.claim.text): \(gains.joined(separator: ", "))"
    }
    let head =
      "constants 20 % off: the order of systems stays in \(decided.count - lost.count) of "
      + "\(decided.count) rows, \(rows.count - decided.count) ties apart"
    return ([head] + names).joined(separator: "\n") + "\n"
  }

  /// Columns of robustness.csv.
  private static let columns: [ColumnEntry] =
    [
      ColumnEntry("system", "", "The system of the paper.", "claims with a baseline"),
      ColumnEntry("claim", "", "What is claimed.", "claims with a baseline"),
      ColumnEntry("scenario", "", "Folder and experiment.", "claims with a baseline"),
      ColumnEntry("quotient", "", "The gain as it is.", "claims with a baseline"),
    ]
    + Perturbation.all.map {
      ColumnEntry($0.name, "", "The gain with these constants off.", "claims with a baseline")
    }
    + [
      ColumnEntry(
        "keeps_order", "", "1 when the same system is ahead under all; empty: a tie as it is.",
        "claims with a baseline")
    ]

  private func cells(_ row: Row) -> [String] {
    [row.claim.system, row.claim.text, row.claim.scenario]
      + row.gains.map { $0.flatMap { $0.isFinite ? NumberText.trimmed($0, 6) : nil } ?? "" }
      + [row.isDecided ? (row.keepsOrder ? "1" : "0") : ""]
  }

  /// robustness.csv, with its columns.
  var table: (csv: String, columns: [ColumnEntry]) {
    (
      CSVText.row(Self.columns.map(\.name)) + rows.map { CSVText.row(cells($0)) }.joined(),
      Self.columns
    )
  }

  /// The answer of `--json`.
  var json: JSON {
    .object([
      ("decided", .integer(Int64(decided.count))),
      ("kept", .integer(Int64(decided.count { $0.keepsOrder }))),
      (
        "lost",
        .array(
          decided.filter { !$0.keepsOrder }.map {
            .string("\($0.claim.system): \($0.claim.text)")
          })
      ),
    ])
  }
}

extension ScorecardRunner {
  /// The gains of `card`, of `plan`, under each perturbation.
  ///
  /// - Throws: `ConfigError` when an experiment cannot be perturbed.
  public func robustness(
    of card: Scorecard, _ plan: ScorecardPlan
  ) throws(ConfigError) -> Robustness {
    let claims = plan.claims.filter { !$0.baselines.isEmpty }
    var gains = card.rows.filter { !$0.claim.baselines.isEmpty }.map { [$0.figure?.quotient] }
    for perturbation in Perturbation.all {
      let rows = try rows(ScorecardPlan(claims, perturbation))
      for (i, row) in rows.enumerated() { gains[i].append(row.figure?.quotient) }
    }
    return Robustness(
      rows: zip(claims, zip(gains, card.rows.filter { !$0.claim.baselines.isEmpty }))
        .filter { $0.1.1.verdict != .skipped }
        .map { Robustness.Row(claim: $0.0, gains: $0.1.0) })
  }
}
