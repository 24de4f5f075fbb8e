public import Catalog
internal import Cost

/// Attention of one layer in steps that hold a chunk of a prompt, decodes, or both.
public enum MeasuredMixedAttention: MeasuredClass {
  /// `attention_mixed`.
  public static let name = "attention_mixed"
  /// All of them.
  public static let filter = "every row"
  /// Columns.
  public static let columns = [
    "model", "tp", "prefill_chunk", "kv_prefill", "n_decode", "kv_decode", "time_us",
  ]

  /// One chunk after `kv_prefill` cached tokens beside `n_decode` decodes of `kv_decode` each.
  public static func measurements(
    in table: MeasuredTable, on gpu: GPU
  ) throws(CalibrationError) -> [Measurement] {
    var list: [Measurement] = []
    for row in table.rows {
      let shards = try row.whole("tp")
      guard let model = Model.measured(row.text("model")) else { continue }
      let heads = AttentionHeads(
        queries: model.heads / shards, keyValues: model.kvHeads(shards: shards),
        width: model.headDim, cache: model.kvCache)
      let chunk = try row.whole("prefill_chunk", from: 0)
      let decodes = try row.whole("n_decode", from: 0)
      let context = try row.whole("kv_decode", from: 0)
      guard chunk > 0 || decodes > 0 else {
        throw CalibrationError(row.place, "has neither a chunk nor decodes")
      }
      let kind =
        chunk == 0 ? "decodes alone" : decodes == 0 ? "chunk alone" : "chunk and \(decodes) decodes"
      list.append(
        Measurement(
          .mixedAttention(
            heads, chunk: chunk, cached: try row.whole("kv_prefill", from: 0), sequences: decodes,
            context: context), try row.microseconds("time_us"), group: kind, isFit: true))
    }
    return list
  }
}
