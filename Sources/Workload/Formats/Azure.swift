/// The Azure LLM inference traces of 2023 and 2024.
///
/// Sources: Patel et al., "Splitwise", ISCA 2024 (2023: space, 7 fractional digits, no zone);
/// Stojkovic et al., "DynamoLLM", HPCA 2025 (2024: 6 digits or none, `+00:00`).
public struct AzureFormat: ColumnTraceFormat {
  /// The name that an experiment uses.
  public static let name = "azure"
  /// One sentence for `martlet list formats`.
  public static let summary =
    "Azure LLM inference 2023 and 2024: CSV with a date and time, prompt and output tokens."
  /// Columns or keys that every row must have.
  public static let fields = ["TIMESTAMP", "ContextTokens", "GeneratedTokens"]
  /// Where they are.
  public var columns: CSVColumns

  /// Reads rows of a file with `columns`.
  public init(columns: CSVColumns) { self.columns = columns }

  /// Whether `firstLine` has all columns, and none of images.
  public static func recognizes(_ firstLine: String) -> Bool {
    hasFields(in: firstLine) && !AzureLMMFormat.recognizes(firstLine)
  }

  /// Date and time of day.
  ///
  /// - Throws: `RowFault` when it is no such.
  public static func arrival(
    _ line: Span<UInt8>, _ range: Range<Int>
  ) throws(RowFault) -> Int128 {
    try timestamp(line, range, field: 0)
  }
}
