/// The traces BurstGPT 1, 2 and 3: seconds from midnight of the first day; a row without response
/// tokens is a failure.
///
/// Source: Wang et al., "BurstGPT: A Real-World Workload Dataset to Optimize LLM Serving Systems",
/// KDD 2025. The third has two more columns before the others, so columns are found by name.
/// A session groups rows; models, kinds of logs and the source's own latency are not used.
public struct BurstGPTFormat: ColumnTraceFormat {
  /// The name that an experiment uses.
  public static let name = "burstgpt"
  /// One sentence for `martlet list formats`.
  public static let summary =
    "BurstGPT 1 to 3: CSV with seconds, request and response tokens; failures are dropped."
  /// Columns that a file must have.
  public static let fields = ["Timestamp", "Request tokens", "Response tokens"]
  /// Columns that a file may have.
  public static let optionalFields = ["Session ID", "Total tokens"]
  /// Where they are.
  public var columns: CSVColumns
  private var wrongTotals = 0

  /// Reads rows of a file with `columns`.
  public init(columns: CSVColumns) { self.columns = columns }

  /// Reads one row.
  ///
  /// - Throws: `RowFault` for a row that must be dropped.
  public mutating func parse(_ line: Span<UInt8>, into row: inout TraceRow) throws(RowFault) {
    try parseColumns(line, into: &row)
    if row.output == 0 { throw RowFault(.failed, field: 2) }
    let session = columns.ranges[3]
    if !session.isEmpty { row.session = line.text(session) }
    if columns.has(4) {
      // Nothing depends on it, so no row is dropped for it.
      let total = try? RowFault.tokens(line, columns.ranges[4], field: 4)
      if total.map({ Int($0) }) != Int(row.prompt) + Int(row.output) { wrongTotals += 1 }
    }
  }

  /// Adds what all rows together showed.
  public func conclude(_ report: inout TraceReport) {
    warnOfUnused(columns, &report)
    guard wrongTotals > 0 else { return }
    report.warnings.append("Total tokens of \(rows(wrongTotals)) are not the sum; not used")
  }
}
