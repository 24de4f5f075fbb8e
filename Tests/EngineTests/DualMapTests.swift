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

/// DualMap on small clusters: a prompt token takes 1 ms and a decode step 10.
@Suite struct DualMapTests {
  /// A request as blocks of 16 tokens, by number, and its arrival in ms.
  private struct Prompt {
    let at: Int64
    let blocks: [Int]
    var output: Int32 = 1
  }

  /// Keys of one block of 16 tokens, as short as the prompts.
  private static var options: DualMap.Options {
    var options = DualMap.Options()
    (options.keyTokens, options.initialBlocks) = (16, 1)
    (options.prefillToken, options.ttft) = (.value(Seconds(1e-3)), .value(Seconds(1)))
    return options
  }

  /// `prompts`, whose numbers stand for a block and all before it.
  private func table(_ prompts: [Prompt]) -> RequestTable {
    var table = RequestTable()
    var chains = PromptChains(tokensPerBlock: 16)
    var numbers: [[Int]: BlockID] = [:]
    for prompt in prompts {
      var before: BlockID = -1
      for end in prompt.blocks.indices {
        let prefix = Array(prompt.blocks[...end])
        let block = numbers[prefix] ?? chains.addBlock(after: before)
        numbers[prefix] = block
        chains.append(block)
        before = block
      }
      chains.endRequest()
      table.append(
        at: ms(prompt.at), prompt: Int32(16 * prompt.blocks.count), output: prompt.output)
    }
    table.chains = chains
    return table
  }

  private func run(
    _ table: RequestTable, instances count: Int, _ options: DualMap.Options, seed: UInt64 = 1,
    rules: ClusterRules = ClusterRules(), maxLeap: Int = 256
  ) -> RunRecord {
    var vllm = VLLMv1.Options()
    vllm.maxNumBatchedTokens = .value(64)
    vllm.maxNumSeqs = .value(64)
    let scheduler = VLLMv1(vllm, Scenario.context())
    let instances = (0..<count).map { _ in
      var batch = Batch(blocks: 4096, tokensPerBlock: 16, maxModelLength: 4096)
      PrefixSetting(index: .hash).install(in: &batch, table)
      return Instance(
        batch: batch, scheduler: scheduler, cost: HandCost(), maxLeap: maxLeap,
        recorder: Recorder())
    }
    var simulation = Simulation(
      requests: table, instances: instances,
      router: DualMap(options, RouterContext(instances: count, seed: seed)), rules: rules)
    simulation.checksInvariants = true
    simulation.run()
    return simulation.record()
  }

  @Test func `a prefix stays where it is cached as long as its target is met`() {
    // One prefix, requests far apart: all but the first hit on one instance.
    let prompts = (0..<20).map { Prompt(at: 1000 * Int64($0), blocks: [7, 100 + $0]) }
    let r = run(table(prompts), instances: 8, Self.options).requests
    #expect(Set(r.instance).count == 1)
    #expect(r.cached == [0] + Array(repeating: 16, count: 19))
  }

  @Test func `beyond the target the faster candidate serves it`() {
    // 800 ms of prompt and then one more with the same beginning: 16 + 800 < 1000 waits behind it,
    // with 300 ms more it would be late.
    let long = Prompt(at: 0, blocks: [7] + Array(100..<149))
    let near = [long, Prompt(at: 1, blocks: [7, 200])]
    let late = [long, Prompt(at: 1, blocks: [7] + Array(200..<218))]
    let together = run(table(near), instances: 2, Self.options).requests.instance
    #expect(together[0] != together[1], "nothing is cached yet: the idle one has less to do")
    var warm = [Prompt(at: 0, blocks: [7]), Prompt(at: 1000, blocks: [7] + Array(100..<149))]
    warm.append(Prompt(at: 1001, blocks: [7, 200]))
    let kept = run(table(warm), instances: 2, Self.options).requests.instance
    #expect(Set(kept).count == 1, "784 ms wait, 16 more of its own")
    warm[2] = Prompt(at: 1001, blocks: late[1].blocks)
    let spread = run(table(warm), instances: 2, Self.options).requests.instance
    #expect(spread[1] == spread[0] && spread[2] != spread[0], "784 + 288 ms is over a second")
  }

