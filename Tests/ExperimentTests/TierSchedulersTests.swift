import Experiment
import Files
import Metrics
import TestSupport
import Testing
import Units

/// Schedulers that know prompts, over tiers that blocks are loaded from.
@Suite struct TierSchedulersTests {
  private func run(
    _ engine: String, bandwidth: String, _ rows: [(at: Int, tokens: Int, output: Int, Range<Int>)]
  ) throws -> RequestTable {
    let directory = try TestDirectory()
    let trace = rows.map { time, tokens, output, blocks in
      """
      {"timestamp": \(time), "input_length": \(tokens), "output_length": \(output), \
      "hash_ids": \(Array(blocks))}
      """
    }
    let path = try directory.write(trace.joined(separator: "\n") + "\n", to: "own.jsonl")
    let text = """
      model: llama-3.1-8b
      cluster: {gpu: h100-80gb-sxm, memory: {dram: {capacity: 20 GB, bandwidth: \(bandwidth)}}}
      engine:
        \(engine)
        prefix_cache: {enabled: true, offload: {write: through, load: always}}
      workload: {trace: \(path), format: mooncake, block_tokens: 512}
      """
    let assembly = try Assembly(
      try ExperimentConfig.read(text, file: "my.yaml", overrides: [], seed: nil))
    var warnings = Warnings()
    return try assembly.execute(
      exactSteps: false, clock: { 0 }, warnings: &warnings, progress: { _ in }
    ).record.requests
  }

  // Of 4 the first block is in DRAM, of 5 all but the last one are in HBM.
  @Test func `a long prompt of which little would be loaded is no long hit`() throws {
    let rows = [
      (0, 512, 2, 1..<2), (5000, 7168, 2, 100..<114), (10_000, 2048, 2, 200..<204),
      (15_000, 512, 400, 300..<301), (15_100, 4096, 2, 1..<9), (15_200, 2560, 2, 200..<205),
    ]
    let engine = """
      kv_pool_tokens: 8192
        scheduler: {name: longest-prefix-first, max_num_seqs: 1}
      """
    let requests = try run(engine, bandwidth: "20 GB/s", rows)
    #expect(requests.firstScheduled[5] < requests.firstScheduled[4])
  }

  // Four of eight prompts of 1,024 tokens, evicted from HBM long ago, come back at once: with room
  // for two of them a third one may load when one has ended.
  @Test func `what a request loads counts as memory that it uses`() throws {
    let prompts = (0..<8).map { i in (3000 * i, 1024, 2, 10 * i..<10 * i + 2) }
    let back = (0..<4).map { i in (30_000, 1025, 2, 10 * i..<10 * i + 3) }
    let engine = """
      kv_pool_tokens: 4096
        scheduler: {name: batchllm, max_kv_usage: 2100}
      """
    let requests = try run(engine, bandwidth: "200 MB/s", prompts + back)
    let came = (8..<12).sorted { requests.firstScheduled[$0] < requests.firstScheduled[$1] }
    #expect(came.allSatisfy { requests.cached[$0] == 1024 }, "\(requests.cached)")
    #expect(requests.firstScheduled[came[1]] < requests.finished[came[0]])
    let first = min(requests.finished[came[0]], requests.finished[came[1]])
    #expect(requests.firstScheduled[came[2]] >= first)
  }
}
