public import Catalog
public import Cluster
public import Cost
public import Files
internal import Kernel
public import Metrics
internal import Schedulers
public import Serving
internal import Units
internal import Workload

/// An experiment whose names are looked up and whose parts fit together: ready to run.
///
/// Read after `ExperimentConfig`: here names become values, once.
public struct Assembly: Sendable {
  /// The experiment as written.
  public private(set) var config: ExperimentConfig
  /// The model on the GPUs of one instance.
  public let deployment: Deployment
  /// KV blocks of one instance.
  public let blocks: Int32
  /// The pages that are mapped for KV; nil when its blocks are found by a table.
  public let pages: PagePlan?
  /// Limits that the scheduler is told.
  public let context: EngineContext
  /// The time of a step.
  public let cost: any CostModel
  /// The tiers under HBM.
  public let memory: MemoryPlan
  /// The scheduler of every instance; each has its own copy.
  public let scheduler: any Scheduler
  /// The prefix cache of every instance; nil without.
  let prefixCache: PrefixCacheMaker?
  /// The router of the cluster.
  public private(set) var router: any Router
  /// The router of the instances that decode what others have prefilled.
  private(set) var decodeRouter: any Router
  /// How those get the KV; nil where every instance serves whole requests.
  private(set) var handovers: HandoverPlan?
  /// What a GPU draws; nil when the experiment does not ask.
  public let power: PowerDraw?
  /// Options and derived values for config.effective.yaml.
  public private(set) var resolved: ResolvedConfig
  /// What a reader of the results should be warned of before the run.
  public private(set) var caveats: [String]
  /// The name of the pool, its role and its instances in the order of the cluster; of a whole
  /// cluster of pools everything but these, `config` and the router is that of the first.
  public private(set) var pool: PoolPlace
  private var parts: [Assembly] = []
  /// Who comes and goes.
  private(set) var elasticity = Elasticity()

  /// The pools of the cluster, in order; this alone when its instances are alike.
  public var pools: [Assembly] { parts.isEmpty ? [self] : parts }

  /// Looks up every name of `config` and checks that the parts fit together.
  ///
  /// - Throws: `ConfigError` for an unknown name or option, a model that does not divide or fit,
  ///   and settings that exclude each other.
  public init(_ config: ExperimentConfig) throws(ConfigError) {
    let reserves = try Self.reserves(config)
    var parts: [Assembly] = []
    var first = 0
    for (pool, reserve) in zip(config.cluster.pools, reserves) {
      let count = pool.config.cluster.instances.value
      let place = PoolPlace(
        name: pool.name.value, role: pool.role.value, instances: first..<first + count + reserve,
        starting: count)
      parts.append(try Assembly(pool.config, at: place))
      first += count + reserve
    }
    if parts.isEmpty {
      let count = config.cluster.instances.value
      self = try Assembly(
        config,
        at: PoolPlace(
          name: "", role: .mixed, instances: 0..<count + reserves[0], starting: count))
    } else {
      self = parts[0].leading(parts, as: config)
      try checkTiers()
    }
    elasticity = try Self.elasticity(config, pools, &resolved)
    router = try Self.router(
      config.router.policy, routerContext, &resolved, shared: RouterConfig.keys)
    decodeRouter = router
    if let disaggregation = config.cluster.disaggregation {
      try checkPhases()
      handovers = try handoverPlan()
      var known = ResolvedConfig()
      var context = routerContext
      context.stream = "decode-router"
      decodeRouter = try Self.router(disaggregation.router, context, &known)
      resolved.decodeRouter = known.router
    }
    for pool in parts.dropFirst() {
      caveats += pool.caveats.filter { !caveats.contains($0) }
    }
    caveats += [Self.blindRouter(router, pools)].compactMap { $0 }
  }

  /// The cluster of `config` that this is the first pool of.
  private func leading(_ pools: [Assembly], as config: ExperimentConfig) -> Assembly {
    var cluster = self
    cluster.config = config
    cluster.parts = pools
    cluster.pool = PoolPlace(
      name: "", role: .mixed, instances: 0..<(pools.last?.pool.instances.upperBound ?? 0),
      starting: pools.reduce(0) { $0 + $1.pool.starting })
    cluster.resolved.pools = pools.map(\.resolved)
    return cluster
  }

