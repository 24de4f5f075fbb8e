internal import Catalog
public import Files
internal import Kernel
internal import Serving
internal import Units

/// What only the later stages know of a configuration: the options of its policies, defaults
/// included, and the values of the keys that stand for "as the model or the memory has it".
public struct ResolvedConfig: Sendable {
  /// Options of `engine.scheduler`, in the order of `optionTexts`.
  public var scheduler: [(name: String, text: String)] = []
  /// Options of `engine.cost`.
  public var cost: [(name: String, text: String)] = []
  /// Options of `engine.profile`.
  public var profile: [(name: String, text: String)] = []
  /// Options of `engine.prefix_cache.eviction`.
  public var eviction: [(name: String, text: String)] = []
  /// Options of `engine.prefix_cache.offload.eviction`.
  public var lowerEviction: [(name: String, text: String)] = []
  /// Options of `cluster.autoscaler`.
  public var autoscaler: [(name: String, text: String)] = []
  /// Options of `router`.
  public var router: [(name: String, text: String)] = []
  /// Options of `cluster.disaggregation.router`.
  public var decodeRouter: [(name: String, text: String)] = []
  /// Longest request in tokens, for the comment on `max_model_len`.
  public var maxModelLength: Int?
  /// KV tokens of an instance, for the comment on `kv_pool_tokens`.
  public var kvPoolTokens: Int?
  /// What absent keys of `cluster.memory` stand for, by tier and key: `dram.link`.
  public var memory: [(key: String, text: String)] = []
  /// Draws of a GPU with and without work, for the comments on `cluster.power`.
  public var power: (idle: String, busy: String)?
  /// The same of each pool; none without pools.
  public var pools: [ResolvedConfig] = []

  /// Nothing resolved: policies are written with the options of the file alone.
  public init() {}
}

extension ExperimentConfig {
  /// The text of config.effective.yaml: every key with its value, in the order of the manual.
  ///
  /// Paths are written as seen from `directory`, where the file will lie. Reading the text there
  /// and writing it again gives the same bytes.
  public func effectiveYAML(_ resolved: ResolvedConfig, in directory: String) -> String {
    yaml(resolved) { Paths.relative($0, to: directory) }
  }

  /// 16 hexadecimal digits that stand for every setting.
  ///
  /// A path counts by the content of its file; the trace does not count, `trace_hash` stands for
  /// it.
  ///
  /// - Throws: `ConfigError` when a file of a model or a distribution cannot be read.
  public func configHash(_ resolved: ResolvedConfig) throws(ConfigError) -> String {
    var contents: [String: String] = [:]  // only looked up
    for path in paths {
      var hash = ContentHash()
      for byte in try Self.text(of: path).utf8 { hash.add(byte) }
      contents[path] = hash.hex
    }
    var hash = ContentHash()
    var unnamed = self  // a name is a label, and often the file's
    unnamed.name = "-"
    for byte in unnamed.yaml(resolved, path: { contents[$0] ?? "-" }).utf8 { hash.add(byte) }
    return hash.hex
  }

  /// The small files that the experiment names.
  private var paths: [String] {
    var paths: [String] = []
    for config in [self] + cluster.pools.map(\.config) {
      if case .file(let path) = config.model.value { paths.append(path) }
      if let kernels = config.cluster.kernels, GPU.named(kernels.value) == nil {
        paths.append(kernels.value)
      }
    }
    var distributions: [DistributionConfig] = []
    switch workload {
    case .generate(let generate):
      distributions = [generate.inputTokens.value, generate.outputTokens.value]
      distributions += generate.prefixTree?.distributions ?? []
      distributions += generate.sessions?.distributions ?? []
    case .trace(let trace):
      distributions = [trace.thinkTime?.value.distribution].compactMap { $0 }
    case .servegen: break
    }
    for distribution in distributions {
      if case .empirical(let file, _) = distribution.shape { paths.append(file) }
    }
    return paths
  }

