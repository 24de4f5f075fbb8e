import Foundation
import Testing

@testable import Report

@Suite struct ScorecardPageTests {
  private func line(
    _ name: String, _ ends: ClosedRange<Double>?, _ simulated: Double?, _ verdict: String,
    _ remark: String = ""
  ) -> ScorecardPage.Line {
    ScorecardPage.Line(
      names: [name, "claim <1>", "metric"], published: "1–3", ends: ends, simulated: simulated,
      quotient: nil, verdict: verdict, source: "[primary]", scenario: "a/b", remark: remark)
  }

  @Test func `figures lie over the middle of their range, and what did not run is left out`() {
    let figure = ScorecardPage.figure([
      line("A", 1...3, 3, "in range"), line("B", nil, 3, "off"), line("C", 2...2, nil, "skipped"),
      line("D", 4...4, 2, "off"),
    ])
    #expect(figure.series.map(\.name) == ["published", "simulated"])
    #expect(figure.series[0].points.map(\.halfWidth) == [0.5, 0])
    #expect(figure.series[1].points.map(\.y) == [1.5, 0.5])
    #expect(figure.x.categories == ["1", "2"])
  }

  @Test func `the page has every claim, and what is missing where one is off`() throws {
    let page = try ScorecardPage.page(
      [
        line("Alpha", 1...3, 2, "in range", "a stack"), line("Beta", 1...3, 9, "off", "a cause"),
      ], summary: "2 claims", draws: false)
    let text = String(decoding: page, as: UTF8.self)
    for part in ["2 claims", "Alpha", "Beta", "claim &lt;1&gt;", "a stack", "a cause"] {
      #expect(text.contains(part), "\(part)")
    }
    let missing = try #require(text.range(of: "What is missing"))
    let setUps = try #require(text.range(of: "Set-ups"))
    #expect(text[missing.upperBound..<setUps.lowerBound].contains("a cause"))
    #expect(!text[missing.upperBound..<setUps.lowerBound].contains("a stack"))
  }
}
