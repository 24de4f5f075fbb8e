import Experiment
import Files
import Foundation
import Metrics
import TestSupport
import Testing

/// What can be known without a run is known to validate, to a sweep's check and to a run alike.
@Suite struct WorkloadCheckTests {
  private let directory: TestDirectory
  private let start = "model: llama-3-8b\ncluster: {gpu: a100-80gb-sxm}\n"

  init() throws {
    directory = try TestDirectory()
    _ = try directory.write(
      """
      {"timestamp": 0, "input_length": 50, "output_length": 30, "session_id": "a"}
      {"delay": 1000, "input_length": 90, "output_length": 30, "session_id": "a"}
      {"timestamp": 100000, "input_length": 90, "output_length": 30, "session_id": "a"}

      """, to: "mixed.jsonl")
    _ = try directory.write(
      """
      {"timestamp": 0, "input_length": 48, "output_length": 3, "hash_ids": [1, 2]}
      {"timestamp": 1000, "input_length": 48, "output_length": 3, "hash_ids": [1, 2]}

      """, to: "blocks.jsonl")
  }

  private func martlet(_ line: String) throws -> Binary.Outcome {
    try #require(try Binary.martlet(line.split(separator: " ").map(String.init), in: directory))
  }

  private func config(_ workload: String, _ rest: String = "") throws -> ExperimentConfig {
    try ExperimentConfig.read(
      start + "workload: {\(workload)}\n" + rest, file: "\(directory.path)/e.yaml")
  }

  @Test func `blocks that cannot be numbered are refused`() throws {
    // 1,100 blocks of 2^20 tokens are 2^30 and more of one token each.
    let rows = (0..<1100).map { "\($0),\($0),1048576,1,1048576,\($0)\n" }
    _ = try directory.write(
      "request_id,arrival_s,input_tokens,output_tokens,block_size,blocks\n" + rows.joined(),
      to: "large.csv")
    let line = start + "workload: {trace: large.csv}\nengine: {prefix_cache: {enabled: true}"
    for (size, code) in [(1, 2), (2, 0)] {
      _ = try directory.write("\(line), block_size: \(size)}\n", to: "e.yaml")
      let outcome = try martlet("validate e.yaml")
      #expect(outcome.code == Int32(code), "\(outcome.errors)")
      #expect((code == 0) != outcome.errors.contains("more than can be numbered"))
    }
  }

  @Test(arguments: [
    ("trace: mixed.jsonl", "workload.think_time is missing: the trace does not say how long after"),
    (
      "trace: blocks.jsonl, sessions: closed",
      "workload.sessions is closed, but the trace names no sessions: blocks.jsonl"
    ),
    ("trace: blocks.jsonl, rate: 1e-8", "at rate 1e-08 its requests arrive over more than 106 d"),
    ("trace: blocks.jsonl, speedup: 1e-8", "arrives over 106 days after the first row"),
    ("trace: blocks.jsonl, limit: 1, rate: 2", "cannot be rescaled to a rate"),
  ])
  func `a fault of the whole trace is found before a run`(workload: String, fault: String) throws {
    _ = try directory.write(start + "workload: {\(workload)}\n", to: "e.yaml")
    _ = try directory.write(
      "base:\n  model: llama-3-8b\n  cluster: {gpu: a100-80gb-sxm}\n  workload: {\(workload)}\n"
        + "vary: {cluster.instances: [1, 2]}\n", to: "s.yaml")
    let lines = ["run e.yaml --quiet", "validate e.yaml", "validate s.yaml", "sweep s.yaml"]
    for line in lines {
      let outcome = try martlet(line)
      #expect(outcome.code == 2 && outcome.output == "", "\(line)")
      #expect(outcome.errors.contains(fault), "\(outcome.errors)")
    }
    #expect(!(try directory.names.contains("s-out")))
  }

