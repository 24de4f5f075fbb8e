/// A format that is a CSV file with a column each for arrival, prompt and output tokens: `fields`,
/// in this order.
public protocol ColumnTraceFormat: TraceFormat {
  /// Where the columns of the file at hand are.
  var columns: CSVColumns { get set }

  /// Reads rows of a file with `columns`.
  init(columns: CSVColumns)

  /// Picoseconds from the zero of the file's own clock that `range` of `line` says.
  ///
  /// - Throws: `RowFault` when it says none.
  static func arrival(_ line: Span<UInt8>, _ range: Range<Int>) throws(RowFault) -> Int128
}

extension ColumnTraceFormat {
  /// The first line names the columns.
  public static var hasHeader: Bool { true }

  /// Whether `firstLine` has all columns, in any order.
  public static func recognizes(_ firstLine: String) -> Bool { hasFields(in: firstLine) }

  /// Prepares for the rows after `first`.
  ///
  /// - Throws: `TraceError` when the header lacks a column.
  public init(first: FirstLine, path: String) throws(TraceError) {
    self.init(columns: try Self.columns(in: first, path: path))
  }

  /// Seconds with a decimal point.
  public static func arrival(
    _ line: Span<UInt8>, _ range: Range<Int>
  ) throws(RowFault) -> Int128 {
    try RowFault.time(line, range, field: 0, power: 12)
  }

  /// Reads one row.
  ///
  /// - Throws: `RowFault` for a row that must be dropped.
  public mutating func parse(_ line: Span<UInt8>, into row: inout TraceRow) throws(RowFault) {
    try parseColumns(line, into: &row)
  }

  /// Finds all columns of a row and reads the first three.
  mutating func parseColumns(_ line: Span<UInt8>, into row: inout TraceRow) throws(RowFault) {
    try columns.split(line)
    row.time = try Self.arrival(line, columns.ranges[0])
    row.prompt = try RowFault.tokens(line, columns.ranges[1], field: 1)
    row.output = try RowFault.tokens(line, columns.ranges[2], field: 2)
  }

  /// Adds what all rows together showed.
  public func conclude(_ report: inout TraceReport) { warnOfUnused(columns, &report) }
}
