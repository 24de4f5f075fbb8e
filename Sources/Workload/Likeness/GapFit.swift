internal import CGSL
internal import Units

/// A distribution fitted to the gaps between arrivals, and how far it is from them.
public struct GapFit: Sendable {
  /// Its name: exponential, gamma, weibull or lognormal.
  public let name: String
  /// Its parameters by name; scales and means in seconds.
  public let parameters: [(name: String, value: Double)]
  /// Largest distance between its distribution function and that of the gaps
  /// (Kolmogorov–Smirnov), 0...1.
  public let distance: Double

  private static let most = 20_000

  /// The distributions with the greatest likelihood for the gaps between different `arrival`
  /// times, the nearest first; none if there are fewer than 8 such gaps, or all are equal.
  ///
  /// Of more than 20,000 gaps evenly spread order statistics are taken.
  static func fits(to arrival: [Instant]) -> [GapFit] {
    gsl_set_error_handler_off()  // the default handler aborts the process
    var gaps = zip(arrival, arrival.dropFirst()).map { Double($1 - $0) * 1e-12 }.filter { $0 > 0 }
    gaps.sort()
    if gaps.count > most {
      let all = gaps
      gaps = (0..<most).map { all[($0 * 2 + 1) * all.count / (2 * most)] }
    }
    guard gaps.count >= 8, let low = gaps.first, let high = gaps.last, low < high else { return [] }
    return [exponential(gaps), gamma(gaps), weibull(gaps), lognormal(gaps)]
      .sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
  }

  private static func exponential(_ gaps: [Double]) -> GapFit {
    let mean = gsl_stats_mean(gaps, 1, gaps.count)
    return GapFit(
      name: "exponential", parameters: [("mean", mean)],
      distance: distance(gaps) { gsl_cdf_exponential_P($0, mean) })
  }

  /// Minka's start and Newton's steps for ln k − ψ(k) = ln mean − mean ln.
  private static func gamma(_ gaps: [Double]) -> GapFit {
    let mean = gsl_stats_mean(gaps, 1, gaps.count)
    let logs = gaps.map(cgsl_log)
    let s = cgsl_log(mean) - gsl_stats_mean(logs, 1, logs.count)
    var shape = (3 - s + ((s - 3) * (s - 3) + 24 * s).squareRoot()) / (12 * s)
    for _ in 0..<20 {
      let slope = 1 / shape - gsl_sf_psi_1(shape)
      let next = shape - (cgsl_log(shape) - gsl_sf_psi(shape) - s) / slope
      guard next > 0, next.isFinite else { break }
      shape = next
    }
    let scale = mean / shape
    return GapFit(
      name: "gamma", parameters: [("shape", shape), ("scale", scale)],
      distance: distance(gaps) { gsl_cdf_gamma_P($0, shape, scale) })
  }

  /// Halves an interval for Σ xᵏ ln x / Σ xᵏ − 1/k = mean ln x, whose left side grows with k.
  private static func weibull(_ gaps: [Double]) -> GapFit {
    // Against the largest gap, no power overflows.
    let top = cgsl_log(gaps[gaps.count - 1])
    let logs = gaps.map { cgsl_log($0) - top }
    let mean = gsl_stats_mean(logs, 1, logs.count)
    var (low, high) = (-7.0, 7.0)  // ln k
    var sum = 0.0
    for _ in 0..<40 {
      let shape = cgsl_exp((low + high) / 2)
      var weighted = 0.0
      sum = 0
      for log in logs {
        let power = cgsl_exp(shape * log)
        sum += power
        weighted += power * log
      }
      let middle = (low + high) / 2
      if weighted / sum - 1 / shape < mean { low = middle } else { high = middle }
    }
    let shape = cgsl_exp((low + high) / 2)
    let scale = cgsl_exp(top + cgsl_log(sum / Double(gaps.count)) / shape)
    return GapFit(
      name: "weibull", parameters: [("shape", shape), ("scale", scale)],
      distance: distance(gaps) { gsl_cdf_weibull_P($0, scale, shape) })
  }

  private static func lognormal(_ gaps: [Double]) -> GapFit {
    let logs = gaps.map(cgsl_log)
    let mean = gsl_stats_mean(logs, 1, logs.count)
    let sigma = gsl_stats_sd_with_fixed_mean(logs, 1, logs.count, mean)
    return GapFit(
      name: "lognormal", parameters: [("zeta", mean), ("sigma", sigma)],
      distance: distance(gaps) { gsl_cdf_lognormal_P($0, mean, sigma) })
  }

  private static func distance(_ sorted: [Double], _ below: (Double) -> Double) -> Double {
    var (largest, start) = (0.0, 0)
    let count = Double(sorted.count)
    while start < sorted.count {
      var end = start
      while end < sorted.count, sorted[end] == sorted[start] { end += 1 }
      let share = below(sorted[start])
      largest = max(largest, share - Double(start) / count, Double(end) / count - share)
      start = end
    }
    return largest
  }
}

/// Largest distance between the distribution functions of two columns (Kolmogorov–Smirnov).
func kolmogorovSmirnov(_ a: some Sequence<Int64>, _ b: some Sequence<Int64>) -> Double {
  let (a, b) = (a.sorted(), b.sorted())
  guard !a.isEmpty, !b.isEmpty else { return 0 }
  var (i, j, largest) = (0, 0, 0.0)
  while i < a.count, j < b.count {
    let value = min(a[i], b[j])
    while i < a.count, a[i] == value { i += 1 }
    while j < b.count, b[j] == value { j += 1 }
    largest = max(largest, abs(Double(i) / Double(a.count) - Double(j) / Double(b.count)))
  }
  return largest
}
