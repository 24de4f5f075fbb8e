import Cluster
import Kernel
import Metrics
import Serving
import TestSupport
import Testing
import Units

/// A random cluster with instances that come, go, fail and slow down; a seed is the whole of it.
struct RandomCluster {
  var scenario: RandomScenario
  var rules = ClusterRules()
  var instances: Int
  let seed: UInt64

  init(seed: UInt64) {
    var random = SplitMix(seed: seed ^ 0x434C_5553)
    self.seed = seed
    scenario = RandomScenario(prefixSeed: seed)
    instances = 1 + random.below(6)
    rules.refresh = Seconds(random.pick([0, 0, 0.05, 1, 7.3]))
    rules.addsOwnPicks = random.below(2) == 0
    rules.latency = Seconds(random.pick([0, 0, 0.003, 0.4]))
    let tokens = scenario.tokensPerBlock * scenario.blocks
    rules.index = random.pick([
      .exact, .approximate(capacityTokens: tokens),
      .approximate(capacityTokens: 1 + random.below(2 * tokens)),
    ])
    rules.coldStart = Seconds(random.pick([0, 0.5, 5]))
    rules.retries = random.pick([0, 0, 1, 3])
    rules.retryDelay = Seconds(random.pick([0, 0.2]))
    rules.absent = (0..<instances).filter { $0 > 0 && random.below(4) == 0 }
    addChanges(&random)
  }

  private mutating func addChanges(_ random: inout SplitMix) {
    guard random.below(4) > 0 else { return }
    // Of a closed loop only the first have a time.
    let last = scenario.table.arrival.filter { $0 < .never }.max() ?? .zero
    let span = Double(last.picoseconds) * 1e-12 + 2
    for _ in 0..<random.below(30) {
      let tick = scenario.isQuantised ? 0.01 : 1e-12
      let time = (random.uniform() * span / tick).rounded() * tick
      let kind = random.pick([
        PlannedChange.Kind.join, .join, .leave, .leave, .fail, .slow(random.pick([0.5, 1, 3])),
      ])
      rules.changes.append(
        PlannedChange(at: .zero + Seconds(time), kind, instance: random.below(instances)))
    }
  }

  /// Instances with the caches of the scenario.
  func fleet(maxLeap: Int) -> [Instance] {
    (0..<instances).map { _ in
      var batch = Batch(
        blocks: Int32(scenario.blocks), tokensPerBlock: Int32(scenario.tokensPerBlock),
        maxModelLength: Int32(scenario.maxModelLength))
      scenario.prefixes?.install(in: &batch, scenario.table)
      return Instance(
        batch: batch, scheduler: scenario.scheduler(), cost: scenario.cost, maxLeap: maxLeap,
        recorder: Recorder(logsSteps: false))
    }
  }

  var context: RouterContext {
    RouterContext(
      instances: instances, seed: seed,
      promptTokenTimes: (0..<instances).map { [1e-4, 2e-4, 1e-4, 5e-4][($0 + Int(seed)) % 4] })
  }

  func run(_ router: any Router, maxLeap: Int = 256) -> RunRecord {
    var simulation = Simulation(
      requests: scenario.table, instances: fleet(maxLeap: maxLeap), router: router, rules: rules)
    simulation.checksInvariants = true
    simulation.run()
    return simulation.record()
  }
}

/// What a run left behind, what happened to the cluster included.
func clusterBytes(_ record: RunRecord) -> String {
  let r = record.requests
  var text = bytes(record)
  for i in 0..<r.count { text += "\(i),\(r.isFailed[i]),\(r.retries[i]),\(r.migrations[i])\n" }
  text += "\(String(describing: record.cluster))\n"
  return text
}