  @Test func `blocks that do not divide are a misfit of their point`() throws {
    let cached =
      "workload: {trace: blocks.jsonl, block_tokens: 24}\n"
      + "engine: {prefix_cache: {enabled: true}}\n"
    _ = try directory.write(start + cached, to: "e.yaml")
    let fault = "engine.block_size 16 and the 24 tokens of the trace's blocks do not divide"
    for verb in ["validate e.yaml", "run e.yaml --quiet"] {
      let outcome = try martlet(verb)
      #expect(outcome.code == 2 && outcome.errors.contains(fault), "\(outcome.errors)")
    }
    let base = (start + cached).split(separator: "\n").map { "  \($0)\n" }.joined()
    _ = try directory.write(
      "base:\n\(base)vary: {engine.block_size: [8, 16], statistics.warmup_requests: [1, 2]}\n",
      to: "s.yaml")
    let outcome = try martlet("validate s.yaml")
    #expect(outcome.code == 0, "\(outcome.errors)")
    // One of four fits: 8 divides 24, and a warm-up of 2 leaves none of 2 requests.
    #expect(
      outcome.output.hasPrefix(
        "s.yaml: valid, a sweep of 4 points\n3 cannot run, the first is point 1: "
          + "statistics.warmup_requests 2 leaves nothing to measure: the run has 2 requests"),
      "\(outcome.output)")
    #expect(try martlet("validate e.yaml --set engine.block_size=8").code == 0)
    // The second request comes after 1 s, at a rate of 0.1 after 10 s.
    _ = try directory.write(
      "base:\n\(base.replacing("24", with: "16"))"
        + "vary: {workload.rate: [null, 0.1], statistics.warmup: [900 ms, 2 s, 11 s]}\n",
      to: "s.yaml")
    let late = try martlet("validate s.yaml --json")
    struct Answer: Decodable { let cannotRun: [Int] }
    #expect(try decoded(Answer.self, from: late.output).cannotRun == [1, 2, 5])
  }

  @Test func `a trace is read once, whatever pace it is replayed at`() throws {
    var check = WorkloadCheck()
    try check.check(try config("trace: blocks.jsonl"))
    try check.check(try config("trace: blocks.jsonl, concurrency: 2"))
    try FileManager.default.removeItem(atPath: "\(directory.path)/blocks.jsonl")
    for keys in ["", ", rate: 3", ", speedup: 2", ", concurrency: 7", ", concurrency: 3"] {
      try check.check(try config("trace: blocks.jsonl\(keys)"))
    }
    for keys in [", limit: 1", ", block_tokens: 24", ", rate: 1e-8"] {
      #expect(
        message { try check.check(try config("trace: blocks.jsonl\(keys)")) }
          .contains("blocks.jsonl: cannot be opened"), "\(keys)")
    }
  }

  @Test func `clients of ServeGen are read once for all points and all runs`() throws {
    _ = try directory.write("0,1,1,Gamma,1,1\n", to: "data/language/m/chunk-0-trace.csv")
    _ = try directory.write(
      #"{"0": {"input_tokens": "{40: 1.0}", "output_tokens": "{3: 1.0}"}}"#,
      to: "data/language/m/chunk-0-dataset.json")
    let keys = "servegen: {data: data, duration: 60 s}"
    let (one, two) = (try config(keys), try config(keys + ", rate: 2"))
    var check = WorkloadCheck()
    try check.check(one)
    let reading = try #require(TraceLibrary.Reading(one))
    #expect(TraceLibrary.Reading(two) == reading)
    let library = TraceLibrary(of: [reading, reading])
    let first = try Assembly(one).workload(sharing: library).requests
    try FileManager.default.removeItem(atPath: "\(directory.path)/data")
    try check.check(two)
    let second = try Assembly(two).workload(sharing: library).requests
    // One request a second, then two.
    #expect(abs(first.count - 60) < 20 && abs(second.count - 120) < 30)
    // It was let go with the last run that wanted it.
    #expect(message { _ = try Assembly(two).workload(sharing: library) }.contains("data"))
  }

  @Test func `sessions count with all their turns against what memory holds`() throws {
    func said(_ sessions: String, _ count: Int) -> String {
      message {
        var check = WorkloadCheck()
        try check.check(
          try config(
            """
            generate: {arrivals: {process: poisson, rate: 1},
              input_tokens: {distribution: fixed, value: 100},
              output_tokens: {distribution: fixed, value: 100},
              sessions: {count: \(count), think_time: 1 s, \(sessions)}}
            """))
      }
    }
    let long = "turns: {distribution: fixed, value: 1000}"
    #expect(
      said(long, 1_000_000).contains(
        "workload.generate.sessions.count with 1000.0 turns each means over 200 million requests, "
          + "more than memory holds"))
    #expect(said(long, 100_000) == "")
    // Each turn adds 200 tokens: no session has over 21 turns.
    #expect(said(long + ", max_context: 4000", 1_000_000) == "")
    #expect(said(long + ", max_context: 4000, at_max_context: restart", 1_000_000) != "")
    let forks = "forks: {probability: 1, input_tokens: {distribution: fixed, value: 9}}"
    #expect(said(long + ", " + forks, 1000).contains("over 200 million"))
  }
}
