import Experiment
import Files
import Kernel
import Testing
import Units

@Suite struct ExperimentConfigTests {
  @Test func `the least experiment has the defaults of the manual`() throws {
    let config = try ExperimentConfig.read(least, file: "runs/my.yaml")
    #expect(config.name == "my")
    #expect(config.seed == 1)
    #expect(config.cluster.instances.value == 1)
    #expect(config.engine.scheduler.name.value == "vllm-v1")
    #expect(config.engine.cost.name.value == "calibrated")
    #expect(config.engine.profile.name.value == "vllm-2026")
    #expect(config.engine.blockSize.value == 16)
    #expect(config.engine.gpuMemoryUtilization.value == 0.9)
    #expect(config.engine.maxModelLength == nil)
    #expect(config.router.policy.name.value == "round-robin")
    #expect(config.output.requests && config.output.timeseries)
    #expect(!config.output.steps && !config.output.timeline)
    guard case .trace(let trace) = config.workload else {
      Issue.record("no trace")
      return
    }
    #expect(trace.path.value == "runs/trace.csv")
    #expect(trace.format.value == "auto")
    #expect(trace.speedup.value == 1)
  }

  @Test func `every key is read`() throws {
    let config = try ExperimentConfig.read(full, file: "runs/full.yaml")
    #expect(config.name == "every key")
    #expect(config.seed == 7)
    guard case .file(let model) = config.model.value else {
      Issue.record("no file")
      return
    }
    #expect(model == "runs/models/config.json")
    #expect(config.model.place == .line(file: "runs/full.yaml", 4))
    #expect(config.cluster.tensorParallel.value == 2)
    #expect(config.cluster.pipelineParallel.value == 3)
    #expect(config.engine.scheduler.options.map(\.name) == ["max_num_seqs", "watermark"])
    #expect(config.engine.scheduler.options.map(\.text) == ["64", "0.02"])
    #expect(config.engine.reserve.value == Bytes(0x1p31))
    #expect(config.engine.kvPoolTokens?.value == 42_000)
    #expect(config.engine.kvPoolTokens?.place == .line(file: "runs/full.yaml", 21))
    #expect(config.engine.prefixCache.enabled.value == false)
    #expect(config.slo.timePerOutputToken == 50.5)
    #expect(config.slo.endToEnd == nil)
    #expect(config.output.timeline)
    guard case .generate(let generate) = config.workload else {
      Issue.record("nothing to generate")
      return
    }
    #expect(generate.extent.value == .duration(Seconds(3600)))
    #expect(generate.arrivals.value == .gamma(rate: 4, cv: 2.5))
    #expect(generate.inputTokens.value.shape == .family(.lognormal(mean: 512, cv: 1.5)))
    #expect(generate.inputTokens.value.max == 8000)
    #expect(
      generate.outputTokens.value.shape == .empirical(file: "/data/lengths.csv", column: "out"))
  }

  @Test func `JSON is read as well`() throws {
    let json = """
      {"model": "opt-13b",
       "cluster": {"gpu": "a100-40gb-sxm", "instances": 0},
       "workload": {"trace": "t.csv"}}
      """
    #expect(
      fault(json)
        == "my.yaml:2: cluster.instances 0 is out of range; write a whole number from 1 to 1000000")
    #expect(fault(json, "cluster.instances=3") == "")
  }

  @Test func `an unknown key names its line, the nearest key and all known`() {
    #expect(
      fault(least + "slo:\n  ttf_ms: 3\n")
        == "my.yaml:5: unknown key \"ttf_ms\" (did you mean \"ttft_ms\"?); "
        + "known: ttft_ms, tpot_ms, e2el_ms")
    // A misspelt key is not reported as a missing one.
    #expect(
      fault("modle: opt-13b\n")
        == "my.yaml:1: unknown key \"modle\" (did you mean \"model\"?); "
        + "known: version, name, seed, model, cluster, engine, router, workload, slo, "
        + "statistics, output")
  }

  @Test(arguments: [
    ("name: [a]", "my.yaml:4: name is a list; write text"),
    (
      "seed: -1",
      "my.yaml:4: seed -1 is out of range; write a whole number from 0 to 9223372036854775807"
    ),
    ("version: 2", "my.yaml:4: version 2 is not known; this martlet reads version 1"),
    (
      "engine: {block_size: 17}",
      "my.yaml:4: engine.block_size 17 is not a power of two; write one from 1 to 1024"
    ),
    (
      "engine: {block_size: \"16\"}",
      "my.yaml:4: engine.block_size \"16\" is not a whole number; "
        + "write a whole number from 1 to 1024"
    ),
    (
      "engine: {block_size: 16.0}",
      "my.yaml:4: engine.block_size \"16.0\" is not a whole number; "
        + "write a whole number from 1 to 1024"
    ),
    (
      "engine: {gpu_memory_utilization: 1.5}",
      "my.yaml:4: engine.gpu_memory_utilization 1.5 is out of range; "
        + "write a number above 0 and at most 1"
    ),
    (
      "engine: {gpu_memory_utilization: 90%}",
      "my.yaml:4: engine.gpu_memory_utilization \"90%\" is not a number; "
        + "write one above 0 and at most 1"
    ),
    (
      "engine:\n  max_model_len: 0",
      "my.yaml:5: engine.max_model_len 0 is out of range; "
        + "write a whole number from 1 to 2147483647"
    ),
    (
      "engine: {reserve: -1 GiB}",
      "my.yaml:4: engine.reserve -1 GiB is out of range; write an amount of at least 0"
    ),
    ("engine: fast", "my.yaml:4: engine is \"fast\"; write a mapping with the keys scheduler, "),
    (
      "engine: {scheduler: [a]}",
      "my.yaml:4: engine.scheduler is a list; write a name, or a mapping with name and options"
    ),
    (
      "engine: {scheduler: }",
      "my.yaml:4: engine.scheduler has no value; write one or leave the key out"
    ),
    (
      "engine: {prefix_cache: {enabled: maybe}}",
      "my.yaml:4: engine.prefix_cache.enabled is \"maybe\"; write true or false"
    ),
    (
      "output: {steps: 1}", "my.yaml:4: output.steps is \"1\"; write true or false"
    ),
    (
      "slo: {ttft_ms: 0}",
      "my.yaml:4: slo.ttft_ms 0 is out of range; write a number above 0 and at most 8640000000"
    ),
  ])
  func `a value of the wrong kind or size is refused in its line`(lines: String, message: String) {
    #expect(fault(least + lines + "\n").hasPrefix(message))
  }

  @Test func `an amount without unit or with an unknown one names the units`() {
    let none = fault(least + "engine: {reserve: 8}\n")
    #expect(none.hasPrefix("my.yaml:4: engine.reserve \"8\" has no unit; write a number"))
    #expect(none.contains("GiB, GB"))
    let odd = fault(least + "engine: {reserve: 8 gigs}\n")
    #expect(odd.hasPrefix("my.yaml:4: engine.reserve unknown unit \"gigs\"; write a number"))
  }

  @Test func `a missing key says what to write`() {
    #expect(
      fault("model: m\n")
        == "my.yaml: cluster is missing; write cluster: {gpu: NAME}; see martlet list gpus")
    #expect(
      fault("model: m\ncluster:\n  instances: 2\nworkload: {trace: t}\n")
        == "my.yaml:3: cluster.gpu is missing; write gpu: NAME; see martlet list gpus")
  }
}
