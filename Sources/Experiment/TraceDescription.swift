public import Files
internal import Metrics
internal import Units
public import Workload

/// A trace in a few numbers: how it was read, when requests arrive, how long they are.
public struct TraceDescription: Sendable {
  /// The file, as the user named it.
  public let path: String
  /// How it was read.
  public let report: TraceReport
  /// What it holds.
  public let statistics: TraceStatistics
  /// What its prompts share; nil if it does not say.
  public let blockSharing: BlockSharing?
  /// How its requests follow each other; nil if it does not say.
  public let sessions: SessionSharing?
  private let span: Int64

  /// Reads the trace at `path`, in the format called `format` or `auto`, `limit` requests at most,
  /// with blocks of `blockTokens` or what the format has.
  ///
  /// - Throws: `ConfigError` when the format is unknown or the file cannot be read in it.
  public init(
    of path: String, format: String = "auto", limit: Int? = nil, blockTokens: Int? = nil
  ) throws(ConfigError) {
    var reading = TraceReading()
    reading.options.format = format
    reading.options.limit = limit
    reading.options.blockTokens = blockTokens
    try self.init(of: path, as: reading)
  }

  /// Reads the trace at `path` as `reading` says.
  ///
  /// - Throws: as the other, and for a choice that the format does not leave.
  public init(of path: String, as reading: TraceReading) throws(ConfigError) {
    let trace = try reading.read(path)
    self.path = path
    report = trace.report
    statistics = TraceStatistics(trace.requests)
    blockSharing = BlockSharing(trace.requests)
    sessions = SessionSharing(trace.requests)
    let arrival = trace.requests.arrival.filter { $0 != .never }
    span = (arrival.last ?? .zero) - (arrival.first ?? .zero)
  }
}

// MARK: - For people

extension TraceDescription {
  /// A page for a person at a terminal.
  public var text: String {
    let blank = report.blankLines > 0 ? ", \(NumberText.grouped(report.blankLines)) blank" : ""
    var lines = [
      row("file", path), row("format", report.format),
      row("rows", "\(NumberText.grouped(report.rowsRead)) read\(blank)"),
      row("requests", "\(NumberText.grouped(report.kept)) kept"),
    ]
    for dropped in report.dropped {
      lines.append(
        row(
          "dropped",
          "\(NumberText.grouped(dropped.count)): \(dropped.reason) (first at line "
            + "\(dropped.firstLine))"))
    }
    if let blocks = report.blocks { lines.append(row("blocks", text(of: blocks))) }
    lines += sharing + arrivals + [row("content hash", report.contentHash), ""]
    return (lines + lengths).joined(separator: "\n") + "\n"
  }

  func row(_ name: String, _ value: String) -> String {
    name + String(repeating: " ", count: max(1, 14 - name.count)) + value
  }

  private var arrivals: [String] {
    let s = statistics
    return [
      row("span", "\(s.span.value.fixed(3)) s"),
      row("mean rate", s.meanRate.map { "\($0.fixed(3)) requests/s" } ?? "-"),
      row(
        "peak rate",
        "\(s.peakRate1s.fixed(3)) requests/s in 1 s, \(s.peakRate60s.fixed(3)) in 60 s"),
      row("gap CV", NumberText.plain(s.gapCV, 3)),
      row("simultaneous", "\(NumberText.grouped(s.simultaneous)) arrive with the one before them"),
    ]
  }

  private func text(of blocks: BlockRule) -> String {
    let rule = blocks.isCeil ? "every block begun" : "every full block"
    let rows = NumberText.grouped(blocks.rowsWithHashes)
    var text = "\(blocks.blockSize) tokens, one hash for \(rule) in \(rows) rows"
    if blocks.violations > 0 { text += ", \(NumberText.grouped(blocks.violations)) break the rule" }
    if let size = blocks.betterSize { text += "; blocks of \(size) tokens would fit" }
    if blocks.rowsWithDuplicates > 0 {
      text += ", \(NumberText.grouped(blocks.rowsWithDuplicates)) have a hash twice"
    }
    return text
  }

  private var lengths: [String] {
    let titles = ["total", "mean", "min", "p50", "p90", "p99", "max"]
    var table = TextTable([.text("tokens")] + titles.map { .number($0) })
    for (name, s) in [("prompt", statistics.prompt), ("output", statistics.output)] {
      table.add([
        name, NumberText.grouped(s.total), s.mean.fixed(1), "\(s.min)", s.p50.fixed(1),
        s.p90.fixed(1), s.p99.fixed(1), "\(s.max)",
      ])
    }
    return table.lines
  }
}

// MARK: - For scripts

extension TraceDescription {
  /// The same figures, the unit at the end of each key; what is undefined is null.
  public var json: JSON {
    let s = statistics
    return .object([
      ("file", .string(path)), ("format", .string(report.format)),
      ("content_hash", .string(report.contentHash)), ("rows_read", whole(report.rowsRead)),
      ("requests", whole(report.kept)), ("dropped", report.droppedJSON),
      ("blank_lines", whole(report.blankLines)),
      ("warnings", .array(report.warnings.map { .string($0) })),
      ("span_s", .seconds(picoseconds: span)), ("mean_rate_rps", number(s.meanRate)),
      ("peak_rate_1s_rps", .number(s.peakRate1s)),
      ("peak_rate_60s_rps", .number(s.peakRate60s)), ("gap_cv", number(s.gapCV)),
      ("simultaneous_arrivals", whole(s.simultaneous)), ("prompt_tokens", json(s.prompt)),
      ("output_tokens", json(s.output)), ("blocks", report.blocks.map { json($0) } ?? .null),
      ("shared_blocks", blockSharing.map { json($0) } ?? .null),
      ("sessions", sessions.map { json($0) } ?? .null),
    ])
  }

  func whole(_ value: Int) -> JSON { .integer(Int64(value)) }

  func number(_ value: Double?) -> JSON { value.map { .number($0) } ?? .null }

  private func json(_ tokens: TokenStatistics) -> JSON {
    .object([
      ("total", whole(tokens.total)), ("mean", .number(tokens.mean)), ("min", whole(tokens.min)),
      ("p50", .number(tokens.p50)), ("p90", .number(tokens.p90)), ("p99", .number(tokens.p99)),
      ("max", whole(tokens.max)),
    ])
  }

  private func json(_ blocks: BlockRule) -> JSON {
    .object([
      ("block_tokens", whole(blocks.blockSize)),
      ("rule", .string(blocks.isCeil ? "ceil" : "floor")),
      ("rows_with_hashes", whole(blocks.rowsWithHashes)), ("violations", whole(blocks.violations)),
      ("partial_last_blocks", whole(blocks.lastPartial)),
      ("rows_with_duplicates", whole(blocks.rowsWithDuplicates)),
      ("better_block_tokens", blocks.betterSize.map { whole($0) } ?? .null),
    ])
  }
}

extension TraceReport {
  /// The rows dropped, by reason.
  var droppedJSON: JSON {
    .array(
      dropped.map { dropped in
        .object([
          ("reason", .string(dropped.reason)), ("rows", .integer(Int64(dropped.count))),
          ("first_line", .integer(Int64(dropped.firstLine))),
        ])
      })
  }
}
