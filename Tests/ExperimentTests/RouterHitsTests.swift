import Experiment
import Files
import Metrics
import TestSupport
import Testing

/// What routers take for a hit.
@Suite struct RouterHitsTests {
  private func execute(
    _ text: String, _ rows: [(Int, Int, [Int])], _ settings: [String] = []
  ) throws -> Execution {
    let directory = try TestDirectory()
    let trace = rows.map { time, tokens, blocks in
      """
      {"timestamp": \(time), "input_length": \(tokens), "output_length": 2, "hash_ids": \(blocks)}
      """
    }
    let path = try directory.write(trace.joined(separator: "\n") + "\n", to: "own.jsonl")
    let overrides = try (["workload.trace=\(path)"] + settings).map { try Override($0) }
    let assembly = try Assembly(
      try ExperimentConfig.read(text, file: "my.yaml", overrides: overrides, seed: nil))
    var warnings = Warnings()
    return try assembly.execute(
      exactSteps: false, clock: { 0 }, warnings: &warnings, progress: { _ in })
  }

  @Test(arguments: ["exact", "approximate"])
  func `a prompt shorter than a block of the trace goes where it is cached`(index: String) throws {
    let text = """
      model: llama-3.1-8b
      cluster: {gpu: h100-80gb-sxm, instances: 3}
      engine: {prefix_cache: {enabled: true}}
      router: {name: cache-affinity, index: \(index)}
      workload: {trace: none, format: mooncake}
      """
    // Both of the first second run at once, so that the second one goes elsewhere.
    let rows = [(0, 9000, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18])]
    let requests = try execute(text, rows + [(1, 400, [20]), (9000, 400, [20])]).record.requests
    #expect(requests.instance[1] != requests.instance[0])
    #expect(requests.instance[2] == requests.instance[1] && requests.cached[2] > 350)
  }

  @Test func `what lies in tiers that nobody may load from is no hit`() throws {
    let text = """
      model: llama-3.1-8b
      cluster: {gpu: h100-80gb-sxm, instances: 2, memory: {dram: {capacity: 20 GB}}}
      engine:
        kv_pool_tokens: 2048
        prefix_cache: {enabled: true, offload: {write: through, load: never}}
      router: {name: cache-affinity}
      workload: {trace: none, format: mooncake}
      """
    // 1 goes to instance 1 while 0 runs; 2, of another prompt, evicts it from HBM there and 3, of
    // its own, finds nothing: like a prompt that nobody knows it goes to instance 0.
    let long = [1, 2, 3]
    let rows = [(0, 1536, [7, 8, 9]), (1, 1536, long), (4000, 2046, [7, 8, 9, 10])]
    let evicting = rows + [(4001, 2046, [21, 22, 23, 24]), (9000, 1536, long)]
    let never = try execute(text, evicting).record.requests
    #expect(never.instance[1] == 1 && never.instance[3] == 1)
    #expect(never.cached[4] == 0 && never.instance[4] == 0)
    let always = try execute(text, evicting, ["engine.prefix_cache.offload.load=always"])
    #expect(always.record.requests.instance[4] == 1 && always.record.requests.cached[4] > 1000)
  }

  // Twelve prompts of three blocks in turn are 36 blocks; the small pool holds four prompts.
  @Test func `an index of the router's keeps of each instance what its own pool holds`() throws {
    let text = """
      model: llama-3.1-8b
      cluster:
        gpu: h100-80gb-sxm
        pools:
          - {name: big, instances: 1, engine: {kv_pool_tokens: 200000}}
          - {name: small, instances: 1, engine: {kv_pool_tokens: 8192}}
      engine: {prefix_cache: {enabled: true}}
      router: {name: cache-affinity, index: exact}
      workload: {trace: none, format: mooncake}
      """
    let rows = (0..<96).map { i in (100 * i, 1536, (0..<3).map { 10 * (i % 12) + $0 }) }
    let hits = try [[], ["router.index=approximate"]].map {
      Double(try execute(text, rows, $0).record.totals.prefixHitTokens)
    }
    #expect(hits[1] > 0.9 * hits[0], "\(hits)")
  }
}