  private func yaml(_ resolved: ResolvedConfig, path: (String) -> String) -> String {
    var out = YAMLWriter()
    out.key("version", "\(Self.version)")
    out.key("name", Scalar.written(name))
    out.key("seed", "\(seed)")
    write(model.value, path: path, to: &out)
    write(cluster, resolved, path: path, to: &out)
    write(engine, resolved, to: &out)
    out.router(router, resolved.router)
    out.block("workload") { out in
      switch workload {
      case .trace(let trace): write(trace, path: path, to: &out)
      case .generate(let generate): write(generate, path: path, to: &out)
      case .servegen(let servegen): write(servegen, path: path, to: &out)
      }
    }
    out.block("slo") { out in
      out.optional("ttft_ms", slo.timeToFirstToken)
      out.optional("tpot_ms", slo.timePerOutputToken)
      out.optional("e2el_ms", slo.endToEnd)
    }
    out.block("statistics") { out in
      let warmup = statistics.warmup.map { Scalar.written("\($0.value)") }
      out.optional("warmup", warmup, absent: "no request is left out")
      out.optional("warmup_requests", statistics.warmupRequests?.value)
      out.key("batches", "\(statistics.batches)")
      out.key("confidence", "\(statistics.confidence)")
    }
    out.block("output") { out in
      out.key("requests", "\(output.requests)")
      out.key("steps", "\(output.steps)")
      out.key("timeseries", "\(output.timeseries)")
      if cluster.memory != nil || cluster.disaggregation != nil {
        out.key("links", "\(output.links)")
      }
      if output.users { out.key("users", "true") }
      out.key("timeline", "\(output.timeline)")
      if let instances = output.instances { out.key("instances", "\(instances)") }
    }
    return out.text
  }

  /// `engine`; that of a pool has every key, as what it lacks is that of the first pool.
  func write(
    _ engine: EngineConfig, _ resolved: ResolvedConfig, isPool: Bool = false,
    to out: inout YAMLWriter
  ) {
    out.block("engine") { out in
      out.policy("scheduler", engine.scheduler, resolved.scheduler)
      out.key("block_size", "\(engine.blockSize.value)")
      out.key("gpu_memory_utilization", "\(engine.gpuMemoryUtilization.value)")
      out.policy("cost", engine.cost, resolved.cost)
      out.policy("profile", engine.profile, resolved.profile)
      out.optional(
        "max_model_len", engine.maxModelLength?.value,
        absent: "the model's", resolved.maxModelLength)
      out.key("reserve", Scalar.written("\(engine.reserve.value)"))
      out.optional(
        "kv_pool_tokens", engine.kvPoolTokens?.value,
        absent: "what the memory leaves", resolved.kvPoolTokens)
      out.block("prefix_cache") { out in
        out.key("enabled", "\(engine.prefixCache.enabled.value)")
        out.key("index", Scalar.written(engine.prefixCache.index.value))
        out.policy("eviction", engine.prefixCache.eviction, resolved.eviction)
        if isPool, engine.prefixCache.offload == nil { out.key("offload", "null") }
        out.offload(engine.prefixCache.offload, resolved.lowerEviction)
      }
      out.preemption(engine.preemption)
      if isPool, engine.allocator.name.value == .paged { out.key("allocator", "paged") }
      out.allocator(engine.allocator)
      if isPool || engine.sharedPrefixAttention.value != .none {
        out.key("shared_prefix_attention", engine.sharedPrefixAttention.value.rawValue)
      }
    }
  }

  private func write(
    _ trace: TraceConfig, path: (String) -> String, to out: inout YAMLWriter
  ) {
    out.key("trace", Scalar.written(path(trace.path.value)))
    out.key("format", Scalar.written(trace.format.value))
    out.optional("limit", trace.limit?.value)
    out.key("speedup", "\(trace.speedup.value)")
    out.optional("rate", trace.rate?.value)
    out.optional("concurrency", trace.concurrency?.value)
    out.optional("block_tokens", trace.blockTokens?.value)
    out.optional(
      "sessions", trace.sessions?.value.rawValue,
      absent: "open where turns have times, else closed")
    if let delay = trace.thinkTime?.value {
      out.delay("think_time", delay, path: path)
    } else {
      out.key("think_time", "null", comment: "delays are those of the trace")
    }
    if let most = trace.maxInputTokens { out.key("max_input_tokens", "\(most.value)") }
    if let gap = trace.sessionGap { out.key("session_gap", Scalar.written("\(gap.value)")) }
    if let count = trace.charactersPerToken { out.key("characters_per_token", "\(count.value)") }
  }

  private func write(
    _ generate: GenerateConfig, path: (String) -> String, to out: inout YAMLWriter
  ) {
    let mode = generate.sessionMode?.value ?? .closed
    out.optional("sessions", generate.sessions.map { _ in mode.rawValue })
    out.block("generate") { out in
      switch generate.extent.value {
      case .requests(let count): out.key("requests", "\(count)")
      case .duration(let time): out.key("duration", Scalar.written("\(time)"))
      case .sessions, .tree: break
      }
      out.block("arrivals") { out in
        for (name, value) in generate.arrivals.value.parameters { out.key(name, value) }
      }
      for (key, lengths) in [
        ("input_tokens", generate.inputTokens.value),
        ("output_tokens", generate.outputTokens.value),
      ] {
        out.block(key) { out in
          for (name, value) in lengths.parameters(path: path) { out.key(name, value) }
        }
      }
      out.optional("max_total_tokens", generate.maxTotalTokens?.value)
      if let tree = generate.prefixTree { out.prefixTree(tree, path: path) }
      if let sessions = generate.sessions {
        var count: Int?
        if case .sessions(let number) = generate.extent.value { count = number }
        out.sessions(sessions, count: count, path: path)
      } else {
        out.key("sessions", "null", comment: "each request is alone")
      }
    }
  }
}

