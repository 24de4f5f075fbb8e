public import Catalog
internal import Cost
internal import Units

/// Parts of one layer of a model as an engine runs them.
public enum MeasuredLayers: MeasuredClass {
  /// `layers`.
  public static let name = "layers"
  /// All of them.
  public static let filter = "every row of a part that is modelled"
  /// Columns; the count is `tokens` or `sequences`.
  public static let columns = ["model", "tp", "layer", "time_us"]

  /// Matrix products, element-wise kernels and sampling.
  public static func measurements(
    in table: MeasuredTable, on gpu: GPU
  ) throws(CalibrationError) -> [Measurement] {
    guard let counted = ["tokens", "sequences"].first(where: table.header.contains) else {
      throw CalibrationError(table.name, "has neither a column tokens nor sequences")
    }
    var list: [Measurement] = []
    for row in table.rows {
      let (shards, count) = (try row.whole("tp"), try row.whole(counted))
      guard let model = Model.measured(row.text("model")),
        let operation = operation(row.text("layer"), count, model, shards)
      else { continue }
      var fits = ""
      switch operation {
      case .elementwise, .sampling: fits = "elementwise"
      default: break
      }
      list.append(
        Measurement(
          operation, try row.microseconds("time_us"), group: row.text("layer"), isFit: true,
          fits: fits))
    }
    return list
  }

  /// The operation that engines call `layer`; nil for one that is not modelled by itself.
  private static func operation(
    _ layer: String, _ count: Int, _ model: Model, _ shards: Int
  ) -> Operation? {
    let (hidden, heads) = (model.hidden, model.heads / shards)
    let rotated = heads + model.kvHeads(shards: shards)
    let ffn = model.ffn / shards
    func gemm(_ inner: Int, _ outer: Int) -> Operation {
      .gemm(rows: count, inner: inner, outer: outer, model.weights)
    }
    func pass(_ elements: Int) -> Operation {
      .elementwise(bytes: Double(count * elements) * Precision.bf16.bytes)
    }
    switch layer {
    case "qkv_proj":
      return gemm(hidden, (heads + 2 * model.kvHeads(shards: shards)) * model.headDim)
    case "o_proj": return gemm(heads * model.headDim, hidden)
    case "gate_up_proj": return gemm(hidden, 2 * ffn)
    case "down_proj": return gemm(ffn, hidden)
    case "lm_head": return gemm(hidden, model.vocab / shards)
    case "layernorm", "final_layernorm": return pass(4 * hidden)
    case "rotary_emb": return pass(2 * rotated * model.headDim)
    // Profilers time both calls, of queries and of keys, and give the mean; whole heads, since they
    // measure norms on one GPU and repeat the figure for shards.
    case "qk_norm":
      let heads = Double(model.heads + model.kvHeads) / 2
      return .headNorm(heads: heads * Double(count), width: model.headDim)
    case "act_fn": return pass(3 * ffn)
    case "embedding": return pass(2 * hidden)
    case "sampler": return .sampling(sequences: count, vocab: model.vocab)
    default: return nil
    }
  }
}
