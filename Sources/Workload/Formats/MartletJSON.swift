/// Our own traces as a JSON object a line, with the keys of `MartletCSVFormat`; `blocks` is a list.
public struct MartletJSONFormat: TraceFormat {
  /// The name that an experiment uses.
  public static let name = "martlet-jsonl"
  /// One sentence for `martlet list formats`.
  public static let summary =
    "Our own: JSON lines with seconds, input and output tokens, sessions and prompt blocks."
  /// Keys; those after the first four may be missing.
  public static let fields = MartletFields.fields
  /// Those that may be missing.
  public static let optionalFields = MartletFields.optionalFields
  /// No line names the keys.
  public static let hasHeader = false
  /// Times count from the file's zero.
  public static var traits: TraceTraits { MartletFields.traits }
  /// Tokens of a block, as the rows say.
  public var tokensPerBlock: Int32 { content.tokensPerBlock }

  private let keys = MartletFields.names.map { Array($0.utf8) }
  private var content = MartletFields()

  /// Whether `firstLine` is an object with our keys.
  public static func recognizes(_ firstLine: String) -> Bool {
    isJSON(firstLine)
      && fields.allSatisfy { firstLine.contains("\"\($0)\"") }
  }

  /// Prepares for the rows from `first` on.
  ///
  /// - Throws: `TraceError` when they are no JSON objects.
  public init(first: FirstLine, path: String) throws(TraceError) {
    try Self.requireJSON(first, path: path)
  }

  /// Reads one row.
  ///
  /// - Throws: `RowFault` for a row that must be dropped.
  public mutating func parse(_ line: Span<UInt8>, into row: inout TraceRow) throws(RowFault) {
    let values = try JSONScanner.values(of: keys, inAll: line)
    for field in Self.fields.indices where values[field].isEmpty {
      // Turns with a delay need no arrival.
      if field == 0, !values[4].isEmpty, !values[6].isEmpty { continue }
      throw RowFault(.missing, field: field)
    }
    try content.read(line, values, into: &row)
  }

  /// Adds what all rows together showed.
  public func conclude(_ report: inout TraceReport) { report.blocks = content.rule }
}

extension TraceFormat {
  /// Refuses a file that does not begin as JSON does.
  static func requireJSON(_ first: FirstLine, path: String) throws(TraceError) {
    guard !isJSON(first.text) else { return }
    throw TraceError(
      path, line: first.number,
      "is no JSON of format \(name), it begins with \(shortened(first.text)); use format auto")
  }
}
