internal import CGSL

/// Student's t distribution.
public enum StudentT {
  /// The number that a t-distributed variable stays below with `probability`.
  ///
  /// Source: GSL, `gsl_cdf_tdist_Pinv`.
  /// - Precondition: 0 < `probability` < 1 and `degreesOfFreedom` > 0.
  public static func quantile(_ probability: Double, degreesOfFreedom: Double) -> Double {
    precondition(probability > 0 && probability < 1, "a quantile lies inside 0…1")
    precondition(degreesOfFreedom > 0, "a t distribution has degrees of freedom")
    return gsl_cdf_tdist_Pinv(probability, degreesOfFreedom)
  }

  /// The standard errors that a two-sided interval of confidence `level` from `samples`
  /// independent values reaches to each side.
  ///
  /// - Precondition: 0 < `level` < 1 and `samples` is at least 2.
  public static func reach(level: Double, samples: Int) -> Double {
    quantile((1 + level) / 2, degreesOfFreedom: Double(samples - 1))
  }
}

/// An estimate with its uncertainty, in the unit of what is estimated.
public struct Interval: Sendable, Equatable {
  /// The estimate, in the middle.
  public var mean: Double
  /// How far the interval reaches to each side.
  public var halfWidth: Double

  /// The interval `mean` ± `halfWidth`.
  public init(mean: Double, halfWidth: Double) {
    self.mean = mean
    self.halfWidth = halfWidth
  }

  /// The lower end.
  public var low: Double { mean - halfWidth }
  /// The upper end.
  public var high: Double { mean + halfWidth }
  /// Whether `value` lies in it, ends included.
  public func contains(_ value: Double) -> Bool { low <= value && value <= high }
}

/// Intervals for the mean of independent values, such as one result a seed.
public enum ConfidenceInterval {
  /// The mean of `samples` with its Student's t interval of confidence `level`; nil for fewer than
  /// two.
  ///
  /// A paired comparison takes the differences of its pairs as samples. Source: Law, Simulation
  /// Modeling and Analysis, 5th edition, 2015, §4.5.
  /// - Precondition: 0 < `level` < 1.
  public static func of(samples: [Double], level: Double = 0.95) -> Interval? {
    guard samples.count > 1 else { return nil }
    let mean = samples.reduce(0, +) / Double(samples.count)
    return Sections(values: samples, estimate: mean).interval(level: level)
  }
}

/// A statistic of a whole run with its values in consecutive parts of the run, from which follows
/// how far it may be off.
///
/// The parts are long, so their values are nearly independent and normal, although neighbouring
/// requests are neither. Of a mean this is the method of batch means (Law, Simulation Modeling and
/// Analysis, 5th edition, 2015, §9.5.3); of a percentile or a ratio it is sectioning, which
/// measures the parts' deviations from the estimate of the whole run because that has the least
/// bias (Asmussen and Glynn, Stochastic Simulation, 2007, §III.5a; Nakayama, ACM TOMACS 24(4),
/// 2014).
public struct Sections: Sendable, Equatable {
  /// The statistic in each part, in order.
  public let values: [Double]
  /// The statistic of the whole run.
  public let estimate: Double

  /// A statistic and its values in at least two parts.
  public init(values: [Double], estimate: Double) {
    precondition(values.count > 1, "a spread needs two values")
    self.values = values
    self.estimate = estimate
  }

  /// `estimate` ± t · √(Σ (value − estimate)² / (k (k − 1))) over k parts.
  ///
  /// - Precondition: 0 < `level` < 1.
  public func interval(level: Double) -> Interval {
    let parts = Double(values.count)
    var squares = 0.0
    for value in values { squares += (value - estimate) * (value - estimate) }
    let error = (squares / (parts * (parts - 1))).squareRoot()
    let reach = StudentT.reach(level: level, samples: values.count)
    return Interval(mean: estimate, halfWidth: reach * error)
  }

  /// Von Neumann's estimate of the correlation of neighbouring parts, at most 1; 0 when all are
  /// equal.
  ///
  /// Source: Fishman, Grouping observations in digital simulation, Management Science 24(5), 1978:
  /// 1 − Σ (difference of neighbours)² / (2 Σ (value − mean)²).
  public var correlation: Double {
    let mean = values.reduce(0, +) / Double(values.count)
    var (steps, squares) = (0.0, 0.0)
    for (i, value) in values.enumerated() {
      squares += (value - mean) * (value - mean)
      if i > 0 { steps += (value - values[i - 1]) * (value - values[i - 1]) }
    }
    return squares > 0 ? 1 - steps / (2 * squares) : 0
  }

  /// The `correlation` that independent parts exceed with probability 5 %: above it, `interval`
  /// is too narrow.
  ///
  /// Source: Fishman, 1978: √((k − 2) / (k² − 1)) is the standard deviation over k parts.
  public var correlationLimit: Double {
    let parts = Double(values.count)
    return gsl_cdf_ugaussian_Pinv(0.95) * ((parts - 2) / (parts * parts - 1)).squareRoot()
  }

  /// Whether nothing speaks against the independence on which `interval` rests.
  public var isReliable: Bool { correlation <= correlationLimit }
}
