internal import Catalog
package import Files
internal import Kernel
internal import Serving
internal import Units

extension ExperimentConfig {
  /// Reads every key of `root`, the value of `file`.
  package init(_ root: ConfigNode, file: String) throws(ConfigError) {
    let (first, pools) = try PoolConfig.read(root, file: file)
    self = try MappingReader.read(
      first, path: "", at: .file(file),
      keys: [
        "version", "name", "seed", "model", "cluster", "engine", "router", "workload", "slo",
        "statistics", "output",
      ]
    ) { (r) throws(ConfigError) in
      let whole = Place.file(file)
      if let version = r.optional("version") { try Self.check(version: version) }
      return ExperimentConfig(
        file: file,
        name: try r.text("name", default: Paths.stem(of: file)).value,
        seed: UInt64(try r.whole("seed", default: 1, in: 0...Int.max).value),
        model: try ModelSource.read(&r),
        cluster: try ClusterConfig(
          try r.required("cluster", "cluster: {gpu: NAME}; see martlet list gpus").node, at: whole),
        engine: try EngineConfig(r.optional("engine")?.node, at: whole),
        router: try RouterConfig(&r),
        workload: try WorkloadConfig(
          try r.required("workload", "workload: {trace: FILE} or {generate: …}").node, at: whole),
        slo: try SLOConfig(r.optional("slo")?.node, at: whole),
        statistics: try StatisticsConfig(r.optional("statistics")?.node, at: whole),
        output: try OutputConfig(r.optional("output")?.node, at: whole))
    }
    cluster.pools = pools
    try cluster.settleDisaggregation()
    if !pools.isEmpty {
      cluster.instances.value = pools.reduce(0) { $0 + $1.config.cluster.instances.value }
    }
  }

  /// Refuses any version of the file format but this one.
  package static func check(version: Field) throws(ConfigError) {
    guard try version.whole(in: 0...Int.max) != Self.version else { return }
    throw version.error("\(try version.text()) is not known; this martlet reads version 1")
  }
}

extension ModelSource {
  fileprivate static func read(
    _ r: inout MappingReader
  ) throws(ConfigError) -> Located<ModelSource> {
    let field = try r.required("model", "model: NAME; see martlet list models")
    if case .mapping = field.node.content { return field.located(.inline(field.node)) }
    let text = try field.text()
    let isPath = text.contains("/") || text.hasSuffix(".json")
    return field.located(isPath ? .file(Paths.resolve(text, at: field.place)) : .name(text))
  }
}

extension ClusterConfig {
  fileprivate init(_ node: ConfigNode, at place: Place) throws(ConfigError) {
    self = try MappingReader.read(
      node, path: "cluster", at: place,
      keys: [
        "gpu", "instances", "tensor_parallel", "pipeline_parallel", "memory", "kernels",
        "price_per_gpu_hour", "power", "pools", "disaggregation",
      ] + ElasticConfig.keys
    ) { (r) throws(ConfigError) in
      let disaggregation = try r.optional("disaggregation").map { (field) throws(ConfigError) in
        try DisaggregationConfig(field.node, at: field.place)
      }
      let gpu = try r.required("gpu", "gpu: NAME; see martlet list gpus")
      let source: GPUSource
      if case .mapping = gpu.node.content {
        source = .inline(gpu.node)
      } else {
        source = .name(try gpu.text())
      }
      return ClusterConfig(
        disaggregation: disaggregation, gpu: gpu.located(source),
        instances: try r.whole("instances", default: 1, in: 1...1_000_000),
        tensorParallel: try r.whole("tensor_parallel", default: 1, in: 1...1024),
        pipelineParallel: try r.whole("pipeline_parallel", default: 1, in: 1...1024),
        memory: try r.optional("memory").map { (field) throws(ConfigError) in
          try MemoryConfig(field)
        },
        kernels: try r.optional("kernels").map { (field) throws(ConfigError) in
          let text = try field.text()
          let isName = GPU.named(text) != nil
          return field.located(isName ? text : Paths.resolve(text, at: field.place))
        },
        pricePerGPUHour: try r.number("price_per_gpu_hour", in: .notNegative)?.value,
        power: try r.optional("power").map { (field) throws(ConfigError) in
          try PowerConfig(field)
        },
        elastic: try ElasticConfig(&r))
    }
  }
}

extension EngineConfig {
  /// Tokens are counted in 32 bits.
  fileprivate static let tokens = 1...Int(Int32.max)

