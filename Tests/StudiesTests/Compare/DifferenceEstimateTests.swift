import Studies
import Testing

/// Student's t from tables: 2.7764 is the 97.5 % quantile for 4 degrees of freedom.
@Suite struct DifferenceEstimateTests {
  private func near(_ a: Double, _ b: Double, _ tolerance: Double = 1e-6) -> Bool {
    (a - b).magnitude <= tolerance
  }

  @Test func `pairs give the t interval of their differences`() throws {
    // Differences 2, 1, 2, 1, 3: mean 1.8, variance 2.8 / 4 = 0.7.
    let pairs = [(10.0, 12.0), (12, 13), (11, 13), (13, 14), (14, 17)].map { (a: $0.0, b: $0.1) }
    let estimate = try #require(DifferenceEstimate(pairs: pairs, logarithmic: false))
    #expect(!estimate.isLogarithmic)
    #expect(near(estimate.center, 1.8) && estimate.degrees == 4)
    #expect(near(estimate.error, (0.7 / 5).squareRoot()))
    let (low, high) = estimate.interval(level: 0.95)
    #expect(near(high - low, 2 * 2.7764 * 0.374_166, 1e-4))
    #expect(estimate.share(1.8, of: 12) == 0.15 && estimate.share(1, of: 0) == nil)
  }

  @Test func `a change by the same factor at every seed has no spread`() throws {
    let pairs = [3.0, 10, 200, 0.5].map { (a: $0, b: 1.03 * $0) }
    let estimate = try #require(DifferenceEstimate(pairs: pairs, logarithmic: true))
    #expect(estimate.isLogarithmic)
    #expect(near(try #require(estimate.share(estimate.center, of: 1)), 0.03, 1e-12))
    #expect(estimate.error < 1e-12)
  }

  @Test func `B against A is the mirror of A against B`() throws {
    let pairs = [(3.0, 4.0), (7, 5), (2, 3)].map { (a: $0.0, b: $0.1) }
    let forth = try #require(DifferenceEstimate(pairs: pairs, logarithmic: true))
    let mirrored = pairs.map { (a: $0.b, b: $0.a) }
    let back = try #require(DifferenceEstimate(pairs: mirrored, logarithmic: true))
    #expect(near(forth.center, -back.center, 1e-12) && near(forth.error, back.error, 1e-12))
  }

  @Test func `a zero among the values keeps them off the logarithm`() throws {
    let pairs = [(0.0, 1.0), (2, 1)].map { (a: $0.0, b: $0.1) }
    let estimate = try #require(DifferenceEstimate(pairs: pairs, logarithmic: true))
    #expect(!estimate.isLogarithmic && estimate.center == 0 && near(estimate.error, 1))
  }

  @Test func `independent runs have Welch's error and Satterthwaite's degrees of freedom`() throws {
    // Variances 1 and 20/3 over 3 and 4 values: 1/3 + 5/3 = 2.
    let estimate = try #require(
      DifferenceEstimate(independent: [1, 2, 3], [2, 4, 6, 8], logarithmic: false))
    #expect(near(estimate.center, 3) && near(estimate.error, 2.0.squareRoot()))
    #expect(near(estimate.degrees, 4 / (1.0 / 18 + 25.0 / 27)))
    #expect(DifferenceEstimate(independent: [1], [2, 3], logarithmic: false) == nil)
  }

  @Test func `what is beyond the range of numbers gives no estimate`() {
    #expect(DifferenceEstimate(independent: [1e200, 0], [1, 2], logarithmic: false) == nil)
    #expect(DifferenceEstimate(independent: [1e100, 0], [1, 2], logarithmic: false) == nil)
    let pairs = [(a: 1e200, b: 0.0), (a: 1, b: 2)]
    #expect(DifferenceEstimate(pairs: pairs, logarithmic: false) == nil)
    #expect(DifferenceEstimate(1, error: 1e200, degrees: 9, 2, error: 1, degrees: 9) == nil)
  }

  @Test func `two intervals within runs add as squares`() throws {
    let estimate = try #require(
      DifferenceEstimate(10, error: 3, degrees: 19, 14, error: 4, degrees: 19))
    #expect(estimate.center == 4 && estimate.error == 5)
    #expect(near(estimate.degrees, 625 / ((81.0 + 256) / 19)))
  }
}
