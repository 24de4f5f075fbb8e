/// The request traces of Mooncake: one JSON object a line, times in milliseconds.
///
/// Source: Qin et al., "Mooncake: Trading More Storage for Less Computation", FAST 2025, and the
/// traces of its repository. Optional keys of other writers (`session_id`, `extra`) are ignored;
/// `hash_ids` are checked, one for each block of 512 tokens.
public struct MooncakeFormat: TraceFormat {
  /// The name that an experiment uses.
  public static let name = "mooncake"
  /// One sentence for `martlet list formats`.
  public static let summary =
    "Mooncake: JSON lines with milliseconds, prompt and output tokens, hashes of prompt blocks."
  /// Columns or keys that every row must have.
  public static let fields = ["timestamp", "input_length", "output_length", "hash_ids"]
  /// Whether the first line names the columns.
  public static let hasHeader = false
  /// Tokens of a block.
  public let tokensPerBlock: Int32 = 512

  private let keys = Self.fields.map { Array($0.utf8) }
  private var blocks = BlockRule(blockSize: 512)

  /// Whether `firstLine` can only be of this format.
  public static func recognizes(_ firstLine: String) -> Bool {
    // Bailian's traces have the same keys, but seconds, blocks of 16 tokens and a chat_id.
    isJSON(firstLine) && firstLine.contains("\"timestamp\"")
      && firstLine.contains("\"input_length\"") && !firstLine.contains("\"chat_id\"")
  }

  /// Prepares for the rows after `first`.
  ///
  /// - Throws: `TraceError` when the header lacks a column.
  public init(first: FirstLine, path: String) throws(TraceError) {
    guard isJSON(first.text) else {
      throw TraceError(
        path, line: first.number,
        "is no JSON lines of format mooncake, it begins with \(shortened(first.text));"
          + " use format auto")
    }
    if first.text.drop(while: { $0.isWhitespace || $0 == "\u{FEFF}" }).first == "[" {
      throw TraceError(
        path, line: first.number, "is a JSON array; write one object a line, without brackets")
    }
  }

  /// Reads one row.
  ///
  /// - Throws: `RowFault` for a row that must be dropped.
  public mutating func parse(_ line: Span<UInt8>, into row: inout TraceRow) throws(RowFault) {
    var members = Members()
    var i = line.count >= 3 && line[0] == 0xEF && line[1] == 0xBB && line[2] == 0xBF ? 3 : 0
    guard i < line.count, line[i] == UInt8(ascii: "{") else {
      throw RowFault(.object, at: 0..<line.count)
    }
    i += 1
    if !JSONScanner.isEmptyList(until: UInt8(ascii: "}"), line, &i) {
      repeat {
        try member(line, &i, &members, &row.hashes)
      } while try JSONScanner.continues(
        until: UInt8(ascii: "}"), line, &i)
    }
    JSONScanner.skipBlanks(line, &i)
    guard i == line.count else { throw RowFault(.json, at: i..<line.count) }

    row.time = try RowFault.time(line, try members.number(0, line), field: 0, power: 9)
    row.prompt = try RowFault.tokens(line, try members.number(1, line), field: 1)
    row.output = try RowFault.tokens(line, try members.number(2, line), field: 2)
    try members.checkHashes(line)
    if let count = members.hashes {
      blocks.add(
        hashes: count, prompt: Int(row.prompt), hasDuplicates: members.hasDuplicates)
    }
  }

  /// Adds what all rows together showed.
  public func conclude(_ report: inout TraceReport) {
    guard blocks.rowsWithHashes > 0 else { return }
    report.blocks = blocks
    if blocks.violations > 0 {
      let hint = blocks.betterSize.map { "; all rows fit blocks of \($0) tokens" } ?? ""
      report.warnings.append(
        "hash_ids of \(rows(blocks.violations)) do not fit input_length at blocks of"
          + " \(blocks.blockSize) tokens\(hint)")
    }
    if blocks.rowsWithDuplicates > 0 {
      report.warnings.append("hash_ids of \(rows(blocks.rowsWithDuplicates)) have an id twice")
    }
  }

  /// Reads one key and its value.
  private func member(
    _ line: Span<UInt8>, _ i: inout Int, _ members: inout Members, _ hashes: inout [UInt64]
  ) throws(RowFault) {
    let key = try JSONScanner.string(line, &i)
    try JSONScanner.expect(.colon, line, &i)
    JSONScanner.skipBlanks(line, &i)
    guard let field = keys.firstIndex(where: { line.equals($0, in: key) }) else {
      _ = try JSONScanner.value(line, &i)
      return
    }
    if field == 3, i < line.count, line[i] == UInt8(ascii: "[") {
      try members.readHashes(line, &i, into: &hashes)
    } else {
      try members.set(field, try JSONScanner.value(line, &i))
    }
  }
}

/// Where the values of one line stand, before it is known that the line is whole.
private struct Members {
  /// How many hashes there are, nil without a list of them.
  private(set) var hashes: Int?
  /// Whether a hash occurs twice.
  private(set) var hasDuplicates = false
  /// Where each value stands; empty if it is missing.
  private var values: InlineArray<4, Range<Int>> = .init(repeating: 0..<0)

  /// Notes the value of a key that may occur once.
  mutating func set(_ field: Int, _ range: Range<Int>) throws(RowFault) {
    guard values[field].isEmpty else { throw RowFault(.twice, field: field) }
    values[field] = range
  }

  /// Where a number stands.
  func number(_ field: Int, _ line: Span<UInt8>) throws(RowFault) -> Range<Int> {
    let range = values[field]
    if range.isEmpty { throw RowFault(.missing, field: field) }
    if line[range.lowerBound] == UInt8(ascii: "n") { throw RowFault(.null, field: field) }
    return range
  }

  /// Reads the list of hashes; anything else but null is left for `checkHashes`.
  mutating func readHashes(
    _ line: Span<UInt8>, _ i: inout Int, into list: inout [UInt64]
  ) throws(RowFault) {
    let start = i
    list.removeAll(keepingCapacity: true)
    var previous: UInt64 = 0
    var isAscending = true
    i += 1
    if !JSONScanner.isEmptyList(until: UInt8(ascii: "]"), line, &i) {
      repeat {
        JSONScanner.skipBlanks(line, &i)
        guard let hash = JSONScanner.natural(line, &i) else {
          i = start
          list.removeAll(keepingCapacity: true)
          return try set(3, try JSONScanner.value(line, &i))
        }
        isAscending = isAscending && (list.isEmpty || hash > previous)
        previous = hash
        list.append(hash)
      } while try JSONScanner.continues(until: UInt8(ascii: "]"), line, &i)
    }
    try set(3, start..<i)
    hashes = list.count
    // Chained ids are numbered in order of appearance, so they ascend; hashes need a closer look.
    if !isAscending { hasDuplicates = Self.hasDuplicates(list) }
  }

  /// Refuses hashes that are neither missing nor null nor a list of whole numbers.
  func checkHashes(_ line: Span<UInt8>) throws(RowFault) {
    let range = values[3]
    if hashes != nil || range.isEmpty || line[range.lowerBound] == UInt8(ascii: "n") { return }
    throw RowFault(.list, field: 3, at: range)
  }

  private static func hasDuplicates(_ list: [UInt64]) -> Bool {
    let all = list.sorted()
    return zip(all, all.dropFirst()).contains { $0 == $1 }
  }
}
