extension ColumnCatalog {
  /// Keys of summary.json about the cluster.
  static let cluster: [ColumnEntry] = [
    ColumnEntry("router", "", "Router.", "run"),
    ColumnEntry("num_instances", "", "Instances that were ever there.", "run"),
    ColumnEntry(
      "num_migrations", "", "Times that requests went from one instance's queue to another's.",
      "all requests, whole run"),
    ColumnEntry(
      "num_retries", "", "Times that requests were sent again after a failure.",
      "all requests, whole run"),
    ColumnEntry(
      "failed_by_failure", "",
      "Requests that failures of instances hit once too often, or for which none was left; "
        + "failed = rejected + failed_by_failure + unfinished.", "measured requests"),
    ColumnEntry(
      "effective_requests", "", "Requests that completed within every target.",
      "measured requests; null without targets"),
    ColumnEntry(
      "load_cv", "",
      "Coefficient of variation over open instances of their pending prompt tokens, as each "
        + "routed request finds it; mean.", "routed requests that find any; null: one instance"),
    ColumnEntry(
      "busy_cv", "",
      "Coefficient of variation over instances of the share of their time with a step in flight.",
      "instances that were ever there, whole run; null: one instance"),
    ColumnEntry(
      "instance_hours", "h", "Time that instances were there, starting included, added up.",
      "whole run"),
  ]

  /// Columns of instances.csv.
  public static let instances: [ColumnEntry] = [
    ColumnEntry("instance_id", "", "The instance.", one),
    ColumnEntry("pool", "", "Its pool.", "clusters with pools"),
    ColumnEntry("role", "", "What it does of a request: mixed, prefill or decode.", one),
    ColumnEntry("gpu", "", "Its GPU.", one),
    ColumnEntry("gpu_count", "", "GPUs that it has.", one),
    ColumnEntry("up_time_s", "s", "Time that it was there, starting included.", one),
    ColumnEntry("busy_s", "s", "Time with a step in flight.", one),
    ColumnEntry("busy_share", "0-1", "busy_s / up_time_s.", "instances that were ever there"),
    ColumnEntry("routed", "", "Requests that the router sent to it.", one),
    ColumnEntry(
      "moved_in", "",
      "Requests that the router moved here; what leaving ones give back is routed again.", one),
    ColumnEntry("moved_out", "", "Requests that left its queue for another.", one),
    ColumnEntry("completed", "", "Requests whose last token it made.", one),
    ColumnEntry("failures", "", "Times that it failed.", one),
    ColumnEntry("lost", "", "Requests that it held when it failed.", one),
    ColumnEntry(
      "prompt_tokens", "tokens", "Prompt tokens of requests that got their first token.", one),
    ColumnEntry("generated_tokens", "tokens", "Output tokens made.", one),
    ColumnEntry(
      "prefill_tokens", "tokens", "Prompt tokens computed, those computed again included.", one),
    ColumnEntry("prefix_cache_hit_tokens", "tokens", "Prompt tokens found in its cache.", one),
    ColumnEntry("prefix_cache_query_tokens", "tokens", "Prompt tokens looked up there.", one),
    ColumnEntry(
      "prefix_cache_hit_rate", "0-1", "prefix_cache_hit_tokens / prefix_cache_query_tokens.",
      "instances that looked any up"),
    ColumnEntry(
      "mean_running_requests", "", "Requests in its batch, time-weighted.",
      "from 0 to the last arrival, while it was there"),
    ColumnEntry("num_preemptions", "", "Preemptions.", one),
    ColumnEntry(
      "peak_kv_cache_usage_perc", "0-1", "Most KV blocks in use at once over its pool.", one),
  ]

  private static let one = "one instance, all requests, whole run"
}
