internal import Files
internal import Metrics

/// The page of a sweep.
struct SweepReport {
  /// Points that differ in nothing but their seed.
  struct Group {
    /// Values of the varied keys.
    let values: [String]
    /// Rows of sweep.csv that have numbers, in its order.
    let rows: [Int]
  }

  let file: ColumnFile
  let notes: ColumnNotes
  /// The varied keys, as columns.
  let keys: [String]
  let groups: [Group]
  /// Rows that have no numbers, or those of a part of the run alone.
  let faulty: [Int]
  private let columns: [String: [Double]]
  /// Empty when the file has no such column.
  private let verdicts: [String]
  /// Rows of the longest tables.
  private static let mostRows = 300

  init(readingFrom directory: String) throws(ConfigError) {
    file = try ColumnFile(readingFrom: Paths.join(directory, "sweep.csv"))
    notes = ColumnNotes(of: "sweep.csv", in: directory)
    keys = Self.keys(of: file, in: directory)
    let status = file.texts(named: "status") ?? []
    let isWhole = { (row: Int) in status.isEmpty || status[row] == "ok" }
    faulty = (0..<file.count).filter { !isWhole($0) }
    let file = file
    let cells = keys.map { file.texts(named: $0) ?? [] }
    groups = Grouping.rows((0..<file.count).filter(isWhole), by: cells)
      .map { Group(values: $0.values, rows: $0.rows) }
    var columns: [String: [Double]] = [:]
    for name in Self.metrics where file.columns.contains(name) {
      columns[name] = file.numbers(named: name)
    }
    self.columns = columns
    verdicts = file.texts(named: "verdict") ?? []
  }

  /// Columns of which figures and tables are made.
  static let metrics = [
    "p99_ttft_ms", "p99_tpot_ms", "p99_e2el_ms", "median_tpot_ms", "request_throughput",
    "request_goodput", "slo_attainment", "output_throughput", "output_throughput_per_gpu",
    "gpu_count",
  ]

  /// The varied keys that sweep.json names; else the columns between seed and the first of
  /// summary.json.
  private static func keys(of file: ColumnFile, in directory: String) -> [String] {
    let path = Paths.join(directory, "sweep.json")
    if let bytes = try? Posix.readAll(path, limit: 1 << 24),
      let root = try? ConfigNode(yaml: String(decoding: bytes, as: UTF8.self), file: path),
      case .sequence(let names)? = root.value(of: "keys")?.content
    {
      return names.compactMap(\.scalar).filter { file.columns.contains($0) }
    }
    let end = file.columns.firstIndex(of: "endpoint_type") ?? file.columns.count
    return file.columns[..<end].filter { !["point", "seed"].contains($0) }
  }

  /// The mean of `metric` over the seeds of `group`, at `x`.
  func mean(_ metric: String, of group: Group, at x: Double = 0) -> Figure.Point {
    let values = group.rows.map { columns[metric]?[$0] ?? .nan }.filter(\.isFinite)
    return Aggregation.mean(of: values, at: x)
  }

  /// Whether any point has a number for `metric`.
  func has(_ metric: String) -> Bool { columns[metric]?.contains(where: \.isFinite) ?? false }

  /// Most seeds of a group.
  var seeds: Int { groups.map(\.rows.count).max() ?? 0 }

  // MARK: - The page

  func page() throws(ConfigError) -> Page {
    let label = file.texts(named: "label")?.first { !$0.isEmpty } ?? "sweep"
    var page = Page("\(label) – Martlet sweep")
    addHead(to: &page, label)
    let figures = SweepFigures(self)
    try page.addFigures("Latency", figures.lead, figures.latencies)
    try page.addFigures("Throughput", figures.lead, figures.throughputs)
    try page.addFigures("Trade-off", "", figures.tradeOff, beside: frontier(figures))
    addBest(to: &page)
    addPoints(to: &page)
    addFaults(to: &page)
    page.open("Provenance")
    let versions = Set(file.texts(named: "tool_version") ?? []).filter { !$0.isEmpty }.sorted()
    page.add(
      Markup.paragraph(
        "sweep.csv: \(file.count) points, made by Martlet \(versions.joined(separator: ", ")); "
          + "columns.json beside it defines every column."))
    page.close()
    return page
  }

  private func addHead(to page: inout Page, _ label: String) {
    let distinct = { (name: String) -> String in
      let texts = file.texts(named: name) ?? []
      let values = Grouping.rows(Array(texts.indices), by: [texts]).map { $0.values[0] }
        .filter { !$0.isEmpty }
      return values.prefix(20).joined(separator: ", ")
        + (values.count > 20 ? ", … (\(values.count) in all)" : "")
    }
    page.add("<header>\n<p class=\"kicker\">Martlet · sweep</p>\n")
    page.add("<h1>\(Markup.escaped(label))</h1>\n")
    page.add(
      Markup.paragraph(
        "\(distinct("model_id")) on \(distinct("gpu")) · scheduler \(distinct("scheduler")) · "
          + "\(file.count) points · seeds \(distinct("seed"))"))
    if !keys.isEmpty { page.add(Markup.paragraph("Varied: \(keys.joined(separator: ", ")).")) }
    var warnings: [String] = []
    if !faulty.isEmpty {
      warnings.append(
        "\(faulty.count) of \(file.count) points did not run to their end; they are listed below "
          + "and in no figure.")
    }
    for (verdict, meaning) in [
      ("OVERLOADED", "latencies grow with the length of such a run, so do not quote them"),
      ("SATURATED", "requests waited most of the time"),
    ] {
      let count = verdicts.count { $0 == verdict }
      if count > 0 { warnings.append("\(Self.points(count, "are")) \(verdict): \(meaning).") }
    }
    let extrapolated = (file.numbers(named: "extrapolated_steps") ?? []).count { $0 > 0 }
    if extrapolated > 0 {
      warnings.append(
        "\(Self.points(extrapolated, "have")) steps outside what the cost model was calibrated on.")
    }
    if !warnings.isEmpty {
      page.add("<ul class=\"warnings\" aria-label=\"Warnings\">\n")
      for warning in warnings { page.add("<li>\(Markup.escaped(warning))</li>\n") }
      page.add("</ul>\n")
    }
    page.add("</header>\n")
  }

