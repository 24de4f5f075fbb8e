import Cluster
import Memory
import Metrics
import Serving
import TestSupport
import Testing
import Units

/// A tier under those of every instance that all of them have in common; every run also checks I3,
/// I4 and I5 at each event.
@Suite struct CommonTierTests {
  static let seeds: [UInt64] = (0..<(isDebug ? 3 : 60)).map { UInt64($0) }

  private func scenario(_ seed: UInt64, fails: Bool = false) -> OffloadScenario {
    var random = SplitMix(seed: seed ^ 0x434F_4D4D)
    var scenario = OffloadScenario(seed: seed)
    scenario.base.instances = 2 + random.below(3)
    scenario.setting.mode.writing = .through
    scenario.setting.between = .through
    scenario.setting.life = nil
    scenario.base.prefixes?.life = nil
    let pool = Int32(scenario.base.blocks)
    scenario.setting.common = random.pick([1, pool, pool * 9, pool * 100])
    if random.below(2) == 0 { scenario.setting.capacities = [max(1, pool / 4)] }
    guard fails else { return scenario }
    for _ in 0..<(3 + random.below(20)) {
      let time = Instant.zero + Seconds(random.uniform() * random.pick([1, 10, 60]))
      let tick: Int64 = scenario.base.isQuantised ? 10_000_000_000 : 1
      scenario.base.rules.changes.append(
        PlannedChange(
          at: Instant(picoseconds: time.picoseconds / tick * tick),
          random.pick([.fail, .leave, .join, .join]),
          instance: random.below(scenario.base.instances)))
    }
    return scenario
  }

  @Test(arguments: [false, true])
  func `leaping equals single steps while instances share a tier`(fails: Bool) {
    for seed in Self.seeds {
      let scenario = scenario(seed, fails: fails)
      let isLogged = seed % 2 == 0
      let exact = bytes(scenario.run(maxLeap: 1, logsSteps: isLogged))
      let isSame = bytes(scenario.run(maxLeap: 256, logsSteps: isLogged)) == exact
      #expect(isSame, "seed \(seed)")
      let isShortSame = bytes(scenario.run(maxLeap: 3, logsSteps: isLogged)) == exact
      #expect(isShortSame, "seed \(seed), leaps of 3")
    }
  }

  @Test func `what is loaded from it is what is found there, to the byte`() {
    var (sharing, gaining) = (0, 0)
    for seed in Self.seeds {
      let scenario = scenario(seed)
      let record = scenario.run()
      let (r, totals) = (record.requests, record.totals)
      #expect(record.stop == nil, "seed \(seed): \(record.stop ?? "")")
      for i in 0..<r.count where r.arrival[i] < .never {
        #expect((r.finished[i] < .never) != r.isRejected[i], "seed \(seed)")
      }
      let found = r.cached.reduce(0) { $0 + Int64($1) }
      let inHBM = totals.hitTokensShared + totals.hitTokensSession + totals.hitTokensOutput
      let below = totals.tierHitTokens.wrappedSum()
      #expect(totals.prefixHitTokens == found && inHBM + below == found, "seed \(seed)")
      if totals.preemptions == 0 {
        let bytes = below * OffloadSetting.bytesPerToken * scenario.setting.gpus
        #expect(totals.loadedBytes == bytes, "seed \(seed)")
      }
      let tier = min(3, scenario.setting.capacities.count)
      if totals.tierHitTokens[tier] > 0 { sharing += 1 }
      var alone = scenario
      alone.setting.common = nil
      if totals.prefixHitTokens > alone.run().totals.prefixHitTokens { gaining += 1 }
    }
    #expect(sharing >= Self.seeds.count / 4 && gaining >= Self.seeds.count / 4)
  }
}
