/// The request traces of Mooncake: one JSON object a line, times in milliseconds.
///
/// Source: Qin et al., "Mooncake: Trading More Storage for Less Computation", FAST 2025, and the
/// traces of its repository; dialects of Dynamo's and aiperf's loaders. `hash_ids` stand for
/// blocks of 512 tokens and all before them. A row of a session may have `delay` in place of
/// `timestamp`. Rows without `input_length` or `output_length` are dropped: texts are not counted.
public struct MooncakeFormat: TraceFormat {
  /// The name that an experiment uses.
  public static let name = "mooncake"
  /// One sentence for `martlet list formats`.
  public static let summary =
    "Mooncake: JSON lines with milliseconds, prompt and output tokens, hashes of prompt blocks."
  /// Columns or keys that every row must have.
  public static let fields = ["timestamp", "input_length", "output_length"]
  /// Keys that a row may have.
  public static let optionalFields = [
    "hash_ids", "session_id", "delay", "text_input", "messages", "payload",
  ]
  /// Whether the first line names the columns.
  public static let hasHeader = false
  /// Files do not say how many tokens a block has.
  public static var traits: TraceTraits { BlockRows.traits }

  private var rows: TimedRows

  /// Whether `firstLine` can only be of this format.
  public static func recognizes(_ firstLine: String) -> Bool { TimedRows.recognizes(firstLine) }

  /// Prepares for the rows from `first` on.
  ///
  /// - Throws: `TraceError` when it is no JSON object.
  public init(first: FirstLine, path: String) throws(TraceError) {
    try TimedRows.check(first, path: path, format: Self.name)
    rows = TimedRows(power: 9, tokensPerBlock: 512)
  }

  /// Tokens of a block.
  public var tokensPerBlock: Int32 { rows.rows.tokensPerBlock }

  /// Takes the block size.
  public mutating func configure(_ options: TraceOptions) { rows.rows.configure(options) }

  /// Reads one row.
  ///
  /// - Throws: `RowFault` for a row that must be dropped.
  public mutating func parse(_ line: Span<UInt8>, into row: inout TraceRow) throws(RowFault) {
    try rows.parse(line, into: &row)
  }

  /// Adds what all rows together showed.
  public func conclude(_ report: inout TraceReport) { rows.rows.conclude(&report) }
}

/// The rows of `MooncakeFormat` and `VLLMTimedTraceFormat`, which differ in their units alone.
struct TimedRows: Sendable {
  /// The part that all formats with names of blocks share.
  var rows: BlockRows
  private let powerOfDelay: Int

  /// Times in units of 10^`power` ps, blocks of `tokensPerBlock` tokens.
  init(power: Int, tokensPerBlock: Int) {
    let keys = MooncakeFormat.fields + MooncakeFormat.optionalFields
    rows = BlockRows(keys: keys, power: power, tokensPerBlock: tokensPerBlock, isChained: true)
    powerOfDelay = power
  }

  /// Whether a file begins with an object that has an arrival and a prompt; Bailian's traces have
  /// the same keys, but seconds, blocks of 16 tokens and a chat_id.
  static func recognizes(_ firstLine: String) -> Bool {
    guard isJSON(firstLine) else { return false }
    var keys = jsonKeys(in: firstLine)
    if keys.isEmpty {
      // An array of such objects, which is refused with a word on what to do.
      keys = firstLine.split(separator: "\"").map { String($0) }
    }
    let hasTime = keys.contains("timestamp") || keys.contains("delay")
    let prompts = ["input_length", "text_input", "messages", "payload"]
    return hasTime && prompts.contains { keys.contains($0) } && !keys.contains("chat_id")
  }

  /// Refuses what cannot be one object a line.
  static func check(_ first: FirstLine, path: String, format: String) throws(TraceError) {
    guard isJSON(first.text) else {
      throw TraceError(
        path, line: first.number,
        "is no JSON lines of format \(format), it begins with \(shortened(first.text));"
          + " use format auto")
    }
    if first.text.drop(while: { $0.isWhitespace || $0 == "\u{FEFF}" }).first == "[" {
      throw TraceError(
        path, line: first.number, "is a JSON array; write one object a line, without brackets")
    }
  }

  /// Reads one row.
  mutating func parse(_ line: Span<UInt8>, into row: inout TraceRow) throws(RowFault) {
    try rows.parse(line, into: &row)
    row.session = rows.members.name(4, line)
    if let delay = rows.members.optional(5, line) {
      row.delay = try RowFault.delay(line, delay, field: 5, power: powerOfDelay)
    }
    if row.time == nil, row.delay == nil { throw RowFault(.missing, field: 0) }
    if !rows.members.has(1), rows.members.has(6) || rows.members.has(7) || rows.members.has(8) {
      throw RowFault(.text, field: 1)
    }
    try rows.parseLengths(line, into: &row)
  }
}
