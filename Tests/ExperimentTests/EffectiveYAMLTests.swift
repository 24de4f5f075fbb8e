import Experiment
import Files
import Testing

@Suite struct EffectiveYAMLTests {
  @Test(arguments: [least, full, closedTrace, closedLoop, chats, agents, tiered, everyTier])
  func `reading the effective configuration and writing it again gives the same bytes`(
    yaml: String
  ) throws {
    let config = try ExperimentConfig.read(yaml, file: "/runs/my.yaml")
    let first = config.effectiveYAML(ResolvedConfig(), in: "/runs/out")
    let again = try ExperimentConfig.read(first, file: "/runs/out/config.effective.yaml")
    #expect(again.effectiveYAML(ResolvedConfig(), in: "/runs/out") == first)
  }

  @Test func `every key is written with its value, in the order of the manual`() throws {
    var resolved = ResolvedConfig()
    resolved.scheduler = [("max_num_seqs", "256"), ("policy", "fcfs")]
    resolved.maxModelLength = 8192
    let config = try ExperimentConfig.read(least, file: "/runs/my.yaml")
    let yaml = config.effectiveYAML(resolved, in: "/runs/out")
    #expect(yaml == Self.leastWritten)
  }

  /// `least` with every key, written into a directory beside its own.
  private static let leastWritten = """
    version: 1
    name: my
    seed: 1
    model: llama-3-8b
    cluster:
      gpu: a100-80gb-sxm
      instances: 1
      tensor_parallel: 1
      pipeline_parallel: 1
      memory: null  # HBM only
      kernels: null  # those of the GPU
      price_per_gpu_hour: null  # no cost is reckoned
      power: null  # no energy is reckoned
    engine:
      scheduler:
        name: vllm-v1
        max_num_seqs: 256
        policy: fcfs
      block_size: 16
      gpu_memory_utilization: 0.9
      cost: calibrated
      profile: vllm-2026
      max_model_len: null  # the model's: 8192
      reserve: 0 B
      kv_pool_tokens: null  # what the memory leaves
      prefix_cache:
        enabled: false
        index: hash
        eviction: lru
      preemption: recompute
    router: round-robin
    workload:
      trace: ../trace.csv
      format: auto
      limit: null
      speedup: 1.0
      rate: null
      concurrency: null
      block_tokens: null
      sessions: null  # open where turns have times, else closed
      think_time: null  # delays are those of the trace
    slo:
      ttft_ms: null
      tpot_ms: null
      e2el_ms: null
    statistics:
      warmup: null  # no request is left out
      warmup_requests: null
      batches: 20
      confidence: 0.95
    output:
      requests: true
      steps: false
      timeseries: true
      timeline: false

    """

  @Test func `tiers are written with every key, a swap with its options`() throws {
    let config = try ExperimentConfig.read(everyTier, file: "my.yaml")
    var resolved = ResolvedConfig()
    resolved.memory = [("cxl.link", "as dram")]
    let lines = config.effectiveYAML(resolved, in: ".")
    #expect(
      lines.contains(
        """
          memory:
            sharing: fair
            dram:
              capacity: 64 GB
              link: pcie-3.0-x16
              copy: kernel
              copy_time: 1.5 us
              duplex: half
              gpus_per_link: 4
              bandwidth: 11 GB/s
              latency: 2 us
            cxl:
              capacity: 512 GiB
              device: cxl-2.0-x8
              cards: 2
              bandwidth: 22 GB/s
              latency: 300 ns
              link: null  # as dram

        """))
    #expect(
      lines.contains("  preemption:\n    name: swap\n    granularity: layer\n    overlap: async\n"))
    let one = try ExperimentConfig.read(tiered, file: "my.yaml")
    #expect(
      one.effectiveYAML(ResolvedConfig(), in: ".").contains(
        "    cxl: null\n    ssd: null\n    remote: null\n"))
  }

  @Test(arguments: ["true", "12", "1e3", "null", "a: b", "- x", "say \"hi\"", "é", "", "x "])
  func `text that YAML would read otherwise is quoted`(name: String) throws {
    var config = try ExperimentConfig.read(least, file: "my.yaml")
    config.name = name
    let yaml = config.effectiveYAML(ResolvedConfig(), in: "out")
    let line = yaml.split(separator: "\n").first { $0.hasPrefix("name: ") } ?? ""
    #expect(line.hasPrefix("name: \""))
    guard !name.isEmpty else { return }
    #expect(try ExperimentConfig.read(yaml, file: "my.yaml").name == name)
  }

  @Test func `the hash follows every setting but no path`() throws {
    func hash(_ yaml: String, _ file: String) throws -> String {
      try ExperimentConfig.read(yaml, file: file).configHash(ResolvedConfig())
    }
    let one = try hash("name: x\n" + least, "/a/my.yaml")
    #expect(one.count == 16)
    #expect(try hash("name: x\n" + least, "/other/place/your.yaml") == one)
    #expect(try hash("name: x\nseed: 2\n" + least, "/a/my.yaml") != one)
    #expect(
      throws: ConfigError(.file("/nowhere/config.json"), "no such file")
    ) {
      try hash("model: /nowhere/config.json\ncluster: {gpu: g}\nworkload: {trace: t}\n", "m.yaml")
    }
  }
}
