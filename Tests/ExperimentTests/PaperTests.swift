import Cluster
import Experiment
import Files
import Metrics
import TestSupport
import Testing
import Units

/// Published set-ups, by the experiment files under Workloads/ that users run.
///
/// Heavy ones run in release builds only.
@Suite struct PaperTests {
  private func run(_ file: String, _ overrides: [String] = []) throws -> RunRecord {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    var list: [Override] = []
    for text in overrides { list.append(try Override(text)) }
    let config = try ExperimentConfig.load("/\(root)/Workloads/\(file)", overrides: list)
    let assembly = try Assembly(config)
    var simulation = assembly.simulation(try assembly.workload().requests, exactSteps: false)
    simulation.run()
    return simulation.record()
  }

  /// Time-weighted running requests from 0 to the last arrival.
  private func meanRunning(_ record: RunRecord) throws -> Double {
    let last = try #require(record.requests.arrival.last)
    return Double(record.totals.runningTime) / Double(last.picoseconds)
  }

  /// Tokens stored over the pool while requests wait.
  private func tokenShare(_ record: RunRecord) -> Double {
    let pool = Double(record.pools[0].tokens)
    return Double(record.totals.tokenTimeWaiting) / (Double(record.totals.waitingTime) * pool)
  }

  // Kwon et al., SOSP 2023, Fig. 2: 96.3, 20.4, 26.8, 38.2 %; Fig. 13: 4.3 and 2.2 times as many.
  @Test(
    .enabled(if: !isDebug, "skipped: 14,400 requests a run, release only"),
    arguments: ["calibrated", "roofline"])
  func `OPT-13B saturated: batches and KV shares of vLLM and Orca`(cost: String) throws {
    func saturated(_ scheduler: String) throws -> RunRecord {
      try run(
        "papers/vllm/sharegpt-saturated.yaml",
        ["engine.scheduler=\(scheduler)", "engine.cost=\(cost)"])
    }
    let vllm = try saturated("vllm-v0")
    let max = try saturated("orca-max")
    let oracle = try saturated("orca-oracle")
    let pow2 = try saturated("orca-pow2")
    let ratioMax = try meanRunning(vllm) / meanRunning(max)
    let ratioOracle = try meanRunning(vllm) / meanRunning(oracle)
    #expect((4.3...5.2).contains(ratioMax), "\(ratioMax)")
    #expect((2.3...2.8).contains(ratioOracle), "\(ratioOracle)")
    #expect(abs(try meanRunning(max) - 7.0) <= 0.1)
    #expect(tokenShare(vllm) >= 0.95, "\(tokenShare(vllm))")
    #expect((0.18...0.22).contains(tokenShare(max)), "\(tokenShare(max))")
    #expect((0.25...0.32).contains(tokenShare(pow2)), "\(tokenShare(pow2))")
    #expect((0.35...0.42).contains(tokenShare(oracle)), "\(tokenShare(oracle))")
  }

  // Kwon et al., SOSP 2023, Fig. 13a: 30.42, 7.00 and 13.6 running requests.
  @Test(.enabled(if: !isDebug, "skipped: 7,200 requests a run, release only"))
  func `OPT-13B at 2 requests a second: vLLM batches more than Orca`() throws {
    func atTwo(_ scheduler: String) throws -> Double {
      try meanRunning(run("papers/vllm/sharegpt-2rps.yaml", ["engine.scheduler=\(scheduler)"]))
    }
    let vllm = try atTwo("vllm-v0")
    let (max, oracle) = try (atTwo("orca-max"), atTwo("orca-oracle"))
    #expect((3.3...5.3).contains(vllm / max), "\(vllm) / \(max)")
    #expect((1.8...2.7).contains(vllm / oracle), "\(vllm) / \(oracle)")
  }

  // Fu, arXiv 2405.08944, Table 1: decode 8.5 and 9.8 s, prefill 0.89 s, concurrency 1.
  @Test func `Yi-34B at 4,000 and 50,000 tokens on one A100`() throws {
    let short = try run(
      "papers/long-context/yi-34b.yaml", ["workload.generate.input_tokens.value=4000"]
    ).requests
    let long = try run("papers/long-context/yi-34b.yaml").requests
    let decodeShort = Double(short.finished[0] - short.firstToken[0]) * 1e-12
    let decodeLong = Double(long.finished[0] - long.firstToken[0]) * 1e-12
    #expect((8.4...8.65).contains(decodeShort), "\(decodeShort)")
    #expect((9.8...10.0).contains(decodeLong), "\(decodeLong)")
    let prefill = Double(short.firstToken[0] - short.firstScheduled[0]) * 1e-12
    #expect((0.87...0.94).contains(prefill), "\(prefill)")
    let two = try run("papers/long-context/yi-34b.yaml", ["workload.generate.requests=2"]).requests
    #expect(two.firstScheduled[1] == two.finished[0], "two users at 50,000 tokens do not fit")
  }
}
