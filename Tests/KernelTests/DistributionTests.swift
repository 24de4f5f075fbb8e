internal import CGSL
import Kernel
import TestSupport
import Testing

/// A family with the moments that theory gives it.
struct Moments: Sendable, CustomTestStringConvertible {
  let family: Distribution.Family
  let mean: Double
  /// Standard deviation over mean.
  let cv: Double
  /// Excess kurtosis; nil when the fourth moment does not exist.
  let kurtosis: Double?
  var testDescription: String { "\(family)" }

  static let all: [Moments] = [
    Moments(family: .fixed(value: 3.5), mean: 3.5, cv: 0, kurtosis: 0),
    // (min + max)/2; σ² = (max − min)²/12.
    Moments(
      family: .uniform(min: 2, max: 10), mean: 6, cv: (64.0 / 12).squareRoot() / 6, kurtosis: -1.2),
    Moments(family: .exponential(mean: 161), mean: 161, cv: 1, kurtosis: 6),
    gamma(mean: 4, cv: 0.5), gamma(mean: 100, cv: 1), gamma(mean: 0.25, cv: 3),
    lognormal(mean: 512, cv: 0.3), lognormal(mean: 128, cv: 1),
    pareto(mean: 10, shape: 12), pareto(mean: 300, shape: 2.5),
    geometric(mean: 1), geometric(mean: 4), geometric(mean: 250),
    // 1, 2, 3, 6 equally likely: mean 3, σ² = (4 + 1 + 0 + 9)/4, fourth moment (16 + 1 + 81)/4.
    Moments(
      family: .empirical(values: [1, 2, 3, 6]), mean: 3, cv: 3.5.squareRoot() / 3,
      kurtosis: 24.5 / (3.5 * 3.5) - 3),
  ]

  private static func gamma(mean: Double, cv: Double) -> Moments {
    Moments(family: .gamma(mean: mean, cv: cv), mean: mean, cv: cv, kurtosis: 6 * cv * cv)
  }
  private static func lognormal(mean: Double, cv: Double) -> Moments {
    let w = 1 + cv * cv
    return Moments(
      family: .lognormal(mean: mean, cv: cv), mean: mean, cv: cv,
      kurtosis: w * w * w * w + 2 * w * w * w + 3 * w * w - 6)
  }
  /// σ² = (1 − p)/p², excess kurtosis 6 + p²/(1 − p).
  private static func geometric(mean: Double) -> Moments {
    let p = 1 / mean
    return Moments(
      family: .geometric(mean: mean), mean: mean, cv: (1 - p).squareRoot(),
      kurtosis: p < 1 ? 6 + p * p / (1 - p) : 0)
  }
  private static func pareto(mean: Double, shape a: Double) -> Moments {
    let kurtosis = 6 * (a * a * a + a * a - 6 * a - 2) / (a * (a - 3) * (a - 4))
    return Moments(
      family: .pareto(mean: mean, shape: a), mean: mean, cv: 1 / (a * (a - 2)).squareRoot(),
      kurtosis: a > 4 ? kurtosis : nil)
  }
}

@Suite struct DistributionTests {
  private func draws(_ family: Distribution.Family, _ count: Int, seed: UInt64 = 1) throws
    -> [Double]
  {
    let distribution = try Distribution(family)
    var stream = RandomStream(seed: seed, name: "distribution")
    return (0..<count).map { _ in distribution.draw(from: &stream) }
  }

