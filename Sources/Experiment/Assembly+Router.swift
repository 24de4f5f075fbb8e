internal import Catalog
public import Cluster
internal import Cost
internal import Files
internal import Metrics
internal import Serving
internal import Units

extension Assembly {
  /// How the cluster tells its router what goes on, and who is in it when.
  public var rules: ClusterRules {
    var rules = ClusterRules()
    let router = config.router
    rules.refresh = router.refresh.value
    rules.addsOwnPicks = router.addsOwnPicks.value
    rules.latency = router.latency.value
    rules.coldStart = config.cluster.elastic.coldStart.value
    rules.retries = config.cluster.elastic.retries.value
    rules.retryDelay = config.cluster.elastic.retryDelay.value
    (rules.changes, rules.absent) = (elasticity.changes, elasticity.absent)
    rules.scaling = elasticity.scaling
    if case .approximate(let capacity) = router.index.value {
      rules.index = .approximate(capacityTokens: capacity)
    }
    return rules
  }

  /// What routers are told of the cluster.
  var routerContext: RouterContext {
    var chunk = StepShape()
    chunk.addChunk(tokens: 2048, after: 0)
    let times = pools.flatMap { pool in
      Array(repeating: pool.cost.time(of: chunk).value / 2048, count: pool.pool.instances.count)
    }
    return RouterContext(
      instances: instanceCount, seed: config.seed, promptTokenTimes: times,
      ttftTarget: config.slo.timeToFirstToken.map { $0 * 1e-3 })
  }

  /// The router that `policy` names; `shared` are the keys that stand beside its own.
  static func router(
    _ policy: PolicyConfig, _ context: RouterContext, _ resolved: inout ResolvedConfig,
    shared: [String] = []
  ) throws(ConfigError) -> any Router {
    func make<R: Router>(_ type: R.Type) throws(ConfigError) -> any Router {
      let (options, texts) = try policy.options("router", shared: shared) {
        R.fault($0, in: context)
      }
      resolved.router = texts
      return R(options, context)
    }
    let type = try policy.pick("router", of: routers) { $0.name }
    return try make(type)
  }

  /// What to say of a router that asks for hits of which there are none.
  static func blindRouter(_ router: any Router, _ pools: [Assembly]) -> String? {
    let caches = pools.contains { $0.config.engine.prefixCache.enabled.value }
    guard type(of: router).readsHits, !caches else { return nil }
    return "router \(type(of: router).name) asks which instance has cached a prompt, but "
      + "engine.prefix_cache.enabled is false: nothing ever is"
  }

  /// The same of a workload whose prompts nobody can compare.
  func blindRouter(over requests: RequestTable) -> String? {
    // Without any cache that has been said already.
    let caches = pools.contains { $0.config.engine.prefixCache.enabled.value }
    guard type(of: router).readsHits, caches, requests.chains == nil else { return nil }
    return "router \(type(of: router).name) asks which instance has cached a prompt, but the "
      + "workload does not say which prompts begin alike: nothing is found"
  }
}