extension ExperimentConfig {
  private func write(
    _ servegen: ServeGenConfig, path: (String) -> String, to out: inout YAMLWriter
  ) {
    out.block("servegen") { out in
      out.key("data", Scalar.written(path(servegen.data.value)))
      out.optional("category", servegen.category.map { Scalar.written($0.value) })
      out.optional("model", servegen.model.map { Scalar.written($0.value) })
      out.key("start", Scalar.written("\(servegen.start.value)"))
      out.key("duration", Scalar.written("\(servegen.duration.value)"))
      out.optional("clients", servegen.clients?.value)
    }
    out.optional("limit", servegen.limit?.value)
    out.optional("rate", servegen.rate?.value)
  }
}

extension GenerateConfig.Arrivals {
  /// Keys and values as a file has them.
  fileprivate var parameters: [(String, String)] {
    switch self {
    case .poisson(let rate): [("process", "poisson"), ("rate", "\(rate)")]
    case .gamma(let rate, let cv): [("process", "gamma"), ("rate", "\(rate)"), ("cv", "\(cv)")]
    case .fixed(let rate): [("process", "fixed"), ("rate", "\(rate)")]
    case .burst: [("process", "burst")]
    case .closed(let concurrency):
      [("process", "closed"), ("concurrency", "\(concurrency)")]
    case .mmpp(let onRate, let offRate, let onTime, let offTime):
      [
        ("process", "mmpp"), ("on_rate", "\(onRate)"), ("off_rate", "\(offRate)"),
        ("on_time", Scalar.written("\(onTime)")), ("off_time", Scalar.written("\(offTime)")),
      ]
    case .diurnal(let rate, let amplitude, let period, let phase):
      [
        ("process", "diurnal"), ("rate", "\(rate)"), ("amplitude", "\(amplitude)"),
        ("period", Scalar.written("\(period)")), ("phase", Scalar.written("\(phase)")),
      ]
    }
  }
}

extension DistributionConfig {
  /// Keys and values as a file has them; those of a time have units.
  func parameters(path: (String) -> String, isTime: Bool = false) -> [(String, String)] {
    guard isTime else { return parameters(path: path) }
    return parameters(path: path).map { key, value in
      guard ["value", "mean", "min", "max"].contains(key), let seconds = Double(value) else {
        return (key, value)
      }
      return (key, Scalar.written("\(Seconds(seconds))"))
    }
  }

  private func parameters(path: (String) -> String) -> [(String, String)] {
    var list: [(String, String)]
    switch shape {
    case .empirical(let file, let column):
      list = [
        ("distribution", "empirical"), ("file", Scalar.written(path(file))),
        ("column", Scalar.written(column)),
      ]
    case .family(let family):
      list = family.parameters
      if case .uniform = family { return list }
      if case .zipf = family { return list + [("min", min.map { "\($0)" } ?? "null")] }
    }
    return list + [("min", min.map { "\($0)" } ?? "null"), ("max", max.map { "\($0)" } ?? "null")]
  }
}

extension Distribution.Family {
  fileprivate var parameters: [(String, String)] {
    switch self {
    case .fixed(let value): [("distribution", "fixed"), ("value", "\(value)")]
    case .uniform(let min, let max):
      [("distribution", "uniform"), ("min", "\(min)"), ("max", "\(max)")]
    case .exponential(let mean): [("distribution", "exponential"), ("mean", "\(mean)")]
    case .gamma(let mean, let cv):
      [("distribution", "gamma"), ("mean", "\(mean)"), ("cv", "\(cv)")]
    case .lognormal(let mean, let cv):
      [("distribution", "lognormal"), ("mean", "\(mean)"), ("cv", "\(cv)")]
    case .pareto(let mean, let shape):
      [("distribution", "pareto"), ("mean", "\(mean)"), ("shape", "\(shape)")]
    case .geometric(let mean): [("distribution", "geometric"), ("mean", "\(mean)")]
    case .zipf(let exponent, let max):
      [("distribution", "zipf"), ("exponent", "\(exponent)"), ("max", "\(max)")]
    case .empirical: [("distribution", "empirical")]
    }
  }
}
