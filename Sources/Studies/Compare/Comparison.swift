internal import Files
internal import Metrics

/// Two sides compared, metric by metric and point by point.
public struct Comparison: Sendable {
  /// A as the user named it.
  public let a: String
  /// B as the user named it.
  public let b: String
  let extents: (a: String, b: String)
  let keys: [String]
  private(set) var rows: [ComparisonRow] = []
  /// Metrics that only one side has.
  let only: (a: [String], b: [String])
  /// What a reader should know, one line each.
  let notes: [String]
  let confidence: Double
  /// Rows that an interval decides: each has its share of the error that all may make.
  let intervals: Int

  /// Whether some metric is worse in B, or B lacks a point of A.
  public var isWorse: Bool { rows.contains { $0.verdict == .worse } }
  /// Whether a metric that was asked for by name is defined on one side alone.
  public var isMissing: Bool { rows.contains { $0.verdict == .missing } }

  /// Compares `b` with `a`.
  ///
  /// All intervals together hold with the confidence of `settings` (Bonferroni: each has its share
  /// of the error).
  ///
  /// - Throws: `ConfigError` when a metric that was asked for does not exist, when no point of B
  ///   is one of A, and when nothing can be judged.
  init(_ a: ComparedSide, _ b: ComparedSide, _ settings: CompareSettings) throws(ConfigError) {
    (self.a, self.b) = (a.name, b.name)
    extents = (a.extent, b.extent)
    confidence = settings.confidence
    only = (a.metrics(without: b), b.metrics(without: a))
    try settings.check(against: a.metrics(and: b))
    let match = try PointMatch(a, b)
    keys = match.keys
    let names = settings.names(standing: ComparedMetric.judged)
    var drafts: [(row: ComparisonRow, estimate: DifferenceEstimate?, pair: PointPair)] = []
    for pair in match.pairs {
      if let row = Self.losses(pair) { drafts.append((row, nil, pair)) }
      for name in names {
        if let (row, estimate) = pair.draft(name, settings) {
          drafts.append((row, estimate, pair))
        }
      }
    }
    intervals = drafts.count { $0.row.takesInterval }
    let level = 1 - (1 - settings.confidence) / Double(max(1, intervals))
    rows = drafts.map {
      Self.judged($0.row, $0.estimate, $0.pair, level: level, single: settings.confidence)
    }
    rows += match.missing.map(Self.missing)
    notes = match.notes + a.faults + b.faults + Self.notes(match.pairs, keys: match.keys, rows)
    try checkJudged()
  }

  private static func judged(
    _ draft: ComparisonRow, _ estimate: DifferenceEstimate?, _ pair: PointPair, level: Double,
    single: Double
  ) -> ComparisonRow {
    var row = draft
    if let estimate {
      row.judge(by: estimate, level: level)
    } else if row.method == .exact || row.method == .count {
      row.judgeExactly()
      if let interval = pair.requestInterval(row.metric, level: single), row.meanA != 0 {
        let base = row.meanA.magnitude
        row.relativeInterval = (interval.low / base, interval.high / base)
        row.level = single
      }
    } else if !row.a.isEmpty, !row.b.isEmpty {
      let reason = row.reason
      row.judgeExactly()
      if !reason.isEmpty { row.verdict = .open }
    }
    return row
  }

  /// Runs that ended badly, if there are any.
  private static func losses(_ pair: PointPair) -> ComparisonRow? {
    guard pair.lost.a + pair.lost.b > 0 else { return nil }
    return ComparisonRow(
      point: pair.cells, metric: "failed_runs", sense: .higher, a: [Double(pair.lost.a)],
      b: [Double(pair.lost.b)], method: .count, tolerance: .absolute(0))
  }

  /// A point that B has lost.
  private static func missing(_ point: [String]) -> ComparisonRow {
    var row = ComparisonRow(
      point: point, metric: "missing_points", sense: .higher, a: [0], b: [1], method: .count,
      tolerance: .absolute(0))
    row.judgeExactly()
    return row
  }

