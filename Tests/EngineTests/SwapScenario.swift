import Cluster
import Cost
import Kernel
import Memory
import Metrics
import Schedulers
import Serving
import Units

/// A random configuration of instances that swap: host sizes from far too small to ample, links
/// shared or not, every granularity, turns that follow each other at once or later.
struct SwapScenario {
  let seed: UInt64
  var base: RandomScenario
  let policy: String
  let hostBlocks: Int32
  let perLink: Int
  let isDuplex: Bool
  let sharing: Sharing
  let bandwidth: Double
  let perCopy: Double
  let granularity: CopyGranularity
  let isAwaited: Bool
  let markov: Bool
  let interval: Int
  let mechanisms: (groups: Bool, asynchronous: Bool, reuse: Bool)
  let gpus: Int64

  init(seed: UInt64) {
    var random = SplitMix(seed: seed &* 31 &+ 7)
    self.seed = seed
    policy = random.pick(["vllm-v0", "priority", "fastswitch", "fastswitch"])
    base = RandomScenario(seed: seed, policy: "vllm-v0", sessions: random.below(3) > 0)
    hostBlocks = random.pick([
      1, Int32(base.blocks / 8), Int32(base.blocks), Int32(base.blocks * 9),
    ])
    perLink = random.pick([1, 1, 2, 3])
    isDuplex = random.below(3) > 0
    sharing = random.below(2) == 0 ? .fifo : .fair
    bandwidth = random.pick([1e6, 3e7, 1e9])
    perCopy = random.pick([0, 1e-5, 1e-3])
    granularity = random.pick([.block, .layer, .sequence])
    isAwaited = random.below(2) == 0
    markov = random.below(2) == 0
    interval = random.pick([1, 3, 10, 40])
    mechanisms = (random.below(3) > 0, random.below(3) > 0, random.below(3) > 0)
    gpus = Int64(random.pick([1, 2]))
  }

  private var context: EngineContext {
    var context = base.context
    context.seed = seed
    return context
  }

  func scheduler() -> any Scheduler {
    let budget = Automatic.value(max(base.maxTokens, base.maxModelLength))
    switch policy {
    case "priority":
      var options = PriorityOptions()
      options.pattern = markov ? .markov : .random
      options.updateInterval = interval
      options.maxNumSeqs = base.maxSequences
      options.maxNumBatchedTokens = budget
      return Priority(options, context)
    case "fastswitch":
      var options = FastSwitch.Options()
      options.pattern = markov ? .markov : .random
      options.updateInterval = interval
      options.maxNumSeqs = base.maxSequences
      options.maxNumBatchedTokens = budget
      (options.blockGroups, options.asynchronous, options.reuse) = mechanisms
      options.initialGroup = 1 + interval % 7
      return FastSwitch(options, context)
    default: return base.scheduler()
    }
  }

  private var mode: SwapMode {
    var mode = SwapMode()
    mode.granularity = granularity
    mode.isAwaited = isAwaited
    return mode
  }

  /// The links: one for every `perLink` instances.
  var topology: Topology {
    let lane = Lane(
      "out", bandwidth: BytesPerSecond(bandwidth), perCopy: Seconds(perCopy),
      latency: Seconds(perCopy / 3))
    let link = SharedLink(outward: lane, inward: isDuplex ? lane : nil, instances: perLink)
    var topology = Topology(
      [link], paths: [TierPath([0])], instances: base.instances, sharing: sharing)
    topology.tiers = [
      TierDescription(
        name: "dram", blocks: hostBlocks, bytesPerBlock: gpus * Int64(base.tokensPerBlock) * 100)
    ]
    topology.gpus = gpus
    topology.logTransfers()
    return topology
  }

  func simulation(maxLeap: Int, logsSteps: Bool = false) -> Simulation {
    let scheduler = scheduler()
    let instances = (0..<base.instances).map { _ in
      var batch = Batch(
        blocks: Int32(base.blocks), tokensPerBlock: Int32(base.tokensPerBlock),
        maxModelLength: Int32(base.maxModelLength))
      if let mode = scheduler.swapMode(mode) {
        batch.swapTo(
          HostMemory(
            blocks: hostBlocks,
            layout: BlockLayout(
              bytesPerBlock: Int64(base.tokensPerBlock) * 100, tensors: 8, gpus: gpus)), mode)
      }
      return Instance(
        batch: batch, scheduler: scheduler, cost: CopyingCost(base: base.cost), maxLeap: maxLeap,
        recorder: Recorder(logsSteps: logsSteps))
    }
    var simulation = Simulation(
      requests: base.table, instances: instances,
      router: RoundRobin(NoOptions(), RouterContext(instances: base.instances)),
      series: TimeSeries(width: 700_000_000_000, instances: base.instances, tiers: 1),
      topology: topology, rules: base.rules)
    simulation.checksInvariants = true
    return simulation
  }

  func run(maxLeap: Int, logsSteps: Bool = false) -> RunRecord {
    var simulation = simulation(maxLeap: maxLeap, logsSteps: logsSteps)
    simulation.run()
    return simulation.record()
  }
}

/// A cost that copies slow down.
struct CopyingCost: StepCost {
  let base: any StepCost
  func time(of shape: StepShape) -> Seconds {
    Seconds(base.time(of: shape).value * (1 + min(1, shape.copyRate * 1e-8)))
  }
  func parts(of shape: StepShape) -> StepParts { base.parts(of: shape) }
}
