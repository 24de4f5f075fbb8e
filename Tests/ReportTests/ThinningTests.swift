import Report
import Testing

@Suite struct ThinningTests {
  @Test func `the distribution of four values rises by a quarter at each`() {
    let points = Thinning.distribution([30, 10, .nan, 40, 20])
    #expect(points.map(\.x) == [10, 10, 20, 30, 40])
    #expect(points.map(\.y) == [0, 25, 50, 75, 100])
    #expect(Thinning.distribution([.nan]).isEmpty)
  }

  @Test func `a million values become few points on the same curve, both ends among them`() {
    // i² for i in 1...n: the share not larger than v is √v / n.
    let count = 1_000_000
    let points = Thinning.distribution((1...count).map { Double($0) * Double($0) }, most: 300)
    #expect(points.count == 300)
    #expect(points.first?.x == 1)
    #expect(points.last?.x == 1e12)
    let errors = points.dropFirst().map { (point: Figure.Point) -> Double in
      let share: Double = 100 * point.x.squareRoot() / Double(count)
      return abs(point.y - share)
    }
    #expect((errors.max() ?? 1) < 1e-9)
  }

  @Test func `a scatter keeps one point of each cell and every distant one`() {
    let near = (0..<1000).map { Figure.Point(1 + Double($0) * 1e-6, 1) }
    let kept = Thinning.scatter(near + [Figure.Point(100, 50), Figure.Point(.nan, 1)])
    #expect(kept == [Figure.Point(1, 1), Figure.Point(100, 50)])
    let positive = Thinning.scatter([Figure.Point(0, 1), Figure.Point(5, 5)], x: true)
    #expect(positive.map(\.x) == [5])
  }

  @Test func `buckets have a round length and hold the last moment`() {
    let buckets = Thinning.Buckets(end: 84.2, rows: 500, perBucket: 20)
    #expect(buckets.width == 5)
    #expect(buckets.count == 17)
    #expect(buckets.index(84.2) == 16)
    #expect(buckets.middle(0) == 2.5)
    #expect(buckets.index(-1e308) == 0)
    #expect(buckets.index(1e308) == 16)
    #expect(Thinning.Buckets(end: 0, rows: 1, perBucket: 20).count == 1)
  }
}
