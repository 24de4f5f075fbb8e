import TestSupport
import Testing

@testable import Studies

@Suite struct ScorecardPlanTests {
  private let lines = "published: 10\nkey: mean_ttft_ms"

  @Test func `filters keep claims by system, scenario or text, whatever the case`() throws {
    let folder = try PaperFolder(PaperFolder.claim(lines))
    for filter in ["own", "OWN/one", "Some"] {
      #expect(try ScorecardPlan(of: folder.path, filters: [filter]).claims.count == 1)
    }
    let text = message { _ = try ScorecardPlan(of: folder.path, filters: ["other"]) }
    #expect(text.contains("other") && text.contains("Own"))
  }

  @Test func `a directory without claims, and one that is not there, are refused`() throws {
    let empty = try TestDirectory()
    #expect(message { _ = try ScorecardPlan(of: empty.path) }.contains("claims.yaml"))
    #expect(message { _ = try ScorecardPlan(of: empty.path + "/no") }.contains("--papers"))
  }

  @Test func `a row whose trace is not there is skipped, and runs where it is`() throws {
    let folder = try PaperFolder(PaperFolder.claim(lines + "\nneeds: ../trace.csv"))
    #expect(try ScorecardPlan(of: folder.path).isSkipped == [true])
    let row = try #require(try folder.scorecard().card.rows.first)
    #expect(row.verdict == .skipped && row.figure == nil && !row.isGated)
    try folder.write("a\n", to: "trace.csv")
    #expect(try ScorecardPlan(of: folder.path).isSkipped == [false])
  }
}
