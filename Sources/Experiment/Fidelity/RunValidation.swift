public import Calibration
internal import Catalog
public import Files
internal import Metrics
internal import Units

/// How far replayed runs lie from measured ones, by engine, model and GPU.
public struct RunValidation: Sendable {
  /// One measured time and its replay.
  public struct Pair: Sendable {
    /// The row.
    public let row: MeasuredRunRow
    /// Engine profile that replayed it.
    public let profile: String
    /// What was measured.
    public let metric: RunMetric
    /// Measured, s.
    public let measured: Double
    /// Replayed, s.
    public let replayed: Double

    var error: Double { replayed / measured - 1 }
  }

  /// Runs of one engine, model and GPU and one metric.
  struct Group: Sendable {
    let source: String
    let engine: String
    let model: String
    let gpu: String
    let profile: String
    let metric: String
    let errors: ErrorSummary
    /// Correlation of predicted and measured values over requests; nil for rows of means.
    var correlation: Double?
  }

  /// Rows without a replay.
  struct Skipped: Sendable {
    let source: String
    let engine: String
    let model: String
    let reason: String
    var rows: Int
  }

  /// Every measured time that was replayed, in the order of the files.
  public private(set) var pairs: [Pair] = []
  private(set) var groups: [Group] = []
  private(set) var skipped: [Skipped] = []

  /// Reads and replays `paths`.
  ///
  /// - Throws: `ConfigError` for files that cannot be read and settings that do not fit.
  public init(_ paths: [String], _ choice: RunChoice) throws(ConfigError) {
    guard !paths.isEmpty else {
      throw ConfigError(nil, "no file; name at least one file of measured runs")
    }
    var replay = try choice.replay()
    var files: [MeasuredRunFile] = []
    for path in paths { files.append(try MeasuredRunFile(path, choice)) }
    try choice.checkEngine(files)
    if let model = choice.fittedOn { try replay.fit(paths, to: model, choice) }
    for file in files {
      let (path, source) = (file.path, Paths.last(of: file.path))
      switch file.content {
      case .runs(let rows): add(try replay.pairs(rows, source: source, skipped: &skipped), source)
      case .requests(let measured): groups += try replay.compare(measured, path, choice)
      }
    }
    guard !groups.isEmpty else {
      throw ConfigError(
        nil,
        skipped.isEmpty
          ? "no row is left of this engine, model and GPU"
          : "no row can be replayed; \(omissions.joined(separator: "; "))")
    }
  }

  /// What was left out, and why, one line each.
  public var omissions: [String] {
    skipped.map { row in
      "\(row.source): \(row.rows) rows of \(row.engine) \(row.model) left out: \(row.reason)"
    }
  }

  private mutating func add(_ pairs: [Pair], _ source: String) {
    self.pairs += pairs
    for metric in RunMetric.allCases {
      let rows = pairs.filter { $0.metric == metric }
      var keys: [[String]] = []
      for pair in rows where !keys.contains(pair.key) { keys.append(pair.key) }
      for key in keys {
        let errors = rows.filter { $0.key == key }.map(\.error)
        guard let summary = ErrorSummary(errors) else { continue }
        groups.append(
          Group(
            source: source, engine: key[0], model: key[1], gpu: key[2], profile: key[3],
            metric: metric.rawValue, errors: summary))
      }
      guard keys.count > 1, let summary = ErrorSummary(rows.map(\.error)) else { continue }
      groups.append(
        Group(
          source: source, engine: "all", model: "all", gpu: "all", profile: "all",
          metric: metric.rawValue, errors: summary))
    }
  }
}

extension RunValidation.Pair {
  fileprivate var key: [String] {
    let run = row.run
    return [
      "\(row.engine) \(row.version)".trimmed, run?.model.name ?? row.modelName,
      run?.gpu.name ?? row.gpuName, profile,
    ]
  }
}

extension String {
  fileprivate var trimmed: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}

// MARK: - Replays

