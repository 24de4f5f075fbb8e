/// What a key of summary.json tells.
public enum SummaryKind: Sendable {
  /// A number that the run decided.
  case result
  /// Words about the run: the verdict and what it says.
  case words
  /// What was asked for, and what does not vary between runs of one experiment.
  case setting
  /// How far a result may be off.
  case uncertainty
  /// Where the file comes from.
  case provenance
}

extension ColumnCatalog {
  /// What the key of summary.json called `name` tells; any other name is a result.
  public static func kind(of name: String) -> SummaryKind {
    if name.hasSuffix("_ci") || name.hasPrefix("ci_") { return .uncertainty }
    if words.contains(name) { return .words }
    if settings.contains(name) { return .setting }
    return provenance.contains(name) ? .provenance : .result
  }

  private static let words: Set<String> = ["saturated", "verdict", "verdict_reason"]
  private static let settings: Set<String> = [
    "endpoint_type", "label", "model_id", "tokenizer_id", "num_prompts", "request_rate",
    "burstiness", "max_concurrency", "rtfx", "gpu_count", "gpu", "scheduler", "warmup_requests",
    "measured_requests", "num_sessions", "num_followups", "router", "num_instances",
  ]
  private static let provenance: Set<String> = [
    "seed", "config_hash", "trace_hash", "tool_version", "wall_time_s",
  ]
}
