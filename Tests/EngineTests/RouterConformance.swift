import Cluster
import Cost
import Kernel
import Memory
import Metrics
import Schedulers
import Serving
import TestSupport
import Testing
import Units

/// A random cluster with instances that come, go, fail and slow down; a seed is the whole of it.
struct RandomCluster {
  var scenario: RandomScenario
  var rules = ClusterRules()
  let instances: Int
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

/// What every registered router must do, by its defaults; no code here names one.
@Suite struct RouterConformance {
  private static let seeds: Range<UInt64> = 0..<(isDebug ? 20 : 200)

  private func make(_ name: String, _ context: RouterContext) throws -> any Router {
    func make<R: Router>(_ type: R.Type) -> any Router { R(R.Options(), context) }
    let type = try #require(routers.first { $0.name == name })
    return make(type)
  }

  @Test func `names are unique, summaries are one line and say what a choice costs`() {
    #expect(Set(routers.map { $0.name }).count == routers.count)
    for type in routers {
      #expect(type.summary.contains("O(") && !type.summary.contains("\n"), "\(type.name)")
      #expect(type.name.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "-" }, "\(type.name)")
    }
  }

  /// Picks of instances that are not open stop the program, so that is tested as well.
  @Test(arguments: routers.map { $0.name })
  func `nothing is lost and leaping equals single steps, whoever joins, leaves and fails`(
    name: String
  ) throws {
    var (finished, failed, moved) = (0, 0, 0)
    for seed in Self.seeds {
      let cluster = RandomCluster(seed: seed)
      let record = cluster.run(try make(name, cluster.context))
      let exact = cluster.run(try make(name, cluster.context), maxLeap: 1)
      #expect(record.stop == nil, "seed \(seed)")
      let text = clusterBytes(record)
      #expect(text == clusterBytes(exact), "seed \(seed)")
      if seed % 4 == 0 {
        let again = cluster.run(try make(name, cluster.context))
        #expect(text == clusterBytes(again), "seed \(seed)")
      }
      let r = record.requests
      for i in 0..<r.count {
        let ends = [r.finished[i] < .never, r.isRejected[i], r.isFailed[i]].count { $0 }
        #expect(ends == 1, "seed \(seed), row \(i)")
        if r.finished[i] < .never { finished += 1 }
        if r.isFailed[i] { failed += 1 }
        if r.migrations[i] > 0 { moved += 1 }
      }
    }
    #expect(finished > 20 * Self.seeds.count && failed > 0 && moved > 0)
  }
}
