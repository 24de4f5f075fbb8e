internal import Kernel

/// The traces of the simulator LLMServingSim: one JSON object a line, times in nanoseconds.
///
/// A line is a request or a session: turns in `sub_requests`, each after the tool's run time
/// `tool_duration_ns` of the one before. Token ids give blocks of 16 tokens. Lines need no order.
/// Source: `workloads` of its repository.
public struct LLMServingSimFormat: TraceFormat {
  /// The name that an experiment uses.
  public static let name = "llmservingsim"
  /// One sentence for `martlet list formats`.
  public static let summary =
    "LLMServingSim: JSON lines with nanoseconds, input and output tokens, token ids, sessions."
  /// Keys that are read.
  public static let fields = [
    "arrival_time_ns", "input_toks", "output_toks", "input_tok_ids", "session_id", "sub_requests",
    "tool_duration_ns",
  ]
  /// No line names the keys.
  public static let hasHeader = false
  /// Lines need no order.
  public static var traits: TraceTraits {
    var traits = TraceTraits()
    traits.isSorted = false
    return traits
  }
  /// Tokens of a block, vLLM's default.
  public let tokensPerBlock: Int32 = 16
  /// Names are those of tokens, whatever is before them.
  public var hasChainedNames: Bool { false }

  private let keys = Self.fields.map { Array($0.utf8) }
  private var ids: [UInt64] = []
  private var turns: Int64 = 0
  private var otherLengths = 0

  /// Whether `firstLine` is a request or a session.
  public static func recognizes(_ firstLine: String) -> Bool {
    isJSON(firstLine) && firstLine.contains("\"arrival_time_ns\"")
      && (firstLine.contains("\"input_toks\"") || firstLine.contains("\"sub_requests\""))
  }

  /// Prepares for the rows from `first` on.
  ///
  /// - Throws: `TraceError` when they are no JSON objects.
  public init(first: FirstLine, path: String) throws(TraceError) {
    try Self.requireJSON(first, path: path)
  }

  /// Reads one line that is a request.
  ///
  /// - Throws: `RowFault` for a row that must be dropped.
  public mutating func parse(_ line: Span<UInt8>, into row: inout TraceRow) throws(RowFault) {
    let values = try JSONScanner.values(of: keys, inAll: line)
    row.time = try time(line, values[0], field: 0)
    try read(line, values, into: &row)
    if !values[4].isEmpty { row.session = line.text(values[4]) }
  }

  /// Reads lines; one may hold several rows.
  public mutating func read(
    _ lines: Span<UInt8>, into rows: inout TraceRows
  ) throws(TraceError) -> Int {
    var start = 0
    var row = TraceRow()
    while start < lines.count, !rows.isFull {
      let end = lines.lineEnd(from: start)
      let content = lines.trimmed(start..<end)
      rows.line += 1
      if content.isEmpty {
        rows.blankLines += 1
      } else {
        let line = lines.extracting(content)
        row.reset()
        do throws(RowFault) {
          let values = try JSONScanner.values(of: keys, inAll: line)
          if values[5].isEmpty {
            try parse(line, into: &row)
            try rows.keep(row, hasBlocks: tokensPerBlock > 0)
          } else {
            row.time = try time(line, values[0], field: 0)
            try readSession(line, values[5], at: row.time ?? 0, into: &rows)
          }
        } catch {
          rows.drop(row, for: error, in: line)
        }
      }
      start = end + 1
    }
    return min(start, lines.count)
  }

  /// Adds what all rows together showed.
  public func conclude(_ report: inout TraceReport) {
    if otherLengths > 0 {
      report.warnings.append(
        "input_tok_ids of \(rows(otherLengths)) are not input_toks many; blocks end with the"
          + " shorter")
    }
  }

  /// Adds the turns of a session; what is wrong with one drops that one.
  private mutating func readSession(
    _ line: Span<UInt8>, _ range: Range<Int>, at start: Int128, into rows: inout TraceRows
  ) throws(RowFault) {
    var (parent, delay): (Int64?, Int64?) = (nil, nil)
    var isEmpty = true
    try JSONScanner.elements(of: line, in: range, field: 5) { (i) throws(RowFault) in
      isEmpty = false
      var row = TraceRow()
      // When a later turn came depends on the system that served the one before.
      row.time = parent == nil ? start : nil
      let begin = i
      do throws(RowFault) {
        let values = try JSONScanner.values(of: keys, in: line, &i)
        if rows.isFull { return }
        // A line is a session, whatever other lines call theirs.
        row.session = "\nline \(rows.line)"
        turns += 1
        row.id = turns
        row.parent = parent
        row.isFirstTurn = parent == nil
        row.delay = delay
        try read(line, values, into: &row)
        let pause =
          values[6].isEmpty ? 0 : try self.time(line, values[6], field: 6)
        guard let pause = Int64(exactly: pause) else {
          throw RowFault(.tooLarge, field: 6, at: values[6])
        }
        try rows.keep(row, hasBlocks: tokensPerBlock > 0)
        (parent, delay) = (row.id, pause)
      } catch {
        rows.drop(row, for: error, in: line)
        i = begin
        _ = try JSONScanner.value(line, &i)
      }
    }
    if isEmpty { throw RowFault(.empty, field: 5) }
  }

  private mutating func read(
    _ line: Span<UInt8>, _ values: CSVColumns.Ranges, into row: inout TraceRow
  ) throws(RowFault) {
    for field in 1...2 where values[field].isEmpty { throw RowFault(.missing, field: field) }
    row.prompt = try RowFault.tokens(line, values[1], field: 1)
    row.output = try RowFault.tokens(line, values[2], field: 2)
    guard !values[3].isEmpty else { return }
    ids.removeAll(keepingCapacity: true)
    try JSONScanner.naturals(of: line, in: values[3], field: 3, into: &ids)
    if ids.count != Int(row.prompt) { otherLengths += 1 }
    let size = Int(tokensPerBlock)
    for block in 0..<(min(ids.count, Int(row.prompt)) / size) {
      var hash = ContentHash()
      for id in ids[(block * size)..<((block + 1) * size)] { hash.add(id) }
      row.hashes.append(hash.mixed)
    }
  }

  private func time(
    _ line: Span<UInt8>, _ range: Range<Int>, field: Int
  ) throws(RowFault) -> Int128 {
    if range.isEmpty { throw RowFault(.missing, field: field) }
    return try RowFault.time(line, range, field: field, power: 3)
  }
}