  @Test(arguments: Moments.all)
  func `mean and cv are those of theory within five standard errors`(theory: Moments) throws {
    let count = isDebug ? 50_000 : 1_000_000
    let sample = try draws(theory.family, count)
    let (n, sigma) = (Double(count), theory.mean * theory.cv)
    let mean = sample.reduce(0, +) / n
    #expect(abs(mean - theory.mean) <= 5 * sigma / n.squareRoot())
    guard let kurtosis = theory.kurtosis, sigma > 0 else { return }
    // Var(s²) = σ⁴ (kurtosis + 2)/n for excess kurtosis and large n.
    let square = sample.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1)
    #expect(abs(square / (sigma * sigma) - 1) <= 5 * ((kurtosis + 2) / n).squareRoot())
  }

  /// The largest distance between the sample's distribution function and `theory`, times √n.
  private func kolmogorov(_ sample: [Double], _ theory: (Double) -> Double) -> Double {
    let n = Double(sample.count)
    var distance = 0.0
    for (i, x) in sample.sorted().enumerated() {
      let p = theory(x)
      distance = max(distance, p - Double(i) / n, Double(i + 1) / n - p)
    }
    return distance * n.squareRoot()
  }

  @Test func `draws follow the distribution functions of GSL`() throws {
    // P(√n D > 2.4) ≈ 2 exp(−2 · 2.4²) ≈ 2 · 10⁻⁵.
    let count = isDebug ? 20_000 : 200_000
    let exponential = try draws(.exponential(mean: 5), count)
    #expect(kolmogorov(exponential) { gsl_cdf_exponential_P($0, 5) } < 2.4)
    let gamma = try draws(.gamma(mean: 6, cv: 0.5), count)  // shape 1/0.25, scale 6 · 0.25
    #expect(kolmogorov(gamma) { gsl_cdf_gamma_P($0, 4, 1.5) } < 2.4)
    let lognormal = try draws(.lognormal(mean: 512, cv: 1), count)
    let variance = cgsl_log(2)  // log(1 + cv²)
    let zeta = cgsl_log(512) - variance / 2
    #expect(
      kolmogorov(lognormal) { gsl_cdf_lognormal_P($0, zeta, variance.squareRoot()) } < 2.4)
    let pareto = try draws(.pareto(mean: 30, shape: 3), count)  // scale 30 · 2/3
    #expect(kolmogorov(pareto) { gsl_cdf_pareto_P($0, 3, 20) } < 2.4)
    let uniform = try draws(.uniform(min: 1, max: 3), count)
    #expect(kolmogorov(uniform) { ($0 - 1) / 2 } < 2.4)
  }

  @Test(arguments: [(0.0, 6), (1.0, 5), (2.0, 20), (0.5, 3), (1.2, 1)])
  func `Zipf draws k as often as k to the minus exponent`(exponent: Double, most: Int) throws {
    let count = isDebug ? 50_000 : 500_000
    var counts = Array(repeating: 0, count: most + 1)
    for x in try draws(.zipf(exponent: exponent, max: most), count) {
      let k = Int(x)
      try #require(Double(k) == x && (1...most).contains(k))
      counts[k] += 1
    }
    let weights = (1...most).map { cgsl_pow(Double($0), -exponent) }
    let sum = weights.reduce(0, +)
    for k in 1...most {
      let p = weights[k - 1] / sum
      let sigma = (Double(count) * p * (1 - p)).squareRoot()
      #expect(abs(Double(counts[k]) - Double(count) * p) <= 5 * sigma + 1e-6, "k = \(k)")
    }
  }

  @Test func `draws outside the bounds are moved to the nearer one`() throws {
    let bounded = try Distribution(.exponential(mean: 10), min: 5, max: 12)
    let free = try Distribution(.exponential(mean: 10))
    var a = RandomStream(seed: 1, name: "x")
    var b = RandomStream(seed: 1, name: "x")
    var (low, high) = (0, 0)
    for _ in 0..<2000 {
      let (x, raw) = (bounded.draw(from: &a), free.draw(from: &b))
      #expect(x == (raw < 5 ? 5 : raw > 12 ? 12 : raw))
      if raw < 5 { low += 1 }
      if raw > 12 { high += 1 }
    }
    #expect(low > 100 && high > 100)
  }

  @Test(arguments: [
    (0.2, 1), (1.49, 1), (1.5, 2), (2.5, 3), (99.9, 100), (1e12, Int32.max),
    (2_147_483_646.4, 2_147_483_646),
  ])
  func `tokens are rounded, at least 1 and at most what 32 bits hold`(
    value: Double, tokens: Int32
  ) throws {
    let distribution = try Distribution(.fixed(value: value))
    var stream = RandomStream(seed: 1, name: "tokens")
    let drawn = distribution.drawTokens(from: &stream)
    #expect(drawn == tokens)
  }

  @Test func `tokens of a distribution around zero are never below 1`() throws {
    let distribution = try Distribution(.exponential(mean: 0.4))
    var stream = RandomStream(seed: 1, name: "tokens")
    let draws = (0..<1000).map { _ in distribution.drawTokens(from: &stream) }
    #expect(draws.min() == 1)
    #expect(draws.contains(2))
  }

  @Test(arguments: [
    (Distribution.Family.fixed(value: 0), "value 0.0 must be above 0"),
    (.fixed(value: .nan), "value nan must be finite"),
    (.uniform(min: -1, max: 2), "min -1.0 must not be negative"),
    (.uniform(min: 3, max: 2), "min 3.0 is above max 2.0"),
    (.uniform(min: 1, max: .infinity), "max inf must be finite"),
    (.exponential(mean: -1), "mean -1.0 must be above 0"),
    (.exponential(mean: .infinity), "mean inf must be finite"),
    (.gamma(mean: 0, cv: 1), "mean 0.0 must be above 0"),
    (.gamma(mean: 1, cv: 0), "cv 0.0 must be above 0"),
    (.lognormal(mean: 1, cv: -2), "cv -2.0 must be above 0"),
    (.pareto(mean: 0, shape: 2), "mean 0.0 must be above 0"),
    (.pareto(mean: 1, shape: 1), "shape 1.0 must be above 1"),
    (.pareto(mean: 1, shape: .infinity), "shape inf must be finite"),
    (.zipf(exponent: -0.5, max: 3), "exponent -0.5 must not be negative"),
    (.zipf(exponent: 1, max: 0), "max 0 must lie in 1...100000000"),
    (.zipf(exponent: 1, max: 100_000_001), "max 100000001 must lie in 1...100000000"),
    (.empirical(values: []), "no values to draw from"),
    (.empirical(values: [1, .nan]), "value nan must be finite"),
  ])
  func `parameters that no such distribution has are refused`(
    family: Distribution.Family, fault: String
  ) {
    let error = #expect(throws: DistributionError.self) { try Distribution(family) }
    #expect(error?.description == fault)
  }

  @Test func `bounds in the wrong order are refused`() {
    let error = #expect(throws: DistributionError.self) {
      try Distribution(.fixed(value: 1), min: 4, max: 3)
    }
    #expect(error?.description == "min 4.0 is above max 3.0")
  }

  @Test func `there is a name for every family`() {
    #expect(
      Distribution.names == [
        "fixed", "uniform", "exponential", "gamma", "lognormal", "pareto", "geometric",
        "zipf", "empirical",
      ])
  }
}
