internal import Units

/// A value of summary.json with the way it is written.
public enum SummaryValue: Sendable, Equatable {
  /// A whole number.
  case integer(Int64)
  /// Picoseconds, written as seconds with 12 decimals.
  case seconds(Int64)
  /// Picoseconds, written as milliseconds with 9 decimals.
  case milliseconds(Int64)
  /// A ratio or rate.
  case number(Double)
  /// Text.
  case text(String)
  /// A truth value.
  case flag(Bool)
  /// Not defined for this run.
  case undefined
}

extension Summary {
  /// One key with its value.
  public typealias Field = (key: String, value: SummaryValue)

  /// Every key in the order of summary.json: those of `vllm bench serve` first.
  public var fields: [Field] {
    guard let memory else { return commonFields }
    return settings + counts + latencies + uncertainty + resources + cluster + memoryFields
      + memory.linkFields + economics + provenance
  }

  /// What the keys of `fields` are.
  public var columns: [ColumnEntry] { ColumnCatalog.summary(memory) }

  /// The keys that every run has, as `ColumnCatalog.summary`.
  public var commonFields: [Field] {
    settings + counts + latencies + uncertainty + resources + cluster + economics + provenance
  }

  /// Those of runs with tiers, as `ColumnCatalog.memory`; without tiers they are undefined.
  public var memoryFields: [Field] { MemorySummary.fields(memory) }

  private var settings: [Field] {
    [
      ("endpoint_type", .text("martlet")),
      ("label", text(description.label)),
      ("model_id", .text(description.model)),
      ("tokenizer_id", .text(description.model)),
      ("num_prompts", .integer(injected)),
      ("request_rate", requestRate == .infinity ? .text("inf") : number(requestRate)),
      ("burstiness", number(description.burstiness)),
      ("max_concurrency", concurrency.map { .integer(Int64($0)) } ?? .undefined),
      ("sessions", text(sessions.map { $0.areClosed ? "closed" : "open" })),
      ("num_sessions", sessions.map { .integer($0.count) } ?? .undefined),
      ("num_followups", sessions.map { .integer($0.followUps) } ?? .undefined),
    ]
  }

  private var counts: [Field] {
    let hasTargets = !description.targets.isEmpty
    return [
      ("duration", duration.map(SummaryValue.seconds) ?? .undefined),
      ("completed", .integer(completed)),
      ("failed", .integer(failed)),
      ("total_input_tokens", .integer(inputTokens)),
      ("total_output_tokens", .integer(outputTokens)),
      ("request_throughput", number(perSecond(completed))),
      ("request_goodput", number(hasTargets ? perSecond(good) : nil)),
      ("output_throughput", number(perSecond(outputTokens))),
      ("total_token_throughput", number(perSecond(inputTokens + outputTokens))),
      ("max_output_tokens_per_s", peakOutputTokens.map(SummaryValue.integer) ?? .undefined),
      ("max_concurrent_requests", .integer(peakConcurrency)),
      ("rtfx", .undefined),
    ]
  }

  private var latencies: [Field] {
    let metrics = [
      ("ttft", ttft), ("tpot", tpot), ("itl", itl), ("e2el", e2el), ("queue_time", queueTime),
    ]
    return metrics.flatMap { name, statistics in
      Self.statisticNames.map { word, path in
        let time = statistics.map { SummaryValue.milliseconds($0[keyPath: path]) }
        return ("\(word)_\(name)_ms", time ?? .undefined)
      }
    }
  }

  private var uncertainty: [Field] {
    let latencies = [
      ("ttft", intervals.ttft), ("tpot", intervals.tpot), ("itl", intervals.itl),
      ("e2el", intervals.e2el), ("queue_time", intervals.queueTime),
    ]
    let isReliable = intervals.isReliable(description.intervals)
    return latencies.flatMap { name, interval in
      zip(Self.intervalWords(of: name), [interval.mean] + interval.percentiles).map { word, time in
        ("\(word)_\(name)_ms_ci", time.map(SummaryValue.milliseconds) ?? .undefined)
      }
    } + [
      ("slo_attainment_ci", number(intervals.attainment)),
      ("ci_confidence", .number(description.intervals.confidence)),
      ("ci_batches", .integer(Int64(description.intervals.batches))),
      ("ci_correlation", number(intervals.correlation)),
      ("ci_reliable", isReliable.map(SummaryValue.flag) ?? .undefined),
    ]
  }

  /// The statistics of latency `name` that have intervals: gaps are pooled, so of theirs only the
  /// mean follows from requests.
  static func intervalWords(of name: String) -> [String] {
    name == "itl" ? ["mean"] : ["mean", "p50", "p90", "p95", "p99"]
  }

  /// The statistics of each latency, by the word that starts the key.
  static var statisticNames: [(word: String, path: KeyPath<Statistics, Int64>)] {
    [
      ("mean", \.mean), ("median", \.p50), ("std", \.std), ("min", \.min), ("max", \.max),
      ("p50", \.p50), ("p90", \.p90), ("p95", \.p95), ("p99", \.p99), ("p99.9", \.p999),
    ]
  }