  // MARK: - Tables

  /// `1 point is`, `3 points are`.
  private static func points(_ count: Int, _ verb: String) -> String {
    guard count == 1 else { return "\(count) points \(verb)" }
    return "1 point \(verb == "are" ? "is" : "has")"
  }

  /// A mean with its interval: `12.3 ± 0.4`.
  private func cell(_ metric: String, of group: Group) -> String {
    let point = mean(metric, of: group)
    guard point.y.isFinite else { return "" }
    let interval = point.halfWidth > 0 ? " ± \(NumberWords.short(point.halfWidth))" : ""
    return NumberWords.short(point.y) + interval
  }

  private func name(of group: Group) -> [String] {
    group.values.map { $0.isEmpty ? "default" : $0 }
  }

  private func verdicts(of group: Group) -> String {
    guard !verdicts.isEmpty else { return "" }
    return Grouping.rows(group.rows, by: [verdicts]).map { $0.values[0] }.joined(separator: ", ")
  }

  private var intervalNote: String {
    seeds > 1 ? "Means over up to \(seeds) seeds ± half the 95 % interval (Student's t)." : ""
  }

  private func frontier(_ figures: SweepFigures) -> String {
    let frontier = figures.frontier
    guard !frontier.isEmpty, !keys.isEmpty else { return "" }
    let table = Markup.table(
      Grouping.shortNames(keys) + ["tokens/s/user", "tokens/s/GPU", "verdict"],
      frontier.prefix(Self.mostRows).map { index in
        let (group, point) = (groups[index], figures.places[index])
        return name(of: group)
          + [NumberWords.short(point.x), NumberWords.short(point.y), verdicts(of: group)]
      }, numbers: [keys.count, keys.count + 1],
      caption: "Pareto frontier: no other point is better in both")
    return table + cut(frontier.count)
  }

  /// What a long table leaves out.
  private func cut(_ count: Int) -> String {
    guard count > Self.mostRows else { return "" }
    return Markup.paragraph(
      "The first \(Self.mostRows) of \(count); sweep.csv has all of them.", of: "note")
  }

  private func addBest(to page: inout Page) {
    let wanted: [(metric: String, words: String, isHigh: Bool)] = [
      ("request_goodput", "highest goodput", true),
      ("output_throughput", "highest output throughput", true),
      ("output_throughput_per_gpu", "highest output throughput per GPU", true),
      ("p99_ttft_ms", "lowest p99 time to first token", false),
      ("p99_tpot_ms", "lowest p99 time per output token", false),
      ("p99_e2el_ms", "lowest p99 end-to-end latency", false),
    ]
    var rows: [[String]] = []
    for (metric, words, isHigh) in wanted {
      let means = groups.map { mean(metric, of: $0).y }
      let known = means.indices.filter { means[$0].isFinite }
      let best = known.min { a, b in
        isHigh ? (means[b], a) < (means[a], b) : (means[a], a) < (means[b], b)
      }
      guard let best else { continue }
      rows.append(
        [words, cell(metric, of: groups[best]), notes[metric]?.unit ?? ""]
          + name(of: groups[best]) + [verdicts(of: groups[best])])
    }
    guard !rows.isEmpty else { return }
    page.open("Best points", intervalNote)
    page.add(
      Markup.table(
        ["what", "value", "unit"] + Grouping.shortNames(keys) + ["verdict"], rows, numbers: [1],
        caption: "Best by each measure"))
    page.close()
  }

  private func addPoints(to page: inout Page) {
    guard !groups.isEmpty else { return }
    let shown = Self.metrics.filter { has($0) && $0 != "median_tpot_ms" }
    let rows = groups.prefix(Self.mostRows).map { group in
      name(of: group) + ["\(group.rows.count)"] + shown.map { cell($0, of: group) }
        + [verdicts(of: group)]
    }
    page.open("All points", intervalNote)
    page.add(
      Markup.table(
        Grouping.shortNames(keys) + ["seeds"] + shown.map { notes.label($0) } + ["verdict"], rows,
        numbers: Set(keys.count...keys.count + shown.count), caption: "Points"))
    page.add(cut(groups.count))
    page.close()
  }

  private func addFaults(to page: inout Page) {
    guard !faulty.isEmpty else { return }
    let most = 100
    let (status, errors) = (file.texts(named: "status") ?? [], file.texts(named: "error") ?? [])
    let (numbers, seeds) = (file.texts(named: "point") ?? [], file.texts(named: "seed") ?? [])
    let cells = keys.map { file.texts(named: $0) ?? [] }
    let text = { (column: [String], row: Int) in row < column.count ? column[row] : "" }
    let rows = faulty.prefix(most).map { row in
      [text(numbers, row), text(seeds, row)] + cells.map { text($0, row) }
        + [text(status, row), text(errors, row)]
    }
    page.open("Points that failed or were stopped")
    page.add("<div class=\"wide\">")
    page.add(
      Markup.table(
        ["point", "seed"] + Grouping.shortNames(keys) + ["status", "error"], rows,
        caption: "Without whole numbers"))
    page.add("</div>\n")
    if faulty.count > most {
      page.add(Markup.paragraph("The first \(most) of \(faulty.count).", of: "note"))
    }
    page.close()
  }
}
