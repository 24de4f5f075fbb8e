import Metrics
import Testing

@Suite struct ConfidenceTests {
  @Test(
    arguments: [
      (0.975, 4.0, 2.776_445_105), (0.975, 19, 2.093_024_054), (0.995, 10, 3.169_272_667),
      (0.95, 1, 6.313_751_515), (0.5, 7, 0),
    ])
  func `t quantiles are those of printed tables`(
    probability: Double, freedom: Double, expected: Double
  ) {
    let found = StudentT.quantile(probability, degreesOfFreedom: freedom)
    #expect(abs(found - expected) < 1e-8)
  }

  @Test func `five samples by hand`() throws {
    // Mean 3, squares 4 + 1 + 0 + 1 + 4 = 10, standard error √(10 / 20), t(0.975; 4) = 2.776445.
    let interval = try #require(ConfidenceInterval.of(samples: [1, 2, 3, 4, 5]))
    #expect(interval.mean == 3)
    #expect(abs(interval.halfWidth - 2.776_445_105 * 0.707_106_781) < 1e-8)
    #expect(interval.contains(1.04) && !interval.contains(1.03))
    #expect(abs(interval.high - interval.low - 2 * interval.halfWidth) < 1e-15)
    let wide = try #require(ConfidenceInterval.of(samples: [1, 2, 3, 4, 5], level: 0.99))
    #expect(abs(wide.halfWidth - 4.604_094_871 * 0.707_106_781) < 1e-8)
    #expect(ConfidenceInterval.of(samples: [1]) == nil)
    #expect(ConfidenceInterval.of(samples: [2, 2, 2])?.halfWidth == 0)
  }

  @Test func `four parts by hand`() {
    // Deviations −3 −1 1 3: squares 20, over 4 · 3; neighbours differ by 2: 1 − 12 / 40 = 0.7,
    // above 1.644854 · √(2 / 15) = 0.600616.
    let rising = Sections(values: [2, 4, 6, 8], estimate: 5)
    let half = 3.182_446_305 * (20.0 / 12).squareRoot()
    #expect(abs(rising.interval(level: 0.95).halfWidth - half) < 1e-8)
    #expect(abs(rising.correlation - 0.7) < 1e-15)
    #expect(abs(rising.correlationLimit - 0.600_616) < 1e-6)
    #expect(!rising.isReliable)
    // The same values in another order, differences 6 4 2: 1 − 56 / 40.
    let mixed = Sections(values: [2, 8, 4, 6], estimate: 5)
    #expect(abs(mixed.correlation - (1 - 56.0 / 40)) < 1e-15)
    #expect(mixed.isReliable)
    // Deviations are from the estimate of the whole: 16 + 4 + 0 + 4 = 24.
    let aside = Sections(values: [2, 4, 6, 8], estimate: 6)
    let shifted = 3.182_446_305 * (24.0 / 12).squareRoot()
    #expect(abs(aside.interval(level: 0.95).halfWidth - shifted) < 1e-8)
    #expect(Sections(values: [3, 3, 3], estimate: 3).isReliable)
  }
}
