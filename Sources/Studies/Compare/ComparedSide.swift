internal import Files
internal import Metrics
internal import Units

/// One of two things that are compared: runs with their keys and values, wherever they come from.
struct ComparedSide: Sendable {
  /// Where the runs come from.
  enum Kind: Sendable, Equatable {
    /// One run of this program.
    case run
    /// A table of many.
    case sweep
    /// A run that was measured.
    case measured
  }

  /// As the user named it.
  let name: String
  let kind: Kind
  /// The varied keys.
  var keys: [String]
  /// Keys of summary.json, one a cell.
  let columns: [String]
  /// The combinations of varied keys, in the order of the table.
  var points: [ComparedPoint]
  /// Most requests that the configuration lets run at once, all instances; nil: not known.
  var mostSequences: Int?
  private let index: [String: Int]  // only looked up

  /// A side whose runs have a cell for each of `columns`.
  init(name: String, kind: Kind, keys: [String], columns: [String], points: [ComparedPoint]) {
    (self.name, self.kind, self.keys) = (name, kind, keys)
    (self.columns, self.points) = (columns, points)
    index = Dictionary(columns.enumerated().map { ($1, $0) }) { first, _ in first }
  }

  /// The value of `metric` in `run`; nil when it is undefined or not finite.
  func number(_ metric: String, in run: ComparedRun) -> Double? {
    guard let value = Double(text(metric, in: run)), value.isFinite else { return nil }
    return value
  }

  /// The cell of `column` in `run`; empty when there is none.
  func text(_ column: String, in run: ComparedRun) -> String {
    index[column].map { run.cells[$0] } ?? ""
  }

  /// Results that some run has a number for, in the order of the table.
  var metrics: [String] {
    columns.enumerated().filter { index, name in
      ComparedMetric.isResult(name)
        && points.contains { point in
          point.runs.contains { Double($0.cells[index])?.isFinite ?? false }
        }
    }.map(\.element)
  }

  /// Results whose cell in some run is neither empty nor a finite number, each with that cell;
  /// in the order of the table.
  var unreadable: [(metric: String, cell: String)] {
    columns.enumerated().compactMap { index, name in
      guard ComparedMetric.isResult(name), ComparedMetric.isKnown(name) else { return nil }
      let cells = runs.lazy.map { $0.cells[index] }
      return cells.first { !$0.isEmpty && !(Double($0)?.isFinite ?? false) }.map { (name, $0) }
    }
  }

  /// One line about what is unreadable, if anything is.
  var faults: [String] {
    let list = unreadable.map { "\($0.metric) \"\($0.cell)\"" }
    return list.isEmpty ? [] : ["no number in \(name): \(list.joined(separator: ", "))"]
  }

  /// The metrics that this side or `other` has.
  func metrics(and other: ComparedSide) -> [String] {
    let own = metrics
    return own + other.metrics.filter { !own.contains($0) }
  }

  /// The metrics of this side that `other` lacks: no run of it says anything of them.
  func metrics(without other: ComparedSide) -> [String] {
    let others = other.metrics + other.unreadable.map(\.metric)
    return metrics.filter { !others.contains($0) }
  }

  /// Every run.
  var runs: [ComparedRun] { points.flatMap(\.runs) }

  /// `3 points of 5 seeds`.
  var extent: String {
    let seeds = points.map(\.runs.count).max() ?? 0
    let each = seeds == 1 ? "1 run" : "\(seeds) seeds"
    return points.count == 1 ? each : "\(points.count) points of \(each)"
  }
}

/// The runs of one combination of varied keys; seeds are replications of it.
struct ComparedPoint: Sendable {
  /// Values of the varied keys.
  var cells: [String]
  var runs: [ComparedRun]
}

/// One run.
struct ComparedRun: Sendable {
  /// Seed of every random stream; empty when a measured run has none.
  let seed: String
  /// Values of the side's columns.
  let cells: [String]
  let status: PointStatus
  /// What happened to each request, when that is known.
  var requests: RequestTimes?
}

