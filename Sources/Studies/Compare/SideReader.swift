internal import Experiment
internal import Files
internal import Metrics

/// Reads A and B of a comparison: results as they lie, experiments as plans to be run.
enum SideReader {
  /// What a path holds.
  enum Source {
    /// Results.
    case results(ComparedSide)
    /// Runs that are still to be made.
    case plan(SweepPlan)
  }

  /// What may be compared.
  static let known =
    "the --out directory of a run or a sweep, a sweep.csv, a result JSON of vllm bench serve, "
    + "or an experiment (.yaml), which is run"

  /// Reads what lies at `path`; an experiment is run with `changes`.
  ///
  /// - Throws: `ConfigError` that says what it is and what would be right.
  static func read(_ path: String, _ changes: RunChanges) throws(ConfigError) -> Source {
    let place = Place.file(path)
    switch try kind(of: path) {
    case .nothing: throw ConfigError(place, "no such file or directory; write \(known)")
    case .directory: return .results(try directory(path))
    case .file, .other: break
    }
    switch Paths.last(of: path).split(separator: ".").last?.lowercased() {
    case "csv": return .results(try sweep(path, name: path))
    case "json": return try json(path, changes)
    case "yaml", "yml": return .plan(try plan(path, changes))
    default: throw ConfigError(place, "is none of what can be compared; write \(known)")
    }
  }

  private static func kind(of path: String) throws(ConfigError) -> Posix.Kind {
    do {
      return try Posix.kind(of: path)
    } catch {
      throw ConfigError(.file(path), "cannot be read: \(error.reason)")
    }
  }

  private static func directory(_ path: String) throws(ConfigError) -> ComparedSide {
    let isThere = { (name: String) in (try? Posix.kind(of: Paths.join(path, name))) == .file }
    if isThere("summary.json") { return try run(path) }
    if isThere("sweep.csv") { return try sweep(Paths.join(path, "sweep.csv"), name: path) }
    let what =
      isThere("sweep.json")
      ? "is a sweep that is not finished; run it with --resume, or martlet merge"
      : "has neither summary.json nor sweep.csv"
    throw ConfigError(.file(path), "\(what); write \(known)")
  }

  // MARK: - Runs

  /// The run whose directory lies at `path`.
  private static func run(_ path: String) throws(ConfigError) -> ComparedSide {
    let summary = Paths.join(path, "summary.json")
    var side = try ResultObject(readingFrom: summary).side(name: path)
    let requests = Paths.join(path, "requests.csv")
    if (try? Posix.kind(of: requests)) == .file {
      side.points[0].runs[0].requests = try RequestTimes(readingFrom: requests)
    }
    if let config = try? ExperimentConfig.load(Paths.join(path, "config.effective.yaml")) {
      side.mostSequences = ComparedSide.mostSequences(of: config)
    }
    return side
  }

  private static func json(_ path: String, _ changes: RunChanges) throws(ConfigError) -> Source {
    let file = try ResultObject(readingFrom: path)
    if file.isResult { return .results(try file.side(name: path)) }
    guard file.has("model") || file.has("base") else {
      throw ConfigError(
        .file(path), "is neither a summary.json nor a result of vllm bench serve; write \(known)")
    }
    return .plan(try plan(path, changes))
  }

  // MARK: - Sweeps

  /// The table at `path`, which columns between seed and the first result tell apart.
  static func sweep(_ path: String, name: String) throws(ConfigError) -> ComparedSide {
    let table = try ResultTable(readingFrom: path)
    let results = ColumnCatalog.everySummary.map(\.name).filter { $0 != "seed" }
    guard let seed = table.columns.firstIndex(of: "seed"),
      let status = table.columns.firstIndex(of: "status"),
      let first = table.columns.firstIndex(where: results.contains), seed < first, first < status
    else {
      throw ConfigError(
        .file(path),
        "has not the columns of a sweep.csv in order (point, seed, varied keys, results, status)"
      )
    }
    guard !table.rows.isEmpty else { throw ConfigError(.file(path), "has no rows") }
    let keys = (seed + 1)..<first
    var side = ComparedSide(
      name: name, kind: .sweep, keys: Array(table.columns[keys]),
      columns: Array(table.columns[first..<status]), points: [])
    var index: [[String]: Int] = [:]  // only looked up
    var seen: [[String]: Int] = [:]  // only looked up: the run of a point and a seed
    for (row, cells) in table.rows.enumerated() {
      let key = Array(cells[keys])
      guard let state = PointStatus(rawValue: cells[status]) else {
        throw ConfigError(
          .line(file: path, table.lines[row]), key: "status",
          "is \"\(cells[status])\"; it is ok, stopped or failed")
      }
      try checkNumbers(cells, first..<status, of: table, row)
      let run = ComparedRun(
        seed: cells[seed], cells: Array(cells[first..<status]), status: state)
      guard let known = index[key] else {
        index[key] = side.points.count
        seen[key + [run.seed]] = 0
        side.points.append(ComparedPoint(cells: key, runs: [run]))
        continue
      }
      guard let twin = seen[key + [run.seed]] else {
        seen[key + [run.seed]] = side.points[known].runs.count
        side.points[known].runs.append(run)
        continue
      }
      // Tables that were put together may have a row twice; it is one run all the same.
      guard side.points[known].runs[twin].cells == run.cells else {
        throw ConfigError(
          .line(file: path, table.lines[row]), "has the point of an earlier row and other results")
      }
    }
    return side
  }

  /// Refuses a result that is neither empty nor a finite number, or a time below 0: left out, it
  /// would make its seed vanish from both sides without a word.
  private static func checkNumbers(
    _ cells: [String], _ results: Range<Int>, of table: ResultTable, _ row: Int
  ) throws(ConfigError) {
    for i in results where !cells[i].isEmpty {
      let name = table.columns[i]
      guard summaryNames.contains(name), ColumnCatalog.kind(of: name) == .result else { continue }
      guard let value = Double(cells[i]), value.isFinite, value >= 0 || !name.hasSuffix("_ms")
      else {
        throw ConfigError(
          .line(file: table.path, table.lines[row]), key: name,
          "is \"\(cells[i])\"; write a finite number\(name.hasSuffix("_ms") ? " from 0" : "")")
      }
    }
  }

  private static let summaryNames = Set(ColumnCatalog.everySummary.map(\.name))  // only looked up

  // MARK: - Experiments

  /// The runs of the experiment or sweep file at `path`.
  private static func plan(_ path: String, _ changes: RunChanges) throws(ConfigError) -> SweepPlan {
    let text = try ExperimentConfig.text(of: path)
    var root = try ConfigNode(yaml: text, file: path)
    if ScenarioFile.isOne(root) {
      throw ConfigError(.file(path), "is a scenario; martlet compare takes it alone")
    }
    if root.value(at: "base") != nil {
      guard changes.seeds.isEmpty else {
        throw ConfigError(.flag("--seeds"), "\(path) is a sweep file; its seeds stand in it")
      }
      return try SweepPlan(text, file: path, overrides: changes.overrides)
    }
    for override in changes.overrides { try override.apply(to: &root) }
    return try SweepPlan(SweepFile(base: root, seeds: changes.seeds), file: path)
  }
}
