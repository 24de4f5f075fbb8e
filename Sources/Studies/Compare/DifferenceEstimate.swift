internal import CGSL
internal import Metrics

/// How far B lies from A, with its uncertainty.
///
/// Values that are all above 0 are compared by their logarithms: times and rates change by
/// factors, a change by the same factor at every seed has no spread, and B against A is the mirror
/// of A against B. The relative difference is then that of the geometric means. Others are
/// compared as they are.
package struct DifferenceEstimate: Equatable {
  /// Whether the scale is logarithmic.
  package let isLogarithmic: Bool
  /// The difference on that scale.
  package let center: Double
  /// Its standard error.
  package let error: Double
  /// Degrees of freedom of the error.
  package let degrees: Double

  /// From pairs, one a seed over the same arrivals: the t interval of their differences.
  ///
  /// nil for one pair, and when error or degrees of freedom are beyond a `Double`'s range, as they
  /// are in the other two.
  ///
  /// What both sides of a pair share, the arrivals above all, cancels. Source: Law, Simulation
  /// Modeling and Analysis, 5th edition, 2015, §10.2.1 and §11.2 (common random numbers).
  package init?(pairs: [(a: Double, b: Double)], logarithmic: Bool) {
    guard pairs.count > 1 else { return nil }
    isLogarithmic = logarithmic && pairs.allSatisfy { $0.a > 0 && $0.b > 0 }
    let isLogarithmic = isLogarithmic
    let sample = Sample(
      pairs.map { isLogarithmic ? cgsl_log($0.b / $0.a) : $0.b - $0.a })
    center = sample.mean
    error = sample.squaredError.squareRoot()
    degrees = Double(pairs.count - 1)
    guard isComputed else { return nil }
  }

  /// From independent runs, at least two a side, whose variances may differ.
  ///
  /// Source: Welch, Biometrika 34, 1947, with Satterthwaite's degrees of freedom (Law, §10.2.2).
  package init?(independent a: [Double], _ b: [Double], logarithmic: Bool) {
    guard a.count > 1, b.count > 1 else { return nil }
    isLogarithmic = logarithmic && (a + b).allSatisfy { $0 > 0 }
    let isLogarithmic = isLogarithmic
    let (first, second) = (
      Sample(isLogarithmic ? a.map { cgsl_log($0) } : a),
      Sample(isLogarithmic ? b.map { cgsl_log($0) } : b)
    )
    center = second.mean - first.mean
    let (va, vb) = (first.squaredError, second.squaredError)
    error = (va + vb).squareRoot()
    let weights = va * va / Double(a.count - 1) + vb * vb / Double(b.count - 1)
    degrees = weights > 0 ? (va + vb) * (va + vb) / weights : Double(a.count + b.count - 2)
    guard isComputed else { return nil }
  }

  /// From one estimate a side, each with its own standard error and degrees of freedom.
  package init?(
    _ a: Double, error ea: Double, degrees na: Double, _ b: Double, error eb: Double,
    degrees nb: Double
  ) {
    isLogarithmic = false
    center = b - a
    let (va, vb) = (ea * ea, eb * eb)
    error = (va + vb).squareRoot()
    let weights = va * va / na + vb * vb / nb
    degrees = weights > 0 ? (va + vb) * (va + vb) / weights : na + nb
    guard isComputed else { return nil }
  }

  private var isComputed: Bool {
    center.isFinite && error.isFinite && degrees.isFinite && degrees > 0
  }

  /// The ends of the interval of confidence `level`, on the scale of `center`.
  package func interval(level: Double) -> (low: Double, high: Double) {
    let reach =
      error > 0 ? error * StudentT.quantile((1 + level) / 2, degreesOfFreedom: degrees) : 0
    return (center - reach, center + reach)
  }

  /// `value`, on the scale of `center`, as a share of `base`, the mean of A; nil without one.
  package func share(_ value: Double, of base: Double) -> Double? {
    if isLogarithmic { return cgsl_exp(value) - 1 }
    return base == 0 ? nil : value / base.magnitude
  }
}

/// Mean and spread of independent values.
private struct Sample {
  let mean: Double
  /// The squared standard error of `mean`.
  let squaredError: Double

  init(_ values: [Double]) {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    self.mean = mean
    squaredError = squares / (count * (count - 1))
  }
}
