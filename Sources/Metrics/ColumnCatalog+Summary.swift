extension ColumnCatalog {
  /// Keys of summary.json.
  ///
  /// With a warm-up, requests, latencies, rates, cost and energy are those of the measured
  /// requests; sums over engine steps, peaks, shares of time and the verdict stay those of the
  /// whole run.
  public static var summary: [ColumnEntry] { summary(nil) }

  /// Keys of summary.json of a run with the tiers and links of `tiers`.
  static func summary(_ tiers: MemorySummary?) -> [ColumnEntry] {
    let ofTiers = tiers.map { memory + $0.linkColumns } ?? []
    return settings + counts + latencies + uncertainty + resources + cluster + ofTiers + economics
      + run
  }

  private static let settings: [ColumnEntry] = [
    ColumnEntry("endpoint_type", "", "What served the requests: this simulator.", "run"),
    ColumnEntry("label", "", "Name of the experiment.", "run"),
    ColumnEntry("model_id", "", "Model.", "run"),
    ColumnEntry("tokenizer_id", "", "The model's own tokenizer; lengths are given.", "run"),
    ColumnEntry(
      "num_prompts", "", "Requests of the workload: warmup_requests + measured_requests.", "run"),
    ColumnEntry(
      "request_rate", "requests/s",
      "Arrival rate asked for; else (n - 1) / (last - first arrival); the text inf for a burst "
        + "and for a closed loop.", "run"),
    ColumnEntry(
      "burstiness", "", "Shape of gamma arrivals: 1 Poisson, less is burstier.",
      "generated arrivals"),
    ColumnEntry("max_concurrency", "", "Limit on requests in flight; null: open loop.", "run"),
    ColumnEntry(
      "sessions", "",
      "How turns of sessions arrive: closed, after the turn before has ended and its delay has "
        + "passed; open, as recorded.", "null without sessions"),
    ColumnEntry("num_sessions", "", "Sessions of the workload.", "null without sessions"),
    ColumnEntry(
      "num_followups", "", "Requests that follow another turn of their session.",
      "null without sessions"),
  ]

  private static let counts: [ColumnEntry] = [
    ColumnEntry(
      "duration", "s",
      "First arrival to last completion: the time of which throughputs are taken.",
      "measured requests"),
    ColumnEntry("completed", "", "Requests whose tokens were all made.", "measured requests"),
    ColumnEntry(
      "failed", "",
      "rejected + failed_by_failure + unfinished; completed + failed = measured_requests.",
      "measured requests"),
    ColumnEntry("total_input_tokens", "tokens", "Prompt tokens.", "completed measured requests"),
    ColumnEntry("total_output_tokens", "tokens", "Output tokens.", "completed measured requests"),
    ColumnEntry(
      "request_throughput", "requests/s", "completed / duration.", "completed measured requests"),
    ColumnEntry(
      "request_goodput", "requests/s", "Requests within every target / duration.",
      "completed measured requests; null without targets"),
    ColumnEntry(
      "output_throughput", "tokens/s", "total_output_tokens / duration.",
      "completed measured requests"),
    ColumnEntry(
      "total_token_throughput", "tokens/s",
      "(total_input_tokens + total_output_tokens) / duration.", "completed measured requests"),
    ColumnEntry(
      "max_output_tokens_per_s", "tokens/s",
      "Most output tokens in one 1-s bucket of the time series, all instances; buckets count "
        + "from the run's start.", "whole run; null without a time series or with wider buckets"),
    ColumnEntry(
      "max_concurrent_requests", "", "Most requests in [arrival, finish) at once.",
      "all but rejected requests, whole run"),
    ColumnEntry("rtfx", "", "Audio seconds a second; null: no audio.", "run"),
  ]

  private static var latencies: [ColumnEntry] {
    let metrics = [
      ("ttft", "time to first token, first token - arrival", "completed measured requests"),
      (
        "tpot", "time per output token, (last - first token) / (output tokens - 1)",
        "completed measured requests with more than one output token, one value each"
      ),
      (
        "itl", "gap between neighbouring tokens of a request",
        "all gaps of measured requests, pooled; first tokens end no gap; exact up to 2 M "
          + "entries a run, from bins of 0.1 % width beyond"
      ),
      ("e2el", "end-to-end latency, last token - arrival", "completed measured requests"),
      ("queue_time", "queue time, first scheduled - arrival", "completed measured requests"),
    ]
    return metrics.flatMap { name, meaning, population in
      Summary.statisticNames.map { word, _ in
        ColumnEntry("\(word)_\(name)_ms", "ms", "\(phrase(word)) \(meaning).", population)
      }
    }
  }

  private static func phrase(_ word: String) -> String {
    switch word {
    case "mean": "Arithmetic mean of the"
    case "median": "Median of the"
    case "std": "Population standard deviation of the"
    case "min": "Smallest"
    case "max": "Largest"
    default: "Percentile \(word.dropFirst()) (linear interpolation) of the"
    }
  }

  private static let several = "completed measured requests; null unless two sessions have any"
  private static let cached = "all requests, whole run; null: no cache"

  private static let resources: [ColumnEntry] = [
    ColumnEntry(
      "warmup_requests", "",
      "Requests of the warm-up: simulated, not measured; those that arrive before "
        + "statistics.warmup after the first, or the first statistics.warmup_requests.", "run"),
    ColumnEntry(
      "measured_requests", "", "Requests after the warm-up: completed + failed.", "run"),
    ColumnEntry(
      "rejected", "", "Requests refused: they could never be served.", "measured requests"),
    ColumnEntry(
      "unfinished", "", "Requests in the system when the run ended.", "measured requests"),
    ColumnEntry(
      "slo_attainment", "0-1", "Share of requests that completed within every target.",
      "measured requests; null without targets"),
    ColumnEntry(
      "mean_normalized_latency_ms", "ms",
      "Arithmetic mean of end-to-end latency over output tokens (vLLM, SOSP 2023, section 6.1).",
      "completed measured requests"),
    ColumnEntry(
      "num_preemptions", "", "Times that requests were preempted.", "all requests, whole run"),
    ColumnEntry(
      "recomputed_tokens", "tokens", "Tokens computed again because of preemptions.",
      "all requests, whole run"),
    ColumnEntry(
      "prefix_cache_hit_rate", "0-1", "prefix_cache_hit_tokens / prefix_cache_query_tokens.",
      "null when nothing was looked up"),
    ColumnEntry("prefix_cache_hit_tokens", "tokens", "Prompt tokens found.", "admissions"),
    ColumnEntry("prefix_cache_query_tokens", "tokens", "Prompt tokens looked up.", "admissions"),
    ColumnEntry("hit_tokens_hbm", "tokens", "Prompt tokens found in HBM.", cached),
    ColumnEntry("hit_tokens_dram", "tokens", "Prompt tokens found in DRAM.", "null: no tier"),
    ColumnEntry("hit_tokens_cxl", "tokens", "Prompt tokens found in CXL.", "null: no tier"),
    ColumnEntry("hit_tokens_ssd", "tokens", "Prompt tokens found on SSD.", "null: no tier"),
    ColumnEntry(
      "hit_tokens_remote", "tokens", "Prompt tokens found in remote memory, shared or not.",
      "null: no tier"),
    ColumnEntry(
      "hit_tokens_shared", "tokens", "Found in HBM; computed by a prompt of another session.",
      cached),
    ColumnEntry(
      "hit_tokens_session", "tokens", "Found in HBM; computed by a prompt of the same session.",
      cached),
    ColumnEntry(
      "hit_tokens_output", "tokens", "Found in HBM; decoded as the output of an earlier turn.",
      cached),
    ColumnEntry(
      "hit_tokens_running", "tokens", "Found while a running request held them.", cached),
    ColumnEntry(
      "hit_tokens_preempted", "tokens", "Found again by preempted requests; no part of the others.",
      cached),
    ColumnEntry(
      "hit_tokens_computed_again", "tokens",
      "Found, but computed: a step computes at least one token; no part of the others.", cached),
    ColumnEntry(
      "prefill_saved_share", "0-1",
      "1 − prompt tokens computed, again after preemptions too, over prompt tokens of requests "
        + "with a first token.", "below 0: more computed again than found"),
    ColumnEntry(
      "shared_context_share", "0-1",
      "Of the tokens that decode attention attends to, those that several sequences read together "
        + "(engine.shared_prefix_attention).", "all decodes"),
    ColumnEntry(
      "underfilled_step_share", "0-1",
      "Steps with less than 90 % of the scheduler's token budget, decodes and prompts together.",
      "null: no such budget"),
    ColumnEntry("pcie_util", "0-1", "Busy share of the host links.", "null: no copies"),
    ColumnEntry(
      "swap_in_bytes", "B", "KV of swapped requests and contexts copied back to HBM.",
      "all instances"),
    ColumnEntry("swap_out_bytes", "B", "The same, out of HBM.", "all instances"),
    ColumnEntry(
      "mapped_page_groups", "", "Groups of pages mapped for KV, again after others had them, too.",
      "all instances; null: blocks, not pages"),
    ColumnEntry(
      "page_map_stall_s", "s", "Time that steps waited until their pages were mapped.",
      "all instances added up; null: blocks, not pages"),
    ColumnEntry("num_users", "", "Sessions with a completed request.", several),
    ColumnEntry(
      "jain_index", "0-1",
      "Jain's index of users' service rates: (sum)^2 / (users * sum of squares); a rate is "
        + "input tokens + 2 * output tokens over the time with a request in the system.", several),
    ColumnEntry(
      "max_min_service_ratio", "", "Highest over lowest service rate of a user.", several),
    ColumnEntry(
      "gpu_count", "", "GPUs of all instances that were ever there.", "run"),
    ColumnEntry(
      "output_throughput_per_gpu", "tokens/s",
      "output_throughput / gpu_count; where instances come and go, total_output_tokens over the "
        + "GPU time behind gpu_hours.",
      "completed measured requests"),
    ColumnEntry("mean_mfu", "0-1", "Model FLOPs over peak FLOPs.", "all GPUs, whole run"),
    ColumnEntry("mean_mbu", "0-1", "HBM bytes moved over peak.", "all GPUs, whole run"),
    ColumnEntry(
      "mean_running_requests", "", "Requests in batches, time-weighted, instances added up.",
      "from 0 to the last arrival; null for a burst"),
    ColumnEntry(
      "kv_token_share_waiting", "0-1",
      "KV tokens stored over the pool's tokens, time-weighted while a request waits there.",
      "all instances; null when none waited"),
    ColumnEntry(
      "peak_kv_cache_usage_perc", "0-1", "Most KV blocks in use at once over the pool.",
      "the instance where it is highest"),
    ColumnEntry(
      "busy_share", "0-1",
      "Time with a step in flight over sim_duration_s, or over the time that instances are there.",
      "mean over instances, whole run"),
    ColumnEntry(
      "extrapolated_steps", "", "Steps outside what the cost model was calibrated on.",
      "all engine steps"),
    ColumnEntry("saturated", "", "Whether the verdict is not STABLE.", "run"),
    ColumnEntry(
      "verdict", "",
      "OVERLOADED: the backlog's slope over the second half of the arrivals is above 2 % of the "
        + "arrival rate and its 99 % interval above 0; SATURATED: not that, but requests waited on "
        + "every instance for more than half of the arrival window, or the run is a burst with "
        + "waiting, was stopped or left requests unfinished; else STABLE. In a closed loop no "
        + "slope is fitted.", "run"),
    ColumnEntry("verdict_reason", "", "The numbers that decided the verdict.", "run"),
  ]

  private static let economics: [ColumnEntry] = [
    ColumnEntry(
      "gpu_hours", "h",
      "gpu_count * duration / 3600; of instances that come and go the part of duration in which "
        + "they are there.", "all GPUs over duration"),
    ColumnEntry(
      "cost_total", "price", "gpu_hours * cluster.price_per_gpu_hour, in its currency.", priced),
    ColumnEntry(
      "cost_per_million_output_tokens", "price", "1e6 * cost_total / total_output_tokens.", priced),
    ColumnEntry(
      "cost_per_million_total_tokens", "price",
      "1e6 * cost_total / (total_input_tokens + total_output_tokens).", priced),
    ColumnEntry(
      "energy_j", "J",
      "gpu_count * duration * (idle + (busy - idle) * share) * pue of cluster.power; share: of "
        + "duration with a step in flight, mean over instances.", powered),
    ColumnEntry(
      "energy_j_per_output_token", "J", "energy_j / total_output_tokens, prompts included.",
      powered),
  ]

  private static let priced = "all GPUs over duration; null without a price"
  private static let powered = "all GPUs over duration; null without a power"

  private static let run: [ColumnEntry] = [
    ColumnEntry("sim_duration_s", "s", "Simulated time from 0 to the last event.", "run"),
    ColumnEntry("engine_steps", "", "Forward passes.", "all instances"),
    ColumnEntry("events", "", "Arrivals + engine steps + copies + samples.", "run"),
    ColumnEntry("gpu", "", "GPU.", "run"),
    ColumnEntry("scheduler", "", "Scheduler.", "run"),
    ColumnEntry("seed", "", "Seed of every random stream.", "run"),
    ColumnEntry("config_hash", "", "Hash of the effective configuration without paths.", "run"),
    ColumnEntry("trace_hash", "", "Hash of the trace; null when generated.", "run"),
    ColumnEntry("tool_version", "", "Version of this program.", "run"),
    ColumnEntry(
      "wall_time_s", "s", "Wall-clock time: the one value that differs between equal runs.", "run"),
  ]
}
