internal import Catalog
internal import Units

/// Batches of equal requests, prompts and decodes timed apart, as Splitwise published them.
///
/// Measured in 2023 with the vLLM of that year, weights in 16 bits.
public enum PhaseBatches: MeasuredRunClass {
  /// `batch-phases`.
  public static let name = "batch-phases"
  /// Columns.
  public static let columns = [
    "model", "hardware", "tensor_parallel", "prompt_size", "batch_size", "token_size", "prompt_ms",
    "tpot_ms",
  ]

  /// All prompts in one step, then steps of decodes.
  public static func row(
    _ row: MeasuredTable.Row
  ) throws(CalibrationError) -> MeasuredRunRow {
    try MeasuredRunRow(
      row, engine: "vllm", version: "2023", modelName: row.text("model"),
      gpuName: row.text("hardware")
    ) { (model, gpu) throws(RunFault) in
      let (batch, input) = (try row.count("batch_size"), try row.count("prompt_size"))
      let (output, shards) = (try row.count("token_size"), try row.count("tensor_parallel"))
      let prompts = try row.time("prompt_ms", 1e-3)
      guard prompts > leastTime(batch * input, model, gpu, shards) else {
        throw .unmodelled("its prompts are faster than the peak of the GPUs")
      }
      var times = [(metric: RunMetric.ttft, time: prompts)]
      // End-to-end times of long outputs stop short of the outputs that the rows state.
      if output > 1 { times.append((.tpot, try row.time("tpot_ms", 1e-3))) }
      return MeasuredRun(
        model: model, gpu: gpu, tensorParallel: shards, load: .batch(batch, together: true),
        input: input, output: output, times: times)
    }
  }

  /// The layers' arithmetic of so many tokens at the peak of the data sheet.
  private static func leastTime(
    _ tokens: Int, _ model: Model, _ gpu: GPU, _ shards: Int
  ) -> Seconds {
    let weights = model.layerParameters(
      dense: model.denseLayers, mixed: model.expertLayers, shards: shards
    ) { $0.perToken }
    return FLOPs(2 * weights * Double(tokens)) / gpu.peak(model.weights)
  }
}

/// Batches of equal requests timed from start to end, as LLM-Inference-Bench published them.
///
/// Measured in 2024, weights in 16 bits.
public enum LatencyBatches: MeasuredRunClass {
  /// `batch-latency`.
  public static let name = "batch-latency"
  /// Columns.
  public static let columns = [
    "gpu", "tp", "engine", "model", "batch", "latency_s", "in_len", "out_len",
  ]

  /// The engine decides how many prompts share a step.
  public static func row(
    _ row: MeasuredTable.Row
  ) throws(CalibrationError) -> MeasuredRunRow {
    try MeasuredRunRow(
      row, engine: row.text("engine"), version: "2024", modelName: row.text("model"),
      gpuName: row.text("gpu")
    ) { (model, gpu) throws(RunFault) in
      MeasuredRun(
        model: model, gpu: gpu, tensorParallel: try row.count("tp"),
        load: .batch(try row.count("batch"), together: false), input: try row.count("in_len"),
        output: try row.count("out_len"), times: [(.latency, try row.time("latency_s", 1))])
    }
  }
}
