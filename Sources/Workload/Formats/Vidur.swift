/// The processed traces of the simulator Vidur, and what `martlet trace generate` writes.
///
/// Source: Agrawal et al., "Vidur: A Large-Scale Simulation Framework for LLM Inference", MLSys
/// 2024; `data/processed_traces` of its repository.
public struct VidurFormat: TraceFormat {
  public static let name = "vidur"
  public static let summary =
    "Vidur: CSV with seconds from the start, prefill and decode tokens."
  public static let fields = ["arrived_at", "num_prefill_tokens", "num_decode_tokens"]
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
    row.time = try RowFault.time(line, columns.ranges[0], field: 0, power: 12)
    row.prompt = try RowFault.tokens(line, columns.ranges[1], field: 1)
    row.output = try RowFault.tokens(line, columns.ranges[2], field: 2)
  }

  public func conclude(_ report: inout TraceReport) { warnOfUnused(columns, &report) }
}
