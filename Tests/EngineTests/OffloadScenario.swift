import Cluster
import Cost
import Kernel
import Memory
import Metrics
import Schedulers
import Serving
import Units

/// Tiers under the prefix caches of a scenario: one to three of them, each with a link of its own
/// behind that of the GPU.
struct OffloadSetting {
  var capacities: [Int32] = [1 << 20]
  var policies: [any EvictionPolicy.Type] = [LRU.self]
  /// How long blocks live in the tiers; with it the policy is `TTL`.
  var life: Seconds?
  var between = TieredStore.Writing.back
  var admission = TieredStore.Admission.prefix
  var mode = OffloadMode()
  /// Instances that share the link of a GPU.
  var perLink = 1
  var isDuplex = true
  var isPipelined = true
  var sharing = Sharing.fifo
  /// Of the GPU's link; those of the tiers behind it have a third each.
  var bandwidth = 1e9
  var perCopy = 0.0
  var latency = 0.0
  var gpus: Int64 = 1
  /// Blocks of a tier under those, behind a link of all instances, that they have in common.
  var common: Int32?

  static let bytesPerToken: Int64 = 100
  static let tensors: Int64 = 8

  private static func make<P: EvictionPolicy>(
    _ type: P.Type, _ context: EvictionContext
  ) -> any EvictionPolicy { P(P.Options(), context) }

  func store(names: Int, blocks: Int32) -> TieredStore {
    let tiers = capacities.enumerated().map { i, capacity in
      let context = EvictionContext(capacity: Int(capacity), seed: UInt64(i))
      guard let life else {
        let type = policies[i % policies.count]
        return TieredStore.Tier(capacity: capacity, policy: Self.make(type, context))
      }
      var options = TTL.Options()
      options.ttl = life
      return TieredStore.Tier(capacity: capacity, policy: TTL(options, context))
    }
    return TieredStore(tiers: tiers, writing: between, admission: admission)
  }

  func topology(instances: Int) -> Topology {
    let lane = Lane(
      "gpu", bandwidth: BytesPerSecond(bandwidth), perCopy: Seconds(perCopy),
      latency: Seconds(latency))
    var links = [SharedLink(outward: lane, inward: isDuplex ? lane : nil, instances: perLink)]
    var paths = [TierPath([0])]
    for i in capacities.indices.dropFirst() {
      let behind = Lane("tier \(i)", bandwidth: BytesPerSecond(bandwidth / 3))
      links.append(SharedLink(outward: behind, inward: nil, instances: i))
      paths.append(TierPath([0, i], isPipelined: isPipelined))
    }
    if common != nil {
      let network = Lane("network", bandwidth: BytesPerSecond(bandwidth / 5))
      links.append(SharedLink(outward: network, inward: nil, instances: instances))
      paths.append(TierPath([0, links.count - 1], isPipelined: isPipelined))
    }
    return Topology(links, paths: paths, instances: instances, sharing: sharing)
  }
}

/// A random scenario with a prefix cache and tiers under it.
struct OffloadScenario {
  var base: RandomScenario
  var setting = OffloadSetting()
  /// Whether the scheduler takes blocks from those who load, from time to time.
  var isFickle = false
  var checksInvariants = true
  /// Whether copies slow steps down.
  var slowsSteps = true

  /// Tiers beside which steps take what they take without.
  init(base: RandomScenario, _ setting: OffloadSetting) {
    slowsSteps = false
    self.base = base
    self.setting = setting
  }

