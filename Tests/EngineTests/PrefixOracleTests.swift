import Memory
import Metrics
import TestSupport
import Testing
import Units

/// The engine with a prefix cache against a pool with one object a block, and against itself.
@Suite struct PrefixOracleTests {
  static let seeds: [UInt64] = (0..<(isDebug ? 8 : 150)).map { UInt64($0) }

  @Test(arguments: ["vllm-v0", "vllm-v1"], PrefixIndex.allCases)
  func `the engine equals one object a sequence and a block`(policy: String, index: PrefixIndex) {
    for seed in Self.seeds {
      let scenario = RandomScenario(prefixSeed: seed, policy: policy, index: index)
      expectAgreement(scenario, scenario.run(maxLeap: 256), "seed \(seed)")
    }
  }

  @Test(arguments: ["vllm-v0", "vllm-v1"], PrefixIndex.allCases)
  func `every request that fits is served, however small the pool`(
    policy: String, index: PrefixIndex
  ) {
    for seed in Self.seeds.prefix(isDebug ? 3 : 60) {
      var scenario = RandomScenario(prefixSeed: 40_000 + seed, policy: policy, index: index)
      let table = scenario.table
      let lengths = (0..<table.count).map { Int(table.prompt[$0]) + Int(table.output[$0]) }
      let longest = lengths.filter { $0 <= scenario.maxModelLength }.max() ?? 1
      scenario.blocks = (longest - 1) / scenario.tokensPerBlock + 1 + Int(seed % 4)
      let record = scenario.run(maxLeap: 256)
      #expect(record.stop == nil, "seed \(seed)")
      let r = record.requests
      let isLost = (0..<r.count).contains { r.finished[$0] == .never && !r.isRejected[$0] }
      #expect(!isLost, "seed \(seed)")
      expectAgreement(scenario, record, "seed \(seed)")
    }
  }

  private func expectAgreement(_ scenario: RandomScenario, _ record: RunRecord, _ name: String) {
    let oracle = OracleRecord(scenario)
    let (engine, model) = (record.requests, oracle.table)
    let same: [(String, Bool)] = [
      ("cached", engine.cached == model.cached),
      ("first scheduled", engine.firstScheduled == model.firstScheduled),
      ("first token", engine.firstToken == model.firstToken),
      ("finished", engine.finished == model.finished),
      ("preemptions", engine.preemptions == model.preemptions),
      ("recomputed", engine.recomputed == model.recomputed),
      ("preempted time", engine.preemptedTime == model.preemptedTime),
      ("longest gap", engine.longestGap == model.longestGap),
      ("rejected", engine.isRejected == model.isRejected),
      ("arrival", engine.arrival.map(\.picoseconds) == oracle.arrival),
      ("steps", record.totals.steps == Int64(oracle.steps)),
      ("peak blocks", record.totals.peakBlocks == Int64(oracle.peak)),
      ("hits", hits(record.totals, scenario) == oracle.hits),
    ]
    // All at once, and not the columns: they are long.
    let others = same.filter { !$0.1 }.map(\.0)
    #expect(others == [], "\(name)")
  }

  /// The record's totals in the oracle's units.
  private func hits(_ totals: RunTotals, _ scenario: RandomScenario) -> OraclePool.Hits {
    let size = Int64(scenario.tokensPerBlock)
    var hits = OraclePool.Hits()
    hits.queryTokens = Int(totals.prefixQueryTokens)
    hits.shared = Int(totals.hitTokensShared / size)
    hits.session = Int(totals.hitTokensSession / size)
    hits.output = Int(totals.hitTokensOutput / size)
    hits.running = Int(totals.hitTokensRunning / size)
    hits.preempted = Int(totals.hitTokensPreempted / size)
    hits.again = Int(totals.hitTokensComputedAgain / size)
    return hits
  }

  @Test(arguments: evictions.map { $0.name }, PrefixIndex.allCases)
  func `a leap gives the bytes of single steps with every policy`(
    name: String, index: PrefixIndex
  ) throws {
    let type = try #require(evictions.first { $0.name == name })
    for seed in Self.seeds.prefix(isDebug ? 1 : 24) {
      var scenario = RandomScenario(prefixSeed: 10_000 + seed, index: index)
      scenario.prefixes?.eviction = type
      let reach = [2, 3, 17, 256][Int(seed) % 4]
      let isSame = bytes(scenario.run(maxLeap: 1)) == bytes(scenario.run(maxLeap: reach))
      #expect(isSame, "seed \(seed) \(scenario.policy)")
    }
  }

