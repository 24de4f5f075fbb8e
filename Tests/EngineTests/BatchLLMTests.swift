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

@Suite struct BatchLLMTests {
  /// A cost that reads what is shared once.
  private struct SharingCost: StepCost {
    func time(of shape: StepShape) -> Seconds {
      let read = Double(shape.context - shape.sharedContext + shape.sharedKeys)
      return Seconds(
        2e-3 + 1.3e-5 * Double(shape.prefillTokens + shape.decodes) + 1.7e-8 * read
          + 1e-4 * Double(shape.prefixKernels))
    }
    func parts(of shape: StepShape) -> StepParts {
      StepParts([.init("all", time(of: shape), .hbm)], total: time(of: shape))
    }
  }

  private func run(
    _ table: RequestTable, blocks: Int32, size: Int32 = 16, index: PrefixIndex = .hash,
    oracle: Bool = false, asked: SharedPrefixAttention = .none, maxLeap: Int = 256,
    _ set: (inout BatchLLMOptions) -> Void = { _ in }
  ) -> RunRecord {
    var options = BatchLLMOptions()
    set(&options)
    let context = EngineContext(maxModelLength: 100_000, gpuMemory: Bytes(40 * 0x1p30))
    let scheduler: any Scheduler =
      oracle ? BatchLLMOracle(options, context) : BatchLLM(options, context)
    return run(
      table, scheduler, blocks: blocks, size: size, index: index, asked: asked, maxLeap: maxLeap)
  }

  private func run(
    _ table: RequestTable, _ scheduler: any Scheduler, blocks: Int32, size: Int32 = 16,
    index: PrefixIndex = .hash, asked: SharedPrefixAttention = .none, maxLeap: Int = 256
  ) -> RunRecord {
    var batch = Batch(blocks: blocks, tokensPerBlock: size, maxModelLength: 100_000)
    PrefixSetting(index: index).install(in: &batch, table)
    batch.askedAttention = asked
    let instance = Instance(
      batch: batch, scheduler: scheduler, cost: SharingCost(), maxLeap: maxLeap,
      recorder: Recorder(logsSteps: true))
    var simulation = Simulation(
      requests: table, instances: [instance],
      router: RoundRobin(NoOptions(), RouterContext(instances: 1)))
    simulation.checksInvariants = true
    simulation.run()
    return simulation.record()
  }

  /// Groups of `members` requests that share `prefix` tokens each, all at once, in an order that
  /// visits the groups in turn.
  private func job(
    groups: Int, members: Int, prefix: Int32, own: Int32, output: Int32, size: Int32 = 16
  ) -> RequestTable {
    var table = RequestTable()
    var chains = PromptChains(tokensPerBlock: size)
    var prefixes: [[BlockID]] = []
    for _ in 0..<groups {
      var chain: [BlockID] = []
      for _ in 0..<prefix / size { chain.append(chains.addBlock(after: chain.last ?? -1)) }
      prefixes.append(chain)
    }
    for _ in 0..<members {
      for group in 0..<groups {
        table.append(at: .zero, prompt: prefix + own, output: output)
        var last: BlockID = -1
        for block in prefixes[group] {
          chains.append(block)
          last = block
        }
        for _ in 0..<(prefix + own + size - 1) / size - prefix / size {
          last = chains.addBlock(after: last)
          chains.append(last)
        }
        chains.endRequest()
      }
    }
    table.chains = chains
    return table
  }

  @Test(arguments: PrefixIndex.allCases)
  func `a group computes its prefix once, though the pool holds few of them`(index: PrefixIndex) {
    // 12 prefixes of 20 blocks in a pool of 100.
    let table = job(groups: 12, members: 6, prefix: 320, own: 40, output: 30)
    let record = run(table, blocks: 100, index: index) {
      ($0.maxNumSeqs, $0.tokenBatchingDegree, $0.maxNumBatchedTokens) = (6, 0, 360)
    }
    #expect(record.totals.preemptions == 0)
    #expect(record.totals.prefillTokens == 12 * (320 + 6 * 40))
    #expect(record.totals.finished == 72)
  }

  @Test func `what a block of a prefix cuts off is computed by every member`() {
    let table = job(groups: 4, members: 8, prefix: 320, own: 48, output: 10, size: 16)
    let record = run(table, blocks: 400, size: 64)
    #expect(record.totals.prefillTokens == 4 * (320 + 8 * 48))
    let odd = job(groups: 4, members: 8, prefix: 304, own: 64, output: 10, size: 16)
    // Blocks of 64: four of the prefix are shared, 256 tokens.
    #expect(run(odd, blocks: 400, size: 64).totals.prefillTokens == 4 * (256 + 8 * 112))
  }

  @Test func `members that do not wait compute the prefix again`() {
    let table = job(groups: 2, members: 6, prefix: 320, own: 40, output: 30)
    let waiting = run(table, blocks: 400) { $0.maxNumBatchedTokens = 4096 }
    #expect(waiting.totals.prefillTokens == 2 * (320 + 6 * 40))
    let early = run(table, blocks: 400) {
      $0.maxNumBatchedTokens = 4096
      $0.waitsForCommon = false
    }
    #expect(early.totals.prefillTokens == 12 * 360)
  }

  @Test func `without grouping the order of arrival stands`() {
    let table = job(groups: 6, members: 4, prefix: 320, own: 40, output: 30)
    let record = run(table, blocks: 400) {
      $0.prefixGrouping = false
      $0.orderByDecodeRatio = false
      $0.maxNumBatchedTokens = 400
    }
    let first = record.requests.firstScheduled
    #expect(zip(first, first.dropFirst()).allSatisfy { $0 <= $1 })
    let grouped = run(table, blocks: 400) { $0.maxNumBatchedTokens = 400 }.requests.firstScheduled
    // Rows 0, 6, 12 and 18 are the first group.
    #expect(grouped[18] < grouped[3] && first[18] > first[3])
  }

