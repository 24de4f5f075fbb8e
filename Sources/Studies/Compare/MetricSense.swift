internal import Metrics

/// Which way a metric gets worse.
public enum MetricSense: String, Sendable {
  /// Larger is worse: times, preemptions, cost.
  case higher
  /// Smaller is worse: throughput, attainment, hits.
  case lower
  /// Neither: the metric informs and is not judged.
  case neither = ""

  /// The sense of the metric called `name`, a key of summary.json.
  public init(of name: String) {
    if Self.lowerIsWorse.contains(name) {
      self = .lower
    } else if Self.higherIsWorse.contains(name) || Self.isTime(name)
      || ["cost_", "energy_"].contains(where: { name.hasPrefix($0) })
    {
      self = .higher
    } else {
      self = .neither
    }
  }

  private static let lowerIsWorse = [
    "completed", "request_throughput", "request_goodput", "output_throughput",
    "total_token_throughput", "max_output_tokens_per_s", "slo_attainment",
    "prefix_cache_hit_rate", "prefix_cache_hit_tokens", "output_throughput_per_gpu",
    "effective_requests",
  ]
  private static let higherIsWorse = [
    "failed", "rejected", "unfinished", "num_preemptions", "recomputed_tokens", "swap_in_bytes",
    "swap_out_bytes", "gpu_hours", "num_retries", "failed_by_failure", "load_cv", "busy_cv",
  ]

  private static func isTime(_ name: String) -> Bool {
    ["_ttft_ms", "_tpot_ms", "_itl_ms", "_e2el_ms", "_queue_time_ms"].contains {
      name.hasSuffix($0)
    }
  }
}

/// What a comparison looks at.
enum ComparedMetric {
  /// Metrics that are judged when nobody names others.
  ///
  /// What users feel, how much was served, and what was lost. Few, because each one more widens
  /// the simultaneous intervals of all.
  static let judged = [
    "mean_ttft_ms", "p99_ttft_ms", "mean_tpot_ms", "p99_tpot_ms", "p99_itl_ms", "mean_e2el_ms",
    "p99_e2el_ms", "output_throughput", "request_goodput", "slo_attainment", "failed",
    "num_preemptions",
  ]

  /// Metrics that a comparison of variants shows when nobody names others.
  static let shown = [
    "p99_ttft_ms", "p99_tpot_ms", "output_throughput", "request_goodput", "num_preemptions",
  ]

  /// Metrics that a measured run is compared by when nobody names others.
  static let measured =
    ["ttft", "tpot", "itl", "e2el"].flatMap { time in
      ["mean", "median", "p99"].map { "\($0)_\(time)_ms" }
    } + ["request_throughput", "output_throughput", "duration", "max_concurrent_requests"]

  /// Whether the key called `name` is a result that two runs may be compared by.
  static func isResult(_ name: String) -> Bool { ColumnCatalog.kind(of: name) == .result }

  /// Whether summary.json has a key called `name`.
  static func isKnown(_ name: String) -> Bool {
    ColumnCatalog.everySummary.contains { $0.name == name }
  }

  /// The unit of the metric called `name`; empty for pure numbers and for what is not known.
  static func unit(of name: String) -> String {
    ColumnCatalog.everySummary.first { $0.name == name }?.unit ?? ""
  }
}