  /// The like instances of `config`; the router is yet to be made.
  private init(_ config: ExperimentConfig, at pool: PoolPlace) throws(ConfigError) {
    self.config = config
    self.pool = pool
    var resolved = ResolvedConfig()
    let profile = try Self.profile(config.engine.profile, &resolved)
    deployment = try Self.deployment(config, profile)
    let longest = config.engine.maxModelLength?.value ?? deployment.model.maxContext
    pages = try PagePlan(config, deployment)
    blocks = try Self.blocks(config, deployment, pages)
    context = EngineContext(
      maxModelLength: Int32(clamping: longest), gpuMemory: deployment.gpu.memory,
      seed: config.seed)
    var caveats: [String] = []
    let kernels = try Self.kernels(config.cluster.kernels, deployment, &caveats)
    cost = try Self.cost(
      config.engine.cost, deployment,
      try Self.contiguous(kernels, config.engine, deployment.gpu), &resolved)
    scheduler = try Self.scheduler(config.engine.scheduler, context, &resolved)
    memory = try Self.memory(config, deployment, instances: pool.instances.count, &resolved)
    try Self.checkPreemption(of: config, scheduler)
    try Self.checkOffload(of: config)
    try Self.checkAllocator(of: config, scheduler)
    prefixCache = try PrefixCacheMaker(config, scheduler, &resolved)
    router = RoundRobin(NoOptions(), RouterContext(instances: pool.instances.count))
    decodeRouter = router
    power = try Self.power(config.cluster.power, deployment.gpu, &resolved)
    try Self.check(config.statistics, against: config.workload)
    resolved.maxModelLength = longest
    resolved.kvPoolTokens = Int(blocks) * (pages?.tokens ?? config.engine.blockSize.value)
    self.resolved = resolved
    self.caveats =
      caveats + [cost.caveat, Self.idleTiers(config, scheduler)].compactMap { $0 }
      + Self.caveats(of: deployment.model, longest: longest)
  }

  private static func caveats(of model: Model, longest: Int) -> [String] {
    var caveats: [String] = []
    if longest > model.maxContext {
      caveats.append(
        "max_model_len \(longest) is above the \(model.maxContext) tokens of \(model.name)")
    }
    if model.windowedLayers > 0, longest > model.window {
      caveats.append(
        "the sliding window of \(model.name) (\(model.window) tokens) is not modelled: "
          + "longer contexts cost and store as full attention does")
    }
    return caveats
  }
}

// MARK: - Names to values

extension Assembly {
  private static func profile(
    _ policy: PolicyConfig, _ resolved: inout ResolvedConfig
  ) throws(ConfigError) -> EngineProfile {
    guard var profile = EngineProfile.named(policy.name.value) else {
      throw .unknown(
        "engine profile", policy.name.value, known: EngineProfile.all.map(\.name),
        at: policy.name.place)
    }
    let options = try decodeOptions(ProfileOptions.self, from: policy, kind: "profile")
    for (name, of, to) in ProfileOptions.times
    where policy.options.contains(where: { $0.name == name }) {
      profile[keyPath: to] = options[keyPath: of]
    }
    resolved.profile = ProfileOptions.texts(of: profile)
    return profile
  }

  private static func deployment(
    _ config: ExperimentConfig, _ profile: EngineProfile
  ) throws(ConfigError) -> Deployment {
    let cluster = config.cluster
    let model = try model(config.model)
    let gpu = try gpu(cluster.gpu)
    do {
      return try Deployment(
        model: model, gpu: gpu, tensorParallel: cluster.tensorParallel.value,
        pipelineParallel: cluster.pipelineParallel.value, profile: profile)
    } catch {
      throw ConfigError(cluster.tensorParallel.place, error.description).misfit
    }
  }

  /// The model that `source` names, reads or spells out.
  public static func model(_ source: Located<ModelSource>) throws(ConfigError) -> Model {
    do {
      switch source.value {
      case .name(let name):
        guard let model = Model.named(name) else {
          throw ConfigError.unknown(
            "model", name, known: Model.all.map(\.name), at: source.place)
        }
        return model
      case .file(let path):
        var model = try Model(huggingFaceConfig: path)
        // The folder names the model, however the path was written.
        if let whole = Posix.realPath(path) {
          model.name = Paths.last(of: Paths.directory(of: whole))
        }
        return model
      case .inline(let node):
        var json: [UInt8] = []
        node.json.write(into: &json)
        return try Model(huggingFaceConfig: json, path: "model")
      }
    } catch let error as ConfigError {
      throw error
    } catch {
      throw ConfigError(source.place, "\(error)")
    }
  }

  /// The GPU that `source` names or spells out.
  public static func gpu(_ source: Located<GPUSource>) throws(ConfigError) -> GPU {
    switch source.value {
    case .name(let name):
      guard let gpu = GPU.named(name) else {
        throw .unknown("GPU", name, known: GPU.all.map(\.name), at: source.place)
      }
      return gpu
    case .inline(let node):
      guard case .mapping(let entries) = node.content else {
        throw source.error("is \(node.found); write a name or a block of its fields")
      }
      var fields: [(key: String, value: String)] = []
      for entry in entries {
        guard GPU.inlineKeys.contains(entry.key) else {
          throw .unknown("GPU field", entry.key, known: GPU.inlineKeys, at: entry.place)
        }
        guard case .scalar(let text, _) = entry.value.content else {
          throw ConfigError(entry.place, "\(entry.key) is \(entry.value.found), not a value")
        }
        fields.append((entry.key, text))
      }
      do {
        return try GPU(inline: fields)
      } catch {
        throw ConfigError(source.place, error.description)
      }
    }
  }

