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

@Suite struct LongestPrefixFirstTests {
  private func run(
    _ scenario: RandomScenario, _ scheduler: any Scheduler, maxLeap: Int
  ) -> RunRecord {
    var batch = Batch(
      blocks: Int32(scenario.blocks), tokensPerBlock: Int32(scenario.tokensPerBlock),
      maxModelLength: Int32(scenario.maxModelLength))
    scenario.prefixes?.install(in: &batch, scenario.table)
    let instance = Instance(
      batch: batch, scheduler: scheduler, cost: scenario.cost, maxLeap: maxLeap,
      recorder: Recorder(logsSteps: true))
    var simulation = Simulation(
      requests: scenario.table, instances: [instance],
      router: RoundRobin(NoOptions(), RouterContext(instances: 1)))
    simulation.checksInvariants = true
    simulation.run()
    return simulation.record()
  }

  private func scheduler(
    _ scenario: RandomScenario, fcfsAbove: Int
  ) -> LongestPrefixFirst {
    var options = LongestPrefixFirst.Options()
    options.maxNumSeqs = .value(min(scenario.maxSequences, scenario.maxTokens))
    options.maxNumBatchedTokens = .value(scenario.maxTokens)
    options.fcfsAbove = fcfsAbove
    return LongestPrefixFirst(options, scenario.context)
  }

  @Test(arguments: PrefixIndex.allCases)
  func `leaping equals single steps while blocks are evicted`(index: PrefixIndex) {
    for seed in 0..<(isDebug ? 4 : 100) {
      var scenario = RandomScenario(prefixSeed: UInt64(seed), policy: "vllm-v1", index: index)
      if seed % 3 == 0 { scenario.prefixes?.life = Seconds(0.3) }
      let scheduler = scheduler(scenario, fcfsAbove: [0, 0, 3, 128][seed % 4])
      let exact = run(scenario, scheduler, maxLeap: 1)
      #expect(exact.stop == nil)
      let reach = [2, 3, 17, 256][seed % 4]
      #expect(bytes(run(scenario, scheduler, maxLeap: reach)) == bytes(exact), "seed \(seed)")
    }
  }

  @Test func `who hits more goes first, and above the threshold who came first`() {
    // A prompt of blocks 0…3 leaves them; then three wait that begin with 1, 3 and 2 of them.
    var table = RequestTable()
    var chains = PromptChains(tokensPerBlock: 16)
    for i in 0..<4 { _ = chains.addBlock(after: Int32(i) - 1) }
    for (second, shared) in [(0.0, 4), (1, 1), (1, 3), (1, 2)] {
      table.append(at: .zero + Seconds(second), prompt: 80, output: 4)
      var last: BlockID = -1
      for block in 0..<shared {
        last = BlockID(block)
        chains.append(last)
      }
      for _ in shared..<5 {
        last = chains.addBlock(after: last)
        chains.append(last)
      }
      chains.endRequest()
    }
    table.chains = chains
    func order(_ fcfsAbove: Int) -> [Int] {
      var options = LongestPrefixFirst.Options()
      options.maxNumBatchedTokens = .value(32)
      options.maxNumSeqs = .value(32)
      options.fcfsAbove = fcfsAbove
      let context = EngineContext(maxModelLength: 512, gpuMemory: Bytes(40 * 0x1p30))
      var batch = Batch(blocks: 100, tokensPerBlock: 16, maxModelLength: 512)
      PrefixSetting(index: .radix).install(in: &batch, table)
      let instance = Instance(
        batch: batch, scheduler: LongestPrefixFirst(options, context), cost: SmoothCost(),
        maxLeap: 256, recorder: Recorder())
      var simulation = Simulation(
        requests: table, instances: [instance],
        router: RoundRobin(NoOptions(), RouterContext(instances: 1)))
      simulation.checksInvariants = true
      simulation.run()
      let first = simulation.record().requests.firstToken
      return (1..<4).sorted { first[$0] < first[$1] }
    }
    #expect(order(0) == [2, 3, 1])
    #expect(order(2) == [1, 2, 3])
  }
}
