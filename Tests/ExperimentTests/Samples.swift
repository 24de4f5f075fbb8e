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

/// Generated sessions, with the least that they need.
let chats = """
  model: llama-3-8b
  cluster: {gpu: a100-80gb-sxm}
  engine: {kv_pool_tokens: 3000, max_model_len: 1500}
  workload:
    generate:
      arrivals: {process: mmpp, on_rate: 20, off_rate: 1, on_time: 2 s, off_time: 0.5 min}
      input_tokens: {distribution: lognormal, mean: 200, cv: 1}
      output_tokens: {distribution: exponential, mean: 80}
      sessions:
        count: 30
        turns: {distribution: geometric, mean: 4}
        think_time: 500 ms
        max_context: 1500

  """

/// Generated sessions with every key of theirs.
let agents = """
  model: llama-3-8b
  cluster: {gpu: a100-80gb-sxm}
  workload:
    sessions: open
    generate:
      duration: 10 min
      arrivals: {process: diurnal, rate: 0.1, amplitude: 1, period: 5 min, phase: 20 s}
      input_tokens: {distribution: lognormal, mean: 200, cv: 1}
      output_tokens: {distribution: exponential, mean: 80}
      sessions:
        turns: {distribution: fixed, value: 6}
        next_input_tokens: {distribution: uniform, min: 5, max: 90}
        think_time: {distribution: lognormal, mean: 5 s, cv: 2, min: 100 ms, max: 2 min}
        max_context: 4000
        at_max_context: restart
        keep_output: false
        block_size: 32
        prefixes:
          - {count: 3, tokens: {distribution: uniform, min: 100, max: 900}}
          - {count: 9, exponent: 0, probability: 0.4, tokens: {distribution: fixed, value: 300}}
        tools:
          probability: 0.7
          duration: {distribution: exponential, mean: 800 ms}
          input_tokens: {distribution: fixed, value: 90}
        forks:
          probability: 0.1
          turns: {distribution: geometric, mean: 2}
          delay: 10 ms
          input_tokens: {distribution: fixed, value: 50}

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
