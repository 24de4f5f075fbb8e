internal import Metrics

/// The same point of two sides, and how its runs belong together.
struct PointPair {
  /// How runs of A belong to runs of B.
  enum Matching {
    /// By seed, over the same arrivals.
    case paired([(a: ComparedRun, b: ComparedRun)])
    /// Not at all: several independent runs a side.
    case independent
    /// One of each, over the same arrivals.
    case same(ComparedRun, ComparedRun)
    /// One of each, over other arrivals.
    case other(ComparedRun, ComparedRun)
    /// A side has one run, the other several with other arrivals.
    case uneven
    /// A side has no run that ended well.
    case nothing
  }

  let cells: [String]
  private let a: ComparedSide
  private let b: ComparedSide
  private let runsA: [ComparedRun]
  private let runsB: [ComparedRun]
  let matching: Matching
  /// Runs of each side that were stopped or failed.
  let lost: (a: Int, b: Int)

  /// Pairs `first`, a point of `a`, and `second`, one of `b`.
  init(
    _ cells: [String], _ first: ComparedPoint, of a: ComparedSide, _ second: ComparedPoint,
    of b: ComparedSide
  ) {
    self.cells = cells
    self.a = a
    self.b = b
    let (runsA, runsB) = (
      first.runs.filter { $0.status == .ok }, second.runs.filter { $0.status == .ok }
    )
    (self.runsA, self.runsB) = (runsA, runsB)
    lost = (first.runs.count - runsA.count, second.runs.count - runsB.count)
    matching = Self.match(runsA, of: a, runsB, of: b)
  }

  private static func match(
    _ runsA: [ComparedRun], of a: ComparedSide, _ runsB: [ComparedRun], of b: ComparedSide
  ) -> Matching {
    guard let firstA = runsA.first, let firstB = runsB.first else { return .nothing }
    let seeds = Dictionary(runsB.map { ($0.seed, $0) }) { first, _ in first }  // only looked up
    let twins = runsA.compactMap { run in
      seeds[run.seed].flatMap { a.sharesArrivals(run, with: b, $0) ? (run, $0) : nil }
    }
    // Runs that were lost on one side leave pairs of the others.
    if twins.count > 1, twins.count == min(runsA.count, runsB.count) {
      return .paired(twins.map { (a: $0.0, b: $0.1) })
    }
    if runsA.count > 1, runsB.count > 1 { return .independent }
    if let twin = twins.first { return .same(twin.0, twin.1) }
    guard runsA.count == 1, runsB.count == 1 else { return .uneven }
    return a.sharesArrivals(firstA, with: b, firstB)
      ? .same(firstA, firstB) : .other(firstA, firstB)
  }

  /// A row that is still to be judged, with the estimate that judges it; nil when neither side
  /// knows the metric here.
  func draft(
    _ metric: String, _ settings: CompareSettings
  ) -> (row: ComparisonRow, estimate: DifferenceEstimate?)? {
    let (pairs, valuesA, valuesB) = values(of: metric)
    guard !(valuesA.isEmpty && valuesB.isEmpty) else { return nil }
    let given = settings.tolerance(of: metric)
    func row(
      _ method: ComparisonRow.Method, standing: Tolerance = .relative(0), _ reason: String = ""
    ) -> ComparisonRow {
      ComparisonRow(
        point: cells, metric: metric, sense: MetricSense(of: metric), a: valuesA, b: valuesB,
        method: method, tolerance: given ?? standing, reason: reason)
    }
    guard !valuesA.isEmpty, !valuesB.isEmpty else {
      var row = row(.bare, "undefined in \(valuesA.isEmpty ? "A" : "B")")
      // Of runs that all failed nothing is defined, which failed_runs says.
      if settings.isNamed(metric), !runsA.isEmpty, !runsB.isEmpty { row.verdict = .missing }
      return (row, nil)
    }
    // What no seed moves is not random.
    let isFixed = Set(valuesA).count == 1 && Set(valuesB).count == 1
    let exact = row(.exact, standing: .relative(Self.exactTolerance))
    let logarithmic = if case .absolute? = given { false } else { true }
    switch matching {
    case .nothing: return nil
    case .same: return (exact, nil)
    case .paired, .independent:
      let isPaired = pairs != nil
      if isFixed, valuesA.count > 1, valuesB.count > 1 { return (exact, nil) }
      let estimate =
        pairs.map { DifferenceEstimate(pairs: $0, logarithmic: logarithmic) }
        ?? DifferenceEstimate(independent: valuesA, valuesB, logarithmic: logarithmic)
      guard let estimate else {
        let isSingle = min(valuesA.count, valuesB.count) < 2
        let reason = isSingle ? "defined in one run of a side" : "beyond what can be computed"
        return (row(.bare, reason), nil)
      }
      return (row(isPaired ? .paired : .welch), estimate)
    case .other(let first, let second):
      guard let estimate = within(metric, first, second) else {
        return (row(.bare, given == nil ? "other arrivals and no interval" : ""), nil)
      }
      return (row(.withinRuns), estimate)
    case .uneven: return (row(.bare, given == nil ? "several seeds against one run" : ""), nil)
    }
  }

