internal import Cluster
internal import Files
internal import Kernel
internal import Metrics
internal import Units

extension Assembly {
  /// Who comes and goes in a cluster whose pools are laid out.
  struct Elasticity: Sendable {
    /// What happens at known times.
    var changes: [PlannedChange] = []
    /// Instances that are not there at the start.
    var absent: [Int] = []
    /// Who scales.
    var scaling: ScalingRule?
  }

  /// Most instances that can join: each that does costs time that grows with their number.
  private static let mostToJoin = 10_000

  /// Instances that each pool of `config` has beyond those of the start: so many may join.
  static func reserves(_ config: ExperimentConfig) throws(ConfigError) -> [Int] {
    let cluster = config.cluster
    let starts =
      cluster.pools.isEmpty
      ? [cluster.instances.value] : cluster.pools.map(\.config.cluster.instances.value)
    var reserves = starts.map { _ in 0 }
    for event in cluster.elastic.events {
      guard case .join(let count, let pool) = event.action.value else { continue }
      reserves[try index(ofPool: pool, cluster, event.action.place, "join")] += count
      let all = reserves.reduce(0, +)
      guard all <= mostToJoin else {
        throw event.action.error(
          "lets \(all) instances join, all events together; write at most \(mostToJoin)"
        ).misfit
      }
    }
    guard let scaler = cluster.elastic.autoscaler else { return reserves }
    for event in cluster.elastic.events {
      switch event.action.value {
      case .join, .leave:
        throw event.action.error(
          "stands beside cluster.autoscaler, which decides who joins and leaves; "
            + "leave the one or the other out"
        ).misfit
      case .fail, .slow: break
      }
    }
    let place = scaler.pool?.place ?? scaler.policy.name.place
    let own = try index(ofPool: scaler.pool?.value, cluster, place, "autoscaler")
    guard starts[own] <= scaler.most.value else {
      throw scaler.most.error(
        "\(scaler.most.value) is below the \(starts[own]) instances of the start; "
          + "write at least as many"
      ).misfit
    }
    reserves[own] = scaler.most.value - starts[own]
    guard reserves[own] <= mostToJoin else {
      throw scaler.most.error(
        "\(scaler.most.value) lets \(reserves[own]) instances join; write at most "
          + "\(starts[own] + mostToJoin)"
      ).misfit
    }
    return reserves
  }

  /// Index of the pool called `name`; of the only one without a name.
  private static func index(
    ofPool name: String?, _ cluster: ClusterConfig, _ place: Place, _ what: String
  ) throws(ConfigError) -> Int {
    let names = cluster.pools.map(\.name.value)
    guard let name else {
      guard names.count > 1 else { return 0 }
      throw ConfigError(
        place, key: "cluster", "has \(names.count) pools; write pool: \(names[0]) beside \(what)")
    }
    guard let index = names.firstIndex(of: name) else {
      throw .unknown("pool", name, known: names, at: place)
    }
    return index
  }

  /// What the events and the autoscaler of `config` mean for `pools`.
  static func elasticity(
    _ config: ExperimentConfig, _ pools: [Assembly], _ resolved: inout ResolvedConfig
  ) throws(ConfigError) -> Elasticity {
    let elastic = config.cluster.elastic
    var result = Elasticity()
    var next = pools.map { $0.pool.instances.lowerBound + $0.pool.starting }
    for (pool, first) in zip(pools, next) {
      result.absent += Array(first..<pool.pool.instances.upperBound)
    }
    let count = pools.last?.pool.instances.upperBound ?? 0
    var slows: [Slow] = []
    for event in elastic.events {
      let action = event.action
      func checked(_ number: Int) throws(ConfigError) -> Int {
        guard number >= count else { return number }
        throw action.error(
          "\(number) is no instance; there are 0 to \(count - 1), those that join included"
        ).misfit
      }
      // A sum with an instant is never the same instant.
      let time = event.time.value > 0 ? Instant.zero + event.time : .zero
      func plan(_ kind: PlannedChange.Kind, _ number: Int, after delay: Seconds = Seconds(0)) {
        let time = delay.value > 0 ? time + delay : time
        result.changes.append(PlannedChange(at: time, kind, instance: number))
      }
      switch action.value {
      case .join(let count, let pool):
        let own = try index(ofPool: pool, config.cluster, action.place, "join")
        for number in next[own]..<next[own] + count { plan(.join, number) }
        next[own] += count
      case .leave(let number): plan(.leave, try checked(number))
      case .fail(let number, let restart):
        plan(restart.map { .outage($0) } ?? .fail, try checked(number))
      case .slow(let number, let factor, let duration):
        let end = duration.map { time + $0 } ?? .never
        slows.append(Slow(instance: try checked(number), start: time, end: end, factor: factor))
      }
    }
    result.changes += Slow.changes(slows)
    result.scaling = try scaling(config, pools, &resolved)
    return result
  }

  private static func scaling(
    _ config: ExperimentConfig, _ pools: [Assembly], _ resolved: inout ResolvedConfig
  ) throws(ConfigError) -> ScalingRule? {
    guard let scaler = config.cluster.elastic.autoscaler else { return nil }
    let context = AutoscalerContext(ttftTarget: config.slo.timeToFirstToken.map { $0 * 1e-3 })
    let policy = scaler.policy
    func make<A: Autoscaler>(_ type: A.Type) throws(ConfigError) -> any Autoscaler {
      let (options, texts) = try policy.options("autoscaler", shared: AutoscalerConfig.keys) {
        A.fault($0, in: context)
      }
      resolved.autoscaler = texts
      return A(options, context)
    }
    let type = try policy.pick("autoscaler", of: autoscalers) { $0.name }
    let own = try index(
      ofPool: scaler.pool?.value, config.cluster, policy.name.place, "autoscaler")
    return ScalingRule(
      try make(type), instances: pools[own].pool.instances, fewest: scaler.fewest.value,
      most: scaler.most.value, interval: scaler.interval.value, cooldown: scaler.cooldown.value)
  }
}

/// A time in which an instance is slow.
private struct Slow {
  let instance: Int
  let start: Instant
  let end: Instant
  let factor: Double

  /// What happens when: of those that overlap the one that began last counts.
  static func changes(_ all: [Slow]) -> [PlannedChange] {
    var changes: [PlannedChange] = []
    for i in Set(all.map(\.instance)).sorted() {
      let own = all.filter { $0.instance == i }
      let times = Set(own.map(\.start) + own.map(\.end)).subtracting([.never])
      for time in times.sorted() {
        let active = own.enumerated().filter { $0.element.start <= time && time < $0.element.end }
        let last = active.max { ($0.element.start, $0.offset) < ($1.element.start, $1.offset) }
        changes.append(
          PlannedChange(at: time, .slow(last?.element.factor ?? 1), instance: i))
      }
    }
    return changes
  }
}
