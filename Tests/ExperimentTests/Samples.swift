import Experiment
import Files
import Testing

/// The least experiment: every other key has a default.
let least = """
  model: llama-3-8b
  cluster: {gpu: a100-80gb-sxm}
  workload: {trace: trace.csv}

  """

/// Every key once, with values that are not the defaults.
let full = """
  version: 1
  name: every key
  seed: 7
  model: models/config.json
  cluster:
    gpu: {name: mine, hbm: 80 GiB, peaks: {bf16: 312 TFLOP/s}, tags: [a, "1"]}
    instances: 2
    tensor_parallel: 2
    pipeline_parallel: 3
    memory: null
    price_per_gpu_hour: 2.5
    power: {idle: 60 W, busy: 0.65 kW, pue: 1.25}
  engine:
    scheduler: {name: vllm-v0, max_num_seqs: 64, watermark: 0.02}
    block_size: 32
    gpu_memory_utilization: 1
    cost: {name: linear, prefill_token: 160 us}
    profile: none
    max_model_len: 4096
    reserve: 2 GiB
    kv_pool_tokens: 42_000
    prefix_cache: {enabled: off, index: radix, eviction: lru}
    preemption: recompute
  router: {name: round-robin}
  workload:
    generate:
      duration: 1 h
      arrivals: {process: gamma, rate: 4, cv: 2.5}
      input_tokens: {distribution: lognormal, mean: 512, cv: 1.5, min: 4, max: 8000}
      output_tokens: {distribution: empirical, file: /data/lengths.csv, column: out}
      max_total_tokens: 4096
  slo: {ttft_ms: 500, tpot_ms: 50.5, e2el_ms: null}
  statistics: {warmup: 90 s, batches: 10, confidence: 0.9}
  output: {requests: no, steps: yes, timeseries: false, timeline: true}

  """

/// A recorded trace as a closed loop.
let closedTrace = """
  model: llama-3-8b
  cluster: {gpu: a100-80gb-sxm}
  workload: {trace: trace.csv, concurrency: 12}

  """

/// A generated closed loop.
let closedLoop = """
  model: llama-3-8b
  cluster: {gpu: a100-80gb-sxm}
  engine: {kv_pool_tokens: 2000}
  workload:
    generate:
      requests: 60
      arrivals: {process: closed, concurrency: 12}
      input_tokens: {distribution: lognormal, mean: 200, cv: 1, max: 1000}
      output_tokens: {distribution: exponential, mean: 80, max: 900}

  """

/// `least` with `lines` added; they begin in line 4.
func experiment(with lines: String) throws(ConfigError) -> ExperimentConfig {
  try .read(least + lines, file: "my.yaml")
}

/// The one line that reading `yaml` as `my.yaml` answers; empty when it is accepted.
func fault(_ yaml: String, _ overrides: String...) -> String {
  do {
    var list: [Override] = []
    for text in overrides { list.append(try Override(text)) }
    _ = try ExperimentConfig.read(yaml, file: "my.yaml", overrides: list)
    return ""
  } catch {
    return "\(error)"
  }
}
