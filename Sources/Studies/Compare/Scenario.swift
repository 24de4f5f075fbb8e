internal import Experiment
public import Files
internal import Metrics

/// An experiment with what is known of its result from elsewhere: theory, arithmetic, a paper.
public struct Scenario: Sendable {
  /// Path of the file.
  let file: String
  let name: String
  /// The one run.
  let plan: SweepPlan
  let expectations: [Expectation]

  /// Whether the file at `path` is a scenario: it has the key `expect`.
  ///
  /// - Throws: `ConfigError` when it cannot be read.
  static func isScenario(_ path: String) throws(ConfigError) -> Bool {
    ScenarioFile.isOne(try ConfigNode(yaml: try ExperimentConfig.text(of: path), file: path))
  }

  /// Reads the scenario at `path`: `base` is an experiment or the path of one, `set` lays dotted
  /// keys over it, `expect` maps keys of summary.json to what they must be.
  ///
  /// - Throws: `ConfigError` for the first fault.
  init(readingFrom path: String) throws(ConfigError) {
    let root = try ConfigNode(yaml: try ExperimentConfig.text(of: path), file: path)
    let source = try ScenarioFile(root, path: path)
    var expectations: [Expectation] = []
    for entry in source.expectations { expectations.append(try Expectation(entry)) }
    self.expectations = expectations
    file = path
    name = Paths.stem(of: path)
    plan = try SweepPlan(SweepFile(base: source.experiment), file: path)
  }
}

/// Scenarios that were run and checked.
public struct ScenarioReport: Sendable {
  /// One expectation and what came.
  struct Row: Sendable {
    let scenario: String
    let metric: String
    let expected: String
    let got: String
    let isRight: Bool
    let why: String
  }

  let rows: [Row]
  let count: Int

  /// Whether `path` is a scenario, or a directory that holds no results.
  ///
  /// - Throws: `ConfigError` when it cannot be read.
  public static func isOne(_ path: String) throws(ConfigError) -> Bool {
    guard (try? Posix.kind(of: path)) == .directory else { return try Scenario.isScenario(path) }
    return !["summary.json", "sweep.csv", "sweep.json"].contains {
      (try? Posix.kind(of: Paths.join(path, $0))) == .file
    }
  }

  /// Whether an expectation failed.
  public var isWorse: Bool { rows.contains { !$0.isRight } }

  /// Runs the scenario at `path`, or every one in the directory at `path`, in `pool`.
  ///
  /// - Throws: `ConfigError` for a fault of any file, before the first run, and for a directory
  ///   without scenarios.
  public init(of path: String, in pool: RunPool) throws(ConfigError) {
    var scenarios: [Scenario] = []
    for file in try Self.files(at: path) { scenarios.append(try Scenario(readingFrom: file)) }
    let runs = pool.run(scenarios.flatMap(\.plan.points), keepsRequests: false)
    rows = zip(scenarios, runs).flatMap { Self.check($0, $1.outcome) }
    count = scenarios.count
  }

  private static func files(at path: String) throws(ConfigError) -> [String] {
    guard (try? Posix.kind(of: path)) == .directory else { return [path] }
    do {
      let names = try Posix.names(in: path).filter { $0.hasSuffix(".yaml") }
      guard !names.isEmpty else {
        throw ConfigError(
          .file(path),
          "has no scenarios (*.yaml with base and expect); two results are compared by "
            + "martlet compare A B")
      }
      return names.map { Paths.join(path, $0) }
    } catch let failure as Posix.Failure {
      throw ConfigError(.file(path), "cannot be read: \(failure.reason)")
    } catch let error as ConfigError {
      throw error
    } catch {
      throw ConfigError(.file(path), "\(error)")
    }
  }

  private static func check(_ scenario: Scenario, _ outcome: PointOutcome) -> [Row] {
    let names = SweepTable.valueNames
    let values: [SummaryValue]
    let fault: String
    switch outcome {
    case .done(let got): (values, fault) = (got, "")
    case .stopped(let got, let reason): (values, fault) = (got, "stopped: \(reason)")
    case .failed(let reason): (values, fault) = ([], "failed: \(reason)")
    }
    func row(_ expectation: Expectation, _ got: String, _ isRight: Bool) -> Row {
      Row(
        scenario: scenario.name, metric: expectation.metric, expected: expectation.text, got: got,
        isRight: isRight, why: expectation.why)
    }
    return scenario.expectations.map { expectation in
      if expectation.metric == "seed" {
        let seed = "\(scenario.plan.points[0].config.seed)"
        return row(expectation, seed, expectation.holds(seed))
      }
      guard !values.isEmpty, let index = names.firstIndex(of: expectation.metric) else {
        return row(expectation, fault, false)
      }
      let cell = values[index].cell
      return row(expectation, cell.isEmpty ? "undefined" : cell, expectation.holds(cell))
    }
  }
}

// MARK: - Output

extension ScenarioReport {
  /// The answer for a person.
  public var text: String {
    var table = TextTable([
      .text("scenario"), .text("metric"), .number("expected"), .number("got"), .text("verdict"),
    ])
    for row in rows {
      let got = Double(row.got).map { NumberShown.plain($0) } ?? row.got
      table.add([row.scenario, row.metric, row.expected, got, row.isRight ? "ok" : "WRONG"])
    }
    let wrong = rows.filter { !$0.isRight }
    let reasons = wrong.filter { !$0.why.isEmpty }
      .map { "\($0.scenario) \($0.metric): expected \($0.expected) because \($0.why)" }
    let runs = count == 1 ? "1 scenario" : "\(count) scenarios"
    let end =
      wrong.isEmpty
      ? "\(runs), all \(rows.count) expectations hold"
      : "\(runs), \(wrong.count) of \(rows.count) expectations fail"
    return (table.lines + reasons + [end]).joined(separator: "\n") + "\n"
  }

  /// The answer of `--json`.
  public var json: JSON {
    .object([
      ("scenarios", .integer(Int64(count))), ("verdict", .string(isWorse ? "wrong" : "ok")),
      (
        "rows",
        .array(
          rows.map { row in
            .object([
              ("scenario", .string(row.scenario)), ("metric", .string(row.metric)),
              ("expected", .string(row.expected)), ("got", .scalar(row.got)),
              ("ok", .bool(row.isRight)), ("why", .string(row.why)),
            ])
          })
      ),
    ])
  }

  /// Columns of compare.csv.
  private static let columns: [ColumnEntry] = [
    ColumnEntry("scenario", "", "Name of the scenario's file.", "expectations"),
    ColumnEntry("metric", "", "A key of summary.json.", "expectations"),
    ColumnEntry("expected", "", "What it must be.", "expectations"),
    ColumnEntry("got", "", "What it is.", "expectations"),
    ColumnEntry("ok", "", "1 when the expectation holds, else 0.", "expectations"),
    ColumnEntry("why", "", "Where the expectation comes from.", "expectations that say so"),
  ]

  /// compare.csv and columns.json, by name.
  public var files: [(name: String, bytes: [UInt8])] {
    var table = CSVText.row(Self.columns.map(\.name))
    for row in rows {
      table += CSVText.row([
        row.scenario, row.metric, row.expected, row.got, row.isRight ? "1" : "0", row.why,
      ])
    }
    return [
      ("compare.csv", Array(table.utf8)),
      ("columns.json", ColumnCatalog.json([("compare.csv", Self.columns)]).bytes),
    ]
  }
}
