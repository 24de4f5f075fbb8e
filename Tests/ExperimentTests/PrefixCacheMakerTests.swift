import Cluster
import Experiment
import Foundation
import Metrics
import TestSupport
import Testing

/// `engine.prefix_cache` in experiment files.
@Suite struct PrefixCacheMakerTests {
  private func config(
    _ engine: String, workload: String? = nil
  ) throws -> ExperimentConfig {
    try .read(
      """
      model: llama-3-8b
      cluster: {gpu: a100-80gb-sxm}
      engine: {\(engine)}
      workload: \(workload ?? "{generate: \(Self.small)}")
      """, file: "my.yaml")
  }
  private static let small =
    "{requests: 1, arrivals: {process: burst}, input_tokens: {distribution: fixed, value: 1}, "
    + "output_tokens: {distribution: fixed, value: 1}}"

  private func fault(_ engine: String) -> String {
    message(of: { _ = try Assembly(try config(engine)) })
  }

  @Test func `unknown names, options and schedulers without a cache are refused`() {
    #expect(
      fault("prefix_cache: {index: tree}")
        == "my.yaml:3: unknown index of the prefix cache \"tree\"; known: hash, radix")
    #expect(
      fault("prefix_cache: {eviction: lrv}").hasPrefix(
        "my.yaml:3: unknown eviction \"lrv\" (did you mean \"lru\"?); known: lru"))
    #expect(
      fault("prefix_cache: {eviction: {name: lru, size: 3}}").contains("option of eviction lru"))
    #expect(
      fault("scheduler: orca-max, prefix_cache: {enabled: true}")
        == "my.yaml:3: engine.prefix_cache.enabled needs a scheduler that caches prefixes, not "
        + "orca-max; write false or one of vllm-v1, vllm-v0, longest-prefix-first, batchllm, "
        + "batchllm-oracle")
    #expect(fault("scheduler: orca-max, prefix_cache: {enabled: false}") == "")
  }

  @Test func `blocks of the trace and of the engine must divide each other`() throws {
    let directory = try TestDirectory()
    let rows = #"{"timestamp": 0, "input_length": 600, "output_length": 1, "hash_ids": [0, 1]}"#
    let path = try directory.write(rows + "\n", to: "two.jsonl")
    for size in [8, 512, 1024] {
      let assembly = try Assembly(
        try config(
          "block_size: \(size), prefix_cache: {enabled: true}",
          workload: "{trace: \(path)}"))
      #expect(try assembly.workload().requests.chains?.tokensPerBlock == 512)
    }
  }

  // ../shared/data/cache-reference/reference_hits.csv: full_blocks_only, ANY.
  @Test(.enabled(if: !isDebug, "skipped: 12,031 requests, release only"))
  func `Mooncake conversation one request at a time hits what the reference hits`() throws {
    let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    let path = "/\(root)/shared/data/traces/mooncake_conversation_trace.jsonl.gz"
    guard FileManager.default.fileExists(atPath: path) else {
      print("skipped: \(path) is absent")
      return
    }
    let assembly = try Assembly(
      try config(
        "block_size: 512, max_model_len: 200000, kv_pool_tokens: 500000000, "
          + "cost: {name: linear, prefill_token: 1 us}, prefix_cache: {enabled: true}",
        workload: "{trace: \(path), concurrency: 1}"))
    var simulation = assembly.simulation(try assembly.workload().requests, exactSteps: false)
    simulation.run()
    let totals = simulation.record().totals
    let found = totals.prefixHitTokens + totals.hitTokensComputedAgain
    #expect(found == 105_592 * 512)
    #expect(totals.hitTokensRunning == 0)
  }
}
