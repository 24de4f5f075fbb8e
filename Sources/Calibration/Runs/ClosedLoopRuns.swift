internal import Catalog
internal import Units

/// Closed loops of a fixed number of requests in flight, as aiconfigurator collects them.
public enum ClosedLoopRuns: MeasuredRunClass {
  /// `closed-loop`.
  public static let name = "closed-loop"
  /// Columns.
  public static let columns = [
    "gpu", "model", "engine", "precision", "tp", "isl", "osl", "concurrency", "tpot_ms",
  ]

  /// Means over the requests of the steady state.
  public static func row(
    _ row: MeasuredTable.Row
  ) throws(CalibrationError) -> MeasuredRunRow {
    let (engine, version) = (row.text("engine"), row.text("backend_version"))
    return try MeasuredRunRow(
      row, engine: engine, version: version, modelName: row.text("model"),
      gpuName: row.text("gpu")
    ) { (model, gpu) throws(RunFault) in
      if let reason = try doubt(row, engine, version, gpu) { throw .unmodelled(reason) }
      var times = [(metric: RunMetric.tpot, time: try row.time("tpot_ms", 1e-3))]
      if !row.text("ttft_ms").isEmpty, !averagesStart(engine, version) {
        times.append((.ttft, try row.time("ttft_ms", 1e-3)))
      }
      return MeasuredRun(
        model: try served(model, row.text("precision")), gpu: gpu,
        tensorParallel: try row.count("tp"),
        load: .closed(concurrency: try row.count("concurrency")),
        input: try row.count("isl"), output: try row.count("osl"), times: times)
    }
  }

  /// Why a row is not compared; nil when it is.
  private static func doubt(
    _ row: MeasuredTable.Row, _ engine: String, _ version: String, _ gpu: GPU
  ) throws(RunFault) -> String? {
    if row.text("concurrency").isEmpty { return "no concurrency is given" }
    if row.text("tpot_ms").isEmpty { return "no TPOT is given" }
    for (column, what) in [
      ("pp", "pipeline stages"), ("attention_dp_size", "data-parallel attention"),
    ] {
      guard let value = Double(row.text(column)) else { continue }
      if value == 0 { return "\(column) is 0" }
      if value > 1 { return "\(what) (\(column) \(Int(value))) are not replayed" }
    }
    if let runs = Double(row.text("n_runs")), let spread = Double(row.text("tpot_spread")),
      runs > 1, spread > 0.2
    {
      return "its repeats differ by over 20 %"
    }
    // TPOT far below any interference of prompts: prefix caching, or another definition.
    if engine == "vllm", gpu.name.hasPrefix("h200"),
      row.text("model") == "nvidia/Llama-3.1-8B-Instruct-FP8"
    {
      return "doubtful by its source"
    }
    return nil
  }

  /// Whether the engine's TTFT is known to hold the queue of the start.
  private static func averagesStart(_ engine: String, _ version: String) -> Bool {
    engine == "trtllm" && version == "1.0.0rc3" || engine == "sglang" && version.hasPrefix("0.5.1")
  }

  /// The model in the format of its weights, `bf16(inferred)` for example.
  private static func served(_ model: Model, _ name: String) throws(RunFault) -> Model {
    switch Precision(measured: String(name.prefix { $0 != "(" })) {
    case .fp8: return model.inFP8
    case .bf16: return model
    default: throw .unmodelled("weights in \(name) are not modelled")
    }
  }
}
