internal import Catalog
public import Cluster
internal import Cost
internal import Files
internal import Memory
public import Metrics
public import Serving
internal import Units

/// Where the instances of a pool stand in their cluster.
public struct PoolPlace: Sendable, Equatable {
  /// Its name; empty when the cluster has no pools.
  public var name: String
  /// What its instances do of a request.
  public var role: InstanceRole
  /// Its instances, those that may join behind those of the start.
  public var instances: Range<Int>
  /// Instances of the start.
  public var starting: Int
}

extension Assembly {
  /// Instances of all pools, those that may join included.
  public var instanceCount: Int { pool.instances.count }

  /// GPUs of all instances, those that may join included.
  public var gpuCount: Int {
    pools.reduce(0) { $0 + $1.deployment.gpus * $1.pool.instances.count }
  }

  /// What each instance does of a request.
  public var roles: [InstanceRole] {
    pools.flatMap { pool in pool.pool.instances.map { _ in pool.pool.role } }
  }

  /// The run over `requests`; `exactSteps` plans every step anew and gives the same results.
  public func simulation(_ requests: RequestTable, exactSteps: Bool) -> Simulation {
    let count = instanceCount
    let recorder = Recorder(
      exactGaps: max(4096, 1 << 21 / count), logsSteps: config.output.steps)
    let instances = pools.flatMap {
      $0.instances(for: requests, exactSteps: exactSteps, recorder, handovers)
    }
    let second: Int64 = 1_000_000_000_000
    var links = Topology(joining: pools.map(\.topology))
    if let handovers {
      links.connect(count, by: handovers.link)
      if links.tiers.isEmpty { links.gpus = handovers.mode.gpus }
    }
    if config.output.timeline { links.logTransfers() }
    return Simulation(
      requests: requests, instances: instances, router: router, decodeRouter: decodeRouter,
      series: config.output.timeseries
        ? TimeSeries(width: second, instances: count, tiers: links.tiers.count) : nil,
      topology: links, rules: rules,
      commonTier: pools.lazy.compactMap { $0.commonTier(for: requests) }.first)
  }

  /// The instances of this pool.
  private func instances(
    for requests: RequestTable, exactSteps: Bool, _ recorder: Recorder,
    _ handovers: HandoverPlan?
  ) -> [Instance] {
    var batch = Batch(
      blocks: blocks, tokensPerBlock: Int32(tokensPerBlock),
      maxModelLength: context.maxModelLength)
    installHost(in: &batch)
    if let pageMapping { batch.mapPages(pageMapping) }
    if let handovers, pool.role != .mixed { batch.serve(as: pool.role, handovers.mode) }
    let names = prefixCache?.names(of: requests, in: batch)
    return pool.instances.map { number in
      var own = batch
      if let names {
        prefixCache?.install(names, in: &own, number: number)
        own.askedAttention = config.engine.sharedPrefixAttention.value
        installTiers(in: &own, names: names.count, number: number)
      }
      return Instance(
        batch: own, scheduler: scheduler, cost: cost, maxLeap: exactSteps ? 1 : 256,
        recorder: recorder)
    }
  }

  /// Refuses pools whose tiers are not alike, as one record has all of them.
  func checkTiers() throws(ConfigError) {
    let places = config.cluster.pools
    for (pool, place) in zip(pools, places).dropFirst() {
      let (own, first) = (pool.topology, pools[0].topology)
      guard own.tiers != first.tiers || (!own.tiers.isEmpty && own.gpus != first.gpus) else {
        continue
      }
      throw ConfigError(
        place.place, key: "cluster.pools",
        "\(place.name.value) and \(places[0].name.value) differ in the tiers under HBM; "
          + "write the same memory, block size and GPUs of an instance in both"
      ).misfit
    }
  }
}
