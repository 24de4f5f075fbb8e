import Files
import TestSupport
import Testing

@testable import Studies

@Suite struct ScorecardRunnerTests {
  private func figure(_ lines: String) throws -> ClaimFigure? {
    try PaperFolder(PaperFolder.claim(lines)).scorecard().card.rows[0].figure
  }

  // A prompt of 100 tokens takes 10 ms, four decode steps of 5 ms follow: 30 ms in all.
  @Test func `a value is the key's in the claim's unit`() throws {
    let figure = try figure("published: 0.01\nkey: mean_ttft_ms\nfactor: 0.001")
    #expect(figure?.simulated == 0.01 && figure?.quotient == nil)
  }

  @Test(arguments: ["", "capacity: {slo: 'mean_ttft_ms<=5', vary: workload.generate.requests}"])
  func `a fault of what a claim sets is one of its file`(search: String) throws {
    let lines = "published: 1\nset: {engine.nokey: 1}\n"
    let fault = #expect(throws: ConfigError.self) {
      _ = try figure(lines + (search.isEmpty ? "key: mean_ttft_ms" : search))
    }
    let text = fault?.description ?? ""
    let place = "own/claims.yaml: engine.nokey of one.yaml, as a claim sets it"
    #expect(text.contains(place), "\(text)")
    #expect(text.contains("unknown key") && !text.contains("--set"))
  }

  @Test func `a ratio is over the best baseline, the lower one where less is better`() throws {
    let sides = """
      baselines: [{engine.cost.prefill_token: 300 us}, {engine.cost.prefill_token: 200 us}]
      key: mean_ttft_ms
      better: lower
      """
    #expect(try figure("published: 2\n" + sides)?.simulated == 2)
    let reduction = try figure("published: 50\nas: reduction\n" + sides)
    #expect(reduction?.simulated == 50 && reduction?.quotient == 2)
  }

  @Test func `more is better unless said, and a value may have a baseline, too`() throws {
    let figure = try figure(
      """
      published: 33
      as: value
      baselines: [{engine.cost.prefill_token: 400 us}]
      key: request_throughput
      """)
    // 1 / 30 ms against 1 / 60 ms.
    #expect(abs((figure?.simulated ?? 0) - 1 / 0.03) < 0.01)
    #expect(abs((figure?.quotient ?? 0) - 2) < 1e-3)
  }

  @Test func `the value where the claim is largest counts`() throws {
    let figure = try figure(
      """
      published: 3
      baselines: [{engine.cost.prefill_token: 1 ms}]
      key: mean_e2el_ms
      better: lower
      over: {workload.generate.output_tokens.value: [5, 1, 3]}
      """)
    // 100 ms + 20 ms over 30 ms; 100 ms over 10 ms; 110 ms over 20 ms.
    #expect(figure?.simulated == 10)
  }

  @Test func `a capacity is the largest value that meets`() throws {
    let figure = try figure(
      """
      published: [1.5, 2.5]
      set: {workload.generate.requests: 500, workload.generate.arrivals: {process: fixed, rate: 5}}
      baselines: [{engine.cost.prefill_token: 200 us, engine.cost.decode_step: 10 ms}]
      capacity: {slo: 'mean_e2el_ms<=500', vary: workload.rate, min: 1, max: 1000}
      """)
    // The baseline takes twice as long for everything, so half the rate gives it latencies twice as
    // long; with a limit far above those of an empty server the knee decides.
    #expect(abs((figure?.simulated ?? 0) - 2) < 0.15, "\(String(describing: figure))")
  }

  @Test func `a search that ends at its own end has found nothing`() throws {
    let figure = try figure(
      """
      published: [1, 2]
      set: {workload.generate.arrivals: {process: fixed, rate: 1}}
      capacity: {slo: 'mean_e2el_ms<=1000', vary: workload.rate, min: 1, max: 2}
      """)
    #expect(figure == nil)
  }

  @Test func `a run that fails leaves its row off, the others as they are`() throws {
    let folder = try PaperFolder(
      PaperFolder.claim("published: 10\nkey: p99_tpot_ms\nset: {\(Self.one): 1}")
        + PaperFolder.claim("published: 10\nkey: mean_ttft_ms"))
    let card = try folder.scorecard().card
    // One output token has no time per output token.
    #expect(card.rows.map(\.verdict) == [.off, .inRange])
    #expect(card.isWorse)
  }

  private static let one = "workload.generate.output_tokens.value"

  @Test func `a row may be as far off as it is known to be`() throws {
    for (known, isWorse) in [
      ("", true), ("known: near\nremark: a", true), ("known: off\nremark: a", false),
    ] {
      let folder = try PaperFolder(
        PaperFolder.claim("published: 100\nkey: mean_ttft_ms\n\(known)"))
      #expect(try folder.scorecard().card.isWorse == isWorse, "\(known)")
    }
  }

  @Test func `a faulty experiment stops all before the first run`() throws {
    let folder = try PaperFolder(
      PaperFolder.claim("published: 10\nkey: mean_ttft_ms\nset: {engine.blocks: 3}"))
    #expect(message { _ = try folder.scorecard() }.contains("engine.blocks"))
  }

  @Test func `the number of threads changes no byte`() throws {
    let claims = (1...4).map { count in
      PaperFolder.claim(
        """
        published: [1, 2]
        baselines: [{engine.cost.prefill_token: \(count)00 us}]
        key: mean_ttft_ms
        better: lower
        seeds: 2
        """)
    }
    let folder = try PaperFolder(claims.joined())
    let files = try [1, 3].map { try folder.scorecard(jobs: $0).card.files(nil).map(\.bytes) }
    #expect(files[0] == files[1])
  }
}
