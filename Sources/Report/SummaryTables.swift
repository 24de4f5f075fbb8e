internal import Files
internal import Metrics

/// summary.json as tables: latencies side by side, everything else with its definition.
struct SummaryTables {
  private let report: RunReport
  private let notes: ColumnNotes

  init(_ report: RunReport) {
    self.report = report
    notes = ColumnNotes(of: "summary.json", in: report.directory)
  }

  private static let statistics = [
    "mean", "median", "std", "min", "p50", "p90", "p95", "p99", "p99.9", "max",
  ]
  private static let metrics = [
    ("ttft", "TTFT", "time to first token"), ("tpot", "TPOT", "time per output token"),
    ("itl", "ITL", "inter-token latency"), ("e2el", "E2EL", "end-to-end latency"),
    ("queue_time", "queue time", "wait before the first batch"),
  ]
  /// Headings and the keys that stand under them; keys of no heading come last.
  private static let groups: [(String, [String])] = [
    (
      "Requests",
      [
        "num_prompts", "sessions", "num_sessions", "num_followups",
        "completed", "failed", "rejected", "unfinished", "request_rate",
        "burstiness", "max_concurrency", "max_concurrent_requests", "mean_running_requests",
        "warmup_requests", "measured_requests", "slo_attainment", "request_goodput",
        "num_preemptions",
      ]
    ),
    (
      "Throughput",
      [
        "duration", "request_throughput", "output_throughput", "total_token_throughput",
        "output_throughput_per_gpu", "max_output_tokens_per_s", "total_input_tokens",
        "total_output_tokens", "recomputed_tokens",
      ]
    ),
    (
      "Memory",
      [
        "peak_kv_cache_usage_perc", "kv_token_share_waiting", "prefix_cache_hit_rate",
        "prefix_cache_hit_tokens", "prefix_cache_query_tokens", "hit_tokens_hbm",
        "hit_tokens_dram", "hit_tokens_cxl", "hit_tokens_ssd", "swap_in_bytes", "swap_out_bytes",
        "pcie_util", "copy_stall_s", "copy_stall_share", "copy_waiting_s", "num_transfers",
        "num_copies", "context_out_bytes", "context_in_bytes", "swapped_time_s", "swapped_wait_s",
        "swap_in_wait_s", "context_in_wait_s",
      ]
    ),
    (
      "Hardware",
      [
        "gpu", "gpu_count", "mean_mfu", "mean_mbu", "busy_share", "engine_steps",
        "extrapolated_steps",
      ]
    ),
    (
      "Cluster",
      [
        "router", "num_instances", "instance_hours", "num_migrations", "num_retries",
        "failed_by_failure", "effective_requests", "load_cv", "busy_cv",
      ]
    ),
    (
      "Cost and energy",
      [
        "gpu_hours", "cost_total", "cost_per_million_output_tokens",
        "cost_per_million_total_tokens", "energy_j", "energy_j_per_output_token",
      ]
    ),
  ]

  func add(to page: inout Page) {
    page.open("Summary", "Every key of summary.json with its definition and population.")
    page.add(latencies)
    var left = report.values.filter { value in !Self.isLatency(value.key) }
    for (heading, keys) in Self.groups {
      var rows = keys.compactMap { key in left.first { $0.key == key } }
      left.removeAll { value in keys.contains(value.key) }
      if heading == "Memory" {
        // Every kind of link has keys of its own.
        rows += left.filter { $0.key.hasPrefix("link_") }
        left.removeAll { $0.key.hasPrefix("link_") }
      }
      page.add(table(heading, rows, isOpen: true))
    }
    let intervals = left.filter { ColumnCatalog.kind(of: $0.key) == .uncertainty }
    left.removeAll { ColumnCatalog.kind(of: $0.key) == .uncertainty }
    page.add(table("Intervals", intervals, isOpen: true))
    page.add(table("Run and settings", left, isOpen: false))
    let undefined = report.values.filter { $0.text == nil }.map(\.key)
    if !undefined.isEmpty {
      page.add(
        Markup.paragraph(
          "Not defined in this run: \(undefined.joined(separator: ", ")).", of: "note"))
    }
    page.close()
  }

  private static func isLatency(_ key: String) -> Bool {
    metrics.contains { metric in
      key.hasSuffix("_\(metric.0)_ms")
        && statistics.contains(String(key.dropLast("_\(metric.0)_ms".count)))
    }
  }

  private var latencies: String {
    let shown = Self.statistics.filter { $0 != "median" }
    let rows = Self.metrics.map { metric, short, meaning in
      ["\(short), \(meaning)"]
        + shown.map { word in
          report.number("\(word)_\(metric)_ms").map { NumberWords.short($0) } ?? "–"
        }
    }
    var text = Markup.table(
      ["ms"] + shown.map { $0 == "p50" ? "p50 (median)" : $0 }, rows,
      numbers: Set(1...shown.count), caption: "Latencies in milliseconds")
    let definitions = Self.metrics.compactMap { metric, short, _ -> [String]? in
      guard let entry = notes["mean_\(metric)_ms"] else { return nil }
      return [short, entry.definition, entry.population]
    }
    if !definitions.isEmpty {
      text += "<details><summary>Definitions of the latencies</summary>"
      text += Markup.table(["metric", "definition of its mean", "population"], definitions)
      text += "</details>\n"
    }
    return text
  }

  private func table(
    _ heading: String, _ rows: [(key: String, text: String?)], isOpen: Bool
  ) -> String {
    let known = rows.filter { $0.text != nil }
    guard !known.isEmpty else { return "" }
    let cells = known.map { key, text in
      let entry = notes[key]
      let unit = entry?.unit == "0-1" ? "share, 0–1" : entry?.unit ?? ""
      let population = entry.map { $0.population.isEmpty ? "" : " (\($0.population))" } ?? ""
      return [key, ReportPage.cell(text ?? ""), unit, (entry?.definition ?? "") + population]
    }
    return "<details class=\"wide\"\(isOpen ? " open" : "")><summary>\(heading)</summary>"
      + Markup.table(["key", "value", "unit", "definition (population)"], cells, numbers: [1])
      + "</details>\n"
  }
}
