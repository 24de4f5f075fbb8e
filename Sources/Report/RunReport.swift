internal import Experiment
internal import Files

/// The page of one run.
struct RunReport {
  let directory: String
  /// summary.json: keys with their text, nil for null.
  let values: [(key: String, text: String?)]
  /// The experiment with everything looked up; nil when the configuration cannot be read.
  let assembly: Assembly?
  /// Why there is none.
  let assemblyFault: String?
  let configText: String
  let latencies: RunLatencies?
  let series: RunSeries?
  /// Links and tiers; nil when KV lay in HBM only.
  let memory: RunMemory?
  /// What each instance did; nil when nobody wrote it down.
  let instances: RunInstances?

  init(readingFrom directory: String) throws(ConfigError) {
    self.directory = directory
    // The wall-clock time differs between equal runs, and their pages must not.
    values = try ResultObject(readingFrom: Paths.join(directory, "summary.json")).entries
      .filter { $0.key != "wall_time_s" }
    let config = Paths.join(directory, "config.effective.yaml")
    let bytes = (try? Posix.readAll(config, limit: 1 << 20)) ?? []
    configText = String(decoding: bytes, as: UTF8.self)
    do throws(ConfigError) {
      assembly = try Assembly(ExperimentConfig.load(config))
      assemblyFault = nil
    } catch {
      assembly = nil
      // Without the directory: equal results give equal pages, wherever they lie.
      assemblyFault = "config.effective.yaml: \(error.message)"
    }
    let names = (try? Posix.names(in: directory)) ?? []
    latencies =
      names.contains("requests.csv")
      ? try RunLatencies(readingFrom: Paths.join(directory, "requests.csv")) : nil
    series =
      names.contains("timeseries.csv")
      ? try RunSeries(readingFrom: Paths.join(directory, "timeseries.csv")) : nil
    memory = try RunMemory(readingFrom: directory, names)
    instances = try RunInstances(readingFrom: directory, names)
  }

  /// The text of a key, `fallback` when it is null or missing.
  func text(_ key: String, or fallback: String = "unknown") -> String {
    values.first { $0.key == key }?.text ?? fallback
  }

  /// The number of a key; nil when it is null, missing or no number.
  func number(_ key: String) -> Double? {
    values.first { $0.key == key }?.text.flatMap { Double($0) }.flatMap { $0.isFinite ? $0 : nil }
  }

  /// The targets in ms by metric.
  var targets: [(metric: String, limit: Double)] {
    guard let slo = assembly?.config.slo else { return [] }
    return [
      ("ttft", slo.timeToFirstToken), ("tpot", slo.timePerOutputToken), ("e2el", slo.endToEnd),
    ]
    .compactMap { name, limit in limit.map { (name, $0) } }
  }

  /// The page.
  func page() throws(ConfigError) -> Page {
    let label = text("label", or: "run")
    var page = Page("\(label) – Martlet")
    addHead(to: &page, label)
    let figures = RunFigures(self)
    try page.addFigures("Latency", figures.population, figures.distributions)
    try page.addFigures(
      "Over time", "Simulated time; points stand for equal parts of it.",
      figures.overTime)
    if let memory { try memory.add(to: &page) }
    if let instances { instances.add(to: &page) }
    try page.addFigures("Work", "", figures.work)
    SummaryTables(self).add(to: &page)
    addProvenance(to: &page)
    return page
  }

