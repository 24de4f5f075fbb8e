internal import CGSL
public import Metrics
internal import Units

/// What a synthetic trace should have in common with its original.
public struct LikenessStatistics: Sendable {
  /// Arrivals and lengths.
  public let trace: TraceStatistics
  /// Spearman's rank correlation of prompt and output tokens; nil if one of them is constant.
  public let rankCorrelation: Double?
  /// Blocks of all prompts, full or not; 0 without blocks.
  public let blockAccesses: Int
  /// Those of them that an infinite cache has, each with all before it.
  public let prefixHits: Int
  /// Number of sessions, recorded ones or those that blocks show; nil if neither is known.
  ///
  /// By blocks, a request belongs to the session of the last earlier one with which it shares at
  /// least two.
  public let sessions: Int?
  /// Median seconds between the arrivals of neighbouring turns of a session; nil without any.
  public let medianTurnGap: Double?

  /// Looks at all requests, O(n log n).
  public init(_ requests: RequestTable) { self.init(requests, byBlocks: false) }

  /// As the public one; sessions are those that blocks show even if others are recorded.
  init(_ requests: RequestTable, byBlocks: Bool) {
    trace = TraceStatistics(requests)
    rankCorrelation = Self.spearman(requests.prompt, requests.output)
    var table = requests
    if byBlocks { table.turns = nil }
    let links = RequestLinks(table)
    blockAccesses = requests.chains?.blocks.count ?? 0
    prefixHits = links.matched.reduce(0) { $0 + Int($1) }
    sessions = table.turns == nil && table.chains == nil ? nil : links.lengths.count
    var gaps: [Int64] = []
    for row in links.previous.indices where links.previous[row] >= 0 {
      gaps.append(requests.arrival[row] - requests.arrival[Int(links.previous[row])])
    }
    gaps.sort()
    medianTurnGap = gaps.isEmpty ? nil : Double(gaps[gaps.count / 2]) * 1e-12
  }

  /// Hits over accesses; nil without blocks.
  public var hitRatio: Double? {
    blockAccesses > 0 ? Double(prefixHits) / Double(blockAccesses) : nil
  }

  /// Mean number of turns of a session.
  public var meanTurns: Double? { sessions.map { Double(trace.count) / Double($0) } }

  private static func spearman(_ a: [Int32], _ b: [Int32]) -> Double? {
    guard a.count > 2, a.contains(where: { $0 != a[0] }), b.contains(where: { $0 != b[0] }) else {
      return nil
    }
    var room = [Double](repeating: 0, count: 2 * a.count)
    return gsl_stats_spearman(a.map(Double.init), 1, b.map(Double.init), 1, a.count, &room)
  }
}

/// How like its original a synthetic trace is.
public struct LikenessReport: Sendable {
  /// One statistic of both.
  public struct Line: Sendable {
    /// Its name for programs, its unit at the end.
    public let key: String
    /// Its name for people.
    public let title: String
    /// Of the trace; nil if it is not defined.
    public let original: Double?
    /// Of what was drawn.
    public let synthetic: Double?

    /// Whether it may be of either sign, so that only differences mean something.
    public let isAround0: Bool

    /// (synthetic − original) / original; nil if that is not defined, or around 0.
    public var deviation: Double? {
      guard !isAround0, let original, let synthetic else { return nil }
      if original == synthetic { return 0 }
      return original == 0 ? nil : (synthetic - original) / original
    }
  }
  /// The statistics, in a fixed order.
  public let lines: [Line]
  /// Kolmogorov–Smirnov distances of gaps, prompt tokens and output tokens.
  public let distances: [(key: String, title: String, value: Double)]
  /// Distributions fitted to the original's gaps between different arrival times.
  public let gapFits: [GapFit]

  /// Compares `synthetic` with `original`; `rate` is the mean rate that was asked for, nil: the
  /// original's.
  public init(original: RequestTable, synthetic: RequestTable, rate: Double? = nil) {
    let byBlocks = original.turns == nil
    let (a, b) = (
      LikenessStatistics(original, byBlocks: byBlocks),
      LikenessStatistics(synthetic, byBlocks: byBlocks)
    )
    // What times are multiplied with on the way from the original.
    let scale = rate.flatMap { rate in a.trace.meanRate.map { $0 / rate } } ?? 1
    func line(
      _ key: String, _ title: String, _ value: (LikenessStatistics) -> Double?, times: Double = 1,
      isAround0: Bool = false
    ) -> Line {
      Line(
        key: key, title: title, original: value(a).map { $0 * times }, synthetic: value(b),
        isAround0: isAround0)
    }
    let share = Double(synthetic.count) / Double(max(1, original.count))
    lines = [
      line("mean_rate_rps", "mean rate, requests/s", { $0.trace.meanRate }, times: 1 / scale),
      line("gap_cv", "gap CV", { $0.trace.gapCV }),
      line("prompt_tokens_p50", "prompt tokens p50", { $0.trace.prompt.p50 }),
      line("prompt_tokens_p90", "prompt tokens p90", { $0.trace.prompt.p90 }),
      line("prompt_tokens_p99", "prompt tokens p99", { $0.trace.prompt.p99 }),
      line("output_tokens_p50", "output tokens p50", { $0.trace.output.p50 }),
      line("output_tokens_p90", "output tokens p90", { $0.trace.output.p90 }),
      line("output_tokens_p99", "output tokens p99", { $0.trace.output.p99 }),
      line(
        "rank_correlation", "rank correlation prompt, output", { $0.rankCorrelation },
        isAround0: true),
      line("prefix_hit_ratio", "prefix hit ratio, infinite cache", { $0.hitRatio }),
      line("turns_mean", "turns a session", { $0.meanTurns }),
      line("sessions", "sessions", { $0.sessions.map(Double.init) }, times: share),
      line("turn_gap_p50_s", "time between turns p50, s", { $0.medianTurnGap }, times: scale),
    ]
    distances = [
      ("gap", "gaps", kolmogorovSmirnov(Self.gaps(original, scale), Self.gaps(synthetic, 1))),
      (
        "prompt_tokens", "prompt tokens",
        kolmogorovSmirnov(original.prompt.map(Int64.init), synthetic.prompt.map(Int64.init))
      ),
      (
        "output_tokens", "output tokens",
        kolmogorovSmirnov(original.output.map(Int64.init), synthetic.output.map(Int64.init))
      ),
    ]
    gapFits = GapFit.fits(to: original.arrival)
  }

  private static func gaps(_ requests: RequestTable, _ scale: Double) -> [Int64] {
    zip(requests.arrival, requests.arrival.dropFirst()).map {
      scale == 1 ? $1 - $0 : Int64((Double($1 - $0) * scale).rounded())
    }
  }
}
