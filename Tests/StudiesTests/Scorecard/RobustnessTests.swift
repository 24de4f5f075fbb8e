import Files
import TestSupport
import Testing

@testable import Studies

@Suite struct RobustnessTests {
  /// The times of one side's prompts and decode steps against 10 ms and 4 · 5 ms.
  private func robustness(prompt: String, step: String) throws -> Robustness {
    let folder = try PaperFolder(
      PaperFolder.claim(
        """
        published: [1, 2]
        baselines: [{engine.cost.prefill_token: \(prompt), engine.cost.decode_step: \(step)}]
        key: mean_e2el_ms
        better: lower
        """))
    let (card, plan) = try folder.scorecard()
    return try PaperFolder.runner(2).robustness(of: card, plan)
  }

  @Test func `gains under each perturbation are those of arithmetic`() throws {
    // 20 ms of prompt and 4 steps of 5 ms over 10 ms and 4 · 5 ms.
    let row = try #require(try robustness(prompt: "200 us", step: "5 ms").rows.first)
    let expected = [
      40.0 / 30, 44.0 / 32, 36.0 / 28, 44.0 / 34, 36.0 / 26, 40.0 / 30, 40.0 / 30,
    ]
    for (gain, right) in zip(row.gains, expected) { #expect(abs((gain ?? 0) - right) < 1e-6) }
    #expect(row.gains.count == 7 && row.isDecided && row.keepsOrder)
  }

  @Test func `an order that turns round is told`() throws {
    // 24.5 ms and 4 · 2 ms against 10 ms and 4 · 5 ms: 1.08, but 0.994 when memory is slower.
    let robustness = try robustness(prompt: "245 us", step: "2 ms")
    let row = try #require(robustness.rows.first)
    #expect(row.isDecided && !row.keepsOrder, "\(row.gains)")
    #expect(robustness.text.contains("0 of 1 rows") && robustness.text.contains("something"))
  }

  @Test func `a tie is no order`() throws {
    let robustness = try robustness(prompt: "102 us", step: "5 ms")
    #expect(robustness.rows.allSatisfy { !$0.isDecided })
    #expect(robustness.text.contains("0 of 0 rows, 1 ties apart"))
  }
}
