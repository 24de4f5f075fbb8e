internal import Experiment
public import Files
internal import Metrics

extension CapacityAnswer {
  /// Names of the files that `write` makes.
  public static let files = ["capacity.json", "capacity.csv", "columns.json"]

  /// Writes the answer, a row for every probe, and what the columns mean.
  ///
  /// - Throws: `ConfigError` when a file cannot be written.
  public func write(into directory: borrowing OutputDirectory) throws(ConfigError) {
    let schema = ColumnCatalog.json([("capacity.csv", columns)])
    for (name, bytes) in zip(Self.files, [json.bytes, Array(csv.utf8), schema.bytes]) {
      var file = try directory.file(name)
      bytes.withUnsafeBytes { file.write($0) }
      try file.close()
    }
  }

  /// The metrics of the conditions, each once.
  private var metrics: [String] {
    plan.terms.map(\.metric).enumerated().filter { i, metric in
      !plan.terms.prefix(i).contains { $0.metric == metric }
    }.map(\.element)
  }

  /// Other numbers of summary.json that say how a probe went.
  private var others: [String] {
    [
      "completed", "rejected", "request_throughput", "output_throughput", "mean_running_requests",
      "busy_share", "mean_mfu", "mean_mbu", "peak_kv_cache_usage_perc", "num_preemptions",
    ].filter { !metrics.contains($0) }
  }

  private var hasSeeds: Bool { plan.seeds.count > 1 }

  /// Columns of capacity.csv.
  var columns: [ColumnEntry] {
    let probe = "probe"
    let mean = hasSeeds ? "Mean over the seeds. " : ""
    func entry(_ metric: String) -> ColumnEntry {
      let known = ColumnCatalog.everySummary.first { $0.name == metric }
      return ColumnEntry(
        metric, known?.unit ?? "", mean + (known?.definition ?? ""), known?.population ?? probe)
    }
    var columns = [
      ColumnEntry("probe", "", "Number of the probe, from 1, in order.", probe),
      ColumnEntry(plan.key.name, "", "The setting \(plan.key.name).", probe),
      ColumnEntry("first_seed", "", "Seed of the first run.", probe),
      ColumnEntry("seeds", "", "Runs, one a seed, from the first on.", probe),
    ]
    for metric in metrics {
      columns.append(entry(metric))
      guard hasSeeds else { continue }
      let unit = SLOTerm.unit(of: metric)
      columns.append(
        ColumnEntry(
          "\(metric)_half_width", unit, "Half width of the 95 % t interval of the mean.", probe))
    }
    columns += [
      ColumnEntry(
        "margin", "",
        "Largest logarithm of metric / limit over the conditions, above 0 when the probe does not "
          + "meet; of an overloaded one at least that of the backlog's growth over 2 %.", probe),
      ColumnEntry(
        "binding", "",
        "The metric with that margin; verdict: OVERLOADED alone; watchdog: a run was stopped; "
          + "misfit: it cannot run.", probe),
      ColumnEntry("meets", "", "1 when every condition is met, else 0.", probe),
      ColumnEntry(
        "verdict", "", "Verdict of the run, of several the one furthest from STABLE.", probe),
      ColumnEntry("overloaded_runs", "", "Runs with the verdict OVERLOADED.", probe),
    ]
    return columns + others.map(entry)
  }

  /// The bytes of capacity.csv.
  var csv: String {
    CSVText.row(columns.map(\.name)) + probes.map { CSVText.row(cells($0)) }.joined()
  }

  private func cells(_ probe: CapacityProbe) -> [String] {
    var cells = [
      "\(probe.number)", plan.key.text(probe.value), "\(plan.seeds[0])", "\(plan.seeds.count)",
    ]
    for metric in metrics {
      cells.append(cell(metric, probe))
      guard hasSeeds, let index = plan.terms.firstIndex(where: { $0.metric == metric }) else {
        continue
      }
      cells.append(probe.readings.dropFirst(index).first?.halfWidth.map { "\($0)" } ?? "")
    }
    let kinds: [Verdict.Kind] = [.overloaded, .saturated, .stable]
    let verdict = kinds.first { kind in probe.runs.contains { $0.summary.verdict.kind == kind } }
    cells += [
      "\(probe.margin)", binding(of: probe) ?? "", probe.meets ? "1" : "0",
      verdict?.rawValue ?? "", "\(probe.overloaded)",
    ]
    return cells + others.map { cell($0, probe) }
  }

  private func cell(_ metric: String, _ probe: CapacityProbe) -> String {
    if hasSeeds { return probe.mean(of: metric).map { "\($0)" } ?? "" }
    return probe.runs.first?.summary.fields.first { $0.key == metric }?.value.cell ?? ""
  }
}
