internal import Experiment
public import Files
internal import Metrics

/// A simulated run against a measured one, key by key, to see whether it can be believed.
public struct MeasuredComparison: Sendable {
  struct Row: Sendable {
    let metric: String
    /// nil where it is undefined; of a metric that was asked for by name one may be.
    let measured: Double?
    let simulated: Double?
    /// simulated / measured − 1; nil when that is 0.
    let error: Double?
    /// Given tolerance; nil: the band of documented errors, which only informs.
    let tolerance: Tolerance?
    let isOutside: Bool

    /// What has no value; nil when both have one.
    var missing: String? {
      measured == nil ? "measured" : simulated == nil ? "simulated" : nil
    }
  }

  let measured: String
  let simulated: String
  private(set) var rows: [Row] = []
  let only: (measured: [String], simulated: [String])
  private(set) var notes: [String] = []

  /// The error within which most simulated means of measured runs lie (README, "How near to
  /// measured hardware").
  static let band = 0.10

  /// Whether an error is beyond a tolerance that was given.
  public var isWorse: Bool { rows.contains { $0.tolerance != nil && $0.isOutside } }

  /// Whether a metric that was asked for by name is defined on one side alone.
  public var isMissing: Bool { rows.contains { $0.missing != nil } }

  /// Compares a side that was measured with one that was simulated; several runs count with their
  /// mean.
  ///
  /// - Throws: `ConfigError` when the simulated side has several points, or a metric that was asked
  ///   for does not exist.
  init(
    measured: ComparedSide, simulated: ComparedSide, _ settings: CompareSettings
  ) throws(ConfigError) {
    (self.measured, self.simulated) = (measured.name, simulated.name)
    guard simulated.points.count == 1 else {
      throw ConfigError(
        .file(simulated.name),
        "has \(simulated.points.count) points; one configuration is compared with a measured run")
    }
    only = (measured.metrics(without: simulated), simulated.metrics(without: measured))
    try settings.check(against: measured.metrics(and: simulated))
    for name in settings.names(standing: ComparedMetric.measured) {
      let (first, second) = (Self.mean(name, measured), Self.mean(name, simulated))
      if let first, let second {
        rows.append(Self.row(name, first, second, settings.tolerance(of: name)))
      } else if settings.isNamed(name), first != nil || second != nil {
        rows.append(
          Row(
            metric: name, measured: first, simulated: second, error: nil,
            tolerance: settings.tolerance(of: name), isOutside: false))
      }
    }
    guard !rows.isEmpty else {
      throw ConfigError(nil, "\(measured.name) and \(simulated.name) have no metric in common")
    }
    notes = measured.faults + simulated.faults + Self.notes(measured, simulated)
  }

