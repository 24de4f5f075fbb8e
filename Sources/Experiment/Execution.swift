internal import Catalog
internal import Cluster
internal import Cost
public import Files
public import Metrics
internal import Serving
internal import Units
internal import Workload

/// A finished run with the value of every output file.
public struct Execution: Sendable {
  /// The parts that ran.
  public let assembly: Assembly
  /// What they left behind.
  public let record: RunRecord
  /// Its summary.
  public let summary: Summary
}

/// How far a run has come, for a progress bar.
public struct Progress: Sendable {
  /// Requests finished or refused.
  public let settled: Int
  /// Requests of the run.
  public let requests: Int
  /// Simulated seconds.
  public let seconds: Double
}

extension Assembly {
  /// Events between two reports of progress: about a tenth of a second.
  private static let stride = 200_000

  /// Reads the workload, simulates it and sums it up.
  ///
  /// `clock` tells the wall-clock seconds that go into `wall_time_s`, the one number that may
  /// differ between equal runs; warnings of the workload and of the result go to `warnings`.
  ///
  /// - Throws: `ConfigError` when the workload cannot be had.
  public func execute(
    exactSteps: Bool, clock: () -> Double, warnings: inout Warnings,
    progress: (Progress) -> Void
  ) throws(ConfigError) -> Execution {
    let execution = try execute(
      exactSteps: exactSteps, sharing: nil, clock: clock, warnings: &warnings
    ) {
      progress($0)
      return true
    }
    guard let execution else { preconditionFailure("a run stopped that nobody stops") }
    return execution
  }

  /// As `execute`, with a trace that other runs read too out of `traces`; nil as soon as `goesOn`
  /// answers false.
  package func execute(
    exactSteps: Bool = false, sharing traces: TraceLibrary?, clock: () -> Double,
    warnings: inout Warnings, goesOn: (Progress) -> Bool
  ) throws(ConfigError) -> Execution? {
    let start = clock()
    for caveat in caveats { warnings.warn(caveat, caveat) }
    var workload = try workload(sharing: traces)
    try cutWarmup(of: &workload.requests)
    for warning in workload.report?.warnings ?? [] { warnings.warn(warning, warning) }
    if ignoresBlocks(of: workload) {
      warnings.warn(
        "ignored blocks",
        "the trace says which prompt blocks are shared, but engine.prefix_cache.enabled is false: "
          + "all prompts are computed whole")
    }
    if let blind = blindRouter(over: workload.requests) { warnings.warn("blind router", blind) }
    var simulation = simulation(workload.requests, exactSteps: exactSteps)
    let count = workload.requests.count
    while simulation.advance(events: Self.stride) {
      let progress = Progress(
        settled: simulation.settledRequests, requests: count,
        seconds: simulation.now.seconds.value)
      guard goesOn(progress) else { return nil }
    }
    let record = simulation.record()
    if record.stop == nil { try checkMeasured(record.requests) }
    var description = try describe(record, workload.report)
    description.wallTime = clock() - start
    let summary = Summary(record, description)
    warn(of: record, summary, &warnings)
    return Execution(assembly: self, record: record, summary: summary)
  }

  private func ignoresBlocks(of workload: LoadedWorkload) -> Bool {
    let hasBlocks = (workload.report?.blocks?.rowsWithHashes ?? 0) > 0
    return hasBlocks
      && pools.allSatisfy { $0.prefixCache == nil && type(of: $0.scheduler).cachesPrefixes }
  }

