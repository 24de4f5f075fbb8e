import Metrics
import TestSupport
import Testing
import Units

@Suite struct LeapTests {
  /// Random seeds × configurations: preemption pressure, coinciding times, every scheduler.
  static let seeds: [UInt64] = (0..<(isDebug ? 10 : 120)).map { UInt64($0) }

  @Test(arguments: [2, 3, 17, 256])
  func `a leap gives the bytes of single steps`(reach: Int) {
    for seed in Self.seeds {
      let scenario = RandomScenario(seed: seed)
      let exact = bytes(scenario.run(maxLeap: 1))
      #expect(bytes(scenario.run(maxLeap: reach)) == exact, "seed \(seed) \(scenario.policy)")
    }
  }

  @Test func `a leap gives the bytes of single steps when every step is logged`() {
    for seed in Self.seeds {
      let scenario = RandomScenario(seed: seed)
      let exact = bytes(scenario.run(maxLeap: 1, logsSteps: true))
      let leaping = bytes(scenario.run(maxLeap: 256, logsSteps: true))
      #expect(leaping == exact, "seed \(seed) \(scenario.policy)")
    }
  }

  @Test func `the seeds preempt, coincide and reject, in open and in closed loops`() {
    var (preempting, rejecting, quantised, closed, coupled) = (0, 0, 0, 0, 0)
    for seed in Self.seeds {
      let scenario = RandomScenario(seed: seed)
      let record = scenario.run(maxLeap: 256)
      if record.totals.preemptions > 0 { preempting += 1 }
      if record.requests.isRejected.contains(true) { rejecting += 1 }
      if scenario.isQuantised { quantised += 1 }
      guard scenario.concurrency != nil else { continue }
      if record.totals.preemptions > 0 { closed += 1 }
      if scenario.instances > 1, record.lastArrival > .zero { coupled += 1 }
    }
    let tenth = Self.seeds.count / 10
    #expect(preempting >= 2 * tenth, "\(preempting)")
    #expect(rejecting >= 2 * tenth, "\(rejecting)")
    #expect(quantised >= 2 * tenth, "\(quantised)")
    #expect(closed >= tenth / 2, "\(closed)")
    #expect(coupled >= tenth / 2, "\(coupled)")
  }

  @Test(arguments: RandomScenario.policies)
  func `the engine equals one object a sequence`(policy: String) {
    for seed in Self.seeds {
      let scenario = RandomScenario(seed: seed, policy: policy)
      let record = scenario.run(maxLeap: 256)
      let oracle = OracleRecord(scenario)
      let (engine, model) = (record.requests, oracle.table)
      #expect(engine.arrival.map(\.picoseconds) == oracle.arrival, "seed \(seed)")
      #expect(engine.instance == model.instance, "seed \(seed)")
      #expect(engine.firstScheduled == model.firstScheduled, "seed \(seed)")
      #expect(engine.firstToken == model.firstToken, "seed \(seed)")
      #expect(engine.finished == model.finished, "seed \(seed)")
      #expect(engine.preemptions == model.preemptions, "seed \(seed)")
      #expect(engine.recomputed == model.recomputed, "seed \(seed)")
      #expect(engine.preemptedTime == model.preemptedTime, "seed \(seed)")
      #expect(engine.longestGap == model.longestGap, "seed \(seed)")
      #expect(engine.isRejected == model.isRejected, "seed \(seed)")
      #expect(record.totals.steps == Int64(oracle.steps), "seed \(seed)")
      let sorted = oracle.gaps.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value)" }
        .joined(separator: " ")
      #expect(gapText(record.gaps) == sorted + "\n", "seed \(seed)")
    }
  }
}