  private static func mean(_ metric: String, _ side: ComparedSide) -> Double? {
    let values = side.runs.filter { $0.status == .ok }.compactMap { side.number(metric, in: $0) }
    return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  private static func row(
    _ metric: String, _ measured: Double, _ simulated: Double, _ tolerance: Tolerance?
  ) -> Row {
    let difference = (simulated - measured).magnitude
    let limit =
      switch tolerance ?? .relative(band) {
      case .relative(let share): share * measured.magnitude
      case .absolute(let amount): amount
      }
    return Row(
      metric: metric, measured: measured, simulated: simulated,
      error: measured == 0
        ? (simulated == 0 ? 0 : nil) : (simulated - measured) / measured.magnitude,
      tolerance: tolerance, isOutside: difference > limit)
  }

  /// What makes the two incomparable, or hints at a wrong setting.
  private static func notes(_ measured: ComparedSide, _ simulated: ComparedSide) -> [String] {
    var notes: [String] = []
    if let peak = mean("max_concurrent_requests", measured), let most = simulated.mostSequences,
      peak > Double(most)
    {
      notes.append(
        "the measured run peaked at \(NumberShown.plain(peak)) concurrent requests, the "
          + "configuration runs \(most) at once; set engine.scheduler.max_num_seqs")
    }
    let workload = [
      "num_prompts", "completed", "total_input_tokens", "total_output_tokens", "request_rate",
      "max_concurrency",
    ]
    for key in workload {
      guard let first = mean(key, measured), let second = mean(key, simulated) else { continue }
      guard (first - second).magnitude > 0.02 * max(first.magnitude, second.magnitude) else {
        continue
      }
      notes.append(
        "not the same workload: \(key) is \(NumberShown.plain(first)) measured, "
          + "\(NumberShown.plain(second)) simulated")
    }
    for run in simulated.runs {
      let verdict = simulated.text("verdict", in: run)
      guard verdict != "", verdict != "STABLE" else { continue }
      notes.append("the simulated run is \(verdict): small errors of capacity become large ones")
      break
    }
    return notes
  }

  // MARK: - Output

  /// The answer for a person.
  public var text: String {
    var table = TextTable([
      .text("metric"), .number("measured"), .number("simulated"), .number("error"), .text(""),
    ])
    for row in rows {
      let limit =
        row.tolerance.map { "\($0)" } ?? "the usual ±\(NumberText.trimmed(100 * Self.band, 6)) %"
      table.add([
        row.metric, NumberShown.plain(row.measured), NumberShown.plain(row.simulated),
        NumberShown.change(row.error),
        row.missing.map { "MISSING: not \($0)" } ?? (row.isOutside ? "outside \(limit)" : ""),
      ])
    }
    var lines = ["measured   \(measured)", "simulated  \(simulated)"] + table.lines
    for (name, metrics) in [("measured", only.measured), ("simulated", only.simulated)]
    where !metrics.isEmpty {
      lines.append("only \(name): \(metrics.joined(separator: ", "))")
    }
    lines += notes.map { "note: \($0)" }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The answer of `--json`.
  public var json: JSON {
    .object([
      ("measured", .string(measured)), ("simulated", .string(simulated)),
      ("verdict", .string(isWorse ? "worse" : isMissing ? "missing" : "not worse")),
      (
        "rows",
        .array(
          rows.map { row in
            .object([
              ("metric", .string(row.metric)),
              ("unit", .string(ComparedMetric.unit(of: row.metric))),
              ("measured", row.measured.map { .number($0) } ?? .null),
              ("simulated", row.simulated.map { .number($0) } ?? .null),
              ("error", row.error.map { .number($0) } ?? .null),
              ("tolerance", row.tolerance.map { .string("\($0)") } ?? .null),
              ("outside", row.missing == nil ? .bool(row.isOutside) : .null),
            ])
          })
      ),
      ("only_measured", .array(only.measured.map { .string($0) })),
      ("only_simulated", .array(only.simulated.map { .string($0) })),
      ("notes", .array(notes.map { .string($0) })),
    ])
  }

  /// Columns of compare.csv.
  private static let columns: [ColumnEntry] = [
    ColumnEntry(
      "metric", "", "A key of both results, or one that was asked for by name.", "metrics"),
    ColumnEntry("unit", "", "Unit of measured and simulated.", "metrics"),
    ColumnEntry("measured", "", "What was measured.", "metrics that it has"),
    ColumnEntry("simulated", "", "What was simulated, mean over runs.", "metrics that it has"),
    ColumnEntry("error", "1", "simulated / measured - 1.", "measured is not 0"),
    ColumnEntry("tolerance", "", "The tolerance that was given.", "metrics with one"),
    ColumnEntry(
      "outside", "", "1 when the error is beyond the tolerance, or beyond 10 % without one.",
      "metrics that both have"),
  ]

  /// compare.csv and columns.json, by name.
  public var files: [(name: String, bytes: [UInt8])] {
    var table = CSVText.row(Self.columns.map(\.name))
    for row in rows {
      table += CSVText.row([
        row.metric, ComparedMetric.unit(of: row.metric), row.measured.map { "\($0)" } ?? "",
        row.simulated.map { "\($0)" } ?? "", row.error.map { "\($0)" } ?? "",
        row.tolerance.map { "\($0)" } ?? "",
        row.missing == nil ? row.isOutside ? "1" : "0" : "",
      ])
    }
    return [
      ("compare.csv", Array(table.utf8)),
      ("columns.json", ColumnCatalog.json([("compare.csv", Self.columns)]).bytes),
    ]
  }
}