  private static func blocks(
    _ config: ExperimentConfig, _ deployment: Deployment, _ pages: PagePlan?
  ) throws(ConfigError) -> Int32 {
    let engine = config.engine
    let size = pages?.tokens ?? engine.blockSize.value
    let blocks: Int
    do {
      let pool = try KVPool(
        deployment, utilization: engine.gpuMemoryUtilization.value, reserve: engine.reserve.value,
        blockSize: size)
      blocks = pool.blocks
    } catch {
      throw ConfigError(config.cluster.gpu.place, error.description).misfit
    }
    guard let tokens = engine.kvPoolTokens else { return Int32(clamping: blocks) }
    guard tokens.value >= size else {
      let unit = pages == nil ? "block" : "page group"
      throw tokens.error("\(tokens.value) is less than one \(unit) of \(size) tokens").misfit
    }
    return Int32(clamping: tokens.value / size)
  }

  /// The constants of the file at `path` over those of the GPU, or those of the GPU that it names;
  /// nil without either.
  private static func kernels(
    _ path: Located<String>?, _ deployment: Deployment, _ caveats: inout [String]
  ) throws(ConfigError) -> KernelProfile? {
    guard let path else { return nil }
    if let gpu = GPU.named(path.value) {
      if gpu.name != deployment.gpu.name {
        caveats.append("kernels run with constants of \(gpu.name), not of \(deployment.gpu.name)")
      }
      return KernelProfile(of: gpu)
    }
    if (try? Posix.kind(of: path.value)) == nil {
      throw path.error(
        "\"\(path.value)\" is neither a file nor a GPU of the catalogue (martlet list gpus)")
    }
    var kernels = KernelProfile(of: deployment.gpu)
    let file = try KernelFile(path.value)
    if file.constants.gpu != deployment.gpu.name {
      caveats.append(
        "\(path.value) was fitted to \(file.constants.gpu), not to \(deployment.gpu.name)")
    }
    kernels.replace(with: file.constants)
    kernels.source = "\(Paths.last(of: path.value)), else \(kernels.source)"
    return kernels
  }

  private static func cost(
    _ policy: PolicyConfig, _ deployment: Deployment, _ kernels: KernelProfile?,
    _ resolved: inout ResolvedConfig
  ) throws(ConfigError) -> any CostModel {
    func make<M: CostModel>(_ type: M.Type) throws(ConfigError) -> any CostModel {
      let options = try decodeOptions(M.Options.self, from: policy, kind: "cost")
      resolved.cost = optionTexts(options)
      return M(options, deployment, kernels)
    }
    let type = try policy.pick("cost model", of: costModels) { $0.name }
    return try make(type)
  }

  private static func scheduler(
    _ policy: PolicyConfig, _ context: EngineContext, _ resolved: inout ResolvedConfig
  ) throws(ConfigError) -> any Scheduler {
    func make<S: Scheduler>(_ type: S.Type) throws(ConfigError) -> any Scheduler {
      let (options, texts) = try policy.options("scheduler") { S.fault($0, in: context) }
      resolved.scheduler = texts
      return S(options, context)
    }
    let type = try policy.pick("scheduler", of: schedulers) { $0.name }
    return try make(type)
  }
}

/// What an experiment may set of an engine profile; what it leaves out is the profile's own.
struct ProfileOptions: PolicyOptions {
  /// Host time per step.
  var hostTime = Seconds(0)
  /// Host time per sequence of a step.
  var hostTimePerSequence = Seconds(0)
  /// Time to launch the kernels of one layer one by one.
  var launchTimePerLayer = Seconds(0)
  /// What a step with prompts takes longer.
  var promptTime = Seconds(0)
  /// Time between steps that nothing overlaps.
  var gap = Seconds(0)

  /// Key, where it is kept here and in the profile.
  static let times:
    [(
      String, any WritableKeyPath<ProfileOptions, Seconds> & Sendable,
      any WritableKeyPath<EngineProfile, Seconds> & Sendable
    )] = [
      ("host_time", \.hostTime, \.hostTime),
      ("host_time_per_sequence", \.hostTimePerSequence, \.hostTimePerSequence),
      ("launch_time_per_layer", \.launchTimePerLayer, \.launchTimePerLayer),
      ("prompt_time", \.promptTime, \.promptTime),
      ("gap", \.gap, \.gap),
    ]

  /// Every key with the value of `profile`.
  static func texts(of profile: EngineProfile) -> [(name: String, text: String)] {
    times.map { ($0.0, profile[keyPath: $0.2].description) }
  }

  package var fault: String? {
    for (name, path, _) in Self.times where self[keyPath: path].value < 0 {
      return "\(name) must not be negative"
    }
    return nil
  }
}