extension RunReplay {
  /// Replays `rows`; one that cannot be is counted in `skipped` with its reason.
  func pairs(
    _ rows: [MeasuredRunRow], source: String, skipped: inout [RunValidation.Skipped]
  ) throws(ConfigError) -> [RunValidation.Pair] {
    var pairs: [RunValidation.Pair] = []
    func skip(_ row: MeasuredRunRow, _ reason: String) {
      let engine = "\(row.engine) \(row.version)".trimmed
      let index = skipped.firstIndex {
        $0.source == source && $0.engine == engine && $0.model == row.modelName
          && $0.reason == reason
      }
      if let index {
        skipped[index].rows += 1
      } else {
        skipped.append(
          .init(source: source, engine: engine, model: row.modelName, reason: reason, rows: 1))
      }
    }
    for row in rows {
      guard let run = row.run else {
        skip(row, row.reason)
        continue
      }
      guard let profile = profile(of: row) else {
        skip(row, "no engine profile for \(row.engine); name one with --profile")
        continue
      }
      let times: Times
      do {
        times = try self.times(run, engine: row.engine, profile: profile)
      } catch {
        // A setting of the user is at fault, not the row.
        if case .flag(let flag)? = error.place, flag.hasPrefix("--set") { throw error }
        skip(row, error.message)
        continue
      }
      for (metric, time) in run.times {
        guard let replayed = times.value(of: metric) else { continue }
        pairs.append(
          .init(
            row: row, profile: profile + origin, metric: metric, measured: time.value,
            replayed: replayed))
      }
    }
    return pairs
  }

  /// Takes the profile and the host times that the rows of `model` in `paths` ask for.
  mutating func fit(
    _ paths: [String], to model: String, _ choice: RunChoice
  ) throws(ConfigError) {
    var rows = choice
    (rows.model, rows.fittedOn) = (model, nil)
    let fit = try RunCalibration(paths, rows)
    profile = fit.profile
    overrides = fit.overrides + overrides
    origin = " fitted to \(try choice.model(of: model).name)"
  }

  /// Replays the requests of the file at `path` at their times.
  func compare(
    _ measured: MeasuredRequests, _ path: String, _ choice: RunChoice
  ) throws(ConfigError) -> [RunValidation.Group] {
    guard let gpu = choice.gpu, let model = choice.model else {
      throw ConfigError(
        .file(path), "is a file of requests; write --gpu NAME and --model NAME beside it")
    }
    let name = profile ?? EngineProfile.standard.name
    let (served, hardware) = (try choice.model(of: model), try choice.gpu(of: gpu))
    let list = [
      ("model", served.name), ("cluster.gpu", hardware.name),
      ("cluster.tensor_parallel", "\(choice.tensorParallel)"), ("engine.profile", name),
      ("workload.generate", "null"), ("workload.trace", path), ("workload.format", "measured"),
    ].map { Override($0.0, $0.1, from: $0.0) }
    let table = try Self.requests(try Assembly(try .unwritten(list + overrides)))
    guard table.count == measured.requests.count else {
      throw ConfigError(.file(path), "has requests without tokens, which cannot be replayed")
    }
    return Self.compare(measured, table).map { metric, errors, correlation in
      RunValidation.Group(
        source: Paths.last(of: path), engine: choice.engine ?? "-", model: served.name,
        gpu: hardware.name, profile: name + origin, metric: metric, errors: errors,
        correlation: correlation)
    }
  }

  private static func compare(
    _ measured: MeasuredRequests, _ table: RequestTable
  ) -> [(String, ErrorSummary, Double?)] {
    let outcomes = (0..<table.count).map { table.outcome(of: $0) }
    let requests = measured.requests
    func seconds(_ time: Int64?) -> Double? { time.map { Double($0) * 1e-12 } }
    let figures: [(String, [(Double?, Double?)], ([Double]) -> Double)] = [
      ("mean_tpot", zip(outcomes, requests).map { (seconds($0.tpot), $1.tpot) }, Self.mean),
      ("mean_latency", zip(outcomes, requests).map { (seconds($0.e2el), $1.latency) }, Self.mean),
      ("median_ttft", zip(outcomes, requests).map { (seconds($0.ttft), $1.ttft) }, Self.median),
    ]
    return figures.compactMap { name, values, figure in
      var (replayed, timed): ([Double], [Double]) = ([], [])
      for case (let a?, let b?) in values {
        replayed.append(a)
        timed.append(b)
      }
      guard !timed.isEmpty, figure(timed) > 0 else { return nil }
      let error = ErrorSummary(
        deviation: figure(replayed) / figure(timed) - 1, rows: timed.count)
      return (name, error, Self.correlation(replayed, timed))
    }
  }

  private static func mean(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(values.count)
  }

  private static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }

  /// Pearson's; nil when one of them does not vary.
  private static func correlation(_ x: [Double], _ y: [Double]) -> Double? {
    let (a, b) = (mean(x), mean(y))
    var (xx, yy, xy) = (0.0, 0.0, 0.0)
    for (u, v) in zip(x, y) {
      xx += (u - a) * (u - a)
      yy += (v - b) * (v - b)
      xy += (u - a) * (v - b)
    }
    return xx > 0 && yy > 0 ? xy / (xx * yy).squareRoot() : nil
  }
}
