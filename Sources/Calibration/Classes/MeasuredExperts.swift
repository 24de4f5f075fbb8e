public import Catalog
internal import Cost

/// The fused kernels of a layer's routed experts on one GPU.
public enum MeasuredExperts: MeasuredClass {
  /// `moe`.
  public static let name = "moe"
  /// All of them.
  public static let filter = "every row of a modelled format"
  /// Column of the format.
  public static let format: String? = "dtype"
  /// Columns.
  public static let columns = [
    "dtype", "hidden_size", "inter_size", "topk", "num_experts", "moe_tp_size", "moe_ep_size",
    "distribution", "tokens", "time_us",
  ]

  /// 16-bit and 8-bit experts, visited evenly or by a power law.
  public static func measurements(
    in table: MeasuredTable, on gpu: GPU
  ) throws(CalibrationError) -> [Measurement] {
    var list: [Measurement] = []
    for row in table.rows {
      guard let precision = Precision(measured: row.text("dtype")) else { continue }
      let shards = try row.whole("moe_tp_size")
      var experts = ExpertProducts(
        tokens: try row.whole("tokens"), hidden: try row.whole("hidden_size"),
        ffn: max(1, try row.whole("inter_size") / shards), perToken: try row.whole("topk"),
        count: try row.whole("num_experts"))
      experts.ranks = try row.whole("moe_ep_size")
      experts.precision = precision
      let isBlock = row.text("dtype") == "fp8_block"
      experts.isBlockScaled = isBlock
      experts.isSkewed = row.text("distribution") != "balanced"
      list.append(
        Measurement(
          .experts(experts), try row.microseconds("time_us"),
          group: "\(row.text("dtype")), \(row.text("distribution"))", isFit: true,
          fits: experts.isSkewed ? "" : "experts_\(precision.rawValue)\(isBlock ? "_block" : "")"))
    }
    return list
  }
}
