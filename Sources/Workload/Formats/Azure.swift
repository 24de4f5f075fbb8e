/// The Azure LLM inference traces of 2023 and 2024.
///
/// Sources: Patel et al., "Splitwise", ISCA 2024 (2023: space, 7 fractional digits, no zone);
/// Stojkovic et al., "DynamoLLM", HPCA 2025 (2024: 6 digits or none, `+00:00`).
public struct AzureFormat: TraceFormat {
  public static let name = "azure"
  public static let summary =
    "Azure LLM inference 2023 and 2024: CSV with a date and time, prompt and output tokens."
  public static let fields = ["TIMESTAMP", "ContextTokens", "GeneratedTokens"]
  public static let hasHeader = true

  private var columns: CSVColumns

  public static func recognizes(_ firstLine: String) -> Bool {
    hasFields(in: firstLine)
  }

  public init(first: FirstLine, path: String) throws(TraceError) {
    columns = try Self.columns(in: first, path: path)
  }

  public mutating func parse(_ line: Span<UInt8>, into row: inout TraceRow) throws(RowFault) {
    try columns.split(line)
    row.time = try timestamp(line, columns.ranges[0], field: 0)
    row.prompt = try RowFault.tokens(line, columns.ranges[1], field: 1)
    row.output = try RowFault.tokens(line, columns.ranges[2], field: 2)
  }

  public func conclude(_ report: inout TraceReport) { warnOfUnused(columns, &report) }
}
