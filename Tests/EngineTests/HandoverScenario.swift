import Cluster
import Cost
import Kernel
import Memory
import Metrics
import Schedulers
import Serving
import Units

/// A random cluster of instances for prompts, for decodes and for both, under preemption pressure.
struct HandoverScenario {
  static let bytesPerToken: Int64 = 100
  var base: RandomScenario
  var roles: [InstanceRole] = []
  var mode: HandoverMode
  var rules = ClusterRules()
  var bandwidth: Double
  var perMessage: Double
  var latency: Double
  var perLink: Int
  var isDuplex: Bool
  var sharing: Sharing
  /// Whether instances for prompts, and those that decode, cache prefixes.
  var cachesPrompts: Bool
  var cachesDecodes: Bool

  /// `fails`: instances join, leave, fail and slow down at random moments.
  init(seed: UInt64, fails: Bool = false) {
    var random = SplitMix(seed: seed ^ 0x4841_4e44)
    base = RandomScenario(prefixSeed: seed)
    if base.prefixes?.eviction.isOracle == true { base.prefixes?.eviction = LRU.self }
    for role in InstanceRole.allCases where role != .mixed || random.below(3) == 0 {
      roles += Array(repeating: role, count: 1 + random.below(3))
    }
    if random.below(2) == 0 { roles.reverse() }
    mode = HandoverMode(
      bytesPerToken: Self.bytesPerToken, messageBytes: random.pick([64, 1000, 1 << 20]),
      layers: Int64(random.pick([1, 4, 32])), gpus: Int64(random.pick([1, 2])))
    mode.firstToken = random.pick(HandoverMode.FirstToken.allCases)
    mode.overlap = random.pick(HandoverMode.Overlap.allCases)
    bandwidth = random.pick([1e5, 1e6, 3e7, 1e9])
    perMessage = random.pick([0, 1e-6, 1e-3])
    latency = random.pick([0, 1e-3, 0.02])
    perLink = random.pick([1, 1, 2, 3])
    isDuplex = random.below(4) > 0
    sharing = random.pick(Sharing.allCases)
    cachesPrompts = random.below(2) == 0
    cachesDecodes = random.below(3) == 0
    if fails { addChanges(&random) }
  }

  private mutating func addChanges(_ random: inout SplitMix) {
    let kinds: [PlannedChange.Kind] = [.fail, .fail, .join, .join, .join, .leave, .slow(2)]
    for _ in 0..<(5 + random.below(40)) {
      let time = Instant.zero + Seconds(random.uniform() * random.pick([1, 10, 60]))
      let tick: Int64 = base.isQuantised ? 10_000_000_000 : 1
      rules.changes.append(
        PlannedChange(
          at: Instant(picoseconds: time.picoseconds / tick * tick), random.pick(kinds),
          instance: random.below(roles.count)))
    }
    if random.below(3) == 0 { rules.absent = [random.below(roles.count)] }
    rules.coldStart = Seconds(random.pick([0, 0.3]))
    rules.retryDelay = Seconds(random.pick([0, 0.1]))
    rules.refresh = Seconds(random.pick([0, 0.05]))
  }

  func simulation(maxLeap: Int, logsSteps: Bool) -> Simulation {
    let instances = roles.map { role in
      var batch = Batch(
        blocks: Int32(base.blocks), tokensPerBlock: Int32(base.tokensPerBlock),
        maxModelLength: Int32(base.maxModelLength))
      if role == .decode ? cachesDecodes : cachesPrompts {
        base.prefixes?.install(in: &batch, base.table)
      }
      if role != .mixed { batch.serve(as: role, mode) }
      return Instance(
        batch: batch, scheduler: base.scheduler(), cost: base.cost, maxLeap: maxLeap,
        recorder: Recorder(logsSteps: logsSteps))
    }
    var topology = Topology.none
    topology.gpus = mode.gpus
    let lane = Lane(
      "nic", bandwidth: BytesPerSecond(bandwidth), perCopy: Seconds(perMessage),
      latency: Seconds(latency))
    topology.connect(
      roles.count, by: SharedLink(outward: lane, inward: isDuplex ? lane : nil, instances: perLink),
      sharing: sharing)
    topology.logTransfers()
    let context = RouterContext(instances: roles.count)
    var simulation = Simulation(
      requests: base.table, instances: instances, router: RoundRobin(NoOptions(), context),
      decodeRouter: RoundRobin(NoOptions(), context),
      series: TimeSeries(width: 700_000_000_000, instances: roles.count), topology: topology,
      rules: rules)
    simulation.checksInvariants = true
    return simulation
  }

  func run(maxLeap: Int = 256, logsSteps: Bool = false) -> RunRecord {
    var simulation = simulation(maxLeap: maxLeap, logsSteps: logsSteps)
    simulation.run()
    return simulation.record()
  }
}