extension RandomCluster {
  /// Many instances behind one prompt: all requests begin with one or two blocks that are common
  /// to all, some go on as earlier ones did, and they come so fast that loads spread.
  static func crowd(seed: UInt64) -> RandomCluster {
    var cluster = RandomCluster(seed: seed)
    var random = SplitMix(seed: seed ^ 0x4352_4F57)
    var (table, chains) = (RequestTable(), PromptChains(tokensPerBlock: 16))
    let hot = chains.addBlock(after: -1)
    let hotter = chains.addBlock(after: hot)
    var prompts: [[BlockID]] = []
    for row in 0..<400 {
      var prompt = random.below(3) == 0 ? [hot] : [hot, hotter]
      if random.below(3) == 0, row > 0 { prompt = prompts[row - 1 - random.below(min(row, 40))] }
      while prompt.count < 3 || random.below(2) == 0, prompt.count < 12 {
        prompt.append(chains.addBlock(after: prompt.last ?? -1))
      }
      prompts.append(prompt)
      for block in prompt { chains.append(block) }
      chains.endRequest()
      table.append(
        at: .zero + Seconds(Double(row) * 0.004),
        prompt: Int32(prompt.count * 16 - random.below(16)), output: 20)
    }
    table.chains = chains
    cluster.scenario.table = table
    cluster.instances = 70
    cluster.rules = ClusterRules()
    cluster.rules.refresh = Seconds(random.pick([0, 0, 0.05]))
    cluster.rules.absent = (0..<70).filter { _ in random.below(8) == 0 }
    cluster.rules.index = .approximate(capacityTokens: random.pick([200, 800, 100_000]))
    return cluster
  }
}

/// What a router should pick, found by looking at every open instance.
protocol RoutingOracle: Sendable {
  /// The picks that are right for `request`.
  mutating func picks(_ request: Arrival, in fleet: inout Fleet) -> [Int]
  /// What was picked.
  mutating func note(_ request: Arrival, _ pick: Int, in fleet: inout Fleet)
  /// `instance` is no longer open, even if it is again before the next request.
  mutating func forget(_ instance: Int)
}

extension RoutingOracle {
  /// One that remembers nothing of instances.
  mutating func forget(_ instance: Int) {}
  mutating func note(_ request: Arrival, _ pick: Int, in fleet: inout Fleet) {}
}

/// The open instance with the least of some keys, then the lowest index.
struct LeastOracle: RoutingOracle {
  let keys: @Sendable (Arrival, Int, inout Fleet) -> (Double, Double)

  init(_ keys: @escaping @Sendable (Arrival, Int, inout Fleet) -> (Double, Double)) {
    self.keys = keys
  }

  mutating func picks(_ request: Arrival, in fleet: inout Fleet) -> [Int] {
    var best: (Double, Double, Int)?
    for i in fleet.openInstances {
      let (first, second) = keys(request, i, &fleet)
      if best.map({ (first, second, i) < $0 }) ?? true { best = (first, second, i) }
    }
    return [best?.2 ?? -1]
  }
}

/// A router that is compared with an oracle at every pick.
struct CheckedRouter: Router {
  static let name = "checked"
  static let summary = "O(n)"
  static let readsPendingPrefill = true
  static let readsHits = true
  private var router: any Router
  private var oracle: any RoutingOracle
  private let note: Comment

  init(_ options: NoOptions, _ context: RouterContext) {
    self.init(RoundRobin(options, context), LeastOracle { _, _, _ in (0, 0) }, "")
  }

  init(_ router: any Router, _ oracle: any RoutingOracle, _ note: Comment) {
    (self.router, self.oracle, self.note) = (router, oracle, note)
  }

  mutating func route(_ request: Arrival, in fleet: inout Fleet) -> Int {
    let right = oracle.picks(request, in: &fleet)
    let pick = router.route(request, in: &fleet)
    #expect(right.contains(pick), note)
    oracle.note(request, pick, in: &fleet)
    return pick
  }

  mutating func loadChanged(_ instance: Int, _ load: Load) { router.loadChanged(instance, load) }
  mutating func membershipChanged(_ instance: Int, isOpen: Bool) {
    if !isOpen { oracle.forget(instance) }
    router.membershipChanged(instance, isOpen: isOpen)
  }

  /// Runs random clusters with a router and its oracle.
  static func compare(
    _ make: (RouterContext) -> (any Router, any RoutingOracle),
    change: (inout RandomCluster) -> Void = { _ in }
  ) {
    for seed in 0..<UInt64(isDebug ? 3 : 80) {
      var cluster = seed % 4 == 3 ? RandomCluster.crowd(seed: seed) : RandomCluster(seed: seed)
      change(&cluster)
      let (router, oracle) = make(cluster.context)
      let record = cluster.run(CheckedRouter(router, oracle, "seed \(seed)"))
      #expect(record.stop == nil, "seed \(seed)")
    }
  }
}
