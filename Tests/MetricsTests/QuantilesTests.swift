import Metrics
import Testing

@Suite struct QuantilesTests {
  static func columns() -> [(name: String, values: [Int64])] {
    var random = TestRandom(7)
    let n = 20_000
    return [
      ("uniform", (0..<n).map { _ in random.below(1 << 40) }),
      ("constant", Array(repeating: 42, count: n)),
      ("two values", (0..<n).map { _ in random.below(2) * 1_000_000 + 5 }),
      ("two neighbours far out", (0..<n).map { _ in (1 << 60) + random.below(2) }),
      ("heavy tail", (0..<n).map { _ in Int64(1) << random.below(62) + random.below(1000) }),
      ("close, one outlier", (0..<n).map { $0 == 99 ? Int64.max : 1000 + random.below(600) }),
      ("signed", (0..<n).map { _ in random.below(1 << 50) - 1 << 49 }),
      (
        "whole range",
        [Int64.min, Int64.max] + (0..<n).map { _ in Int64(truncatingIfNeeded: random.next()) }
      ),
      ("one", [3]), ("two", [9, 3]), ("257", (0..<257).map { 257 - $0 }),
    ]
  }

  @Test func `selection agrees with a full sort at every rank asked`() {
    for (name, values) in Self.columns() {
      let sorted = values.sorted()
      let n = Int64(values.count)
      let ranks = [0, n / 7, n / 2, n * 9 / 10, n * 99 / 100, n - 1].sorted()
      #expect(
        Quantiles.select(values, ranks: ranks) == ranks.map { sorted[Int($0)] }, "\(name)")
    }
  }

  @Test func `weighted selection agrees with a sort of the expanded multiset`() {
    var random = TestRandom(11)
    for (name, values) in Self.columns() {
      let weights = values.map { _ in random.below(5) }
      var expanded: [Int64] = []
      for (value, weight) in zip(values, weights) {
        expanded += Array(repeating: value, count: Int(weight))
      }
      guard !expanded.isEmpty else { continue }
      expanded.sort()
      let n = Int64(expanded.count)
      let ranks = [0, n / 3, n / 2, n * 999 / 1000, n - 1].sorted()
      #expect(
        Quantiles.select(values, weights: weights, ranks: ranks)
          == ranks.map { expanded[Int($0)] }, "\(name)")
    }
  }

  @Test func `percentiles interpolate as numpy does`() {
    // numpy.percentile([1, 2, 4, 8], [0, 50, 95, 100]) = 1, 3, 7.4, 8
    let values: [Double] = [1, 2, 4, 8]
    for (perMille, wanted) in [(0, 1), (500, 3), (950, 7.4), (1000, 8)] as [(Int64, Double)] {
      let found = Quantiles.interpolated(perMille: perMille, ofSorted: values)
      #expect(found.map { abs($0 - wanted) < 1e-12 } == true)
    }
    #expect(Quantiles.interpolated(perMille: 500, ofSorted: []) == nil)
  }

  @Test func `selection of no ranks or of nothing is empty`() {
    #expect(Quantiles.select([1, 2], ranks: []).isEmpty)
    #expect(Quantiles.select([], ranks: []).isEmpty)
  }
}
