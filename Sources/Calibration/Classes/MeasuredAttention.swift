public import Catalog
internal import Cost
internal import Units

/// Causal attention of whole prompts, nothing of them cached.
public enum MeasuredPrefillAttention: MeasuredClass {
  /// `attention_prefill`.
  public static let name = "attention_prefill"
  /// A single token is decoding.
  public static let filter = "bf16 cache, head_dim 128, isl ≥ 16"
  /// Column of the format.
  public static let format: String? = "kv_dtype"
  /// Columns.
  public static let columns = [
    "kv_dtype", "head_dim", "q_heads", "kv_heads", "batch", "isl", "time_us",
  ]

  /// Prompts of equal length.
  public static func measurements(
    in table: MeasuredTable, on gpu: GPU
  ) throws(CalibrationError) -> [Measurement] {
    var list: [Measurement] = []
    for row in table.rows {
      guard let heads = try AttentionHeads(row) else { continue }
      let (batch, tokens) = (try row.whole("batch"), try row.whole("isl"))
      let flops =
        2 * Double(batch) * Double(tokens) * Double(tokens)
        * Double(heads.queries * heads.width)
      list.append(
        Measurement(
          .prefillAttention(heads, sequences: batch, tokens: tokens, cached: 0),
          try row.microseconds("time_us"),
          group: heads.group + (flops > 5e9 ? ", > 5 GFLOP" : ", ≤ 5 GFLOP"),
          isFit: heads.isCommon && tokens >= 16,
          fits: heads.isCommon && tokens >= 16 ? "attention_prefill" : ""))
    }
    return list
  }
}

/// Attention of one new token a sequence, sequences of equal length.
public enum MeasuredDecodeAttention: MeasuredClass {
  /// `attention_decode`.
  public static let name = "attention_decode"
  /// One cache is read again and again, so that a small one never leaves L2.
  public static let filter =
    "bf16 cache, head_dim 128, kv_len ≥ 128, batch ≤ 512, keys and values > 1.2 L2"
  /// Column of the format.
  public static let format: String? = "kv_dtype"
  /// Columns.
  public static let columns = [
    "kv_dtype", "head_dim", "q_heads", "kv_heads", "batch", "kv_len", "time_us",
  ]

  /// A cache that small takes no time to read, wherever it lies: its row shows the launches.
  private static let negligible = 1e6

  /// Sequences of equal length.
  public static func measurements(
    in table: MeasuredTable, on gpu: GPU
  ) throws(CalibrationError) -> [Measurement] {
    var list: [Measurement] = []
    for row in table.rows {
      guard let heads = try AttentionHeads(row) else { continue }
      let (batch, length) = (try row.whole("batch"), try row.whole("kv_len"))
      let bytes = Double(batch) * Double(length) * heads.bytesPerToken
      let isCold = bytes > 1.2 * gpu.sharedCache
      let isFit = heads.isCommon && length >= 128 && batch <= 512 && isCold
      list.append(
        Measurement(
          .decodeAttention(heads, sequences: batch, context: length),
          try row.microseconds("time_us"), group: heads.group + (isCold ? "" : ", in L2"),
          isFit: isFit,
          fits: isFit || heads.isCommon && bytes < negligible ? "attention_decode" : ""))
    }
    return list
  }
}

extension AttentionHeads {
  /// The heads of a measured row; nil for a cache format that is not modelled.
  fileprivate init?(_ row: MeasuredTable.Row) throws(CalibrationError) {
    guard let cache = Precision(measured: row.text("kv_dtype")) else { return nil }
    self.init(
      queries: try row.whole("q_heads"), keyValues: try row.whole("kv_heads"),
      width: try row.whole("head_dim"), cache: cache)
    guard queries % keyValues == 0 else {
      throw CalibrationError(
        row.place, "\(queries) query heads are no multiple of \(keyValues) key and value heads")
    }
  }

  fileprivate var group: String { "\(cache.rawValue) cache, head_dim \(width)" }
  fileprivate var isCommon: Bool { cache == .bf16 && width == 128 }
}
