import Cluster
import Cost
import Kernel
import Metrics
import Schedulers
import Serving
import TestSupport
import Testing
import Units

/// What every registered scheduler must do, by its defaults; no code here names one.
@Suite struct SchedulerConformance {
  private static func make<S: Scheduler>(_ type: S.Type, _ context: EngineContext) -> any Scheduler
  {
    S(S.Options(), context)
  }

  private func run(_ name: String, seed: UInt64, maxLeap: Int) throws -> RunRecord {
    let type = try #require(schedulers.first { $0.name == name })
    let scenario = RandomScenario(seed: seed, policy: name)
    let context = scenario.context
    let instances = (0..<scenario.instances).map { _ in
      Instance(
        batch: Batch(
          blocks: Int32(scenario.blocks), tokensPerBlock: Int32(scenario.tokensPerBlock),
          maxModelLength: Int32(scenario.maxModelLength)),
        scheduler: Self.make(type, context), cost: scenario.cost, maxLeap: maxLeap,
        recorder: Recorder(logsSteps: true))
    }
    var simulation = Simulation(
      requests: scenario.table, instances: instances,
      router: RoundRobin(NoOptions(), RouterContext(instances: scenario.instances)))
    simulation.checksInvariants = true
    simulation.run()
    return simulation.record()
  }

  @Test func `names are unique, summaries are one line and not empty`() {
    #expect(Set(schedulers.map { $0.name }).count == schedulers.count)
    for type in schedulers {
      #expect(!type.summary.isEmpty && !type.summary.contains("\n"), "\(type.name)")
      #expect(type.name.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "-" }, "\(type.name)")
    }
  }

  @Test(arguments: schedulers.map { $0.name })
  func `leaping equals single steps`(name: String) throws {
    for seed in 0..<(isDebug ? 5 : 50) {
      let exact = bytes(try run(name, seed: UInt64(seed), maxLeap: 1))
      #expect(bytes(try run(name, seed: UInt64(seed), maxLeap: 256)) == exact, "seed \(seed)")
    }
  }

  @Test(arguments: schedulers.map { $0.name })
  func `every request finishes or is refused at once`(name: String) throws {
    for seed in 0..<(isDebug ? 5 : 50) {
      let record = try run(name, seed: UInt64(seed), maxLeap: 256)
      #expect(record.stop == nil, "seed \(seed)")
      let r = record.requests
      for i in 0..<r.count {
        #expect((r.finished[i] < .never) != r.isRejected[i], "seed \(seed)")
        if r.isRejected[i] { #expect(r.firstScheduled[i] == .never, "seed \(seed)") }
      }
    }
  }
}