  /// The tolerance of what has no spread.
  ///
  /// A run is exact, but its percentiles move by some tenths of a percent with anything that
  /// shifts a step, such as one block more of memory; 1 % is beyond that and still less than
  /// measured runs can tell apart.
  static let exactTolerance = 0.01

  /// Values of `metric`: of pairs in which both are defined, or of all runs.
  private func values(
    of metric: String
  ) -> (pairs: [(a: Double, b: Double)]?, a: [Double], b: [Double]) {
    switch matching {
    case .paired(let runs):
      let pairs = runs.compactMap { run in
        a.number(metric, in: run.a).flatMap { first in
          b.number(metric, in: run.b).map { (a: first, b: $0) }
        }
      }
      guard pairs.isEmpty else { return (pairs, pairs.map(\.a), pairs.map(\.b)) }
      return (
        pairs, runs.compactMap { a.number(metric, in: $0.a) },
        runs.compactMap { b.number(metric, in: $0.b) }
      )
    case .same(let first, let second), .other(let first, let second):
      return (
        nil, [a.number(metric, in: first)].compactMap(\.self),
        [b.number(metric, in: second)].compactMap(\.self)
      )
    case .independent, .uneven, .nothing:
      return (
        nil, runsA.compactMap { a.number(metric, in: $0) },
        runsB.compactMap { b.number(metric, in: $0) }
      )
    }
  }

  /// The difference of two runs by the intervals that their summaries hold (`p99_ttft_ms_ci` …);
  /// nil where they hold none.
  private func within(
    _ metric: String, _ first: ComparedRun, _ second: ComparedRun
  ) -> DifferenceEstimate? {
    guard let (valueA, errorA, degreesA) = Self.estimate(metric, a, first),
      let (valueB, errorB, degreesB) = Self.estimate(metric, b, second)
    else { return nil }
    return DifferenceEstimate(
      valueA, error: errorA, degrees: degreesA, valueB, error: errorB, degrees: degreesB)
  }

  /// Confidences and batches that no run has are those of another file: there is no interval.
  private static func estimate(
    _ metric: String, _ side: ComparedSide, _ run: ComparedRun
  ) -> (value: Double, error: Double, degrees: Double)? {
    guard let value = side.number(metric, in: run),
      let width = side.number("\(metric)_ci", in: run),
      let level = side.number("ci_confidence", in: run), (0.5...0.9999).contains(level),
      let batches = side.number("ci_batches", in: run), (5...1000).contains(batches)
    else { return nil }
    return (value, width / StudentT.reach(level: level, samples: Int(batches)), batches - 1)
  }

  /// The interval, of confidence `level`, of the mean difference of `metric` over the requests of
  /// one run each with the same arrivals.
  func requestInterval(_ metric: String, level: Double) -> Interval? {
    guard case .same(let first, let second) = matching else { return nil }
    return first.requests.flatMap { mine in
      second.requests.flatMap { mine.meanDifference(of: metric, to: $0, level: level) }
    }
  }

  /// What to tell of runs whose verdict is not STABLE, and of intervals that are too narrow.
  var doubts: [String] { unstable + correlated + workload }

  /// Settings of the workload that differ where one run is compared with one.
  private var workload: [String] {
    guard case .other(let first, let second) = matching else { return [] }
    let keys = ["num_prompts", "request_rate", "max_concurrency"]
    return keys.compactMap { key in
      let (mine, theirs) = (a.text(key, in: first), b.text(key, in: second))
      guard mine != theirs else { return nil }
      let shown = [mine, theirs].map { Double($0).map { NumberShown.plain($0) } ?? "none" }
      return "not the same workload: \(key) is \(shown[0]) in A, \(shown[1]) in B"
    }
  }

  private var correlated: [String] {
    guard case .other(let first, let second) = matching else { return [] }
    let sides = [("A", a.text("ci_reliable", in: first)), ("B", b.text("ci_reliable", in: second))]
    return sides.filter { $0.1 == "false" }.map {
      "the batch means of \($0.0) are correlated, so its intervals are too narrow"
    }
  }

  private var unstable: [String] {
    [("A", a, runsA), ("B", b, runsB)].compactMap { name, side, runs in
      let bad = runs.map { side.text("verdict", in: $0) }.filter { $0 != "" && $0 != "STABLE" }
      guard let worst = bad.contains("OVERLOADED") ? "OVERLOADED" : bad.first else { return nil }
      let share = runs.count == 1 ? "" : " in \(bad.count) of \(runs.count) runs"
      return worst == "OVERLOADED"
        ? "\(name) is OVERLOADED\(share): its latencies depend on how long the run is"
        : "\(name) is \(worst)\(share)"
    }
  }
}
