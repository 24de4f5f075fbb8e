import Experiment
import Files
import Testing

@Suite struct OverrideTests {
  private func read(
    _ yaml: String, _ overrides: String..., seed: UInt64? = nil
  ) throws -> ExperimentConfig {
    try .read(
      yaml, file: "runs/my.yaml", overrides: overrides.map { try Override($0) }, seed: seed)
  }

  @Test func `a key is replaced or added, and the last one wins`() throws {
    let config = try read(
      least, "cluster.instances=4", "slo.ttft_ms=250", "cluster.instances=8", "seed=3")
    #expect(config.cluster.instances.value == 8)
    #expect(config.cluster.instances.place == .flag("--set cluster.instances"))
    #expect(config.slo.timeToFirstToken == 250)
    #expect(config.seed == 3)
    #expect(try read(least, "seed=3", seed: 9).seed == 9)
  }

  @Test(arguments: ["", "engine:\n", "engine: {scheduler: vllm-v1}\n"])
  func `an option reaches into a policy that is a bare name or a default`(lines: String) throws {
    let config = try read(least + lines, "engine.scheduler.max_num_seqs=64")
    #expect(config.engine.scheduler.name.value == "vllm-v1")
    #expect(config.engine.scheduler.options.map(\.name) == ["max_num_seqs"])
    #expect(config.engine.scheduler.options.map(\.text) == ["64"])
    #expect(
      config.engine.scheduler.options.first?.place == .flag("--set engine.scheduler.max_num_seqs"))
  }

  @Test func `a policy is replaced whole, options included`() throws {
    let config = try read(
      least + "engine: {scheduler: {name: vllm-v1, max_num_seqs: 8}}\n",
      "engine.scheduler=vllm-v0")
    #expect(config.engine.scheduler.name.value == "vllm-v0")
    #expect(config.engine.scheduler.options.isEmpty)
  }

  @Test func `a value may be any YAML, and null takes one away`() throws {
    let config = try read(
      least + "engine: {max_model_len: 10}\n", "engine.max_model_len=null",
      "engine.cost={name: linear, decode_step: 1 ms}")
    #expect(config.engine.maxModelLength == nil)
    #expect(config.engine.cost.options.map(\.text) == ["1 ms"])
  }

  @Test func `a path in the file is relative to it, one on the command line is not`() throws {
    guard case .trace(let trace) = try read(least, "workload.trace=here.csv").workload else {
      Issue.record("no trace")
      return
    }
    #expect(trace.path.value == "here.csv")
  }

  @Test func `a fault names the flag`() {
    #expect(
      fault(least, "engine.block_size=12")
        == "--set engine.block_size: 12 is not a power of two; write one from 1 to 1024")
    #expect(
      fault(least, "engine.block=12").hasPrefix("--set engine.block: unknown key \"block\""))
    #expect(
      fault(least, "model.layers=12")
        == "--set model.layers: model is \"llama-3-8b\" at my.yaml:1, not a mapping; "
        + "it has no key \"layers\"")
  }

  @Test(arguments: [
    ("cluster.instances", "--set cluster.instances: has no \"=\"; write --set key=value"),
    ("=3", "--set =3: has an empty key; write --set cluster.instances=4, for example"),
    ("a..b=3", "--set a..b=3: has an empty key; write --set cluster.instances=4, for example"),
    ("seed=", "--set seed: has no value; null takes a value away"),
  ])
  func `an override without key or value is refused`(text: String, message: String) {
    #expect(fault(least, text) == message)
  }

  @Test func `a missing file, a directory and binary are told apart`() {
    func message(_ path: String) -> String {
      do {
        _ = try ExperimentConfig.load(path)
        return ""
      } catch {
        return "\(error)"
      }
    }
    #expect(message("/nowhere/x.yaml") == "/nowhere/x.yaml: no such file")
    #expect(message("/tmp") == "/tmp: is a directory; name a file")
    #expect(message("/etc/hostname/x") == "/etc/hostname/x: not a directory")
    #expect(
      message("/proc/self/exe").hasPrefix("/proc/self/exe: is larger than 16 MiB")
        || message("/proc/self/exe") == "/proc/self/exe: is not text in UTF-8")
  }
}
