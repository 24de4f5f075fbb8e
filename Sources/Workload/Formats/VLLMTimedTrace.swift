/// The rows that `vllm bench serve --dataset-name timed_trace` replays: Mooncake's keys, but
/// seconds and, unless the user says otherwise, blocks of 16 tokens.
///
/// Source: vLLM's benchmark of timed traces, whose defaults are a multiplier of 1 s and
/// `--timed-trace-chunk-hash-size 16`. No row tells it from a Mooncake trace, so it must be named.
public struct VLLMTimedTraceFormat: TraceFormat {
  /// The name that an experiment uses.
  public static let name = "vllm-timed-trace"
  /// One sentence for `martlet list formats`.
  public static let summary =
    "vLLM timed_trace: Mooncake's keys with seconds and blocks of 16 tokens; never found by auto."
  /// Columns or keys that every row must have.
  public static let fields = MooncakeFormat.fields
  /// Keys that a row may have.
  public static let optionalFields = MooncakeFormat.optionalFields
  /// Whether the first line names the columns.
  public static let hasHeader = false
  /// Files do not say how many tokens a block has.
  public static var traits: TraceTraits { BlockRows.traits }

  private var rows: TimedRows

  /// Never: a Mooncake trace may begin with the same line.
  public static func recognizes(_ firstLine: String) -> Bool { false }

  /// Prepares for the rows from `first` on.
  ///
  /// - Throws: `TraceError` when it is no JSON object.
  public init(first: FirstLine, path: String) throws(TraceError) {
    try TimedRows.check(first, path: path, format: Self.name)
    rows = TimedRows(power: 12, tokensPerBlock: 16)
  }

  /// Tokens of a block.
  public var tokensPerBlock: Int32 { rows.rows.tokensPerBlock }

  /// Takes the block size.
  public mutating func configure(_ options: TraceOptions) { rows.rows.configure(options) }

  /// Reads one row.
  ///
  /// - Throws: `RowFault` for a row that must be dropped.
  public mutating func parse(_ line: Span<UInt8>, into row: inout TraceRow) throws(RowFault) {
    try rows.parse(line, into: &row)
  }

  /// Adds what all rows together showed.
  public func conclude(_ report: inout TraceReport) { rows.rows.conclude(&report) }
}
