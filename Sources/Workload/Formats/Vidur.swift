/// The processed traces of the simulator Vidur, and what `martlet trace generate` writes.
///
/// Source: Agrawal et al., "Vidur: A Large-Scale Simulation Framework for LLM Inference", MLSys
/// 2024; `data/processed_traces` of its repository.
public struct VidurFormat: ColumnTraceFormat {
  /// The name that an experiment uses.
  public static let name = "vidur"
  /// One sentence for `martlet list formats`.
  public static let summary =
    "Vidur: CSV with seconds from the start, prefill and decode tokens."
  /// Columns or keys that every row must have.
  public static let fields = ["arrived_at", "num_prefill_tokens", "num_decode_tokens"]
  /// Where they are.
  public var columns: CSVColumns

  /// Reads rows of a file with `columns`.
  public init(columns: CSVColumns) { self.columns = columns }
}
