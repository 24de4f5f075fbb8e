/// The prompt and output lengths that the simulator Vidur draws requests from: no times.
///
/// All arrive at once unless a rate is given. Source: `data/processed_traces` of Vidur's
/// repository, where `num_total_tokens` is the sum of both.
public struct VidurLengthsFormat: TraceFormat {
  /// The name that an experiment uses.
  public static let name = "vidur-lengths"
  /// One sentence for `martlet list formats`.
  public static let summary =
    "Vidur's lengths: CSV with prefill, decode and total tokens, no times."
  /// Columns that a file must have.
  public static let fields = ["num_total_tokens", "num_prefill_tokens", "num_decode_tokens"]
  /// Columns that are of no use here.
  public static let optionalFields = ["pd_ratio"]
  /// The first line names the columns.
  public static let hasHeader = true
  /// No times.
  public static var traits: TraceTraits {
    var traits = TraceTraits()
    traits.hasTimes = false
    return traits
  }

  private var columns: CSVColumns

  /// Whether `firstLine` has the lengths and no arrival.
  public static func recognizes(_ firstLine: String) -> Bool {
    hasFields(in: firstLine) && !VidurFormat.recognizes(firstLine)
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
    row.time = 0
    row.prompt = try RowFault.tokens(line, columns.ranges[1], field: 1)
    row.output = try RowFault.tokens(line, columns.ranges[2], field: 2)
  }

  /// Adds what all rows together showed.
  public func conclude(_ report: inout TraceReport) { warnOfUnused(columns, &report) }
}
