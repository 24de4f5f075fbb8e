/// What both of our own formats say of a request, found in a line by the places of its fields.
struct MartletFields: Sendable {
  /// The columns or keys that must be there.
  static let fields = ["arrival_s", "input_tokens", "output_tokens", "request_id"]
  /// Those that need not.
  static let optionalFields = [
    "parent_id", "session_id", "delay_s", "block_size", "blocks", "keep_output",
  ]
  static let names = fields + optionalFields
  /// Times count from the zero of the file, which a written trace has from the one it was read of.
  static var traits: TraceTraits {
    var traits = TraceTraits()
    traits.keepsZero = true
    traits.namesAllBlocks = true
    return traits
  }

  /// Tokens of a block; 0 before a row has said it.
  private(set) var tokensPerBlock: Int32 = 0
  /// How the blocks of all rows fit their prompts.
  private(set) var rule: BlockRule?

  /// Whether columns of these names are a file of ours, even with others among them.
  static func recognizes(_ names: [String]) -> Bool {
    guard Self.fields.allSatisfy(names.contains) else { return false }
    return names.contains("blocks") || names.contains("parent_id")
      || names.allSatisfy(Self.names.contains)
  }

  /// Reads what stands at `ranges`, an empty one being an empty cell, a missing column or null.
  mutating func read(
    _ line: Span<UInt8>, _ ranges: CSVColumns.Ranges, into row: inout TraceRow
  ) throws(RowFault) {
    // A turn that came a delay after another has no arrival of its own.
    if !ranges[0].isEmpty || ranges[4].isEmpty || ranges[6].isEmpty {
      row.time = try RowFault.time(line, ranges[0], field: 0, power: 12)
    }
    row.prompt = try RowFault.tokens(line, ranges[1], field: 1)
    row.output = try RowFault.tokens(line, ranges[2], field: 2)
    row.id = try Self.number(line, ranges[3], field: 3)
    if ranges[4].isEmpty {
      row.isFirstTurn = true
    } else {
      row.parent = try Self.number(line, ranges[4], field: 4)
    }
    if !ranges[5].isEmpty { row.session = Self.text(line, ranges[5]) }
    if !ranges[6].isEmpty {
      let delay = try RowFault.time(line, ranges[6], field: 6, power: 12)
      guard let delay = Int64(exactly: delay) else {
        throw RowFault(.tooLarge, field: 6, at: ranges[6])
      }
      row.delay = delay
    }
    if !ranges[9].isEmpty { row.losesOutput = try !Self.bool(line, ranges[9], field: 9) }
    if !ranges[7].isEmpty { try readSize(line, ranges[7]) }
    try JSONScanner.naturals(of: line, in: ranges[8], field: 8, into: &row.hashes)
    guard !row.hashes.isEmpty else { return }
    if ranges[7].isEmpty { throw RowFault(.empty, field: 7) }
    if rule == nil { rule = BlockRule(blockSize: Int(tokensPerBlock)) }
    rule?.add(hashes: row.hashes.count, prompt: Int(row.prompt), hasDuplicates: false)
  }

  private mutating func readSize(_ line: Span<UInt8>, _ range: Range<Int>) throws(RowFault) {
    let size = try RowFault.tokens(line, range, field: 7)
    guard size > 0 else { throw RowFault(.zero, field: 7) }
    guard size <= TraceOptions.largestBlock else {
      throw RowFault(.tooLarge, field: 7, at: range)
    }
    guard tokensPerBlock == 0 || tokensPerBlock == size else {
      throw RowFault(.differs, field: 7, at: range)
    }
    tokensPerBlock = size
  }

  private static func number(
    _ line: Span<UInt8>, _ range: Range<Int>, field: Int
  ) throws(RowFault) -> Int64 {
    if range.isEmpty { throw RowFault(.empty, field: field) }
    var i = 0
    let number = line.extracting(range)
    guard let value = JSONScanner.natural(number, &i), i == number.count,
      let id = Int64(exactly: value)
    else { throw RowFault(.whole, field: field, at: range) }
    return id
  }

  private static func bool(
    _ line: Span<UInt8>, _ range: Range<Int>, field: Int
  ) throws(RowFault) -> Bool {
    if line.equals(Array("true".utf8), in: range) { return true }
    if line.equals(Array("false".utf8), in: range) { return false }
    throw RowFault(.bool, field: field, at: range)
  }

  private static func text(_ line: Span<UInt8>, _ range: Range<Int>) -> String {
    let isQuoted = line[range.lowerBound] == .quote && range.count > 1
    return line.text(isQuoted ? (range.lowerBound + 1)..<(range.upperBound - 1) : range)
  }
}
