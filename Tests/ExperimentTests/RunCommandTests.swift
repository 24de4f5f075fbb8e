import Foundation
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
    #expect(expected.count == 7)
    for name in ["two", "three", "four"] {
      #expect(try files(in: directory, name) == expected, "\(name)")
    }
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
    #expect(try directory.names == ["out", "small.yaml"])
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
