/// TraceV2 of the simulator BLIS (inference-sim): a YAML header, if it is in the same file, and
/// CSV with microseconds.
///
/// Source: the repository inference-sim. Rows whose status is not ok are dropped. `prefix_group`
/// names tokens that begin all prompts of the group, `prefix_length` of them within
/// `input_tokens`: they become blocks of 16 tokens, and the rest of a prompt is its own.
/// `think_time_us` is the time from the end of the turn before.
public struct BLISFormat: TraceFormat {
  /// The name that an experiment uses.
  public static let name = "blis"
  /// One sentence for `martlet list formats`.
  public static let summary =
    "BLIS TraceV2: CSV with microseconds, sessions, shared prefixes; a YAML header may precede it."
  /// Columns that a file must have.
  public static let fields = ["arrival_time_us", "input_tokens", "output_tokens"]
  /// Columns that a file may have.
  public static let optionalFields = [
    "session_id", "round_index", "prefix_group", "prefix_length", "think_time_us", "status",
  ]
  /// Whether the first line is no row.
  public static let hasHeader = true
  /// Tokens of the blocks that a shared prefix becomes.
  public let tokensPerBlock: Int32 = 16

  /// Nil until the header of the CSV part is read.
  private var columns: CSVColumns?
  /// Groups by first appearance, from 1; only looked up.
  private var groups: [String: UInt64] = [:]
  private var longPrefixes = 0
  private var warmUp: String?

  /// Whether `firstLine` begins the YAML header, or is that of the CSV part.
  public static func recognizes(_ firstLine: String) -> Bool {
    isYAML(firstLine) || hasFields(in: firstLine)
  }

  private static func isYAML(_ line: String) -> Bool {
    let text = line.drop { $0 == "\u{FEFF}" || $0.isWhitespace }
    return text.hasPrefix("trace_version:")
  }

  /// Prepares for the lines after `first`.
  ///
  /// - Throws: `TraceError` when it begins no such file.
  public init(first: FirstLine, path: String) throws(TraceError) {
    if Self.isYAML(first.text) || first.text.hasPrefix("---") { return }
    columns = try Self.columns(in: first, path: path)
  }

  /// Reads one row, or a line of the header.
  ///
  /// - Throws: `RowFault` for a row that must be dropped.
  public mutating func parse(_ line: Span<UInt8>, into row: inout TraceRow) throws(RowFault) {
    guard columns != nil else {
      readHeader(line.text(0..<line.count))
      throw RowFault(.noRow)
    }
    try columns?.split(line)
    guard let columns else { return }
    row.time = try RowFault.time(line, columns.ranges[0], field: 0, power: 6)
    try Self.checkStatus(line, columns.ranges[8])
    row.prompt = try RowFault.tokens(line, columns.ranges[1], field: 1)
    row.output = try RowFault.tokens(line, columns.ranges[2], field: 2)
    if !columns.ranges[3].isEmpty { row.session = line.text(columns.ranges[3]) }
    if !columns.ranges[4].isEmpty {
      row.turn = try RowFault.tokens(line, columns.ranges[4], field: 4)
    }
    if !columns.ranges[7].isEmpty {
      row.delay = try RowFault.delay(line, columns.ranges[7], field: 7, power: 6)
    }
    try readPrefix(line, columns, into: &row)
  }

  /// Adds what all rows together showed.
  public func conclude(_ report: inout TraceReport) {
    if let warmUp {
      report.warnings.append("warm_up_requests \(warmUp) of its header is not used: set warmup")
    }
    guard longPrefixes > 0 else { return }
    report.warnings.append(
      "prefix_length of \(rows(longPrefixes)) is above input_tokens; cut there")
  }

  private mutating func readHeader(_ text: String) {
    let key = "warm_up_requests:"
    if text.hasPrefix(key) {
      let value = text.dropFirst(key.count).filter { !$0.isWhitespace }
      if value != "0", !value.isEmpty { warmUp = value }
    } else if Self.hasFields(in: text) {
      columns = try? CSVColumns(header: text, names: Self.fields, optional: Self.optionalFields)
    }
  }

  private static func checkStatus(
    _ line: Span<UInt8>, _ range: Range<Int>
  ) throws(RowFault) {
    if range.isEmpty || line.equals(Array("ok".utf8), in: range) { return }
    if line.equals(Array("error".utf8), in: range) { throw RowFault(.error, field: 8) }
    if line.equals(Array("timeout".utf8), in: range) { throw RowFault(.timeout, field: 8) }
    throw RowFault(.status, field: 8, at: range)
  }

  private mutating func readPrefix(
    _ line: Span<UInt8>, _ columns: CSVColumns, into row: inout TraceRow
  ) throws(RowFault) {
    let (group, length) = (columns.ranges[5], columns.ranges[6])
    if group.isEmpty || length.isEmpty { return }
    let tokens = try RowFault.tokens(line, length, field: 6)
    if tokens > row.prompt { longPrefixes += 1 }
    let blocks = min(tokens, row.prompt) / tokensPerBlock
    if blocks == 0 { return }
    let name = line.text(group)
    let number = groups[name] ?? UInt64(groups.count + 1)
    groups[name] = number
    row.scope = number
    for block in 0..<blocks { row.hashes.append(UInt64(block)) }
  }
}
