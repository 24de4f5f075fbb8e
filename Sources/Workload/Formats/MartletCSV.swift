/// Our own traces as CSV, what `martlet trace convert` writes: all that is known of a request.
///
/// `parent_id` is the `request_id` of the turn before, `delay_s` the time from its end; `blocks`
/// are the numbers of the prompt's blocks with blanks between them, equal as far as prompts are.
public struct MartletCSVFormat: TraceFormat {
  /// The name that an experiment uses.
  public static let name = "martlet"
  /// One sentence for `martlet list formats`.
  public static let summary =
    "Our own: CSV with seconds, input and output tokens, sessions and prompt blocks."
  /// Columns; those after the first four may be missing.
  public static let fields = MartletFields.fields
  /// Those that may be missing.
  public static let optionalFields = MartletFields.optionalFields
  /// The first line names the columns.
  public static let hasHeader = true
  /// Times count from the file's zero.
  public static var traits: TraceTraits { MartletFields.traits }
  /// Tokens of a block, as the rows say.
  public var tokensPerBlock: Int32 { content.tokensPerBlock }

  private var columns: CSVColumns
  private var content = MartletFields()

  /// Whether `firstLine` is a header of ours; timed requests with other columns are `measured`.
  public static func recognizes(_ firstLine: String) -> Bool {
    !isJSON(firstLine)
      && MartletFields.recognizes(CSVColumns.names(in: firstLine).map { $0.lowercased() })
  }

  /// Prepares for the rows after `first`.
  ///
  /// - Throws: `TraceError` when the header lacks a column.
  public init(first: FirstLine, path: String) throws(TraceError) {
    columns = try Self.columns(in: first, path: path)
  }

  /// Reads one row.
  ///
  /// - Throws: `RowFault` for a row that must be dropped.
  public mutating func parse(_ line: Span<UInt8>, into row: inout TraceRow) throws(RowFault) {
    try columns.split(line)
    try content.read(line, columns.ranges, into: &row)
  }

  /// Adds what all rows together showed.
  public func conclude(_ report: inout TraceReport) {
    warnOfUnused(columns, &report)
    report.blocks = content.rule
  }
}
