/// How intervals are made of one run.
public struct IntervalSettings: Sendable, Equatable {
  /// Consecutive parts of the run whose means are compared, at least two.
  public var batches = 20
  /// Confidence of the intervals, between 0 and 1.
  public var confidence = 0.95

  /// 20 batches, 95 %: what is customary (Schmeiser, Operations Research 30(3), 1982: 10 to 30
  /// batches, more give little).
  public init() {}
}

/// How far the statistics of one latency may be off, as half widths in picoseconds; nil where the
/// run is too short to tell.
public struct LatencyInterval: Sendable, Equatable {
  /// Percentiles that have intervals, in thousandths.
  static let perMille: [Int64] = [500, 900, 950, 990]

  /// Of the mean.
  public var mean: Int64?
  /// Of the percentiles 50, 90, 95 and 99.
  public var percentiles: [Int64?] = perMille.map { _ in nil }
  /// Von Neumann's correlation of neighbouring batch means.
  public var correlation: Double?

  /// Nothing known.
  init() {}

  /// Intervals of `column`, whose statistics over the whole run are `statistics`.
  init(of column: [Int64], _ statistics: Statistics?, _ settings: IntervalSettings) {
    let batches = BatchMeans(batches: settings.batches)
    self.init(of: batches.means(of: column), settings)
    guard let statistics else { return }
    let estimates = [statistics.p50, statistics.p90, statistics.p95, statistics.p99]
    percentiles = batches.percentiles(Self.perMille, of: column, estimates: estimates).map {
      $0.map { Self.halfWidth($0, settings) }
    }
  }

  /// The interval of a mean alone.
  init(of mean: Sections?, _ settings: IntervalSettings) {
    self.mean = mean.map { Self.halfWidth($0, settings) }
    correlation = mean?.correlation
  }

  private static func halfWidth(_ sections: Sections, _ settings: IntervalSettings) -> Int64 {
    let width = sections.interval(level: settings.confidence).halfWidth
    return Int64(min(width, 9e18).rounded(.toNearestOrEven))
  }
}

/// Every interval of a run.
public struct SummaryIntervals: Sendable, Equatable {
  /// Time to first token.
  public internal(set) var ttft = LatencyInterval()
  /// Time per output token.
  public internal(set) var tpot = LatencyInterval()
  /// Gaps between tokens; the mean alone.
  public internal(set) var itl = LatencyInterval()
  /// Time to last token.
  public internal(set) var e2el = LatencyInterval()
  /// Time until first scheduled.
  public internal(set) var queueTime = LatencyInterval()
  /// Half width of the share of requests within every target.
  public internal(set) var attainment: Double?

  /// The greatest correlation of batch means of any latency; nil when no mean has an interval.
  public var correlation: Double? {
    [ttft, tpot, itl, e2el, queueTime].compactMap(\.correlation).max()
  }

  /// Whether no latency's batch means are correlated beyond chance, a 5 % test for all five
  /// together (Bonferroni); nil when no mean has an interval.
  public func isReliable(_ settings: IntervalSettings) -> Bool? {
    correlation.map { $0 <= Sections.correlationLimit(of: settings.batches, falseAlarms: 0.05 / 5) }
  }

  /// The mean gap of the measured requests: Σ (last − first token) / Σ (output tokens − 1), as
  /// every token but the first ends one gap.
  mutating func takeGaps(of table: RequestTable, _ settings: IntervalSettings) {
    let rows = table.measuredRows
    let ratio = BatchMeans(batches: settings.batches).ratios(count: rows.count) { index in
      let outcome = table.outcome(of: rows.lowerBound + index)
      guard let decode = outcome.decodeTime, outcome.outputTokens > 1 else { return (0, 0) }
      return (decode, Int64(outcome.outputTokens) - 1)
    }
    itl = LatencyInterval(of: ratio, settings)
  }

  /// The share of measured requests that meet `targets`.
  mutating func takeAttainment(
    of table: RequestTable, _ targets: ServiceLevel, _ settings: IntervalSettings
  ) {
    let rows = table.measuredRows
    let share = BatchMeans(batches: settings.batches).ratios(count: rows.count) { index in
      (table.outcome(of: rows.lowerBound + index).meets(targets) ? 1 : 0, 1)
    }
    // All or none in every part: the parts do not differ, which does not make the share certain.
    guard let share, share.estimate > 0, share.estimate < 1 else { return }
    attainment = share.interval(level: settings.confidence).halfWidth
  }
}
