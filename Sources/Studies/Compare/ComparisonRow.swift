internal import Metrics

/// What a comparison says of one metric of one point.
struct ComparisonRow: Sendable {
  /// How the difference was had.
  enum Method: String, Sendable {
    /// Differences of pairs with the same seed and arrivals.
    case paired
    /// Independent runs.
    case welch
    /// One run each over the same arrivals, or values that no seed moves: nothing is random.
    case exact
    /// One run each over other arrivals, with intervals of batch means.
    case withinRuns = "within_runs"
    /// One run each over other arrivals and no interval: only a given tolerance decides.
    case bare
    /// Runs that ended badly are counted.
    case count
  }
  /// The answer.
  enum Verdict: String, Sendable {
    /// Beyond the tolerance on the bad side, and not by chance.
    case worse
    /// Beyond it on the good side.
    case better
    /// Within it, for certain.
    case same
    /// Its interval reaches beyond the tolerance and back within: more seeds may tell.
    case unclear
    /// Asked for by name and defined on one side alone.
    case missing
    /// Shown and not judged.
    case open = "not judged"
  }

  /// Values of the varied keys.
  let point: [String]
  let metric: String
  let sense: MetricSense
  /// Values of each side, one a run, undefined ones left out.
  let a: [Double]
  let b: [Double]
  let method: Method
  let tolerance: Tolerance
  var verdict = Verdict.open
  /// Why it is not judged; empty when it is.
  var reason = ""
  /// The difference as a share of A's mean; nil when that is 0.
  var relative: Double?
  /// The interval of `relative`; nil without one.
  var relativeInterval: (low: Double, high: Double)?
  /// Confidence of that interval.
  var level: Double?

  /// The mean of A.
  var meanA: Double { Self.mean(a) }
  /// The mean of B.
  var meanB: Double { Self.mean(b) }
  /// The difference of the means, in the metric's unit.
  var difference: Double { meanB - meanA }

  /// Half width of the t interval of each mean at confidence `level`; nil for one run.
  func halfWidths(level: Double) -> (a: Double?, b: Double?) {
    (
      ConfidenceInterval.of(samples: a, level: level)?.halfWidth,
      ConfidenceInterval.of(samples: b, level: level)?.halfWidth
    )
  }

  private static func mean(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(values.count)
  }
}

// MARK: - Judging

extension ComparisonRow {
  /// Judges by `estimate` with the interval of confidence `level`.
  ///
  /// It is worse when the whole interval lies beyond the tolerance on the bad side, the same when
  /// all of it lies within, and unclear when its end does.
  mutating func judge(by estimate: DifferenceEstimate, level: Double) {
    let interval = estimate.interval(level: level)
    self.level = level
    relative = estimate.share(estimate.center, of: meanA)
    if let low = estimate.share(interval.low, of: meanA),
      let high = estimate.share(interval.high, of: meanA)
    {
      relativeInterval = (low, high)
    }
    if case .relative(let share) = tolerance, estimate.isLogarithmic {
      guard let shares = relativeInterval else { return }
      decide(low: shares.low, high: shares.high, limit: share)
    } else {
      decide(low: interval.low, high: interval.high, limit: limit)
    }
  }

  /// Judges the difference as it is, since nothing of it is random.
  mutating func judgeExactly() {
    relative = meanA == 0 ? (difference == 0 ? 0 : nil) : difference / meanA.magnitude
    decide(low: difference, high: difference, limit: limit)
  }

  /// The tolerance in the metric's unit.
  private var limit: Double {
    switch tolerance {
    case .relative(let share): share * meanA.magnitude
    case .absolute(let amount): amount
    }
  }

  private mutating func decide(low: Double, high: Double, limit: Double) {
    guard sense != .neither else {
      verdict = .open
      return
    }
    // How much worse it is at least and at most.
    let (least, most) = sense == .higher ? (low, high) : (-high, -low)
    if least > limit {
      verdict = .worse
    } else if most < -limit {
      verdict = .better
    } else {
      verdict = least >= -limit && most <= limit ? .same : .unclear
    }
  }

  /// Whether an interval decides it, which takes a share of the error that all may make.
  var takesInterval: Bool { [.paired, .welch, .withinRuns].contains(method) && sense != .neither }
}
