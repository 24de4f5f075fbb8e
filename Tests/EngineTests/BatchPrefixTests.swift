import Cluster
import Kernel
import Memory
import Metrics
import Schedulers
import Serving
import Testing
import Units

/// Small cases by hand: blocks of 16 tokens, prompts as chains of the same blocks.
@Suite struct BatchPrefixTests {
  private struct Request {
    var second: Double
    var prompt: Int32
    var output: Int32
    var chain: [Int32]
    var parent: Int32 = -1
    var session: Int32 = 0
  }

  private func run(
    _ requests: [Request], blocks: Int32 = 64, index: PrefixIndex = .hash, v0: Bool = false,
    tokens: Int = 512
  ) -> RunRecord {
    var table = RequestTable()
    var (chains, turns) = (PromptChains(tokensPerBlock: 16), SessionTurns())
    for _ in 0..<100 { _ = chains.addBlock(after: -1) }
    for request in requests {
      table.append(
        at: .zero + Seconds(request.second), prompt: request.prompt, output: request.output)
      for block in request.chain { chains.append(block) }
      chains.endRequest()
      turns.append(
        session: request.session, turn: 1, parent: request.parent, delay: -1)
    }
    (table.chains, table.turns) = (chains, turns)
    var batch = Batch(blocks: blocks, tokensPerBlock: 16)
    PrefixSetting(index: index).install(in: &batch, table)
    let context = EngineContext(maxModelLength: 512, gpuMemory: Bytes(40 * 0x1p30))
    var options = VLLMv1.Options()
    options.maxNumBatchedTokens = .value(tokens)
    options.maxNumSeqs = .value(64)
    let scheduler: any Scheduler =
      v0 ? VLLMv0(VLLMv0.Options(), context) : VLLMv1(options, context)
    let instance = Instance(
      batch: batch, scheduler: scheduler, cost: SmoothCost(), maxLeap: 256, recorder: Recorder())
    var simulation = Simulation(
      requests: table, instances: [instance],
      router: RoundRobin(NoOptions(), RouterContext(instances: 1)))
    simulation.checksInvariants = true
    simulation.run()
    return simulation.record()
  }

  @Test(arguments: [false, true])
  func `a prompt that is cached as a whole computes its last block again`(v0: Bool) {
    let record = run(
      [
        Request(second: 0, prompt: 48, output: 1, chain: [1, 2, 3]),
        Request(second: 9, prompt: 48, output: 1, chain: [1, 2, 3], session: 1),
      ], v0: v0)
    #expect(record.requests.cached == [0, 32])
    #expect(record.totals.prefillTokens == 48 + 16)
    #expect(record.totals.hitTokensComputedAgain == 16)
    #expect(record.totals.hitTokensShared == 32)
    #expect(record.totals.prefixQueryTokens == 96)
  }

  @Test func `a prompt of one block that is cached computes it again`() {
    let record = run([
      Request(second: 0, prompt: 16, output: 1, chain: [1]),
      Request(second: 9, prompt: 16, output: 1, chain: [1]),
    ])
    #expect(record.requests.cached == [0, 0])
    #expect(record.totals.hitTokensComputedAgain == 16)
  }

  @Test func `one token beyond the cached blocks is enough`() {
    let record = run([
      Request(second: 0, prompt: 48, output: 1, chain: [1, 2, 3]),
      Request(second: 9, prompt: 49, output: 1, chain: [1, 2, 3, 4]),
    ])
    #expect(record.requests.cached == [0, 48])
    #expect(record.totals.prefillTokens == 48 + 1)
    #expect(record.totals.hitTokensComputedAgain == 0)
  }

  @Test func `an output is found by the turn that carries it, but for its last token`() {
    // 20 + 28 = 48 tokens, of which 47 are stored: two full blocks, the second half output.
    let record = run([
      Request(second: 0, prompt: 20, output: 28, chain: [1, 2]),
      Request(second: 9, prompt: 60, output: 1, chain: [1, 3, 4, 5], parent: 0),
    ])
    #expect(record.requests.cached == [0, 32])
    #expect(record.totals.hitTokensSession == 16)
    #expect(record.totals.hitTokensOutput == 16)
  }

  @Test func `running requests are found too, and both at once compute everything`() {
    let long = Request(second: 0, prompt: 40, output: 200, chain: [1, 2, 3])
    var later = long
    later.second = 0.05
    let record = run([long, later])
    #expect(record.requests.cached == [0, 32])
    #expect(record.totals.hitTokensRunning == 32)
    #expect(run([long, long]).requests.cached == [0, 0])
  }

  /// Twins of ten blocks, of which one ends after `first` tokens and the other after `second`.
  private func twins(_ first: Int32, _ second: Int32, v0: Bool) -> RunRecord {
    let outputs = [first, second]
    return run(
      outputs.map { Request(second: 0, prompt: 160, output: $0, chain: Array(1...10)) },
      blocks: 24, v0: v0)
  }

  @Test(arguments: [false, true])
  func `a pool is as full whichever of two equal requests ends first`(v0: Bool) {
    let (early, late) = (twins(2, 100, v0: v0), twins(100, 2, v0: v0))
    // 2 × 11 blocks while both decode; the longer one alone fills ⌈259 / 16⌉ = 17.
    #expect(early.totals.peakBlocks == 22 && late.totals.peakBlocks == 22)
    #expect(early.stop == nil && late.stop == nil)
    #expect(early.totals.preemptions == 0 && late.totals.preemptions == 0)
    #expect(early.requests.finished == late.requests.finished.reversed())
    #expect(early.totals.tokenTimeWaiting == late.totals.tokenTimeWaiting)
  }

  @Test(arguments: PrefixIndex.allCases)
  func `blocks computed twice at once are held twice by a table, once by a tree`(
    index: PrefixIndex
  ) {
    let long = Request(second: 0, prompt: 40, output: 2, chain: [1, 2, 3])
    let record = run([long, long], index: index)
    #expect(record.totals.peakBlocks == 6)
    let three = run(
      [long, long, Request(second: 0.001, prompt: 16, output: 1, chain: [9])], index: index)
    // After the first step the tree has four blocks of the two requests, the table six.
    #expect(three.totals.peakBlocks == (index == .radix ? 6 : 7))
  }
}