  private func warn(of record: RunRecord, _ summary: Summary, _ warnings: inout Warnings) {
    let rejected = record.requests.isRejected.count { $0 }
    if rejected > 0, let row = record.requests.isRejected.firstIndex(of: true) {
      let tokens = "\(record.requests.prompt[row]) + \(record.requests.output[row]) tokens"
      let pool = pools.map { Int($0.blocks) * $0.tokensPerBlock }.max() ?? 0
      let longest = pools.map(\.context.maxModelLength).max() ?? 0
      warnings.warn(
        "unservable requests",
        "\(rejected) of \(record.requests.count) requests can never be served and are rejected, "
          + "the first is request \(row) (\(tokens)); max_model_len is \(longest), "
          + "the KV pool has \(pool) tokens")
    }
    // Of an overloaded run the verdict says as much.
    if summary.intervals.isReliable(summary.description.intervals) == false,
      summary.verdict.kind != .overloaded
    {
      let correlation = summary.intervals.correlation ?? 0
      warnings.warn(
        Warnings.correlatedBatches,
        "the \(config.statistics.batches) batch means are correlated (\(correlation.fixed(2))): "
          + "intervals (keys _ci) are too narrow; run longer, or cut the warm-up (statistics)")
    }
    let beyond = record.totals.extrapolatedSteps
    if beyond > 0 {
      warnings.warn(
        "extrapolated steps",
        "\(beyond) of \(record.totals.steps) steps lie outside what the cost model was fitted to")
    }
  }
}

// MARK: - Files

extension Execution {
  /// Writes every output file into `directory`, which is not published yet.
  ///
  /// - Throws: `ConfigError` for the first file that cannot be written, a full disk for example.
  public func write(into directory: borrowing OutputDirectory) throws(ConfigError) {
    var choice = OutputChoice()
    choice.requests = assembly.config.output.requests
    choice.steps = assembly.config.output.steps
    choice.timeseries = assembly.config.output.timeseries
    choice.links = assembly.config.output.links
    choice.users = assembly.config.output.users
    choice.timeline = assembly.config.output.timeline
    choice.instances = assembly.writesInstances
    var sink = DirectorySink(directory.partial)
    try writeOutputs(of: record, summary, choice, to: &sink)
    let yaml = assembly.config.effectiveYAML(assembly.resolved, in: directory.path)
    try sink.write(file: "config.effective.yaml", Array(yaml.utf8))
  }
}

/// Output files in a directory.
private struct DirectorySink: OutputSink, ~Copyable {
  private let directory: String
  private var file: ByteFile?

  package init(_ directory: String) {
    self.directory = directory
    file = nil
  }

  package mutating func begin(_ name: String) throws(ConfigError) {
    file = try ByteFile(creating: "\(directory)/\(name)")
  }

  package mutating func write(_ bytes: UnsafeRawBufferPointer) throws(ConfigError) {
    file?.write(bytes)
  }

  package mutating func end() throws(ConfigError) {
    guard let open = file.take() else { return }
    try open.close()
  }
}

extension Warnings {
  /// The kind of a warning that intervals within a run are too narrow.
  package static let correlatedBatches = "correlated batches"
}

// MARK: - For the console

extension Execution {
  /// One line that says what ran and, with `wallSeconds`, how fast.
  public func headline(wallSeconds: Double?) -> String {
    let config = assembly.config
    let places = assembly.pools.map { pool in
      let (count, deployment) = (pool.pool.instances.count, pool.deployment)
      let share = deployment.gpus == 1 ? "" : " of \(deployment.gpus) GPUs"
      let start = pool.pool.starting == count ? "" : "\(pool.pool.starting) to "
      return "\(start)\(count) x \(deployment.gpu.name)\(count == 1 ? "" : " instances")\(share)"
    }
    let place = places.joined(separator: " + ")
    let wall = wallSeconds.map { "\($0.fixed(2)) s wall, " } ?? ""
    let simulated = Double(Int(record.end.seconds.value * 10 + 0.5)) / 10
    return "\(assembly.modelName) on \(place), \(assembly.schedulerName), "
      + "\(record.requests.count) requests, seed \(config.seed) "
      + "[\(wall)\(simulated) s simulated]"
  }

  /// Names of the files that `write` makes.
  public var files: [String] {
    let output = assembly.config.output
    let hasTiers = record.memory != nil
    return ["summary.json", "columns.json", "config.effective.yaml"]
      + (output.requests ? ["requests.csv"] : []) + (output.timeseries ? ["timeseries.csv"] : [])
      + (hasTiers && output.timeseries ? ["tiers.csv"] : [])
      + (hasTiers && output.links ? ["links.csv"] : [])
      + (output.users && summary.fairness != nil ? ["users.csv"] : [])
      + (assembly.writesInstances ? ["instances.csv"] : [])
      + (output.steps ? ["steps.csv"] : []) + (output.timeline ? ["timeline.json"] : [])
  }
}
