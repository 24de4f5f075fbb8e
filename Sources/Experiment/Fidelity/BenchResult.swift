internal import Calibration
internal import Catalog
internal import Files
internal import Kernel
internal import Units

/// The result file of `vllm bench serve`: one run, whose deployment the user names.
struct BenchResult {
  /// Hash of the file's bytes.
  let contentHash: String
  /// The run.
  let row: MeasuredRunRow

  /// Reads the text of the file at `path`.
  ///
  /// - Throws: `ConfigError` for a missing key, and when the GPU is not named.
  init(_ bytes: [UInt8], path: String, _ choice: RunChoice) throws(ConfigError) {
    var hash = ContentHash()
    bytes.withUnsafeBytes { hash.add($0) }
    contentHash = hash.hex
    let result = try ResultObject(bytes, path: path)
    func text(_ key: String) -> String? { result.text(key) }
    func number(_ key: String) throws(ConfigError) -> Double {
      guard let text = text(key), let value = Double(text), value.isFinite, value > 0 else {
        throw ConfigError(.file(path), key: key, "is no number above 0, as vllm bench writes it")
      }
      return value
    }
    guard let gpu = choice.gpu else {
      throw ConfigError(.file(path), "does not name its GPU; write --gpu NAME")
    }
    guard let model = choice.model ?? text("model_id") else {
      throw ConfigError(.file(path), "does not name its model; write --model NAME")
    }
    let requests = try number("num_prompts")
    let served = text("completed").flatMap { Double($0) } ?? requests
    guard served > 0 else { throw ConfigError(.file(path), key: "completed", "is 0") }
    let (input, output) = (
      try number("total_input_tokens") / served, try number("total_output_tokens") / served
    )
    var times = [(metric: RunMetric.ttft, time: Seconds(try number("mean_ttft_ms") * 1e-3))]
    if output > 1.5 { times.append((.tpot, Seconds(try number("mean_tpot_ms") * 1e-3))) }
    let concurrency = text("max_concurrency").flatMap { Int($0) }
    let rate = text("request_rate").flatMap { Double($0) } ?? .infinity
    let burstiness = text("burstiness").flatMap { Double($0) } ?? 1
    var run: MeasuredRun?
    var reason = ""
    if concurrency != nil, rate.isFinite {
      reason = "request_rate and max_concurrency together are not replayed"
    } else {
      let load: MeasuredRun.Load =
        if let concurrency {
          .bounded(requests: Int(requests), concurrency: concurrency)
        } else {
          .open(
            requests: Int(requests), rate: rate, cv: 1 / max(1e-6, burstiness).squareRoot())
        }
      run = MeasuredRun(
        model: try choice.model(of: model), gpu: try choice.gpu(of: gpu),
        tensorParallel: choice.tensorParallel, load: load, input: max(1, Int(input + 0.5)),
        output: max(1, Int(output + 0.5)), times: times)
    }
    row = MeasuredRunRow(
      place: path, engine: choice.engine ?? "vllm", version: "", modelName: model, gpuName: gpu,
      run: run, reason: reason)
  }
}
