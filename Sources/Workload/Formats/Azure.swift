/// The Azure LLM inference traces of 2023 and 2024.
///
/// Sources: Patel et al., "Splitwise", ISCA 2024 (2023: space, 7 fractional digits, no zone);
/// Stojkovic et al., "DynamoLLM", HPCA 2025 (2024: 6 digits or none, `+00:00`).
public struct AzureFormat: TraceFormat {
  /// The name that an experiment uses.
  public static let name = "azure"
  /// One sentence for `martlet list formats`.
  public static let summary =
    "Azure LLM inference 2023 and 2024: CSV with a date and time, prompt and output tokens."
  /// Columns or keys that every row must have.
  public static let fields = ["TIMESTAMP", "ContextTokens", "GeneratedTokens"]
  /// Whether the first line names the columns.
  public static let hasHeader = true

  private var columns: CSVColumns

  /// Whether `firstLine` can only be of this format.
  public static func recognizes(_ firstLine: String) -> Bool {
    hasFields(in: firstLine)
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
    row.time = try timestamp(line, columns.ranges[0], field: 0)
    row.prompt = try RowFault.tokens(line, columns.ranges[1], field: 1)
    row.output = try RowFault.tokens(line, columns.ranges[2], field: 2)
  }

  /// Adds what all rows together showed.
  public func conclude(_ report: inout TraceReport) { warnOfUnused(columns, &report) }
}