  @Test(arguments: [0.02, 0.2, 1])
  func `a leap ends where idle blocks of a refused prompt expire`(life: Double) {
    for seed in Self.seeds.prefix(isDebug ? 4 : 80) {
      var scenario = RandomScenario(prefixSeed: 50_000 + seed)
      scenario.prefixes?.life = Seconds(life)
      let isSame = bytes(scenario.run(maxLeap: 1)) == bytes(scenario.run(maxLeap: 256))
      #expect(isSame, "seed \(seed) \(scenario.policy)")
    }
  }

  @Test func `every prompt token is found or computed, and what is lost is computed again`() {
    for seed in Self.seeds {
      let scenario = RandomScenario(prefixSeed: 20_000 + seed)
      let record = scenario.run(maxLeap: 256)
      let (r, totals) = (record.requests, record.totals)
      var (needed, found, prompts) = (Int64(0), Int64(0), Int64(0))
      for i in 0..<r.count where !r.isRejected[i] {
        needed += Int64(r.prompt[i]) + Int64(r.output[i]) - 1
        prompts += Int64(r.prompt[i])
        found += Int64(r.cached[i])
        #expect(r.cached[i] < r.prompt[i], "seed \(seed) request \(i)")
        #expect(r.recomputed[i] >= 0, "seed \(seed) request \(i)")
        if r.preemptions[i] == 0 { #expect(r.recomputed[i] == 0, "seed \(seed) request \(i)") }
      }
      let computed = totals.prefillTokens + totals.decodes
      #expect(totals.prefixQueryTokens == prompts, "seed \(seed)")
      #expect(totals.prefixHitTokens == found, "seed \(seed)")
      #expect(
        totals.prefixHitTokens
          == totals.hitTokensShared + totals.hitTokensSession + totals.hitTokensOutput,
        "seed \(seed)")
      // Only a preempted request that finds more than it had lost computes less than that.
      #expect(computed <= needed - found + totals.recomputedTokens, "seed \(seed)")
      #expect(computed + totals.hitTokensPreempted >= needed - found, "seed \(seed)")
      if totals.preemptions == 0 { #expect(computed == needed - found, "seed \(seed)") }
    }
  }

  @Test func `without shared tokens and preemptions the cache changes nothing`() {
    var compared = 0
    for seed in Self.seeds {
      var scenario = RandomScenario(prefixSeed: 30_000 + seed)
      scenario.table.chains = nil
      let cached = scenario.run(maxLeap: 256)
      scenario.prefixes = nil
      let plain = scenario.run(maxLeap: 256)
      guard plain.totals.preemptions == 0 else { continue }
      compared += 1
      #expect(cached.requests.finished == plain.requests.finished, "seed \(seed)")
      #expect(cached.requests.longestGap == plain.requests.longestGap, "seed \(seed)")
      #expect(cached.totals.peakBlocks == plain.totals.peakBlocks, "seed \(seed)")
    }
    #expect(compared >= Self.seeds.count / 5)
  }

  @Test func `the seeds hit every source, preempt, copy and evict`() {
    var (shared, session, output, running, preempted, again, forks) = (0, 0, 0, 0, 0, 0, 0)
    var (copying, evicting) = (0, 0)
    for seed in Self.seeds {
      let scenario = RandomScenario(prefixSeed: seed)
      let hits = hits(scenario.run(maxLeap: 256).totals, scenario)
      if hits.shared > 0 { shared += 1 }
      if hits.session > 0 { session += 1 }
      if hits.output > 0 { output += 1 }
      if hits.running > 0 { running += 1 }
      if hits.preempted > 0 { preempted += 1 }
      if hits.again > 0 { again += 1 }
      let oracle = OracleRecord(scenario)
      if oracle.copied > 0 { copying += 1 }
      if oracle.evicted > 0 { evicting += 1 }
      let parents = (scenario.table.turns?.parent ?? []).filter { $0 >= 0 }
      if Set(parents).count < parents.count { forks += 1 }
    }
    let tenth = Self.seeds.count / 10
    #expect(shared >= 5 * tenth, "\(shared)")
    #expect(session >= 3 * tenth, "\(session)")
    #expect(output >= 3 * tenth, "\(output)")
    #expect(running >= 3 * tenth, "\(running)")
    #expect(preempted >= 2 * tenth, "\(preempted)")
    #expect(again >= 2 * tenth, "\(again)")
    #expect(copying >= tenth, "\(copying)")
    #expect(evicting >= 3 * tenth, "\(evicting)")
    #expect(forks >= 3 * tenth, "\(forks)")
  }
}