  private var resources: [Field] {
    [
      ("warmup_requests", .integer(warmupRequests)),
      ("measured_requests", .integer(measured)),
      ("rejected", .integer(rejected)),
      ("unfinished", .integer(unfinished)),
      ("slo_attainment", number(attainment)),
      ("mean_normalized_latency_ms", number(normalizedLatency.map { $0.value * 1e3 })),
      ("num_preemptions", .integer(preemptions)),
      ("recomputed_tokens", .integer(totals.recomputedTokens)),
      ("prefix_cache_hit_rate", number(prefixHitRate)),
      ("prefix_cache_hit_tokens", .integer(totals.prefixHitTokens)),
      ("prefix_cache_query_tokens", .integer(totals.prefixQueryTokens)),
      ("hit_tokens_hbm", hits(totals.prefixHitTokens - totals.tierHitTokens.wrappedSum())),
      ("hit_tokens_dram", tierHits("dram")),
      ("hit_tokens_cxl", tierHits("cxl")),
      ("hit_tokens_ssd", tierHits("ssd")),
      ("hit_tokens_remote", tierHits("remote")),
      ("hit_tokens_shared", hits(totals.hitTokensShared)),
      ("hit_tokens_session", hits(totals.hitTokensSession)),
      ("hit_tokens_output", hits(totals.hitTokensOutput)),
      ("hit_tokens_running", hits(totals.hitTokensRunning)),
      ("hit_tokens_preempted", hits(totals.hitTokensPreempted)),
      ("hit_tokens_computed_again", hits(totals.hitTokensComputedAgain)),
      ("prefill_saved_share", number(savedPrefillShare)),
      ("shared_context_share", number(sharedContextShare)),
      ("underfilled_step_share", number(underfilledShare)),
      ("pcie_util", number(memory?.hostBusyShare)),
      ("swap_in_bytes", .integer(totals.swapInBytes)),
      ("swap_out_bytes", .integer(totals.swapOutBytes)),
      ("mapped_page_groups", mapsPages ? .integer(totals.mappedPageGroups) : .undefined),
      (
        "page_map_stall_s",
        mapsPages ? .seconds(Int64(clamping: totals.mapStallTime)) : .undefined
      ),
      (
        "num_users", fairness.map { .integer(Int64($0.users.count)) } ?? .undefined
      ),
      ("jain_index", number(fairness?.jainIndex)),
      ("max_min_service_ratio", number(fairness?.maxMinRatio)),
      ("gpu_count", .integer(Int64(description.gpuCount))),
      ("output_throughput_per_gpu", number(outputPerGPU)),
      ("mean_mfu", number(description.meanMFU)),
      ("mean_mbu", number(description.meanMBU)),
      ("mean_running_requests", number(meanRunning)),
      ("kv_token_share_waiting", number(tokenShareWaiting)),
      ("peak_kv_cache_usage_perc", number(peakUsage)),
      ("busy_share", number(busyShare)),
      ("extrapolated_steps", .integer(totals.extrapolatedSteps)),
      ("saturated", .flag(verdict.kind != .stable)),
      ("verdict", .text(verdict.kind.rawValue)),
      ("verdict_reason", .text(verdict.reason)),
    ]
  }

  private var cluster: [Field] {
    [
      ("router", text(description.router)),
      ("num_instances", .integer(Int64(instances.count { $0.upTime > 0 || !comesAndGoes }))),
      ("num_migrations", .integer(migrations)),
      ("num_retries", .integer(retries)),
      ("failed_by_failure", .integer(failedByFailure)),
      (
        "effective_requests",
        description.targets.isEmpty ? .undefined : .integer(good)
      ),
      ("load_cv", number(loadVariation)),
      ("busy_cv", number(busyVariation)),
      ("instance_hours", number(instanceHours)),
    ]
  }

  private var economics: [Field] {
    [
      ("gpu_hours", number(gpuHours)),
      ("cost_total", number(totalCost)),
      ("cost_per_million_output_tokens", number(costPerMillion(outputTokens))),
      ("cost_per_million_total_tokens", number(costPerMillion(inputTokens + outputTokens))),
      ("energy_j", number(energy)),
      ("energy_j_per_output_token", number(energyPerOutputToken)),
    ]
  }

  private var provenance: [Field] {
    [
      ("sim_duration_s", .seconds(end)),
      ("engine_steps", .integer(totals.steps)),
      ("events", .integer(events)),
      ("gpu", .text(description.gpu)),
      ("scheduler", .text(description.scheduler)),
      ("seed", seed),
      ("config_hash", text(description.configHash)),
      ("trace_hash", text(description.traceHash)),
      ("tool_version", .text(description.toolVersion)),
      ("wall_time_s", number(description.wallTime)),
    ]
  }

  /// Generated tokens per second and GPU.
  public var outputPerGPU: Double? {
    guard comesAndGoes else {
      return perSecond(outputTokens).flatMap { Self.ratio($0, Double(description.gpuCount)) }
    }
    return gpuHours.flatMap { Self.ratio(Double(outputTokens), $0 * 3600) }
  }

  /// A seed beyond Int64 is kept as text: JSON readers would round it.
  private var seed: SummaryValue {
    Int64(exactly: description.seed).map(SummaryValue.integer) ?? .text("\(description.seed)")
  }

  private func number(_ value: Double?) -> SummaryValue {
    guard let value, value.isFinite else { return .undefined }
    return .number(value)
  }

  /// Tokens found in the prefix cache; undefined when nothing was looked up.
  private func hits(_ tokens: Int64) -> SummaryValue {
    totals.prefixQueryTokens > 0 ? .integer(tokens) : .undefined
  }

  private func tierHits(_ name: String) -> SummaryValue {
    guard let tier = memory?.tierNames.firstIndex(of: name) else { return .undefined }
    return hits(totals.tierHitTokens[min(3, tier)])
  }

  /// An engine that maps pages maps some for its first request.
  private var mapsPages: Bool { totals.mappedPageGroups > 0 }

  private func text(_ value: String?) -> SummaryValue {
    value.map(SummaryValue.text) ?? .undefined
  }
}
