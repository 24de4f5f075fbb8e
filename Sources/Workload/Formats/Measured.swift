/// Requests that a serving engine was timed with, as `martlet validate-run` takes them.
///
/// Columns beside these, such as the times of first and last tokens, are for the comparison.
public struct MeasuredFormat: TraceFormat {
  /// The name that an experiment uses.
  public static let name = "measured"
  /// One sentence for `martlet list formats`.
  public static let summary =
    "Timed requests: CSV with seconds from the start, input and output tokens."
  /// Columns or keys that every row must have.
  public static let fields = ["arrival_s", "input_tokens", "output_tokens"]
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
    row.time = try RowFault.time(line, columns.ranges[0], field: 0, power: 12)
    row.prompt = try RowFault.tokens(line, columns.ranges[1], field: 1)
    row.output = try RowFault.tokens(line, columns.ranges[2], field: 2)
  }

  /// Other columns are expected.
  public func conclude(_ report: inout TraceReport) {}
}
