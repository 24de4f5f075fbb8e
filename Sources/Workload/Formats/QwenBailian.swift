/// The anonymised traces of Alibaba's Bailian: one JSON object a line, times in seconds.
///
/// Source: repository alibaba-edu/qwen-bailian-usagetraces-anon. `hash_ids` stand for single
/// blocks of 16 tokens, whatever is before them, so equal ids after other beginnings are other
/// blocks. `parent_chat_id` names the turn before, −1 for none. Of `type` only `thinking` counts:
/// the next turn's prompt does not repeat the thoughts that such an answer begins with.
public struct QwenBailianFormat: TraceFormat {
  /// The name that an experiment uses.
  public static let name = "qwen-bailian"
  /// One sentence for `martlet list formats`.
  public static let summary =
    "Qwen-Bailian: JSON lines with seconds, turns of chats, hashes of blocks of 16 tokens."
  /// Columns or keys that every row must have.
  public static let fields = ["timestamp", "input_length", "output_length"]
  /// Keys that a row may have.
  public static let optionalFields = ["hash_ids", "chat_id", "parent_chat_id", "turn", "type"]
  /// Whether the first line names the columns.
  public static let hasHeader = false
  /// Files do not say how many tokens a block has.
  public static var traits: TraceTraits { BlockRows.traits }

  private static let thinking = Array("\"thinking\"".utf8)
  private var rows = BlockRows(
    keys: Self.fields + Self.optionalFields, power: 12, tokensPerBlock: 16, isChained: false)

  /// Whether `firstLine` has a chat's number beside an arrival and a prompt.
  public static func recognizes(_ firstLine: String) -> Bool {
    let keys = isJSON(firstLine) ? jsonKeys(in: firstLine) : []
    return ["chat_id", "timestamp", "input_length"].allSatisfy { keys.contains($0) }
  }

  /// Prepares for the rows from `first` on.
  ///
  /// - Throws: `TraceError` when it is no JSON object.
  public init(first: FirstLine, path: String) throws(TraceError) {
    try TimedRows.check(first, path: path, format: Self.name)
  }

  /// Tokens of a block.
  public var tokensPerBlock: Int32 { rows.tokensPerBlock }
  /// Ids say nothing of what is before them.
  public var hasChainedNames: Bool { false }

  /// Takes the block size.
  public mutating func configure(_ options: TraceOptions) { rows.configure(options) }

  /// Reads one row.
  ///
  /// - Throws: `RowFault` for a row that must be dropped.
  public mutating func parse(_ line: Span<UInt8>, into row: inout TraceRow) throws(RowFault) {
    try rows.parse(line, into: &row)
    if row.time == nil { throw RowFault(.missing, field: 0) }
    let members = rows.members
    row.id = try RowFault.number(line, try members.value(4, line), field: 4)
    if let range = members.optional(5, line) {
      let parent = try RowFault.number(line, range, field: 5)
      row.parent = parent < 0 ? nil : parent
    }
    if let range = members.optional(6, line) {
      row.turn = try RowFault.tokens(line, range, field: 6)
    }
    if let range = members.optional(7, line) {
      row.losesOutput = line.equals(Self.thinking, in: range)
    }
    try rows.parseLengths(line, into: &row)
  }

  /// Adds what all rows together showed.
  public func conclude(_ report: inout TraceReport) { rows.conclude(&report) }
}
