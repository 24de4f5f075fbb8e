import Metrics
import Testing

@Suite struct StatisticsTests {
  @Test func `five numbers by hand`() throws {
    // sorted 1 2 3 4 10: mean 4; deviations 9 4 1 0 36 → variance 10, std 3.16 → 3;
    // p90 at 3.6: 4 + 0.6·6 = 7.6 → 8; p95 at 3.8: 8.8 → 9; p99 at 3.96: 9.76 → 10.
    let s = try #require(Statistics(of: [10, 1, 4, 3, 2]))
    #expect(s.count == 5)
    #expect(s.mean == 4)
    #expect(s.std == 3)
    #expect((s.min, s.max) == (1, 10))
    #expect(s.p50 == 3)
    #expect((s.p90, s.p95, s.p99, s.p999) == (8, 9, 10, 10))
  }

  @Test func `an interpolated half rounds to even`() throws {
    #expect(try #require(Statistics(of: [1, 2])).p50 == 2)
    #expect(try #require(Statistics(of: [2, 3])).p50 == 2)
    #expect(try #require(Statistics(of: [2, 3])).mean == 2)
  }

  @Test func `nothing has no statistics`() {
    #expect(Statistics(of: []) == nil)
    #expect(Statistics(of: GapTally(limit: 8)) == nil)
  }

  @Test func `percentiles equal numpy's formula over a full sort`() throws {
    for (name, values) in QuantilesTests.columns()
    where values.allSatisfy({ abs($0 >> 1) < 1 << 51 }) {
      let s = try #require(Statistics(of: values))
      let sorted = values.sorted().map(Double.init)
      for (p, found) in [(0.5, s.p50), (0.9, s.p90), (0.95, s.p95), (0.99, s.p99), (0.999, s.p999)]
      {
        let position = p * Double(values.count - 1)
        let low = Int(position)
        let high = min(low + 1, values.count - 1)
        let expected = sorted[low] + (sorted[high] - sorted[low]) * (position - Double(low))
        #expect(abs(Double(found) - expected) <= 1 + 1e-12 * abs(expected), "\(name) \(p)")
      }
      let mean = sorted.reduce(0, +) / Double(values.count)
      let variance = sorted.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(values.count)
      #expect(
        abs(Double(s.std) - variance.squareRoot()) <= 1 + 1e-9 * variance.squareRoot(), "\(name)")
      #expect(s.p50 <= s.p90 && s.p90 <= s.p95 && s.p95 <= s.p99 && s.p99 <= s.p999)
    }
  }

  @Test func `a tally has the statistics of its gaps written out`() throws {
    var random = TestRandom(3)
    var tally = GapTally(limit: 1 << 12)
    var all: [Int64] = []
    for _ in 0..<1000 {
      let gap = random.below(1 << 36)
      let weight = Int32(1 + random.below(9))
      tally.add(gap, weight: weight)
      all += Array(repeating: gap, count: Int(weight))
    }
    #expect(Statistics(of: tally) == Statistics(of: all))
  }

  @Test func `order of values changes nothing, even at the edge of the range`() throws {
    let values = [Int64.max, 0, Int64.max / 3, 7, Int64.max - 1]
    #expect(Statistics(of: values) == Statistics(of: values.reversed()))
    #expect(Statistics(of: [Int64.max, Int64.max])?.std == 0)
  }
}
