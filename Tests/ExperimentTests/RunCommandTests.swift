import Foundation
import TestSupport
import Testing

/// `martlet run` as scripts meet it: exit codes, directories and bytes.
@Suite struct RunCommandTests {
  private let experiment = """
    name: small
    model: llama-3-8b
    cluster: {gpu: a100-80gb-sxm, instances: 2}
    engine: {kv_pool_tokens: 2000}
    workload:
      generate:
        requests: 120
        arrivals: {process: poisson, rate: 30}
        input_tokens: {distribution: lognormal, mean: 200, cv: 1, max: 1000}
        output_tokens: {distribution: exponential, mean: 80, max: 900}
    output: {steps: true, timeline: true}
    """

  private func files(in directory: TestDirectory, _ name: String) throws -> [String: Data] {
    var files: [String: Data] = [:]
    let path = "\(directory.path)/\(name)"
    for file in try FileManager.default.contentsOfDirectory(atPath: path) {
      let data = try #require(FileManager.default.contents(atPath: "\(path)/\(file)"))
      let text = String(decoding: data, as: UTF8.self)
      files[file] = Data(
        text.split(separator: "\n").filter { !$0.contains("wall_time_s") }
          .joined(separator: "\n").utf8)
    }
    return files
  }

  @Test func `two processes, leaping or not, write the same bytes`() throws {
    let directory = try TestDirectory()
    _ = try directory.write(experiment, to: "small.yaml")
    let first = ["run", "small.yaml", "--quiet", "--out", "one"]
    guard let outcome = try Binary.martlet(first, in: directory) else { return }
    #expect(outcome.code == 0 && outcome.output.isEmpty)
    _ = try Binary.martlet(["run", "small.yaml", "--quiet", "--out", "two"], in: directory)
    _ = try Binary.martlet(
      ["run", "small.yaml", "--quiet", "--out", "three", "--exact-steps"], in: directory)
    _ = try Binary.martlet(
      ["run", "one/config.effective.yaml", "--quiet", "--out", "four"], in: directory)
    let expected = try files(in: directory, "one")
    #expect(expected.count == 8)
    for name in ["two", "three", "four"] {
      #expect(try files(in: directory, name) == expected, "\(name)")
    }
  }

  @Test(arguments: [
    closedLoop,
    closedLoop.split(separator: "\n").prefix(3).joined(separator: "\n")
      + "\nworkload: {trace: trace.csv, concurrency: 5}\n",
  ])
  func `a closed loop writes the same bytes leaping or not, and again from its own file`(
    yaml: String
  ) throws {
    let directory = try TestDirectory()
    let settings = "output: {steps: true, timeline: true}\n"
    _ = try directory.write(yaml + settings, to: "loop.yaml")
    let rows = (0..<40).map { "\(40 - $0),\(1 + 37 * $0 % 900),\(1 + 11 * $0 % 90)\n" }
    let header = "arrived_at,num_prefill_tokens,num_decode_tokens\n"
    _ = try directory.write(header + rows.joined(), to: "trace.csv")
    let run = ["run", "loop.yaml", "--quiet", "--out"]
    let instances = ["--set", "cluster.instances=3"]
    guard let outcome = try Binary.martlet(run + ["one"] + instances, in: directory) else { return }
    #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
    _ = try Binary.martlet(run + ["two", "--exact-steps"] + instances, in: directory)
    _ = try Binary.martlet(
      ["run", "one/config.effective.yaml", "--quiet", "--out", "three"], in: directory)
    let expected = try files(in: directory, "one")
    #expect(expected.count == 8)
    for name in ["two", "three"] { #expect(try files(in: directory, name) == expected, "\(name)") }
    let requests = String(decoding: expected["requests.csv"] ?? Data(), as: UTF8.self)
      .split(separator: "\n").dropFirst().map { $0.split(separator: ",").map(String.init) }
    let arrivals = requests.map { $0[2] }
    #expect(arrivals == arrivals.sorted() && Set(arrivals).count > 20)
    // Every arrival after those at 0 is some request's finish.
    let finishes = Set(requests.map { $0[5] })
    #expect(arrivals.allSatisfy { $0 == "0.000000000000" || finishes.contains($0) })
  }

  @Test func `the verbs know a closed loop, and no trace is made of one`() throws {
    let directory = try TestDirectory()
    _ = try directory.write(closedLoop, to: "loop.yaml")
    guard let checked = try Binary.martlet(["validate", "loop.yaml"], in: directory) else { return }
    #expect(checked.code == 0 && checked.output == "loop.yaml: valid\n")
    #expect(try Binary.martlet(["explain", "loop.yaml"], in: directory)?.code == 0)
    let list = try Binary.martlet(["list", "arrivals"], in: directory)
    #expect(list?.output.contains("closed   concurrency\n") == true, "\(list?.output ?? "")")
    let run = try Binary.martlet(["run", "loop.yaml"], in: directory)
    #expect(run?.output.contains("\nMaximum request concurrency:             12\n") == true)
    #expect(run?.output.contains("closed loop of 12 in flight") == true, "\(run?.output ?? "")")
    let generate = ["trace", "generate", "loop.yaml", "-o", "t.csv"]
    let trace = ["--set", "workload={trace: none.csv, concurrency: 3}"]
    for (command, key) in [(generate, "generate.arrivals"), (generate + trace, "concurrency")] {
      let refused = try Binary.martlet(command, in: directory)
      #expect(refused?.code == 2)
      #expect(
        refused?.errors.hasSuffix(
          "workload.\(key) makes a closed loop, whose arrival times depend on the system; "
            + "run it and take arrival_s of requests.csv\n") == true, "\(refused?.errors ?? "")")
    }
    #expect(try directory.names == ["loop.yaml"])
  }

