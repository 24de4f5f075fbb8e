import Report
import Testing

@Suite struct ParetoTests {
  @Test func `the frontier of five points is the three that none beats`() {
    let points = [(1, 9), (2, 7), (2, 8), (5, 3), (4, 2)].map { Figure.Point($0.0, $0.1) }
    #expect(Pareto.frontier(points) == [0, 2, 3])
  }

  @Test func `every point is on the frontier or beaten, checked against all pairs`() {
    // A multiplicative generator, so that the points look random and are the same everywhere.
    var state: UInt64 = 12345
    func next() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double((state >> 33) % 40)
    }
    let points = (0..<200).map { _ in Figure.Point(next(), next()) }
    let frontier = Set(Pareto.frontier(points))
    for (i, a) in points.enumerated() {
      let isBeaten = points.enumerated().contains { j, b in
        b.x >= a.x && b.y >= a.y && (b.x > a.x || b.y > a.y || j < i)
      }
      #expect(frontier.contains(i) == !isBeaten)
    }
  }

  @Test func `points that are no numbers are on no frontier`() {
    #expect(Pareto.frontier([Figure.Point(.nan, 1), Figure.Point(1, .nan)]).isEmpty)
  }
}