  @Test func `by time alone the faster candidate serves it at once`() {
    var options = Self.options
    options.choice = .ttft
    let warm = [
      Prompt(at: 0, blocks: [7]), Prompt(at: 1000, blocks: [7] + Array(100..<149)),
      Prompt(at: 1001, blocks: [7, 200]),
    ]
    let instances = run(table(warm), instances: 2, options).requests.instance
    #expect(instances[2] != instances[1])
  }

  @Test func `a hot prefix is split over instances, others are not`() {
    // Half of the requests share one block, the rest are alone; 16 instances: hot is above 1/8.
    var prompts: [Prompt] = []
    for i in 0..<400 {
      let blocks = i % 2 == 0 ? [7, 1000 + i / 2 % 40] : [5000 + i / 8 % 20, 9]
      prompts.append(Prompt(at: 100 * Int64(i), blocks: blocks))
    }
    func users(_ adaptive: Bool) -> (hot: Int, other: Int) {
      var options = Self.options
      options.adaptiveKey = adaptive
      let instance = run(table(prompts), instances: 16, options).requests.instance
      let late = instance.indices.filter { $0 >= 200 }
      let hot = Set(late.filter { $0 % 2 == 0 }.map { instance[$0] })
      let other = Set(late.filter { prompts[$0].blocks[0] == 5000 + 199 / 8 }.map { instance[$0] })
      return (hot.count, other.count)
    }
    #expect(users(false).hot <= 2)
    #expect(users(true).hot > 8, "40 keys over 16 instances")
    #expect(users(true).other <= 2)
  }

  @Test func `queued requests leave an overloaded pair, and only with rebalancing`() {
    var random = SplitMix(seed: 3)
    // One key of three tenths of all requests, and two dozen others, on instances 93 % busy.
    let prompts = (0..<500).map { i in
      let key = random.below(10) < 3 ? 0 : 1 + random.below(24)
      return Prompt(
        at: Int64(i) * 27, blocks: [key] + (0..<2 + random.below(20)).map { 100 * i + $0 + 50 })
    }
    var options = Self.options
    options.adaptiveKey = false
    let moved = run(table(prompts), instances: 8, options)
    options.rebalance = false
    let kept = run(table(prompts), instances: 8, options)
    #expect(moved.requests.migrations.reduce(0, +) > 0)
    #expect(kept.requests.migrations.allSatisfy { $0 == 0 })
    let members = moved.cluster.members
    #expect(members.reduce(0) { $0 + $1.movedIn } == members.reduce(0) { $0 + $1.movedOut })
    #expect(bytes(moved) != bytes(kept))
  }

  // DualMap, arXiv 2602.06502: hit bound max(0, 1 − 2/m) of a prefix with m requests, 1 − 1/m with
  // one hash.
  @Test func `all but two requests of a prefix hit, all but one with a single hash`() {
    for seed in 0..<UInt64(isDebug ? 10 : 100) {
      var random = SplitMix(seed: seed)
      let keys = (0..<12).flatMap { Array(repeating: $0, count: 1 + $0) }
      var order = keys
      for i in order.indices.reversed() { order.swapAt(i, random.below(i + 1)) }
      let prompts = order.enumerated().map {
        Prompt(at: 1000 * Int64($0.offset), blocks: [$0.element, 100 + $0.offset])
      }
      for candidates in 1...2 {
        var options = Self.options
        (options.choice, options.candidates, options.adaptiveKey) = (.hash, candidates, false)
        let r = run(table(prompts), instances: 8, options, seed: seed + 1).requests
        for key in 0..<12 {
          let rows = order.indices.filter { order[$0] == key }
          let hits = rows.count { r.cached[$0] >= 16 }
          let users = Set(rows.map { r.instance[$0] }).count
          #expect(users <= candidates, "seed \(seed)")
          #expect(hits >= rows.count - candidates, "seed \(seed): \(hits) of \(rows.count)")
        }
      }
    }
  }

