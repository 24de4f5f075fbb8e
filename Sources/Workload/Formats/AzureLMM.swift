/// The Azure trace of large multimodal models of 2025: that of 2024 with a column of images.
///
/// Source: Qiu et al., "ModServe: Modality- and Stage-Aware Resource Disaggregation for Scalable
/// Multimodal Model Serving", SoCC 2025. Images cost nothing here; they are counted and reported.
public struct AzureLMMFormat: ColumnTraceFormat {
  /// The name that an experiment uses.
  public static let name = "azure-lmm"
  /// One sentence for `martlet list formats`.
  public static let summary =
    "Azure LMM inference 2025: CSV as azure with a number of images, which cost nothing."
  /// Columns that a file must have.
  public static let fields = ["TIMESTAMP", "ContextTokens", "GeneratedTokens", "NumImages"]
  /// Where they are.
  public var columns: CSVColumns
  private var images = 0
  private var rowsWithImages = 0

  /// Reads rows of a file with `columns`.
  public init(columns: CSVColumns) { self.columns = columns }

  /// Date and time of day.
  ///
  /// - Throws: `RowFault` when it is no such.
  public static func arrival(
    _ line: Span<UInt8>, _ range: Range<Int>
  ) throws(RowFault) -> Int128 {
    try timestamp(line, range, field: 0)
  }

  /// Reads one row.
  ///
  /// - Throws: `RowFault` for a row that must be dropped.
  public mutating func parse(_ line: Span<UInt8>, into row: inout TraceRow) throws(RowFault) {
    try parseColumns(line, into: &row)
    let count = Int(try RowFault.tokens(line, columns.ranges[3], field: 3))
    if count > 0, row.prompt > 0, row.output > 0 {
      images += count
      rowsWithImages += 1
    }
  }

  /// Adds what all rows together showed.
  public func conclude(_ report: inout TraceReport) {
    warnOfUnused(columns, &report)
    guard images > 0 else { return }
    report.warnings.append(
      "\(rows(rowsWithImages)) have images, \(images) in all: only ContextTokens are priced")
  }
}
