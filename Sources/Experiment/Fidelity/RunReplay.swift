internal import Calibration
internal import Catalog
internal import Files
internal import Metrics
internal import Units

/// Replays measured runs as experiments.
///
/// A closed loop repeats the run's lengths with 5 % to either side, so that requests do not march
/// in step; two rounds warm it up and the last is not counted, because it drains. A batch is a
/// burst. KV memory, scheduler and block size are the defaults of the engine's time; `overrides`
/// are laid over all that, as `--set` does in an experiment.
struct RunReplay: Sendable {
  /// The engine profile of every run; nil: the one of its engine and version.
  var profile: String?
  /// Where the host times come from, after the profile's name; empty when they are its own.
  var origin = ""
  /// Settings of the user, the last to be applied.
  var overrides: [Override] = []

  /// What a replayed run took, the same figures as those measured; nil where there is none.
  struct Times: Sendable {
    var ttft: Double?
    var tpot: Double?
    var latency: Double?

    /// The figure that `metric` names, s.
    func value(of metric: RunMetric) -> Double? {
      switch metric {
      case .ttft: ttft
      case .tpot: tpot
      case .latency: latency
      }
    }
  }

  /// Name of the profile that runs `row`; nil when no profile is of its engine.
  func profile(of row: MeasuredRunRow) -> String? {
    profile
      ?? EngineProfile.measured(
        engine: row.engine, version: row.version, gpu: row.run?.gpu)?.name
  }

  /// The experiment that repeats `run`.
  ///
  /// - Throws: `ConfigError` when the user's settings do not fit.
  func experiment(
    _ run: MeasuredRun, engine: String, profile: String
  ) throws(ConfigError) -> ExperimentConfig {
    func set(_ key: String, _ value: String) -> Override { Override(key, value, from: key) }
    var list = [
      set("model", run.model.name), set("cluster.gpu", run.gpu.name),
      set("cluster.tensor_parallel", "\(run.tensorParallel)"), set("engine.profile", profile),
    ]
    let generate = "workload.generate"
    var spread = 0.05
    switch run.load {
    case .closed(let concurrency):
      let rounds = 12
      list.append(set("\(generate).requests", "\(rounds * concurrency + 16)"))
      list.append(set("\(generate).arrivals", "{process: closed, concurrency: \(concurrency)}"))
    case .bounded(let requests, let concurrency):
      list.append(set("\(generate).requests", "\(requests)"))
      list.append(set("\(generate).arrivals", "{process: closed, concurrency: \(concurrency)}"))
    case .open(let requests, let rate, let cv):
      list.append(set("\(generate).requests", "\(requests)"))
      list.append(
        set(
          "\(generate).arrivals",
          rate.isFinite ? "{process: gamma, rate: \(rate), cv: \(cv)}" : "{process: burst}"))
    case .batch(let requests, let together):
      spread = 0
      list.append(set("\(generate).requests", "\(requests)"))
      list.append(set("\(generate).arrivals", "{process: burst}"))
      list += Self.batching(run, requests, together: together, engine: engine).map(set)
    }
    list.append(set("\(generate).input_tokens", Self.lengths(run.input, spread)))
    list.append(set("\(generate).output_tokens", Self.lengths(run.output, spread)))
    let longest = Int(Double(run.input + run.output) * (1 + spread)) + 2
    if longest > run.model.maxContext { list.append(set("engine.max_model_len", "\(longest)")) }
    return try .unwritten(list + overrides)
  }

  /// How a batch is run: prompts first, then decodes; TensorRT-LLM keeps memory for whole requests.
  private static func batching(
    _ run: MeasuredRun, _ requests: Int, together: Bool, engine: String
  ) -> [(String, String)] {
    let key = "engine.scheduler"
    if engine.lowercased().hasPrefix("t") {
      return [(key, "orca-oracle"), ("\(key).max_batch_size", "\(requests)")]
    }
    var list = [(key, "vllm-v0")]
    if together {
      let budget = max(requests * run.input, run.model.maxContext, run.input + run.output + 2)
      list += [
        ("\(key).max_num_batched_tokens", "\(budget)"), ("\(key).max_num_seqs", "\(requests)"),
        ("\(key).watermark", "0"), ("engine.gpu_memory_utilization", "0.95"),
      ]
    }
    return list
  }

  private static func lengths(_ mean: Int, _ spread: Double) -> String {
    let low = Int(Double(mean) * (1 - spread) + 0.5)
    let high = max(low, 2 * mean - low)
    return low == high
      ? "{distribution: fixed, value: \(mean)}"
      : "{distribution: uniform, min: \(max(1, low)), max: \(high)}"
  }

  /// Simulates `run` and takes its figures.
  ///
  /// - Throws: `ConfigError` when the model does not fit or a request can never be served.
  func times(
    _ run: MeasuredRun, engine: String, profile: String
  ) throws(ConfigError) -> Times {
    let assembly = try Assembly(try experiment(run, engine: engine, profile: profile))
    let requests = try Self.requests(assembly)
    var rows = 0..<requests.count
    if case .closed(let concurrency) = run.load {
      rows = 2 * concurrency..<requests.count - concurrency
    }
    var times = Times()
    let outcomes = rows.map { requests.outcome(of: $0) }
    times.ttft = Self.mean(outcomes.map(\.ttft))
    times.tpot = Self.mean(outcomes.map(\.tpot).filter { $0 != nil })
    if case .batch = run.load {
      times.latency = outcomes.compactMap(\.e2el).max().map { Double($0) * 1e-12 }
    } else {
      times.latency = Self.mean(outcomes.map(\.e2el))
    }
    return times
  }

  /// The requests of a run of `assembly`, all of them served.
  static func requests(_ assembly: Assembly) throws(ConfigError) -> RequestTable {
    var warnings = Warnings { _ in }
    let execution = try assembly.execute(
      exactSteps: false, clock: { 0 }, warnings: &warnings, progress: { _ in })
    let requests = execution.record.requests
    if requests.isRejected.contains(true) {
      throw ConfigError(nil, "a request is longer than the KV pool or the model's context")
    }
    if let stop = execution.record.stop { throw ConfigError(nil, stop) }
    return requests
  }

  /// The mean in seconds of times in picoseconds; nil when one is missing, or all are.
  private static func mean(_ times: [Int64?]) -> Double? {
    var sum = 0.0
    for time in times {
      guard let time else { return nil }
      sum += Double(time)
    }
    return times.isEmpty ? nil : sum / Double(times.count) * 1e-12
  }
}