  @Test func `a closed loop that the watchdog stops says so`() throws {
    let directory = try TestDirectory()
    _ = try directory.write(closedLoop, to: "loop.yaml")
    let stopped = try Binary.martlet(
      [
        "run", "loop.yaml", "--json", "--out", "out", "--set", "output.timeseries=false",
        "--set", "engine.cost={name: linear, decode_step: 30 d}",
      ], in: directory)
    guard let stopped else { return }
    #expect(stopped.code == 4)
    #expect(stopped.errors.contains("stopped by the progress watchdog: "))
    #expect(stopped.output.contains("\"verdict\": \"SATURATED\""))
    // Nobody finished, so all but the first twelve were never sent.
    let requests = String(
      decoding: try files(in: directory, "out")["requests.csv"] ?? Data(), as: UTF8.self)
    #expect(requests.split(separator: "\n").filter { $0.contains(",,,,,,") }.count == 48)
  }

  @Test func `an existing directory is refused and kept, replaced only with --force`() throws {
    let directory = try TestDirectory()
    _ = try directory.write(experiment, to: "small.yaml")
    _ = try directory.write("precious", to: "out/keep.txt")
    let command = ["run", "small.yaml", "--quiet", "--out", "out"]
    guard let refused = try Binary.martlet(command, in: directory) else { return }
    #expect(refused.code == 2)
    #expect(
      refused.errors == "error: out: exists; name another --out, or add --force to replace it\n")
    #expect(try files(in: directory, "out").keys.sorted() == ["keep.txt"])
    let forced = try Binary.martlet(command + ["--force"], in: directory)
    #expect(forced?.code == 0)
    #expect(try files(in: directory, "out")["keep.txt"] == nil)
    #expect(try directory.names == ["out", "out.before-1", "small.yaml"])
  }

  @Test func `a fault of the experiment leaves nothing behind`() throws {
    let directory = try TestDirectory()
    _ = try directory.write(experiment, to: "small.yaml")
    _ = try directory.write("a,b\n1,2\n", to: "trace.csv")
    let faults = [
      ("workload={trace: trace.csv}", "trace.csv:1"), ("model=llama-3.1-405b", "does not fit"),
      ("engine.scheduler=vlm", "unknown scheduler"), ("engine.cost=fast", "unknown cost model"),
      ("router=sticky", "unknown router"), ("engine.profile=vllm-3000", "unknown engine profile"),
      ("engine.scheduler={name: vllm-v1, max_num_batched_tokens: 8}", "at least max_num_seqs"),
    ]
    for (setting, fault) in faults {
      let command = ["run", "small.yaml", "--out", "out", "--set", setting]
      guard let outcome = try Binary.martlet(command, in: directory),
        let checked = try Binary.martlet(
          ["validate", "small.yaml", "--set", setting], in: directory)
      else { return }
      #expect(checked.code == 2 && checked.errors == outcome.errors, "\(setting)")
      #expect(outcome.code == 2, "\(setting)")
      #expect(outcome.errors.contains(fault), "\(outcome.errors)")
      #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
      #expect(try directory.names == ["small.yaml", "trace.csv"])
    }
  }

  @Test func `a model file has one name, however its path is written`() throws {
    let directory = try TestDirectory()
    _ = try directory.write(experiment, to: "small.yaml")
    let json = """
      {"model_type": "mistral", "hidden_size": 256, "intermediate_size": 512,
       "num_hidden_layers": 2, "num_attention_heads": 8, "num_key_value_heads": 4,
       "vocab_size": 1000, "max_position_embeddings": 4096, "torch_dtype": "bfloat16"}
      """
    _ = try directory.write(json, to: "tiny-model/config.json")
    let command = [
      "run", "small.yaml", "--quiet", "--out", "one", "--set", "model=tiny-model/config.json",
    ]
    guard let outcome = try Binary.martlet(command, in: directory) else { return }
    #expect(outcome.code == 0, "\(outcome.errors)")
    _ = try Binary.martlet(
      ["run", "one/config.effective.yaml", "--quiet", "--out", "two"], in: directory)
    let files = try files(in: directory, "one")
    #expect(try self.files(in: directory, "two") == files)
    let summary = String(decoding: files["summary.json"] ?? Data(), as: UTF8.self)
    #expect(summary.contains("\"model_id\": \"tiny-model\""))
  }

  @Test func `a run that the watchdog stops exits with 4 and still says what happened`() throws {
    let directory = try TestDirectory()
    _ = try directory.write(experiment, to: "small.yaml")
    let command = [
      "run", "small.yaml", "--json", "--set", "output.timeseries=false",
      "--set", "engine.cost={name: linear, decode_step: 30 d}",
    ]
    guard let outcome = try Binary.martlet(command, in: directory) else { return }
    #expect(outcome.code == 4)
    #expect(outcome.errors.contains("error: stopped by the progress watchdog: "))
    struct Answer: Decodable {
      let completed: Int
      let failed: Int
      let verdict: String
    }
    let answer = try decoded(Answer.self, from: outcome.output)
    #expect(answer.completed + answer.failed == 120 && answer.failed > 0)
    #expect(answer.verdict != "STABLE")
  }

  @Test func `amounts beyond all sense are one line and exit 2, never a crash`() throws {
    let directory = try TestDirectory()
    _ = try directory.write(experiment, to: "small.yaml")
    let settings = [
      "slo.ttft_ms=1e30", "engine.kv_pool_tokens=99999999999999",
      "workload.generate.input_tokens={distribution: lognormal, mean: 1e300, cv: 1e200}",
      "cluster.gpu={memory: 1e30 GB, bandwidth: 2 TB/s, bf16: 300 TFLOP/s}",
      "cluster.gpu={memory: 80 GiB, bandwidth: 2 TB/s, bf16: 1e-320 FLOP/s}",
      "workload.generate.arrivals={process: poisson, rate: 1e-12}",
    ]
    for setting in settings {
      for verb in ["run", "validate"] {
        guard
          let outcome = try Binary.martlet([verb, "small.yaml", "--set", setting], in: directory)
        else { return }
        // Only drawing shows that the arrivals leave the range of the clock.
        if verb == "validate", setting.contains("rate") { continue }
        #expect(outcome.code == 2, "\(verb) \(setting) \(outcome.errors)")
        #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
      }
    }
  }

  @Test func `small caches, overload, outputs of one token and long prompts end at once`() throws {
    let directory = try TestDirectory()
    _ = try directory.write(experiment, to: "small.yaml")
    let cases = [
      ["engine.kv_pool_tokens=16"], ["engine.kv_pool_tokens=150"],
      ["workload.generate.arrivals.rate=3000", "workload.generate.requests=3000"],
      ["workload.generate.output_tokens={distribution: fixed, value: 1}"],
      [
        "workload.generate.input_tokens={distribution: fixed, value: 1000000}",
        "workload.generate.requests=3", "engine.kv_pool_tokens=1100000",
        "engine.max_model_len=1100000",
      ],
    ]
    for scheduler in ["vllm-v1", "vllm-v0", "orca-max", "orca-oracle", "static-batch"] {
      for settings in cases {
        let words = (settings + ["engine.scheduler=\(scheduler)"]).flatMap { ["--set", $0] }
        let start = Date()
        guard
          let outcome = try Binary.martlet(["run", "small.yaml", "--json"] + words, in: directory)
        else { return }
        #expect(outcome.code == 0, "\(scheduler) \(settings) \(outcome.errors)")
        #expect(Date().timeIntervalSince(start) < 10, "\(scheduler) \(settings)")
        struct Answer: Decodable {
          let completed: Int
          let rejected: Int
          let numPrompts: Int
        }
        let answer = try decoded(Answer.self, from: outcome.output)
        #expect(answer.completed + answer.rejected == answer.numPrompts)
      }
    }
  }

  @Test(arguments: [
    ("AzureLLMInferenceTrace_code.csv", 8_819, 18_059_974, 245_896),
    ("mooncake_conversation_trace.jsonl.gz", 12_031, 144_793_823, 4_122_048),
  ])
  func `recorded traces are served whole`(
    trace: String, requests: Int, input: Int, output: Int
  ) throws {
    // Sums by awk and Python over the files themselves.
    let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    let path = "/\(root)/shared/data/traces/\(trace)"
    guard FileManager.default.fileExists(atPath: path) else {
      print("skipped: no shared/data/traces/\(trace)")
      return
    }
    let directory = try TestDirectory()
    let yaml = """
      model: llama-3.1-8b
      cluster: {gpu: h100-80gb-sxm, instances: 8}
      workload: {trace: \(path)}
      """
    _ = try directory.write(yaml, to: "trace.yaml")
    struct Answer: Decodable {
      let completed: Int
      let failed: Int
      let totalInputTokens: Int
      let totalOutputTokens: Int
    }
    guard let outcome = try Binary.martlet(["run", "trace.yaml", "--json"], in: directory)
    else { return }
    let answer = try decoded(Answer.self, from: outcome.output)
    #expect(answer.completed + answer.failed == requests && answer.failed == 0)
    #expect(answer.totalInputTokens == input && answer.totalOutputTokens == output)
  }
}
