import Experiment
import Files
import Foundation
import TestSupport
import Testing

/// Choices that a trace's format does not leave, by key and by flag.
@Suite struct TraceReadingTests {
  private let directory: TestDirectory

  init() throws {
    directory = try TestDirectory()
    _ = try directory.write(
      "arrived_at,num_prefill_tokens,num_decode_tokens\n0,10,5\n1,20,5\n", to: "vidur.csv")
    _ = try directory.write(
      #"{"timestamp": 0, "input_length": 40, "output_length": 2, "hash_ids": [1, 2]}"# + "\n"
        + #"{"timestamp": 9, "input_length": 40, "output_length": 2, "hash_ids": [1, 3]}"# + "\n",
      to: "mooncake.jsonl")
    _ = try directory.write(
      #"{"prompt": "some words", "output_tokens": 5}"# + "\n", to: "texts.jsonl")
    _ = try directory.write(
      """
      {"block_size":16,"hash_id_scope":"local","requests":[
      {"t":0,"in":40,"out":9,"hash_ids":[1,2]},{"t":2,"in":40,"out":9,"hash_ids":[1,2]}]}
      {"block_size":16,"hash_id_scope":"local","requests":[{"t":0,"in":33,"out":7,"hash_ids":[1]}]}
      """, to: "weka.json")
  }

  private func martlet(_ line: String) throws -> Binary.Outcome {
    try #require(try Binary.martlet(line.split(separator: " ").map(String.init), in: directory))
  }

  @Test(arguments: [
    (
      "vidur.csv, session_gap: 2 s",
      "workload.session_gap means nothing to format vidur, whose requests have one clock; leave it "
        + "out, it is for weka"
    ),
    (
      "mooncake.jsonl, characters_per_token: 3",
      "workload.characters_per_token means nothing to format mooncake, whose lengths are tokens; "
        + "leave it out, it is for sharegpt, vllm-custom"
    ),
    (
      "weka.json, block_tokens: 16",
      "workload.block_tokens means nothing to format weka, whose blocks have one size, if any; "
        + "leave it out, it is for mooncake, qwen-bailian, vllm-timed-trace"
    ),
    (
      "texts.jsonl, speedup: 2",
      "workload.speedup means nothing to format vllm-custom, whose requests have no times; leave "
        + "it out, or give a rate"
    ),
  ])
  func `a key that the format does not heed is an error in its line`(
    trace: String, fault: String
  ) throws {
    let start = "model: llama-3-8b\ncluster: {gpu: a100-80gb-sxm}\n"
    _ = try directory.write(start + "workload: {trace: \(trace)}\n", to: "e.yaml")
    for verb in ["validate e.yaml", "run e.yaml --quiet", "trace generate e.yaml -o -"] {
      let outcome = try martlet(verb)
      #expect(outcome.code == 2 && outcome.output == "", "\(verb)")
      #expect(outcome.errors == "error: e.yaml:3: \(fault)\n")
    }
    _ = try directory.write(
      "base:\n  model: llama-3-8b\n  cluster: {gpu: a100-80gb-sxm}\n  workload: {trace: \(trace)}\n"
        + "vary: {cluster.instances: [1, 2]}\n", to: "s.yaml")
    #expect(try martlet("validate s.yaml").errors == "error: s.yaml:4: \(fault)\n")
  }

  @Test(arguments: [
    "trace info FILE", "trace convert FILE -o -", "cache FILE --capacity 3",
    "trace generate --like FILE --report",
  ])
  func `flags of every verb are checked alike`(verb: String) throws {
    for (file, flag, fault) in [
      ("vidur.csv", "--session-gap 2s", "--session-gap: means nothing to format vidur"),
      (
        "mooncake.jsonl", "--characters-per-token 3",
        "--characters-per-token: means nothing to format mooncake"
      ),
      ("weka.json", "--block-tokens 16", "--block-tokens: means nothing to format weka"),
      ("weka.json", "--format wekka", "--format: unknown trace format \"wekka\""),
    ] {
      let outcome = try martlet(verb.replacingOccurrences(of: "FILE", with: file) + " \(flag)")
      #expect(outcome.code == 2 && outcome.output == "", "\(verb) \(flag)")
      #expect(outcome.errors.hasPrefix("error: \(fault)"), "\(outcome.errors)")
    }
    let slow = try martlet("trace convert texts.jsonl -o - --speedup 2")
    #expect(slow.errors.hasPrefix("error: --speedup: means nothing to format vllm-custom"))
  }

  @Test func `cache reads a trace as trace info does`() throws {
    // 40 tokens are two blocks of 20 or 32, of which one of 32 is full.
    let full = "cache mooncake.jsonl --policies infinite --capacity 9 --blocks full --json"
    struct Row: Decodable { let blockAccesses: Int }
    func accesses(_ flag: String) throws -> Int? {
      let rows = try decoded([Row].self, from: try martlet(full + flag).output)
      return rows.first?.blockAccesses
    }
    #expect(try accesses(" --block-tokens 20") == 4)
    #expect(try accesses(" --block-tokens 32") == 2)
    #expect(try accesses(" --block-tokens 20 --limit 1") == 2)
  }

  @Test func `requests like a trace's are like those of the reading asked for`() throws {
    // Three requests at 0, 2 and the gap: without others between them their span is the gap.
    func rate(_ flag: String) throws -> Double? {
      struct Answer: Decodable {
        struct Pair: Decodable { let original: Double? }
        let statistics: [String: Pair]
      }
      let outcome = try martlet("trace generate --like weka.json --report --json" + flag)
      #expect(outcome.code == 0, "\(outcome.errors)")
      return try decoded(Answer.self, from: outcome.output).statistics["mean_rate_rps"]?.original
    }
    #expect(abs(try #require(try rate("")) - 2.0 / 60) < 1e-9)
    #expect(abs(try #require(try rate(" --session-gap 10s")) - 2.0 / 10) < 1e-9)
    let alone = try martlet("trace generate e.yaml -o - --block-tokens 16")
    #expect(alone.code == 2 && alone.errors.hasPrefix("Error: --block-tokens belongs to --like"))
  }
}
