import Report
import Testing

@Suite struct MissRatioFigureTests {
  @Test func `each policy is a curve over ascending capacities`() throws {
    let figure = Figure.missRatios(
      "t", [("lru", [(1000, 0.5), (10, 0.9)]), ("min", [(10, 0.8), (1000, 0.25)])])
    #expect(figure.series.map(\.name) == ["lru", "min"])
    #expect(figure.series[0].points == [Figure.Point(10, 0.9), Figure.Point(1000, 0.5)])
    #expect(figure.x.isLogarithmic)
    #expect(!Figure.missRatios("t", [("lru", [(10, 1), (20, 1)])]).x.isLogarithmic)
    #expect(Figure.missRatios("t", [("lru", [])]).drawable == nil)
  }
}
