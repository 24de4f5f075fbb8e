import Experiment
import Files
import Metrics
import Testing

/// One instance at 1 ms and one at 2 ms a prompt token, with prices, draws and pools of their own.
let unlike = """
  model: llama-3-8b
  engine:
    kv_pool_tokens: 1600
    cost: {name: linear, prefill_token: 1 ms, decode_step: 10 ms}
  cluster:
    price_per_gpu_hour: 2
    power: {idle: 100 W, busy: 300 W, pue: 1}
    pools:
      - {name: fast, gpu: h100-80gb-sxm}
      - name: slow
        gpu: a100-80gb-sxm
        price_per_gpu_hour: 1
        power: {idle: 50 W, busy: 100 W}
        engine: {kv_pool_tokens: 3200, cost: {prefill_token: 2 ms}}
  workload:
    generate:
      requests: 4
      arrivals: {process: fixed, rate: 1}
      input_tokens: {distribution: fixed, value: 100}
      output_tokens: {distribution: fixed, value: 1}

  """

@Suite struct PoolConfigTests {
  private func pools(_ text: String) -> String {
    "model: llama-3-8b\nworkload: {trace: t.csv}\ncluster: {\(text)}\n"
  }

  private func run(_ yaml: String, exactSteps: Bool = false) throws -> Execution {
    var warnings = Warnings(to: { _ in })
    return try Assembly(try ExperimentConfig.read(yaml, file: "/runs/my.yaml")).execute(
      exactSteps: exactSteps, clock: { 0 }, warnings: &warnings, progress: { _ in })
  }

  @Test func `what a pool does not say is the experiment's`() throws {
    let config = try ExperimentConfig.read(
      """
      model: llama-3-8b
      engine: {block_size: 32, scheduler: {name: vllm-v0, max_num_seqs: 8}, cost: roofline}
      cluster:
        tensor_parallel: 2
        pools:
          - {gpu: h100-80gb-sxm, instances: 3, engine: {scheduler: {watermark: 0.02}}}
          - {name: b, gpu: a100-80gb-sxm, tensor_parallel: 1, model: opt-13b,
             engine: {scheduler: {name: vllm-v1}, cost: {extra: 1}}}
      workload: {trace: t.csv}

      """, file: "my.yaml")
    #expect(config.cluster.instances.value == 4)
    let (a, b) = (config.cluster.pools[0], config.cluster.pools[1])
    #expect((a.name.value, b.name.value) == ("0", "b"))
    #expect(a.config.cluster.tensorParallel.value == 2)
    #expect(b.config.cluster.tensorParallel.value == 1)
    #expect(b.config.engine.blockSize.value == 32)
    // Options alone are added, a name replaces all.
    #expect(a.config.engine.scheduler.name.value == "vllm-v0")
    #expect(a.config.engine.scheduler.options.map(\.text) == ["8", "0.02"])
    #expect(b.config.engine.scheduler.options.isEmpty)
    #expect(b.config.engine.cost.name.value == "roofline")
    #expect(b.config.engine.cost.options.map(\.name) == ["extra"])
  }

  @Test(arguments: [
    (
      "instances: 2, pools: [{gpu: g}]",
      "my.yaml:3: cluster.instances has no meaning beside cluster.pools; "
        + "write instances in each pool"
    ),
    (
      "pools: 3",
      "my.yaml:3: cluster.pools is \"3\"; write a list, - {name: a, gpu: NAME, instances: 2}"
    ),
    (
      "pools: [{name: a, gpu: g}, {name: a, gpu: g}]",
      "my.yaml:3: cluster.pools.1.name \"a\" is that of the pool at my.yaml:3, too; names differ"
    ),
    (
      "pools: [{gpu: g, instancs: 2}]",
      "my.yaml:3: unknown key \"instancs\" (did you mean \"instances\"?); known: name, role, "
        + "model, engine, gpu, instances, tensor_parallel, pipeline_parallel, memory, kernels, "
        + "price_per_gpu_hour, power"
    ),
    (
      "pools: [{gpu: g, role: prefill}]",
      "my.yaml:3: cluster.pools.0.role prefill needs a pool with role decode beside it; "
        + "add one, or write mixed"
    ),
    (
      "pools: [{gpu: g, role: decode}, {name: b, gpu: g}]",
      "my.yaml:3: cluster.pools.0.role decode needs a pool with role prefill beside it; "
        + "add one, or write mixed"
    ),
    (
      "pools: [{name: a}]",
      "my.yaml:3: cluster.gpu is missing; write gpu: NAME; see martlet list gpus"
    ),
  ])
  func `a fault says where and what would be right`(cluster: String, message: String) {
    #expect(fault(pools(cluster)) == message)
  }

