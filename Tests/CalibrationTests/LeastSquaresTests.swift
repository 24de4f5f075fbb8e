import CGSL
import Testing

@testable import Calibration

/// Rows of y = a + b·x with relative noise of fixed signs and sizes.
private func line(_ a: Double, _ b: Double, rows: Int = 200) -> (x: [Double], y: [Double]) {
  let x = (0..<rows).map { 1 + Double($0) }
  let y = x.enumerated().map { i, x in (a + b * x) * (1 + 0.02 * Double(i * 7919 % 13 - 6) / 6) }
  return (x, y)
}

private func problem(_ data: (x: [Double], y: [Double])) -> LeastSquares {
  LeastSquares(ranges: [0.01...1000, 0.001...100], rows: data.x.count) { p in
    zip(data.x, data.y).map { cgsl_log((p[0] + p[1] * $0) / $1) }
  }
}

@Suite("Robust non-linear least squares")
struct LeastSquaresTests {
  @Test("finds the line behind noisy points, from a factor of three away")
  func findsLine() throws {
    let fit = try problem(line(30, 2)).fit(from: [10, 6])
    #expect(abs(fit.values[0] - 30) < 0.3)
    #expect(abs(fit.values[1] - 2) < 0.01)
    #expect(abs(fit.values[0] - 30) < 4 * fit.covariance[0].squareRoot())
  }

  @Test("one row in ten a hundred times too slow moves the line little")
  func outliers() throws {
    var data = line(30, 2)
    for i in stride(from: 0, to: 200, by: 10) { data.y[i] *= 100 }
    let fit = try problem(data).fit(from: [10, 6])
    #expect(abs(fit.values[0] - 30) < 1.5)
    #expect(abs(fit.values[1] - 2) < 0.1)
  }

  @Test("the same rows give the same bits")
  func deterministic() throws {
    let a = try problem(line(30, 2)).fit(from: [10, 6])
    let b = try problem(line(30, 2)).fit(from: [10, 6])
    #expect(a.values == b.values && a.covariance == b.covariance)
  }

  @Test("refuses too few rows, and rows that leave a parameter open")
  func refusals() {
    #expect(throws: FitFault.tooFewRows(7, needed: 8)) {
      try problem(line(30, 2, rows: 7)).fit(from: [10, 6])
    }
    let same = (x: [Double](repeating: 3, count: 50), y: [Double](repeating: 36, count: 50))
    #expect(throws: FitFault.self) { try problem(same).fit(from: [10, 6]) }
    let blind = LeastSquares(ranges: [1...2, 1...2], rows: 50) { p in
      (0..<50).map { p[0] - 1.5 + 0.01 * Double($0 % 3 - 1) }
    }
    #expect(throws: FitFault.undetermined(parameter: 1)) { try blind.fit(from: [1.2, 1.5]) }
  }

  @Test("refuses a parameter that runs to an end of its range")
  func bound() {
    let data = line(30, 2)
    let narrow = LeastSquares(ranges: [0.01...20, 0.001...100], rows: 200) { p in
      zip(data.x, data.y).map { cgsl_log((p[0] + p[1] * $0) / $1) }
    }
    #expect(throws: FitFault.atBound(parameter: 0)) { try narrow.fit(from: [10, 6]) }
  }

  /// 200 rows of one constant, 40 families of five that err by 1 % to the same side.
  private func variance(families: [Int]) throws -> Double {
    let signs = (0..<200).map { $0 / 5 % 2 == 0 ? 0.01 : -0.01 }
    var problem = LeastSquares(ranges: [0.1...10], rows: 200) { p in
      signs.map { cgsl_log(p[0]) + $0 }
    }
    problem.families = families
    return try problem.fit(from: [2]).covariance[0]
  }

  @Test("rows of a family count as one, with the correction for few families")
  func clusters() throws {
    // Sums of 5 · 0.01 over 40 families, a leverage of 1/200; p is 1, so that its variance is that
    // of its logarithm; G/(G−1) · (N−1)/(N−1).
    let leverage = 1 - 1.0 / 200
    let expected = 40 * 0.05 * 0.05 / (leverage * leverage) / (200 * 200) * 40 / 39
    let found = try variance(families: (0..<200).map { $0 / 5 })
    #expect(abs(found / expected - 1) < 1e-4)
  }

  @Test("families no more than parameters do not count: every row stands for itself")
  func fewClusters() throws {
    let leverage = 1 - 1.0 / 200
    let expected = 200 * 0.01 * 0.01 / (leverage * leverage) / (200 * 200) * 200 / 199
    for families in [[Int](repeating: 0, count: 200), [], Array(0..<200)] {
      #expect(abs(try variance(families: families) / expected - 1) < 1e-4)
    }
  }

  @Test("accepts a parameter that the rows ask nothing of")
  func negligible() throws {
    // y = 2x without a constant: the range begins at 0.001, a two-thousandth of the least row.
    let data = line(0, 2)
    let free = LeastSquares(ranges: [0.001...1000, 0.001...100], rows: 200) { p in
      zip(data.x, data.y).map { cgsl_log((p[0] - 0.001 + p[1] * $0) / $1) }
    }
    let fit = try free.fit(from: [1, 6])
    #expect(fit.values[0] < 0.03 && abs(fit.values[1] - 2) < 0.01)
  }
}
