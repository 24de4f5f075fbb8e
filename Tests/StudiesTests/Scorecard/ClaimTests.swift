import Testing

@testable import Studies

@Suite struct ClaimTests {
  @Test(arguments: [
    (1.4, 5.8, 1, 1.4, PublishedRange.Verdict.inRange), (1.4, 5.8, 1, 5.8, .inRange),
    // Compared at the published digits: 1.36 is 1.4, 1.34 is 1.3.
    (1.4, 5.8, 1, 1.36, .inRange), (1.4, 5.8, 1, 1.34, .near), (1.4, 5.8, 1, 6.9, .near),
    (1.4, 5.8, 1, 7.0, .off), (1.4, 5.8, 1, 1.1, .off), (1.53, 1.84, 2, 1.857, .near),
    // One figure stands for 10 % around it.
    (4.3, 4.3, 1, 4.7, .inRange), (4.3, 4.3, 1, 4.8, .near), (4.3, 4.3, 1, 3.9, .inRange),
    (4.3, 4.3, 1, 6, .off), (10, 20, 0, -3, .off), (-20, -10, 0, -15, .inRange),
    (-20, -10, 0, -9, .near), (-20, -10, 0, 0, .off),
  ])
  func `a figure is within the published ends, near one of them, or off`(
    low: Double, high: Double, decimals: Int, value: Double, verdict: PublishedRange.Verdict
  ) {
    let range = PublishedRange(low: low, high: high, decimals: decimals)
    #expect(range.judge(value) == verdict)
  }

  // 20 % of the effect: 1.12 is a gain of 0.12, so 1.1 is near and no gain at all is off.
  @Test(arguments: [
    (1.12, 1.66, 1.1, PublishedRange.Verdict.near), (1.12, 1.66, 1.0, .off),
    (1.12, 1.66, 1.79, .near), (1.12, 1.66, 1.8, .off), (2.2, 2.2, 2.57, .near),
    (0.9, 0.95, 0.885, .near), (0.9, 0.95, 0.8, .off),
  ])
  func `of a ratio what counts is how far it is from 1`(
    low: Double, high: Double, value: Double, verdict: PublishedRange.Verdict
  ) {
    let range = PublishedRange(low: low, high: high, decimals: 3, origin: 1)
    #expect(range.judge(value) == verdict)
  }

  @Test func `an end that is not known bounds nothing, and no number is off`() {
    #expect(PublishedRange(low: nil, high: 2.25, decimals: 2).judge(-5) == .inRange)
    #expect(PublishedRange(low: 1.1, high: nil, decimals: 1).judge(1000) == .inRange)
    #expect(PublishedRange(low: 1, high: 2, decimals: 0).judge(.nan) == .off)
    #expect(PublishedRange(low: 1, high: 2, decimals: 0).judge(.infinity) == .off)
  }

  @Test func `ranges as text`() {
    #expect(PublishedRange(low: 1.4, high: 5.8, decimals: 1).text == "1.4–5.8")
    #expect(PublishedRange(low: 38.2, high: 38.2, decimals: 1).text == "38.2")
    #expect(PublishedRange(low: nil, high: 2.25, decimals: 2).text == "up to 2.25")
    #expect(PublishedRange(low: 3, high: nil, decimals: 0).text == "from 3")
  }

  @Test func `off is worse than near, which is worse than in range`() {
    #expect(PublishedRange.Verdict.off.isWorse(than: .near))
    #expect(PublishedRange.Verdict.near.isWorse(than: .inRange))
    #expect(!PublishedRange.Verdict.near.isWorse(than: .near))
    #expect(!PublishedRange.Verdict.inRange.isWorse(than: .off))
    #expect(!PublishedRange.Verdict.informational.isWorse(than: .inRange))
  }
}
