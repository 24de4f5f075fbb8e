/// Unit, definition and population of a column or key.
public struct ColumnEntry: Sendable, Equatable {
  /// Name in the file.
  public let name: String
  /// Unit, `""` for names and pure numbers.
  public let unit: String
  /// What the number is, in one sentence.
  public let definition: String
  /// What it was taken over, or when it is empty.
  public let population: String

  /// A column; all four are single lines.
  public init(_ name: String, _ unit: String, _ definition: String, _ population: String) {
    self.name = name
    self.unit = unit
    self.definition = definition
    self.population = population
  }
}

/// Every column of every CSV and every key of summary.json, in file order: the data of
/// columns.json and the header rows.
public enum ColumnCatalog {
  /// Columns of requests.csv.
  public static let requests: [ColumnEntry] = [
    ColumnEntry("request_id", "", "Row number from 0, in order of arrival.", every),
    ColumnEntry(
      "session_id", "", "Session the request belongs to, numbered from 0 as the workload has them.",
      "workloads with sessions"),
    ColumnEntry(
      "turn", "", "Turn in its session, from 1: one more than that of the turn it follows.",
      "workloads with sessions"),
    ColumnEntry("instance_id", "", "Instance that the router chose.", "routed requests"),
    ColumnEntry(
      "arrival_s", "s",
      "When the request reaches the router; in a closed loop, when it was released; in closed "
        + "sessions, the end of the turn before plus its delay.", every),
    ColumnEntry(
      "first_scheduled_s", "s",
      "When it first entered a batch, or began to load; of its last attempt after failures.",
      scheduled),
    ColumnEntry(
      "first_token_s", "s", "When its first output token ended; of its last attempt.", started),
    ColumnEntry("finish_s", "s", "When its last output token ended.", completed),
    ColumnEntry("input_len", "tokens", "Prompt tokens.", every),
    ColumnEntry(
      "output_len", "tokens", "Output tokens asked for; all made if finish_reason is length.",
      every),
    ColumnEntry("cached_tokens", "tokens", "Prompt tokens found in a prefix cache.", every),
    ColumnEntry("ttft_ms", "ms", "Time to first token: first_token_s - arrival_s.", started),
    ColumnEntry(
      "tpot_ms", "ms", "Time per output token: decode_time_ms / (output_len - 1).", several),
    ColumnEntry(
      "itl_mean_ms", "ms", "Mean gap between neighbouring tokens; equals tpot_ms.", several),
    ColumnEntry("itl_max_ms", "ms", "Longest gap between neighbouring tokens.", several),
    ColumnEntry("e2el_ms", "ms", "End-to-end latency: finish_s - arrival_s.", completed),
    ColumnEntry("queue_time_ms", "ms", "first_scheduled_s - arrival_s.", scheduled),
    ColumnEntry("prefill_time_ms", "ms", "first_token_s - first_scheduled_s.", started),
    ColumnEntry(
      "decode_time_ms", "ms", "finish_s - first_token_s, stalls of preemptions included.",
      completed),
    ColumnEntry(
      "preempted_time_ms", "ms", "Time between preemptions and the re-admissions that followed.",
      every),
    ColumnEntry("num_preemptions", "", "Times it was preempted.", every),
    ColumnEntry(
      "recomputed_tokens", "tokens", "Tokens computed again because of preemptions.", every),
    ColumnEntry(
      "finish_reason", "",
      "length: all tokens made; unservable: refused, can never fit; failed: failures of instances "
        + "hit it once too often; unfinished: the run ended.",
      every),
    ColumnEntry(
      "slo_met", "",
      "1 when completed within every target that is set, else 0; the tpot of a "
        + "single token counts as 0.", "all requests; empty without targets"),
    ColumnEntry(
      "measured", "", "1 when summary.json counts it, 0 when it belongs to the warm-up.", every),
    ColumnEntry("migrations", "", "Times it went from one instance's queue to another's.", every),
    ColumnEntry("retries", "", "Times it was sent again from the start after a failure.", every),
    ColumnEntry(
      "decode_instance", "", "Instance that decoded it when another one computed its prompt.",
      "requests handed over"),
  ]

  /// Columns of timeseries.csv.
  public static let timeseries: [ColumnEntry] = [
    ColumnEntry("time_s", "s", "The bucket's end; buckets are 1 s, doubled in long runs.", bucket),
    ColumnEntry("instance_id", "", "The instance.", bucket),
    ColumnEntry("num_requests_running", "", "Requests in the batch at the bucket's end.", bucket),
    ColumnEntry("num_requests_waiting", "", "Requests waiting at the bucket's end.", bucket),
    ColumnEntry(
      "kv_cache_usage_perc", "0-1", "KV blocks in use over all blocks at the bucket's end.",
      bucket),
    ColumnEntry(
      "prompt_tokens", "tokens", "Prompt tokens of requests that got their first token.", bucket),
    ColumnEntry("generation_tokens", "tokens", "Output tokens made in the bucket.", bucket),
    ColumnEntry("finished", "", "Requests finished in the bucket.", bucket),
    ColumnEntry("num_preemptions", "", "Preemptions in the bucket.", bucket),
  ]

  /// Columns of steps.csv.
  public static let steps: [ColumnEntry] = [
    ColumnEntry("instance_id", "", "The instance.", step),
    ColumnEntry("step", "", "Step number on its instance, from 0.", step),
    ColumnEntry("start_s", "s", "When the step began.", step),
    ColumnEntry("duration_ms", "ms", "How long it took.", step),
    ColumnEntry("num_running", "", "Requests in the batch.", step),
    ColumnEntry("num_waiting", "", "Requests left in the queue when the step began.", step),
    ColumnEntry("prefill_tokens", "tokens", "Prompt tokens computed.", step),
    ColumnEntry("decode_tokens", "tokens", "Tokens decoded, one a sequence.", step),
    ColumnEntry(
      "kv_cache_usage_perc", "0-1",
      "KV blocks in use over all blocks at the step's end, before anything is freed.", step),
    ColumnEntry("bound_by", "", "What limited the step: compute, hbm, link or host.", step),
  ]

  private static let every = "all requests"
  private static let scheduled = "requests that entered a batch"
  private static let started = "requests that got a token"
  private static let completed = "completed requests"
  private static let several = "completed requests with more than one output token"
  private static let bucket = "one instance in one bucket"
  private static let step = "one engine step"
}