extension ComparedSide {
  /// Whether `a`, of this side, and `b`, of `other`, served the same requests at the same times.
  ///
  /// Requests decide when both are known; else what summary.json says of the workload: a trace by
  /// its hash, drawn requests by seed, count, rate and their tokens.
  func sharesArrivals(_ a: ComparedRun, with other: ComparedSide, _ b: ComparedRun) -> Bool {
    func agrees(_ column: String) -> Bool { text(column, in: a) == other.text(column, in: b) }
    if let first = a.requests, let second = b.requests {
      let isClosed = text("max_concurrency", in: a) != ""
      return first.input == second.input && first.output == second.output
        && (isClosed ? agrees("max_concurrency") : first.arrival == second.arrival)
    }
    let settings = ["trace_hash", "num_prompts", "request_rate", "burstiness", "max_concurrency"]
    guard text("num_prompts", in: a) != "", settings.allSatisfy(agrees) else { return false }
    let isWhole = text("failed", in: a) == "0" && other.text("failed", in: b) == "0"
    let lengths = ["total_input_tokens", "total_output_tokens"]
    guard !isWhole || lengths.allSatisfy(agrees) else { return false }
    return text("trace_hash", in: a) != "" || (a.seed != "" && a.seed == b.seed)
  }
}

/// Arrivals and times of the requests of a run, in order of arrival.
struct RequestTimes: Sendable {
  /// Picoseconds.
  var arrival: [Int64] = []
  /// Prompt tokens.
  var input: [Int64] = []
  /// Output tokens.
  var output: [Int64] = []
  /// Time to first token and so on, by the name that it has in a metric; picoseconds, nil where
  /// undefined and for requests of the warm-up.
  var times: [(name: String, values: [Int64?])] = []

  /// The times that requests have.
  static let names = ["ttft", "tpot", "e2el", "queue_time"]

  /// The requests of a run of this process.
  init(_ table: RequestTable) {
    let outcomes = (0..<table.count).map { table.isMeasured($0) ? table.outcome(of: $0) : nil }
    arrival = table.arrival.map(\.picoseconds)
    input = table.prompt.map { Int64($0) }
    output = table.output.map { Int64($0) }
    times = [
      ("ttft", outcomes.map { $0?.ttft }), ("tpot", outcomes.map { $0?.tpot }),
      ("e2el", outcomes.map { $0?.e2el }), ("queue_time", outcomes.map { $0?.queueTime }),
    ]
  }

  /// The requests of a requests.csv.
  ///
  /// - Throws: `ConfigError` when it is not one: a number that is negative, beyond 64 bits or with
  ///   other decimals is none of a run.
  init(readingFrom path: String) throws(ConfigError) {
    let table = try ResultTable(readingFrom: path)
    func column(_ name: String, decimals: Int) throws(ConfigError) -> [Int64?] {
      let index = try table.index(of: name)
      var values: [Int64?] = []
      values.reserveCapacity(table.rows.count)
      for (row, cells) in table.rows.enumerated() {
        let text = cells[index]
        let value = Self.whole(text, decimals: decimals)
        guard value.map({ $0 >= 0 }) ?? text.isEmpty else {
          throw ConfigError(
            .line(file: path, table.lines[row]), key: name,
            "is \"\(text)\"; is it a requests.csv of martlet?")
        }
        values.append(value)
      }
      return values
    }
    arrival = try column("arrival_s", decimals: 12).map { $0 ?? -1 }
    input = try column("input_len", decimals: 0).map { $0 ?? -1 }
    output = try column("output_len", decimals: 0).map { $0 ?? -1 }
    let isMeasured = try table.columns.contains("measured") ? column("measured", decimals: 0) : nil
    for name in Self.names {
      var values = try column("\(name)_ms", decimals: 9)
      for row in values.indices where isMeasured?[row] == 0 { values[row] = nil }
      times.append((name, values))
    }
  }

  /// `text`, which has exactly so many decimals, in units of the last one.
  private static func whole(_ text: String, decimals: Int) -> Int64? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard decimals > 0 else { return Int64(text) }
    guard parts.count == 2, parts[1].utf8.count == decimals else { return nil }
    return Int64(parts[0] + parts[1])
  }

  /// The interval, of confidence `level`, of the mean difference of `metric` (mean_ttft_ms …) over
  /// the requests that both runs have a time for, in ms; nil for other metrics and short runs.
  ///
  /// Neighbouring requests share batches, so differences are averaged over 20 consecutive parts.
  func meanDifference(of metric: String, to other: RequestTimes, level: Double) -> Interval? {
    guard let name = Self.names.first(where: { metric == "mean_\($0)_ms" }),
      let mine = times.first(where: { $0.name == name })?.values,
      let theirs = other.times.first(where: { $0.name == name })?.values,
      mine.count == theirs.count
    else { return nil }
    let differences = zip(mine, theirs).compactMap { a, b in
      a.flatMap { a in b.map { $0 - a } }
    }
    let sections = BatchMeans(batches: 20).means(of: differences)
    return sections.map {
      let interval = $0.interval(level: level)
      return Interval(mean: interval.mean * 1e-9, halfWidth: interval.halfWidth * 1e-9)
    }
  }
}