  @Test func `an item of the list is reached by its number`() throws {
    let config = try ExperimentConfig.read(
      unlike, file: "my.yaml",
      overrides: [
        try Override("cluster.pools.1.instances=3"),
        try Override("cluster.pools.1.engine.scheduler.max_num_seqs=9"),
      ])
    #expect(config.cluster.pools.map(\.config.cluster.instances.value) == [1, 3])
    #expect(config.cluster.pools[1].config.engine.scheduler.options.map(\.text) == ["9"])
    #expect(
      fault(unlike, "cluster.pools.2.instances=3").hasPrefix(
        "--set cluster.pools.2.instances: cluster.pools at my.yaml:"))
  }

  @Test func `two pools run by the arithmetic of their costs`() throws {
    for exactSteps in [false, true] {
      let execution = try run(unlike, exactSteps: exactSteps)
      let (record, summary) = (execution.record, execution.summary)
      #expect(record.requests.instance == [0, 1, 0, 1])
      let ms: Int64 = 1_000_000_000
      #expect(
        (0..<4).map { record.requests.outcome(of: $0).ttft } == [
          100 * ms, 200 * ms, 100 * ms, 200 * ms,
        ])
      // Arrivals a second apart: 3 s and the last prompt.
      #expect(summary.duration == 3200 * ms)
      #expect(abs((summary.totalCost ?? 0) - (2 + 1) * 3.2 / 3600) < 1e-12)
      // 100 W · 3.2 s + 200 W · 0.2 s, and 50 W · 3.2 s + 50 W · 0.4 s.
      #expect(abs((summary.energy ?? 0) - (360 + 180)) < 1e-9)
      // 7 blocks of 16 in pools of 100 and 200.
      #expect(summary.peakUsage == 0.07)
      #expect(summary.description.gpu == "1 x h100-80gb-sxm + 1 x a100-80gb-sxm")
      #expect(summary.description.gpuCount == 2)
      #expect(summary.instances.map(\.totals.prefillTokens) == [200, 200])
      // Busy 0.2 and 0.4 of the same time: deviations of a third of the mean.
      #expect(abs((summary.busyVariation ?? 0) - 1.0 / 3) < 1e-12)
    }
  }

  @Test func `the effective configuration has every pool whole and runs alike`() throws {
    let first = try run(unlike)
    let yaml = first.assembly.config.effectiveYAML(first.assembly.resolved, in: "/runs/out")
    let config = try ExperimentConfig.read(yaml, file: "/runs/out/config.effective.yaml")
    let again = try run(yaml)
    #expect(again.summary.json.text == first.summary.json.text)
    #expect(config.effectiveYAML(again.assembly.resolved, in: "/runs/out") == yaml)
  }

  @Test func `explain takes every pool apart`() throws {
    let explanation = try Explanation(
      try Assembly(try ExperimentConfig.read(unlike, file: "my.yaml")), .init())
    let text = try explanation.clusterText()
    #expect(text.contains("pool fast, mixed, instance 0\nllama-3-8b on 1 x h100-80gb-sxm\n"))
    #expect(text.contains("pool slow, mixed, instance 1\nllama-3-8b on 1 x a100-80gb-sxm\n"))
    #expect(text.contains("3,200 tokens = 200 blocks of 16"))
    let json = try explanation.clusterJSON().text
    #expect(json.contains("\"name\": \"slow\"") && json.contains("\"kv_pool_tokens\": 3200"))
    let alike = try Explanation(
      try Assembly(try ExperimentConfig.read(least, file: "my.yaml")), .init())
    #expect(try alike.clusterText() == alike.text)
  }

  @Test func `pools with unlike tiers are refused`() throws {
    let config = try ExperimentConfig.read(
      unlike, file: "my.yaml",
      overrides: [
        try Override("cluster.pools.0.memory={dram: {capacity: 4 GiB}}"),
        try Override("engine.prefix_cache={enabled: true, offload: {write: through}}"),
        try Override("cluster.pools.1.memory={dram: {capacity: 8 GiB}}"),
      ])
    let message = #expect(throws: ConfigError.self) { try Assembly(config) }?.description
    #expect(
      message?.contains("slow and fast differ in the tiers under HBM; write the same memory")
        == true, "\(message ?? "")")
  }
}
