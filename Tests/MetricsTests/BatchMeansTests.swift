import Metrics
import Testing

@Suite struct BatchMeansTests {
  @Test func `parts of equal length, and one row more where they do not divide`() throws {
    // 22 rows in two parts of 11: 0…10 and 11…21.
    let two = try #require(BatchMeans(batches: 2).means(of: Array(0..<22)))
    #expect(two.values == [5, 16])
    #expect(two.estimate == 10.5)
    // 32 rows in three parts end at 10, 21 and 32.
    let three = try #require(BatchMeans(batches: 3).means(of: Array(0..<32)))
    #expect(three.values == [4.5, 15, 26])
    #expect(three.estimate == 15.5)
  }

  @Test func `a part of fewer than ten values has no mean`() {
    #expect(BatchMeans(batches: 4).means(of: Array(repeating: 1, count: 39)) == nil)
    #expect(BatchMeans(batches: 4).means(of: Array(repeating: 1, count: 40)) != nil)
  }

  /// How many of `count` intervals at 95 % contain what they should, at least and at most: three
  /// standard deviations of a binomial.
  private func expectCoverage(_ hits: Int, of count: Int, _ what: Comment) {
    let mean = 0.95 * Double(count)
    let deviation = (0.05 * mean).squareRoot()
    #expect(abs(Double(hits) - mean) <= 3 * deviation, what)
  }

  @Test func `intervals of an autoregressive process cover its mean as often as they say`() throws {
    // x ← x / 2 + noise: mean 0, batches of 100 are correlated by about 1 %.
    var (hits, reliable) = (0, 0)
    for seed in 1...400 as ClosedRange<UInt64> {
      var random = TestRandom(seed)
      var state: Int64 = 0
      var column: [Int64] = []
      for _ in 0..<2000 {
        state = state / 2 + random.below(2_000_001) - 1_000_000
        column.append(state)
      }
      let sections = try #require(BatchMeans(batches: 20).means(of: column))
      if sections.interval(level: 0.95).contains(0) { hits += 1 }
      if sections.isReliable { reliable += 1 }
    }
    expectCoverage(hits, of: 400, "covered \(hits)")
    expectCoverage(reliable, of: 400, "reliable \(reliable)")
  }

  @Test func `intervals of M/M/1 waiting times cover the mean waiting time`() throws {
    // Utilisation 1/2 and service times of mean 1: the mean wait is ρ / (1 − ρ) = 1.
    var hits = 0
    for seed in 1...200 as ClosedRange<UInt64> {
      var random = TestRandom(seed)
      var wait = 0.0
      var column: [Int64] = []
      for _ in 0..<8000 {
        wait = max(0, wait + random.exponential() - 2 * random.exponential())
        column.append(Int64(wait * 1e9))
      }
      column.removeFirst(500)
      let sections = try #require(BatchMeans(batches: 20).means(of: column))
      if sections.interval(level: 0.95).contains(1e9) { hits += 1 }
    }
    expectCoverage(hits, of: 200, "covered \(hits)")
  }

  @Test func `a random walk is called unreliable`() throws {
    var random = TestRandom(5)
    var state: Int64 = 0
    let walk = (0..<2000).map { _ in
      state += random.below(201) - 100
      return state
    }
    let sections = try #require(BatchMeans(batches: 20).means(of: walk))
    #expect(!sections.isReliable)
    #expect(sections.correlation > 0.5 && sections.correlation <= 1)
  }
}