  init(seed: UInt64) {
    var random = SplitMix(seed: seed ^ 0x4f46_464c)
    base = RandomScenario(prefixSeed: seed)
    let pool = Int32(base.blocks)
    let able = evictions.filter { !$0.isOracle && $0.name != "infinite" }
    setting.capacities = (0..<1 + random.below(3)).map { _ in
      random.pick([1, max(1, pool / 4), pool, pool * 9, pool * 9])
    }
    setting.policies = (0..<3).map { _ in random.below(2) == 0 ? LRU.self : random.pick(able) }
    if random.below(4) == 0 { setting.life = Seconds(random.pick([0.02, 0.2, 1])) }
    if random.below(6) == 0 { base.prefixes?.life = Seconds(random.pick([0.02, 0.2, 1])) }
    setting.between = random.pick([.back, .through])
    setting.admission = random.pick([.prefix, .prefix, .whole])
    setting.mode.writing = random.pick([.back, .through])
    setting.mode.granularity = random.pick(CopyGranularity.allCases)
    setting.mode.load = random.pick([.always, .always, .always, .cheaper, .cheaper, .never])
    setting.perLink = random.pick([1, 1, 2, 3])
    setting.isDuplex = random.below(3) > 0
    setting.isPipelined = random.below(2) == 0
    setting.sharing = random.pick([.fifo, .fair])
    setting.bandwidth = random.pick([1e6, 3e7, 1e9])
    setting.perCopy = random.pick([0, 1e-5, 1e-3])
    setting.latency = setting.perCopy / 3
    setting.gpus = Int64(random.pick([1, 2]))
    isFickle = random.below(4) == 0
    setting.mode.prefetch = random.pick([.none, .queued, .queued])
  }

  /// The tier that all instances have in common.
  private var commonTier: TieredStore? {
    guard let capacity = setting.common else { return nil }
    let policy = LRU(LRU.Options(), EvictionContext(capacity: Int(capacity)))
    return TieredStore(
      tiers: [TieredStore.Tier(capacity: capacity, policy: policy)])
  }

  func simulation(maxLeap: Int, logsSteps: Bool = false) -> Simulation {
    let topology = setting.topology(instances: base.instances)
    let cost: any StepCost = slowsSteps ? CopyingCost(base: base.cost) : base.cost
    let instances = (0..<base.instances).map { i in
      var batch = Batch(
        blocks: Int32(base.blocks), tokensPerBlock: Int32(base.tokensPerBlock),
        maxModelLength: Int32(base.maxModelLength))
      base.prefixes?.install(in: &batch, base.table)
      if let keys = PrefixKeys(base.table, tokensPerBlock: batch.tokensPerBlock) {
        let layout = BlockLayout(
          bytesPerBlock: Int64(base.tokensPerBlock) * OffloadSetting.bytesPerToken,
          tensors: OffloadSetting.tensors, gpus: setting.gpus)
        batch.offload(
          to: setting.store(names: keys.count, blocks: Int32(base.blocks)), setting.mode, layout,
          computing: cost, over: topology.links(of: i), sharingOneMore: setting.common != nil)
      }
      let scheduler = base.scheduler()
      return Instance(
        batch: batch, scheduler: isFickle ? Fickle(base: scheduler) : scheduler, cost: cost,
        maxLeap: maxLeap, recorder: Recorder(logsSteps: logsSteps))
    }
    var simulation = Simulation(
      requests: base.table, instances: instances,
      router: RoundRobin(NoOptions(), RouterContext(instances: base.instances)),
      series: TimeSeries(width: 700_000_000_000, instances: base.instances), topology: topology,
      rules: base.rules, commonTier: commonTier)
    simulation.checksInvariants = checksInvariants
    return simulation
  }

  func run(maxLeap: Int = 256, logsSteps: Bool = false) -> RunRecord {
    var simulation = simulation(maxLeap: maxLeap, logsSteps: logsSteps)
    simulation.run()
    return simulation.record()
  }
}

/// Another scheduler that takes the blocks of each third request away once while it loads.
struct Fickle: Scheduler {
  var base: any Scheduler
  private var seen: Set<Int32> = []

  static let name = "fickle"
  static let summary = "Takes blocks from those who load."

  init(base: any Scheduler) { self.base = base }
  init(_ options: NoOptions, _ context: EngineContext) {
    base = VLLMv1(VLLMv1.Options(), context)
  }

  mutating func plan(_ batch: inout Batch) -> Plan {
    let loading = batch.returning.filter {
      let row = batch.request(of: $0).row
      return row % 3 == 0 && !seen.contains(row)
    }
    for slot in loading {
      seen.insert(batch.request(of: slot).row)
      batch.preempt(slot)
    }
    return base.plan(&batch)
  }

  func canServe(_ request: Waiting, in pool: EmptyPool) -> Bool { base.canServe(request, in: pool) }
}