  fileprivate init(_ node: ConfigNode?, at place: Place) throws(ConfigError) {
    self = try MappingReader.read(
      node, path: "engine", at: place,
      keys: [
        "scheduler", "block_size", "gpu_memory_utilization", "cost", "profile", "max_model_len",
        "reserve", "kv_pool_tokens", "prefix_cache", "preemption", "allocator",
        "shared_prefix_attention",
      ]
    ) { (r) throws(ConfigError) in
      let blockSize = try r.whole("block_size", default: 16, in: 1...1024)
      guard blockSize.value.nonzeroBitCount == 1 else {
        throw blockSize.error(
          "\(blockSize.value) is not a power of two; write one from 1 to 1024")
      }
      let cache = try PrefixCacheConfig(r.optional("prefix_cache")?.node, at: r.place)
      var reading = r.standing(SharedPrefixAttention.none, for: "shared_prefix_attention")
      if let field = r.optional("shared_prefix_attention") {
        reading = field.located(try field.choice(of: SharedPrefixAttention.self))
      }
      guard reading.value == .none || cache.enabled.value else {
        throw reading.error(
          "\(reading.value.rawValue) needs the prefix cache, which knows what is shared; write "
            + "engine.prefix_cache.enabled: true")
      }
      return EngineConfig(
        scheduler: try r.policy("scheduler", default: "vllm-v1"), blockSize: blockSize,
        gpuMemoryUtilization: try r.number("gpu_memory_utilization", default: 0.9, in: .fraction),
        cost: try r.policy("cost", default: "calibrated"),
        profile: try r.policy("profile", default: "vllm-2026"),
        maxModelLength: try r.whole("max_model_len", in: Self.tokens),
        reserve: try r.quantity("reserve", default: Bytes(0), in: .notNegative),
        kvPoolTokens: try r.whole("kv_pool_tokens", in: 1...1_000_000_000),
        prefixCache: cache,
        preemption: try PreemptionConfig(&r), allocator: try AllocatorConfig(&r),
        sharedPrefixAttention: reading)
    }
  }
}

extension PrefixCacheConfig {
  fileprivate init(_ node: ConfigNode?, at place: Place) throws(ConfigError) {
    self = try MappingReader.read(
      node, path: "engine.prefix_cache", at: place,
      keys: ["enabled", "index", "eviction", "offload"]
    ) { (r) throws(ConfigError) in
      PrefixCacheConfig(
        enabled: try r.bool("enabled", default: false),
        index: try r.text("index", default: "hash"),
        eviction: try r.policy("eviction", default: "lru"),
        offload: try r.optional("offload").map { (field) throws(ConfigError) in
          try OffloadConfig(field)
        })
    }
  }
}

extension SLOConfig {
  /// Milliseconds that the clock can hold: up to 100 days.
  private static let target = NumberRange.upTo(8_640_000_000)

  fileprivate init(_ node: ConfigNode?, at place: Place) throws(ConfigError) {
    self = try MappingReader.read(
      node, path: "slo", at: place, keys: ["ttft_ms", "tpot_ms", "e2el_ms"]
    ) { (r) throws(ConfigError) in
      SLOConfig(
        timeToFirstToken: try r.number("ttft_ms", in: Self.target)?.value,
        timePerOutputToken: try r.number("tpot_ms", in: Self.target)?.value,
        endToEnd: try r.number("e2el_ms", in: Self.target)?.value)
    }
  }
}

extension OutputConfig {
  fileprivate init(_ node: ConfigNode?, at place: Place) throws(ConfigError) {
    self = try MappingReader.read(
      node, path: "output", at: place,
      keys: ["requests", "steps", "timeseries", "links", "users", "timeline", "instances"]
    ) { (r) throws(ConfigError) in
      OutputConfig(
        requests: try r.bool("requests", default: true).value,
        steps: try r.bool("steps", default: false).value,
        timeseries: try r.bool("timeseries", default: true).value,
        links: try r.bool("links", default: true).value,
        users: try r.bool("users", default: false).value,
        timeline: try r.bool("timeline", default: false).value,
        instances: try r.optional("instances").map { (field) throws(ConfigError) in
          try field.bool()
        })
    }
  }
}

extension MappingReader {
  /// A policy: a bare name, or a mapping with `name` (the default when absent) and options.
  package mutating func policy(_ key: String, default standing: String) throws(ConfigError)
    -> PolicyConfig
  {
    guard let field = try field(key) else { return PolicyConfig(self.standing(standing, for: key)) }
    return try PolicyConfig(field, default: standing)
  }
}

extension PolicyConfig {
  /// The policy in `field`, called `standing` when it gives options alone.
  init(_ field: Field, default standing: String) throws(ConfigError) {
    guard case .mapping(let entries) = field.node.content else {
      if case .sequence = field.node.content {
        throw field.error("is a list; write a name, or a mapping with name and options")
      }
      self.init(field.located(try field.text()))
      return
    }
    self.init(field.located(standing))
    for entry in entries {
      let option = Field(node: entry.value, key: "\(field.key).\(entry.key)", place: entry.place)
      if case .null = option.node.content {
        throw option.error("has no value; write one or leave the key out")
      }
      let text = try option.text()
      if entry.key == "name" {
        name = Located(text, key: field.key, at: entry.place)
      } else {
        options.append(.init(name: entry.key, text: text, at: entry.place))
      }
    }
  }
}
