import Files
import TestSupport
import Testing

@testable import Studies

@Suite struct ScorecardTests {
  private struct Answer: Decodable {
    struct Row: Decodable {
      let system: String
      let claim: String
      let metric: String
      let baseline: String
      let publishedLow: Double?
      let publishedHigh: Double?
      let simulated: Double?
      let quotient: Double?
      let verdict: String
      let gated: Bool
      let confidence: String
      let scenario: String
    }
    let gated: Int
    let inRange: Int
    let failed: Int
    let rows: [Row]
  }

  private func card() throws -> Scorecard {
    try PaperFolder(
      PaperFolder.claim("published: [9, 11]\nkey: mean_ttft_ms")
        + PaperFolder.claim("published: [11, 12]\nkey: mean_ttft_ms\nknown: near\nremark: a, b")
        + PaperFolder.claim("published: [null, 5]\nkey: mean_ttft_ms")
        + PaperFolder.claim("published: 5\nkey: mean_ttft_ms\nneeds: no.csv")
    ).scorecard().card
  }

  @Test func `the columns are those that scripts rely on`() throws {
    let files = try card().files(nil)
    #expect(files.map(\.name) == ["scorecard.csv", "columns.json"])
    let csv = String(decoding: files[0].bytes, as: UTF8.self)
    let head = "system,claim,metric,baseline,published_low,published_high,simulated,quotient,"
    #expect(csv.hasPrefix(head + "verdict,gated,confidence,scenario\n"))
    let rows = table(csv)
    #expect(rows.map { $0["verdict"] } == ["in range", "near", "informational", "skipped"])
    #expect(rows.map { $0["simulated"] } == ["10", "10", "10", ""])
    #expect(rows.map { $0["gated"] } == ["1", "1", "0", "0"])
    #expect(rows.map { $0["published_low"] } == ["9", "11", "", "5"])
  }

  @Test func `the JSON says the same`() throws {
    let answer = try decoded(Answer.self, from: try card().json(nil).text)
    #expect((answer.gated, answer.inRange, answer.failed) == (2, 1, 0))
    #expect(answer.rows.map(\.verdict) == ["in range", "near", "informational", "skipped"])
    #expect(answer.rows[2].publishedLow == nil && answer.rows[2].publishedHigh == 5)
    #expect(answer.rows[3].simulated == nil && answer.rows[0].simulated == 10)
  }

  @Test func `a gated row without a figure fails, whatever is known of it`() throws {
    let failing = "published: 5\nset: {workload.generate.output_tokens.value: 100000}\n"
    let claims = ["known: off\nremark: a", "informational: a"].map {
      PaperFolder.claim(failing + "key: mean_ttft_ms\n" + $0)
    }
    let card = try PaperFolder(claims.joined()).scorecard().card
    #expect(card.isWorse && card.text.contains("something: no figure"))
    #expect(try !PaperFolder(claims[1]).scorecard().card.isWorse)
  }

  @Test func `a sentence counts the rows, and the page has the remarks`() throws {
    let card = try card()
    #expect(
      card.summary == "4 claims: 1 of 2 gated rows in range (50 %), 1 near, 0 off; "
        + "1 informational, 1 skipped")
    #expect(card.text.hasSuffix(card.summary + "\n"))
    #expect(card.lines.map(\.remark) == ["", "a, b", "", ""])
    #expect(card.lines.map(\.published) == ["9–11", "11–12", "up to 5", "5"])
  }
}