  private func addHead(to page: inout Page, _ label: String) {
    let gpus = "\(text("gpu_count", or: "?")) × \(text("gpu"))"
    let instances = assembly.map { $0.config.cluster.instances.value } ?? 1
    let layout = instances > 1 ? " in \(instances) instances" : ""
    let requests = number("num_prompts").map { NumberWords.short($0) } ?? "?"
    let rate = number("request_rate").map { " at \(NumberWords.short($0)) a second" } ?? ""
    page.add("<header>\n<p class=\"kicker\">Martlet · simulated run</p>\n")
    page.add("<h1>\(Markup.escaped(label))</h1>\n")
    page.add(
      Markup.paragraph(
        "\(text("model_id")) on \(gpus)\(layout) · scheduler \(text("scheduler")) · "
          + "\(requests) requests\(rate) · seed \(text("seed"))"))
    let verdict = text("verdict", or: "UNKNOWN")
    let tone = verdict == "STABLE" ? "good" : verdict == "SATURATED" ? "fair" : "bad"
    page.add(
      "<p class=\"verdict \(tone)\"><strong>\(Markup.escaped(verdict))</strong> "
        + "\(Markup.escaped(text("verdict_reason", or: "no reason is given")))</p>\n")
    if !warnings.isEmpty {
      page.add("<ul class=\"warnings\" aria-label=\"Warnings\">\n")
      for warning in warnings { page.add("<li>\(Markup.escaped(warning))</li>\n") }
      page.add("</ul>\n")
    }
    page.add("<ul class=\"cards\">\n")
    for card in cards {
      page.add(
        "<li><b>\(Markup.escaped(card.value)) <small>\(Markup.escaped(card.unit))</small></b>"
          + "<span>\(Markup.escaped(card.name))</span></li>\n")
    }
    page.add("</ul>\n</header>\n")
  }

  /// What a reader must know before quoting a number.
  var warnings: [String] {
    var warnings: [String] = []
    switch text("verdict", or: "") {
    case "OVERLOADED":
      warnings.append(
        "More requests arrived than were served: latencies grow with the length of the run, so do "
          + "not quote them.")
    case "SATURATED":
      warnings.append(
        "Requests waited most of the time: latencies near this load change much with little.")
    default: break
    }
    if let steps = number("extrapolated_steps"), steps > 0 {
      let all = number("engine_steps").map { " of \(NumberWords.short($0))" } ?? ""
      warnings.append(
        "\(NumberWords.short(steps))\(all) engine steps lie outside what the cost model was "
          + "calibrated on.")
    }
    if let failed = number("failed"), failed > 0 {
      warnings.append(
        "\(NumberWords.short(failed)) of \(text("num_prompts", or: "all")) requests failed: "
          + "\(text("rejected", or: "0")) never servable, \(text("unfinished", or: "0")) "
          + "unfinished when the run ended.")
    }
    warnings += assembly?.caveats ?? []
    if let assemblyFault { warnings.append("No targets and no roofline: \(assemblyFault)") }
    return warnings
  }

  private var cards: [(name: String, value: String, unit: String)] {
    let wanted = [
      ("request_throughput", "throughput", "requests/s"),
      ("output_throughput", "output tokens", "tokens/s"),
      ("p99_ttft_ms", "p99 time to first token", "ms"),
      ("p99_tpot_ms", "p99 time per output token", "ms"),
      ("p99_e2el_ms", "p99 end to end", "ms"),
      ("slo_attainment", "requests within every target", "%"),
      ("peak_kv_cache_usage_perc", "most of the KV pool in use", "%"),
      ("mean_mfu", "of the FLOP/s peak (MFU)", "%"),
      ("mean_mbu", "of the HBM bandwidth (MBU)", "%"),
    ]
    return wanted.compactMap { key, name, unit in
      guard let value = number(key) else { return nil }
      let shown =
        unit == "%"
        ? NumberText.trimmed(100 * value, 1)
        : NumberWords.short(value)
      return (name, shown, unit)
    }
  }

  private func addProvenance(to page: inout Page) {
    page.open("Provenance")
    let rows = [
      ("configuration", text("config_hash")), ("trace", text("trace_hash", or: "generated")),
      ("seed", text("seed")), ("Martlet", text("tool_version")),
    ]
    page.add(
      Markup.table(["what", "hash or version"], rows.map { [$0.0, $0.1] }, caption: "Made from"))
    page.add(
      "<p>The same numbers again: <code>martlet run config.effective.yaml --out again</code>; this "
        + "page: <code>martlet report</code> with the directory.</p>\n")
    if !configText.isEmpty {
      page.add(
        "<details><summary>config.effective.yaml</summary><pre tabindex=\"0\">"
          + "\(Markup.escaped(configText))</pre></details>\n")
    }
    page.close()
  }
}
