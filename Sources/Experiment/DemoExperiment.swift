/// The experiment of `martlet demo`.
public enum DemoExperiment {
  /// The text of Workloads/demo.yaml.
  public static let yaml = """
    # The default experiment: one H100 serves Llama-3.1-8B to 500 requests, 6 a second.
    version: 1
    name: demo
    seed: 1
    model: llama-3.1-8b
    cluster:
      gpu: h100-80gb-sxm
      instances: 1
    engine:
      scheduler: vllm-v1
    workload:
      generate:
        requests: 500
        arrivals: {process: poisson, rate: 6.0}
        input_tokens: {distribution: lognormal, mean: 512, cv: 1}
        output_tokens: {distribution: lognormal, mean: 128, cv: 1}
        max_total_tokens: 8192
    slo: {ttft_ms: 500, tpot_ms: 50}

    """
}
