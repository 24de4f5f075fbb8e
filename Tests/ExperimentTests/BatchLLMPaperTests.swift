import Cluster
import Experiment
import Files
import Memory
import Metrics
import TestSupport
import Testing
import Units

/// BatchLLM on the experiment files under Workloads/papers/batchllm; shares from arithmetic, ratios
/// from the paper (arXiv 2412.03594).
@Suite(.enabled(if: !isDebug, "skipped: 6,400 requests of 2,300 tokens a run, release only"))
struct BatchLLMPaperTests {
  private static let vllm =
    "engine.scheduler={name: vllm-v1, max_num_batched_tokens: 2048, max_num_seqs: 256}"

  private func assembly(_ experiment: String, _ settings: [String] = []) throws -> Assembly {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    var overrides: [Override] = []
    for setting in settings { overrides.append(try Override(setting)) }
    return try Assembly(
      try ExperimentConfig.load(
        "/\(root)/Workloads/papers/batchllm/\(experiment).yaml", overrides: overrides))
  }

  private func run(_ experiment: String, _ settings: String...) throws -> RunRecord {
    let assembly = try assembly(experiment, settings)
    var simulation = assembly.simulation(try assembly.workload().requests, exactSteps: false)
    simulation.run()
    return simulation.record()
  }

  private func saved(_ record: RunRecord) -> Double {
    1 - Double(record.totals.prefillTokens) / Double(record.totals.promptTokens)
  }

  private func underfilled(_ record: RunRecord) -> Double {
    Double(record.totals.underfilledSteps) / Double(record.totals.budgetedSteps)
  }

  @Test func `each prefix of the micro-benchmark is computed once`() throws {
    // 2,000 / 16 + 200 of 2,200 tokens a request; blocks of 64 cut 16 off each prefix.
    let record = try run("micro")
    #expect(abs(saved(record) - (1 - 325.0 / 2200)) < 0.0005)
    let wide = try run("micro", "engine.block_size=64")
    #expect(abs(saved(wide) - (1 - (1984.0 / 16 + 216) / 2200)) < 0.0005)
    #expect(record.totals.preemptions == 0)
  }

  @Test func `throughput is as much higher as published`() throws {
    let all = try run("micro").end.seconds.value
    let alone = try run("micro", Self.vllm, "engine.prefix_cache.enabled=false")
    let cached = try run("micro", Self.vllm)
    let sharing = try run(
      "micro",
      "engine.scheduler={name: batchllm, token_batching_degree: 0, fused_attention: false}")
    #expect((3.5...4.8).contains(alone.end.seconds.value / sharing.end.seconds.value))
    #expect((4...6.5).contains(alone.end.seconds.value / all))
    #expect((1.1...2).contains(cached.end.seconds.value / all))
  }

  @Test(arguments: [("stress-1.33", 0.5, 0.75), ("stress-5", 0, 0.3)])
  func `groups keep what a cache loses`(experiment: String, low: Double, high: Double) throws {
    let optimum = 1 - 325.0 / 2200
    #expect(saved(try run(experiment)) >= 0.98 * optimum)
    let share = saved(try run(experiment, Self.vllm)) / optimum
    #expect((low...high).contains(share), "\(share)")
  }

  @Test func `one level saves nearly what all levels would`() throws {
    let requests = try assembly("snippets").workload().requests
    let chains = try #require(requests.chains)
    var (blocks, ends): ([BlockID], [Int]) = ([], [])
    var prompts: Int64 = 0
    for row in 0..<requests.count {
      let full = Int(requests.prompt[row] / chains.tokensPerBlock)
      blocks += chains.blocks[chains.range(of: row).prefix(full)]
      ends.append(blocks.count)
      prompts += Int64(requests.prompt[row])
    }
    let forest = PrefixForest(blocks, ends: ends)
    let one = Double(forest.saved * 16) / Double(prompts)
    let all = Double(forest.optimum * 16) / Double(prompts)
    #expect(abs(all - 0.58) < 0.015 && all - one < 0.02, "\(one) \(all)")
    #expect(saved(try run("snippets")) > one - 0.01)
  }

  @Test func `order and memory alone fill the steps`() throws {
    let (plain, ordered) = (try run("reorder", Self.vllm), try run("reorder"))
    #expect((1.03...1.3).contains(plain.end.seconds.value / ordered.end.seconds.value))
    #expect(underfilled(ordered) * 10 < underfilled(plain))
  }
}