  @Test func `groups with the most output for their prompts go first, for who knows outputs`() {
    var table = RequestTable()
    for (prompt, output) in [(300, 10), (300, 90), (100, 12), (100, 50)] as [(Int32, Int32)] {
      table.append(at: .zero, prompt: prompt, output: output)
    }
    func order(_ oracle: Bool) -> [Int] {
      let record = run(table, blocks: 400, oracle: oracle) {
        $0.maxNumBatchedTokens = 100
        $0.tokenBatchingDegree = 0
        $0.maxNumSeqs = 50
      }
      let first = record.requests.firstScheduled
      return (0..<4).sorted { first[$0] < first[$1] }
    }
    #expect(order(true) == [3, 1, 2, 0])
    #expect(order(false) == [2, 3, 0, 1])
    #expect(BatchLLMOracle.isOracle && !BatchLLM.isOracle)
  }

  @Test func `requests that come later are grouped among themselves, and served`() {
    var table = job(groups: 3, members: 4, prefix: 320, own: 40, output: 30)
    let chains = table.chains
    var late = RequestTable()
    for row in 0..<table.count {
      late.append(
        at: row < 6 ? .zero : .zero + Seconds(0.4), prompt: table.prompt[row],
        output: table.output[row])
    }
    late.chains = chains
    table = late
    let record = run(table, blocks: 200)
    #expect(record.totals.finished == 12)
    // The later ones find what the first have left behind.
    #expect(record.totals.prefillTokens == 3 * (320 + 4 * 40))
  }

  @Test func `memory limits a step where numbers do not`() {
    let table = job(groups: 1, members: 40, prefix: 64, own: 16, output: 60)
    func most(_ set: (inout BatchLLMOptions) -> Void) -> Int32 {
      run(table, blocks: 4000, set).steps[0].running.max() ?? 0
    }
    #expect(most { ($0.maxNumSeqs, $0.tokenBatchingDegree) = (10, 0) } == 10)
    #expect(most { ($0.maxNumSeqs, $0.tokenBatchingDegree) = (10, 20) } == 30)
    let limited = most { $0.maxKvUsage = 1000 }
    #expect(limited <= 12 && limited > 5, "\(limited)")
  }

  @Test func `a prefix that decodes share is read once`() {
    let table = job(groups: 2, members: 3, prefix: 160, own: 16, output: 20)
    let apart = run(table, blocks: 200) { $0.fusedAttention = false }
    let fused = run(table, blocks: 200)
    #expect(apart.totals.sharedContext == 0)
    #expect(fused.totals.context == apart.totals.context)
    // When all six decode, 10 blocks of each group: three readers, one reading.
    #expect(fused.totals.sharedContext > 0)
    #expect(fused.totals.sharedContext <= 3 * fused.totals.sharedKeys)
    #expect(fused.end < apart.end)
  }

  @Test func `cascade asks for one prefix of all that decode`() {
    let one = job(groups: 1, members: 12, prefix: 320, own: 16, output: 20)
    let two = job(groups: 2, members: 12, prefix: 320, own: 16, output: 20)
    let context = EngineContext(maxModelLength: 100_000, gpuMemory: Bytes(40 * 0x1p30))
    func totals(_ table: RequestTable, _ asked: SharedPrefixAttention) -> RunTotals {
      var options = VLLMv1.Options()
      // The first prompt fills its step, so all others hit what it leaves.
      options.maxNumBatchedTokens = .value(336)
      options.maxNumSeqs = .value(64)
      return run(table, VLLMv1(options, context), blocks: 600, asked: asked).totals
    }
    #expect(totals(one, .none).sharedContext == 0)
    let cascade = totals(one, .cascade)
    #expect(cascade.sharedContext > 0 && cascade.sharedContext % 320 == 0)
    #expect(totals(two, .cascade).sharedContext < totals(two, .fused).sharedContext)
  }

  @Test(arguments: [false, true], PrefixIndex.allCases)
  func `leaping equals single steps under pressure, with every switch`(
    oracle: Bool, index: PrefixIndex
  ) {
    for seed in 0..<(isDebug ? 3 : 60) {
      var random = SplitMix(seed: UInt64(seed) ^ 0xBA7C)
      let scenario = RandomScenario(prefixSeed: UInt64(seed), policy: "batchllm", index: index)
      let asked = random.pick(SharedPrefixAttention.allCases)
      var options = BatchLLMOptions()
      options.maxNumSeqs = scenario.maxSequences
      options.maxNumBatchedTokens = 40 + random.below(600)
      options.tokenBatchingDegree = random.pick([0, 20])
      options.maxKvUsage = random.pick([0, 0, 400])
      options.prefixGrouping = random.below(4) > 0
      options.waitsForCommon = random.below(4) > 0
      options.orderByDecodeRatio = random.below(2) == 0
      options.fusedAttention = random.below(2) == 0
      let chosen = options
      func result(_ maxLeap: Int) -> RunRecord {
        run(
          scenario.table, blocks: Int32(scenario.blocks), size: Int32(scenario.tokensPerBlock),
          index: index, oracle: oracle, asked: asked, maxLeap: maxLeap
        ) { $0 = chosen }
      }
      let exact = result(1)
      #expect(exact.stop == nil, "seed \(seed)")
      let r = exact.requests
      let isLost = (0..<r.count).contains { r.finished[$0] == .never && !r.isRejected[$0] }
      #expect(!isLost, "seed \(seed)")
      #expect(bytes(result([2, 3, 17, 256][seed % 4])) == bytes(exact), "seed \(seed)")
    }
  }
}
