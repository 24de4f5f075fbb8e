internal import CGSL

/// A distribution of a positive quantity, drawn through GSL.
///
/// Draws outside `min...max` are moved to the nearer bound.
public struct Distribution: Sendable {
  /// The family and its parameters.
  public enum Family: Sendable, Equatable {
    /// Always `value`.
    case fixed(value: Double)
    /// Evenly between `min` and `max`.
    case uniform(min: Double, max: Double)
    /// Exponential.
    case exponential(mean: Double)
    /// Gamma with coefficient of variation `cv`.
    case gamma(mean: Double, cv: Double)
    /// Lognormal with coefficient of variation `cv`.
    case lognormal(mean: Double, cv: Double)
    /// Pareto; `shape` > 1, or the mean would be infinite.
    case pareto(mean: Double, shape: Double)
    /// Number of trials up to the first success: P(k) = p (1 − p)^(k − 1) with p = 1 / `mean`.
    case geometric(mean: Double)
    /// P(k) ∝ k^−`exponent` for whole k from 1 to `max`.
    case zipf(exponent: Double, max: Int)
    /// One of `values`, each as likely as it is frequent.
    case empirical(values: [Double])
  }

  /// The names a file may use, in the order of `Family`.
  public static let names = [
    "fixed", "uniform", "exponential", "gamma", "lognormal", "pareto", "geometric", "zipf",
    "empirical",
  ]

  /// The family and its parameters.
  public let family: Family
  /// Bounds of every draw.
  public let min: Double
  /// Bounds of every draw.
  public let max: Double
  private let cumulative: [Double]  // zipf: P(K ≤ k + 1)

  /// A distribution; draws are moved into `min...max`.
  ///
  /// - Throws: `DistributionError` for parameters that no such distribution has.
  public init(
    _ family: Family, min: Double = 0, max: Double = .infinity
  ) throws(DistributionError) {
    if let fault = Self.fault(of: family) { throw DistributionError(description: fault) }
    guard min <= max else {
      throw DistributionError(description: "min \(min) is above max \(max)")
    }
    self.family = family
    self.min = min
    self.max = max
    if case .zipf(let exponent, let most) = family {
      var sum = 0.0
      var sums: [Double] = []
      sums.reserveCapacity(most)
      for k in 1...most {
        sum += cgsl_pow(Double(k), -exponent)
        sums.append(sum)
      }
      cumulative = sums
    } else {
      cumulative = []
    }
  }

  private static func fault(of family: Family) -> String? {
    switch family {
    case .fixed(let value): positive("value", value)
    case .uniform(let min, let max):
      positive("min", min, orZero: true) ?? positive("max", max, orZero: true)
        ?? (min <= max ? nil : "min \(min) is above max \(max)")
    case .exponential(let mean): positive("mean", mean)
    case .gamma(let mean, let cv), .lognormal(let mean, let cv):
      positive("mean", mean) ?? positive("cv", cv)
        ?? (mean <= 1e15 && (1e-6...1e6).contains(cv)
          ? nil : "mean \(mean) must be at most 1e15 and cv \(cv) from 1e-6 to 1e6")
    case .pareto(let mean, let shape):
      positive("mean", mean) ?? positive("shape", shape)
        ?? (shape > 1 ? nil : "shape \(shape) must be above 1")
    case .geometric(let mean):
      // GSL counts trials in 32 bits, and no uniform draw of its asks for over 23 means.
      (1...1e8).contains(mean) ? nil : "mean \(mean) must lie in 1...1e8"
    case .zipf(let exponent, let max):
      positive("exponent", exponent, orZero: true)
        ?? ((1...100_000_000).contains(max) ? nil : "max \(max) must lie in 1...100000000")
    case .empirical(let values):
      values.isEmpty
        ? "no values to draw from"
        : values.first { !$0.isFinite }.map { "value \($0) must be finite" }
    }
  }

  private static func positive(_ name: String, _ value: Double, orZero: Bool = false) -> String? {
    guard value.isFinite else { return "\(name) \(value) must be finite" }
    if orZero { return value >= 0 ? nil : "\(name) \(value) must not be negative" }
    return value > 0 ? nil : "\(name) \(value) must be above 0"
  }

  /// One draw.
  public func draw(from stream: inout RandomStream) -> Double {
    let raw: Double
    switch family {
    case .fixed(let value): raw = value
    case .uniform(let min, let max): raw = stream.uniform(from: min, to: max)
    case .exponential(let mean): raw = stream.exponential(mean: mean)
    case .gamma(let mean, let cv):
      raw = stream.gamma(shape: 1 / (cv * cv), scale: mean * cv * cv)
    case .lognormal(let mean, let cv):
      let variance = cgsl_log1p(cv * cv)
      raw = stream.lognormal(zeta: cgsl_log(mean) - variance / 2, sigma: variance.squareRoot())
    case .pareto(let mean, let shape):
      raw = stream.pareto(shape: shape, scale: mean * (shape - 1) / shape)
    case .geometric(let mean): raw = stream.geometric(probability: 1 / mean)
    case .zipf: raw = Double(1 + rank(of: stream.uniform() * (cumulative.last ?? 0)))
    case .empirical(let values): raw = values[stream.below(values.count)]
    }
    return Swift.min(Swift.max(raw, min), max)
  }

  /// One draw of tokens: rounded, at least 1, at most `Int32.max`.
  public func drawTokens(from stream: inout RandomStream) -> Int32 {
    Int32(Swift.min(Swift.max(draw(from: &stream) + 0.5, 1), 2_147_483_647))
  }

  private func rank(of target: Double) -> Int {
    var (low, high) = (0, cumulative.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if cumulative[middle] > target { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

/// Why a distribution's parameters cannot be used.
public struct DistributionError: Error, CustomStringConvertible, Equatable {
  /// One sentence: which parameter and what would be right.
  public let description: String
}