  private static func notes(
    _ pairs: [PointPair], keys: [String], _ rows: [ComparisonRow]
  ) -> [String] {
    var notes: [String] = []
    for pair in pairs {
      let place = zip(keys, pair.cells).map { "\($0)=\($1)" }.joined(separator: " ")
      for note in pair.doubts { notes.append(place.isEmpty ? note : "\(place): \(note)") }
    }
    if rows.contains(where: { $0.method == .bare && $0.reason.hasPrefix("other arrivals") }) {
      notes.append(
        "the runs have other arrivals: without seeds a difference cannot be told from chance")
    }
    if notes.count > 12 {
      notes = notes.prefix(11) + ["and \(notes.count - 11) more such notes"]
    }
    return notes
  }

  /// Refuses an answer in which nothing was judged: that both sides lost as many runs says nothing.
  private func checkJudged() throws(ConfigError) {
    let isJudged = rows.contains { row in
      row.method == .count ? row.verdict == .worse : row.verdict != .open
    }
    guard !isJudged else { return }
    let rows = rows.filter { $0.method != .count }
    let isLost = rows.allSatisfy { $0.a.isEmpty || $0.b.isEmpty }
    guard !isLost || !self.rows.contains(where: { $0.metric == "failed_runs" }) else {
      throw ConfigError(
        nil, "\(a) and \(b) have nothing to compare: no point has runs of both that ended well")
    }
    let judgeable = rows.filter { $0.sense != .neither }
    guard let row = judgeable.first else {
      let what = rows.isEmpty ? "have no metric in common" : "share no metric that can be worse"
      throw ConfigError(nil, "\(a) and \(b) \(what); see --metrics")
    }
    throw ConfigError(
      nil,
      "nothing of \(a) and \(b) can be judged: \(row.reason); give both the same seed or trace, "
        + "several seeds each, or a --tolerance")
  }
}

/// The points that two sides share.
struct PointMatch {
  /// The varied keys by which they are told apart.
  let keys: [String]
  private(set) var pairs: [PointPair] = []
  /// The points that only A has.
  private(set) var missing: [[String]] = []
  /// What one side has and the other has not.
  private(set) var notes: [String] = []

  /// Matches points by the keys that both sides vary; a key of one side alone must have one value.
  ///
  /// - Throws: `ConfigError` when it has several, or no point is on both sides.
  init(_ a: ComparedSide, _ b: ComparedSide) throws(ConfigError) {
    let keys = a.keys.filter { b.keys.contains($0) }
    self.keys = keys
    for (side, other) in [(a, b), (b, a)] {
      for (i, key) in side.keys.enumerated() where !keys.contains(key) {
        let values = Set(side.points.map { $0.cells[i] })
        guard values.count == 1 else {
          throw ConfigError(
            .file(side.name), "varies \(key) and \(other.name) does not; there is no pair for each")
        }
      }
    }
    func cells(_ point: ComparedPoint, _ side: ComparedSide) -> [String] {
      keys.compactMap { key in side.keys.firstIndex(of: key).map { point.cells[$0] } }
    }
    var theirs: [[String]: ComparedPoint] = [:]  // only looked up
    for point in b.points { theirs[cells(point, b)] = point }
    for point in a.points {
      let own = cells(point, a)
      guard let other = theirs.removeValue(forKey: own) else {
        missing.append(own)
        continue
      }
      pairs.append(PointPair(own, point, of: a, other, of: b))
    }
    let extra = b.points.map { cells($0, b) }.filter { theirs[$0] != nil }
    note(missing, only: a.name)
    note(extra, only: b.name)
    guard !pairs.isEmpty else {
      throw ConfigError(
        nil,
        "\(a.name) and \(b.name) have no point in common; they are told apart by "
          + (keys.isEmpty ? "nothing" : keys.joined(separator: ", ")))
    }
  }

  private mutating func note(_ points: [[String]], only name: String) {
    guard let first = points.first else { return }
    let place = zip(keys, first).map { "\($0)=\($1)" }.joined(separator: " ")
    let more = points.count == 1 ? "" : " and \(points.count - 1) more"
    notes.append("only in \(name): the point \(place)\(more)")
  }
}