  // The two-choice bound: m / n + ln ln n / ln 2 + O(1), here with 2.
  @Test(arguments: [8, 64, 1024])
  func `no instance has more keys than two choices allow`(n: Int) {
    guard !isDebug || n < 1024 else { return }
    let logs = -logarithm(1 / -logarithm(1 / Double(n))) / 0.693147180559945
    var worst = 0
    for seed in 0..<UInt64(isDebug ? 10 : 100) {
      for perInstance in [1, 4] {
        var options = Self.options
        (options.choice, options.adaptiveKey) = (.hash, false)
        // All at once and far longer than the routing: requests there are requests sent there.
        let m = n * perInstance
        let prompts = (0..<m).map { Prompt(at: 0, blocks: [$0, 0, 0, 0]) }
        var router = DualMap(options, RouterContext(instances: n, seed: seed + 1))
        let most = loads(prompts.count, instances: n, table(prompts), &router)
        #expect(
          Double(most) <= Double(perInstance) + logs + 2, "n \(n), m \(m), seed \(seed): \(most)")
        worst = max(worst, most - perInstance)
      }
    }
    #expect(worst > 0)
  }

  /// Most requests that any instance got.
  private func loads(
    _ count: Int, instances: Int, _ table: RequestTable, _ router: inout DualMap
  ) -> Int {
    let scheduler = VLLMv1(.init(), Scenario.context())
    let idle = Instance(
      batch: Batch(blocks: 1 << 16, tokensPerBlock: 16, maxModelLength: 4096),
      scheduler: scheduler, cost: HandCost(), maxLeap: 256, recorder: Recorder(exactGaps: 64))
    var simulation = Simulation(
      requests: table, instances: Array(repeating: idle, count: instances), router: router)
    simulation.run()
    return Int(simulation.record().cluster.members.map(\.routed).max() ?? 0)
  }

  @Test func `options outside their ranges are refused`() {
    var options = DualMap.Options()
    options.candidates = 3
    #expect(options.fault == "candidates must be 1 or 2")
    options.candidates = 2
    options.virtualNodes = 0
    #expect(options.fault == "virtual_nodes must be 1 to 65536")
    options.virtualNodes = 1
    options.ttft = .value(Seconds(0))
    #expect(options.fault == "prefill_token and ttft must be above 0 s, or auto")
  }

  @Test func `leaping equals single steps, with joins and failures`() {
    for seed in 0..<UInt64(isDebug ? 8 : 100) {
      var random = SplitMix(seed: seed)
      let prompts = (0..<150).map { i in
        Prompt(
          at: Int64(i) * 40 / (1 + Int64(seed % 3)),
          blocks: [random.below(6)] + (0..<random.below(12)).map { 10 * random.below(30) + $0 },
          output: Int32(1 + random.below(12)))
      }
      var rules = ClusterRules()
      rules.absent = [3]
      rules.refresh = Seconds(random.pick([0, 0, 0.2]))
      rules.changes = [
        PlannedChange(at: ms(Int64(random.below(3000))), .join, instance: 3),
        PlannedChange(at: ms(Int64(random.below(5000))), .fail, instance: 1),
        PlannedChange(at: ms(Int64(random.below(5000))), .leave, instance: 0),
      ]
      let leaps = run(table(prompts), instances: 4, Self.options, rules: rules)
      let steps = run(table(prompts), instances: 4, Self.options, rules: rules, maxLeap: 1)
      #expect(bytes(leaps) == bytes(steps), "seed \(seed)")
      #expect(leaps.stop == nil)
    }
  }
}
