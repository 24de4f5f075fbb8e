import Memory
import Metrics
import Serving
import TestSupport
import Testing
import Units

/// Tiers under HBM and random pressure; every run also checks I3, I4 and I5 at each event.
@Suite struct OffloadTests {
  static let seeds: [UInt64] = (0..<(isDebug ? 30 : 200)).map { UInt64($0) }

  @Test func `leaping equals single steps while blocks come and go`() {
    for seed in Self.seeds {
      let scenario = OffloadScenario(seed: seed)
      let isLogged = seed % 2 == 0
      let exact = bytes(scenario.run(maxLeap: 1, logsSteps: isLogged))
      let isSame = bytes(scenario.run(maxLeap: 256, logsSteps: isLogged)) == exact
      #expect(isSame, "seed \(seed)")
      let isShortSame = bytes(scenario.run(maxLeap: 3, logsSteps: isLogged)) == exact
      #expect(isShortSame, "seed \(seed), leaps of 3")
    }
  }

  @Test func `every request finishes or is refused, and what is not found is computed`() {
    var (loading, storing, deeper, preempted) = (0, 0, 0, 0)
    for seed in Self.seeds {
      let scenario = OffloadScenario(seed: seed)
      let record = scenario.run()
      let (r, totals) = (record.requests, record.totals)
      #expect(record.stop == nil, "seed \(seed): \(record.stop ?? "")")
      var (sojourn, needed, found) = (Int128(0), Int64(0), Int64(0))
      for i in 0..<r.count where r.arrival[i] < .never {
        #expect((r.finished[i] < .never) != r.isRejected[i], "seed \(seed)")
        guard !r.isRejected[i] else { continue }
        sojourn += Int128(r.finished[i] - r.arrival[i])
        needed += Int64(r.prompt[i]) + Int64(r.output[i]) - 1
        found += Int64(r.cached[i])
        #expect(r.cached[i] < r.prompt[i], "seed \(seed) request \(i)")
        #expect(r.recomputed[i] >= 0, "seed \(seed) request \(i)")
      }
      #expect(totals.presenceTime == sojourn, "seed \(seed): Little's law")
      let inHBM = totals.hitTokensShared + totals.hitTokensSession + totals.hitTokensOutput
      let below = totals.tierHitTokens.wrappedSum()
      #expect(totals.prefixHitTokens == found && inHBM + below == found, "seed \(seed)")
      let computed = totals.prefillTokens + totals.decodes
      #expect(computed <= needed - found + totals.recomputedTokens, "seed \(seed)")
      #expect(computed + totals.hitTokensPreempted >= needed - found, "seed \(seed)")
      if totals.preemptions == 0 {
        #expect(computed == needed - found, "seed \(seed)")
        let bytes = below * OffloadSetting.bytesPerToken * scenario.setting.gpus
        #expect(totals.loadedBytes == bytes, "seed \(seed)")
      }
      if scenario.setting.mode.load == .never { #expect(totals.loadedBytes == 0) }
      if below > 0 { loading += 1 }
      if totals.storedBytes > 0 { storing += 1 }
      if below > totals.tierHitTokens[0] { deeper += 1 }
      if below > 0, totals.preemptions > 0 { preempted += 1 }
    }
    let tenth = Self.seeds.count / 10
    #expect(loading >= tenth, "\(loading)")
    #expect(storing >= 7 * tenth, "\(storing)")
    #expect(deeper >= 1, "\(deeper)")
    #expect(preempted >= 1, "\(preempted)")
  }

  @Test(arguments: ["vllm-v0", "vllm-v1"])
  func `loads that would take longer than computing change nothing`(policy: String) {
    for seed in Self.seeds.prefix(isDebug ? 6 : 100) {
      let base = RandomScenario(prefixSeed: seed, policy: policy)
      var setting = OffloadSetting()
      setting.mode.load = .cheaper
      setting.mode.writing = seed % 2 == 0 ? .through : .back
      setting.bandwidth = 1e3
      let (plain, slow) = (base.run(maxLeap: 256), OffloadScenario(base: base, setting).run())
      #expect(slow.totals.loadedBytes == 0, "seed \(seed)")
      let (a, b) = (plain.requests, slow.requests)
      #expect(a.finished == b.finished && a.firstToken == b.firstToken, "seed \(seed)")
      #expect(a.cached == b.cached && a.recomputed == b.recomputed, "seed \(seed)")
      #expect(plain.totals.busyTime == slow.totals.busyTime, "seed \(seed)")
    }
  }

  @Test(arguments: ["vllm-v0", "vllm-v1"])
  func `with room in HBM for everything nothing is loaded`(policy: String) {
    for seed in Self.seeds.prefix(isDebug ? 6 : 100) {
      var base = RandomScenario(prefixSeed: seed, policy: policy, index: .hash)
      base.blocks = 200_000 / base.tokensPerBlock + 200_000
      var setting = OffloadSetting()
      setting.mode.writing = .back
      let plain = base.run(maxLeap: 256)
      let back = OffloadScenario(base: base, setting).run()
      #expect(back.totals.storedBytes == 0 && back.totals.loadedBytes == 0, "seed \(seed)")
      #expect(back.requests.finished == plain.requests.finished, "seed \(seed)")
      setting.mode.writing = .through
      let through = OffloadScenario(base: base, setting).run()
      #expect(through.totals.loadedBytes == 0, "seed \(seed)")
      #expect(through.requests.cached == plain.requests.cached, "seed \(seed)")
    }
  }

  /// One request after the other, so that none computes what another one is computing.
  @Test(arguments: ["vllm-v0", "vllm-v1"], TieredStore.Writing.allCases)
  func `with endless DRAM no block is computed twice`(
    policy: String, writing: TieredStore.Writing
  ) {
    var loading = 0
    for seed in Self.seeds.prefix(isDebug ? 8 : 200) {
      var base = RandomScenario(prefixSeed: 70_000 + seed, policy: policy)
      base = base.oneByOne()
      let longest = (0..<base.table.count).map {
        Int(base.table.prompt[$0]) + Int(base.table.output[$0])
      }
      base.blocks = (longest.max() ?? 1) / base.tokensPerBlock + 2 + Int(seed % 5)
      var setting = OffloadSetting()
      setting.mode.writing = writing
      var scenario = OffloadScenario(base: base, setting)
      scenario.checksInvariants = false
      let record = scenario.run()
      let expected = base.foundWhenNothingIsLost()
      #expect(record.stop == nil && record.totals.preemptions == 0, "seed \(seed)")
      let isSame = record.requests.cached == expected
      #expect(isSame, "seed \(seed)")
      let prompts = record.requests.prompt.reduce(0) { $0 + Int64($1) }
      let found = expected.reduce(0) { $0 + Int64($1) }
      #expect(record.totals.prefillTokens == prompts - found, "seed \(seed)")
      if record.totals.loadedBytes > 0 { loading += 1 }
    }
    #expect(loading >= (isDebug ? 4 : 100), "\(loading)")
  }
}

extension RandomScenario {
  /// The same requests on one instance, each long after the one before, none refused.
  fileprivate func oneByOne() -> RandomScenario {
    var other = self
    other.instances = 1
    other.maxModelLength = 4096
    var table = RequestTable()
    for row in 0..<self.table.count {
      table.append(
        at: .zero + Seconds(Double(row) * 10), prompt: self.table.prompt[row],
        output: self.table.output[row])
    }
    (table.chains, table.turns) = (self.table.chains, self.table.turns)
    other.table = table
    return other
  }

  /// Tokens that each request finds when every block that was computed stays for ever.
  fileprivate func foundWhenNothingIsLost() -> [Int32] {
    var known: Set<OraclePool.Name> = []
    var found: [Int32] = []
    for row in 0..<table.count {
      let names = OraclePool.names(of: row, table, tokensPerBlock)
      let most = (Int(table.prompt[row]) - 1) / tokensPerBlock
      let hits = names.prefix(most).prefix { known.contains($0) }.count
      found.append(Int32(hits * tokensPerBlock))
      known.formUnion(names)
    }
    return found
  }
}
