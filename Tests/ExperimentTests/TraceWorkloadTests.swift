import Experiment
import Files
import Metrics
import TestSupport
import Testing
import Workload

/// How an experiment's keys reach the reader of traces.
@Suite struct TraceWorkloadTests {
  private let rows = """
    {"timestamp": 0, "input_length": 100, "output_length": 2, "hash_ids": [1, 2, 3, 4, 5]}
    {"timestamp": 9, "input_length": 40, "output_length": 2, "hash_ids": [1, 2]}

    """

  private func workload(_ keys: String) throws -> LoadedWorkload {
    let directory = try TestDirectory()
    _ = try directory.write(rows, to: "trace.jsonl")
    let yaml = """
      model: llama-3-8b
      cluster: {gpu: a100-80gb-sxm}
      workload: {trace: trace.jsonl\(keys)}

      """
    let path = try directory.write(yaml, to: "experiment.yaml")
    return try Assembly(try ExperimentConfig.read(yaml, file: path)).workload()
  }

  @Test func `block_tokens says what a block is, and is the format's or what fits otherwise`()
    throws
  {
    // ⌈100/20⌉ = 5 and 40/20 = 2; no power of two fits, so 512 stays.
    #expect(try workload(", block_tokens: 20").report?.blocks?.blockSize == 20)
    #expect(try workload(", block_tokens: 20").report?.warnings.count { $0.contains("fit") } == 0)
    #expect(try workload("").report?.blocks?.blockSize == 512)
    #expect(try workload("").report?.warnings.contains { $0.contains("2 rows do not fit") } == true)
    #expect(
      message { _ = try workload(", block_tokens: 0") }.contains("workload.block_tokens"))
  }

  @Test func `without a prefix cache nobody keeps the blocks`() throws {
    #expect(try workload("").requests.chains == nil)
  }
}
