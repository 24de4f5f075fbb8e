internal import Catalog
internal import Cost
internal import Files
internal import Metrics
internal import Serving
internal import Units
internal import Workload

extension Assembly {
  /// The model, or those of all pools.
  var modelName: String { Self.joined(pools.map(\.deployment.model.name)) }

  /// The scheduler, or those of all pools.
  var schedulerName: String { Self.joined(pools.map(\.config.engine.scheduler.name.value)) }

  /// The GPU; of pools with different ones how many of each, `2 x a + 4 x b`.
  var gpuName: String {
    var kinds: [(name: String, count: Int)] = []
    for pool in pools {
      let (name, count) = (pool.deployment.gpu.name, pool.deployment.gpus * pool.instanceCount)
      if let known = kinds.firstIndex(where: { $0.name == name }) {
        kinds[known].count += count
      } else {
        kinds.append((name, count))
      }
    }
    guard kinds.count > 1 else { return deployment.gpu.name }
    return kinds.map { "\($0.count) x \($0.name)" }.joined(separator: " + ")
  }

  /// The different names, in order.
  private static func joined(_ names: [String]) -> String {
    var different: [String] = []
    for name in names where !different.contains(name) { different.append(name) }
    return different.joined(separator: " + ")
  }

  /// Whether instances.csv is written.
  public var writesInstances: Bool { config.output.instances ?? (instanceCount > 1) }

  /// What each instance is.
  private var instanceDescriptions: [InstanceDescription] {
    pools.flatMap { pool in
      let one = InstanceDescription(
        pool: pool.pool.name.isEmpty ? nil : pool.pool.name, role: pool.pool.role.rawValue,
        gpu: pool.deployment.gpu.name, gpus: pool.deployment.gpus,
        gpuHourPrice: pool.config.cluster.pricePerGPUHour, power: pool.power)
      return pool.pool.instances.map { _ in one }
    }
  }

  /// What the files of a run say of it besides its record.
  func describe(
    _ record: RunRecord, _ report: TraceReport?
  ) throws(ConfigError) -> RunDescription {
    var description = RunDescription(
      model: modelName, gpu: gpuName, scheduler: schedulerName, toolVersion: martletVersion)
    description.label = config.name
    description.router = config.router.policy.name.value
    (description.requestRate, description.burstiness) = offered(by: record.requests)
    description.instances = instanceDescriptions
    description.gpuCount = zip(description.instances, record.cluster.members).reduce(0) {
      $0 + (record.cluster.comesAndGoes && $1.1.spans.isEmpty ? 0 : $1.0.gpus)
    }
    description.gpuHourPrice = config.cluster.pricePerGPUHour
    description.power = power
    description.intervals.batches = config.statistics.batches
    description.intervals.confidence = config.statistics.confidence
    description.targets = ServiceLevel(
      ttft: config.slo.timeToFirstToken.map { Seconds($0 * 1e-3) },
      tpot: config.slo.timePerOutputToken.map { Seconds($0 * 1e-3) },
      e2el: config.slo.endToEnd.map { Seconds($0 * 1e-3) })
    description.seed = config.seed
    description.configHash = try config.configHash(resolved)
    description.traceHash = report?.contentHash
    (description.meanMFU, description.meanMBU) = utilization(record)
    return description
  }

  /// Model FLOPs and HBM bytes over the peaks of all GPUs, while they are there.
  ///
  /// Of pools the mean, each weighted by what its GPUs could have done.
  private func utilization(_ record: RunRecord) -> (mfu: Double?, mbu: Double?) {
    guard record.end > .zero, pools.allSatisfy({ $0.cost.heedsHardware }) else { return (nil, nil) }
    // How many experts each step touched is not summed, so their traffic is not known.
    let countsBytes = pools.allSatisfy { $0.deployment.model.experts == nil }
    var (mfu, mbu) = (WeightedMean(), WeightedMean())
    for pool in pools {
      var time = record.end.seconds * Double(pool.instanceCount)
      if record.cluster.comesAndGoes {
        let up = record.cluster.members[pool.pool.instances].reduce(Int128(0)) {
          $0 + $1.upTime(from: .zero, until: record.end)
        }
        time = Seconds(Double(up) * 1e-12)
      }
      guard time.value > 0 else { continue }
      var totals = RunTotals()
      for own in record.instanceTotals[pool.pool.instances] { totals.add(own) }
      let deployment = pool.deployment
      let work = StepWork(of: StepTotals(totals), on: deployment)
      let gpus = Double(deployment.gpus) * time.value
      mfu.add(
        work.modelFLOPsUtilization(over: time, on: deployment),
        weight: gpus * deployment.gpu.peak(deployment.model.weights).value)
      mbu.add(
        work.memoryBandwidthUtilization(over: time, on: deployment),
        weight: gpus * deployment.gpu.bandwidth.value)
    }
    return (mfu.mean, countsBytes ? mbu.mean : nil)
  }
}

/// A mean with weights; of one value that value.
private struct WeightedMean {
  private var values: [(value: Double, weight: Double)] = []

  mutating func add(_ value: Double, weight: Double) { values.append((value, weight)) }

  var mean: Double? {
    guard values.count > 1 else { return values.first?.value }
    let whole = values.reduce(0) { $0 + $1.weight }
    return whole > 0 ? values.reduce(0) { $0 + $1.value * ($1.weight / whole) } : nil
  }
}

extension StepTotals {
  /// The counts of steps in `totals`.
  fileprivate init(_ totals: RunTotals) {
    self.init()
    steps = totals.steps
    decodes = totals.decodes
    context = totals.context
    sharedContext = totals.sharedContext
    sharedKeys = totals.sharedKeys
    prefillTokens = totals.prefillTokens
    prefillPairs = totals.prefillPairs
    prefillKeys = totals.prefillKeys
    samples = totals.samples
  }
}
