/// The traces of the simulator of Splitwise.
///
/// Source: Patel et al., "Splitwise: Efficient Generative LLM Inference Using Phase Splitting",
/// ISCA 2024, and its repository splitwise-sim, where `request_type` 2 is a language model's.
public struct SplitwiseSimFormat: ColumnTraceFormat {
  /// The name that an experiment uses.
  public static let name = "splitwise-sim"
  /// One sentence for `martlet list formats`.
  public static let summary =
    "splitwise-sim: CSV with seconds from the start, prompt and token sizes."
  /// Columns that a file must have.
  public static let fields = ["arrival_timestamp", "prompt_size", "token_size"]
  /// Columns that a file may have.
  public static let optionalFields = [
    "request_type", "batch_size", "request_id", "application_id",
  ]
  /// Where they are.
  public var columns: CSVColumns
  private var batches = 0

  /// Reads rows of a file with `columns`.
  public init(columns: CSVColumns) { self.columns = columns }

  /// Reads one row.
  ///
  /// - Throws: `RowFault` for a row that must be dropped.
  public mutating func parse(_ line: Span<UInt8>, into row: inout TraceRow) throws(RowFault) {
    try parseColumns(line, into: &row)
    let (type, size) = (columns.ranges[3], columns.ranges[4])
    if columns.has(3), try RowFault.number(line, type, field: 3) != 2 {
      throw RowFault(.kind, field: 3, at: type)
    }
    if columns.has(4), try RowFault.number(line, size, field: 4) != 1 { batches += 1 }
  }

  /// Adds what all rows together showed.
  public func conclude(_ report: inout TraceReport) {
    warnOfUnused(columns, &report)
    guard batches > 0 else { return }
    report.warnings.append("batch_size of \(rows(batches)) is not 1; each is read as one request")
  }
}
