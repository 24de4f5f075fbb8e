import Report
import Testing

@Suite struct GroupingTests {
  @Test func `groups stand in the order of their values, numbers by size`() {
    let groups = Grouping.rows(
      [0, 1, 2, 3, 4], by: [["10", "9", "", "9", "x"], ["b", "b", "b", "b", "b"]])
    #expect(groups.map { $0.values[0] } == ["9", "10", "", "x"])
    #expect(groups[0].rows == [1, 3])
  }

  @Test func `keys are shortened where that is clear`() {
    #expect(
      Grouping.shortNames(["workload.rate", "cluster.gpu", "a.x", "b.x", "p99.9_ttft_ms"])
        == ["rate", "gpu", "a.x", "b.x", "p99.9_ttft_ms"])
    #expect(Grouping.name(of: ["2", ""], keys: ["a.n", "b.gpu"]) == "n 2, gpu default")
  }

  @Test func `rows that share x become their mean with Student's interval`() {
    // Two values 1 and 3: s = √2, t(0.975, 1) = 12.7062, half width 12.7062 · √2 / √2.
    let points = Aggregation([
      Figure.Point(5, 3), Figure.Point(2, 7), Figure.Point(5, 1), Figure.Point(8, .nan),
      Figure.Point(.nan, 1),
    ])
    #expect(points.points.map(\.x) == [2, 5, 8])
    #expect(points.points[0] == Figure.Point(2, 7))
    #expect(points.points[1].y == 2)
    #expect(abs(points.points[1].halfWidth - 12.7062) < 1e-4)
    #expect(points.points[2].y.isNaN)
    #expect(points.counts == [1, 2])
  }

  @Test func `too many points become means of neighbours`() {
    let squares = (0..<10).map { Figure.Point(Double($0), Double($0 * $0)) }
    let points = Aggregation(squares)
    #expect(points.thinned(to: 10).count == 10)
    // 0 1 4 | 9 16 25 | 36 49 64 | 81
    let means = points.thinned(to: 4)
    #expect(means.map(\.x) == [1, 4, 7, 9])
    #expect(means.map { ($0.y * 3).rounded() } == [5, 50, 149, 243])
  }
}
