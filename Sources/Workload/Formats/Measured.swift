/// Requests that a serving engine was timed with, as `martlet validate-run` takes them.
///
/// Columns beside these, such as the times of first and last tokens, are for the comparison.
public struct MeasuredFormat: ColumnTraceFormat {
  /// The name that an experiment uses.
  public static let name = "measured"
  /// One sentence for `martlet list formats`.
  public static let summary =
    "Timed requests: CSV with seconds from the start, input and output tokens."
  /// Columns or keys that every row must have.
  public static let fields = ["arrival_s", "input_tokens", "output_tokens"]
  /// Where they are.
  public var columns: CSVColumns

  /// Reads rows of a file with `columns`.
  public init(columns: CSVColumns) { self.columns = columns }

  /// Other columns are expected.
  public func conclude(_ report: inout TraceReport) {}
}
