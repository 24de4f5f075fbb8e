import Cluster
import Cost
import Kernel
import Metrics
import Schedulers
import Serving
import TestSupport
import Testing
import Units

/// 10 ms a step.
private struct EvenCost: StepCost {
  func time(of shape: StepShape) -> Seconds { Seconds(10e-3) }
  func parts(of shape: StepShape) -> StepParts {
    StepParts([.init("all", time(of: shape), .hbm)], total: time(of: shape))
  }
}

@Suite struct PageMappingTests {
  private static let seeds: [UInt64] = (0..<(isDebug ? 24 : 200)).map { UInt64($0) }

  private func scenario(_ seed: UInt64) -> RandomScenario {
    var random = SplitMix(seed: seed &* 17 &+ 3)
    var scenario = RandomScenario(
      seed: seed, policy: random.pick(["vllm-v1", "vllm-v0", "vtc"]), sessions: random.below(3) == 0
    )
    var pages = PageMapping(groupTime: Seconds(random.pick([1e-4, 5e-3, 0.05])))
    pages.isAsynchronous = random.below(3) > 0
    pages.defersReclamation = random.below(3) > 0
    scenario.pages = pages
    return scenario
  }

  @Test func `leaping equals single steps while pages are mapped`() {
    var (stalled, preempted) = (0, 0)
    for seed in Self.seeds {
      let scenario = scenario(seed)
      let exact = scenario.run(maxLeap: 1, logsSteps: true)
      #expect(
        bytes(scenario.run(maxLeap: 256, logsSteps: true)) == bytes(exact), "seed \(seed)")
      #expect(bytes(scenario.run(maxLeap: 3)) == bytes(scenario.run(maxLeap: 1)), "seed \(seed)")
      if exact.totals.mapStallTime > 0 { stalled += 1 }
      if exact.totals.preemptions > 0 { preempted += 1 }
    }
    #expect(stalled > Self.seeds.count / 2 && preempted > Self.seeds.count / 10)
  }

  @Test func `mapping that takes no time changes no result`() {
    for seed in Self.seeds {
      var scenario = scenario(seed)
      scenario.pages?.groupTime = Seconds(0)
      var mapped = scenario.run(maxLeap: 256)
      #expect(mapped.totals.mappedPageGroups > 0)
      mapped.totals.mappedPageGroups = 0
      for i in mapped.instanceTotals.indices { mapped.instanceTotals[i].mappedPageGroups = 0 }
      scenario.pages = nil
      #expect(bytes(mapped) == bytes(scenario.run(maxLeap: 256)), "seed \(seed)")
    }
  }

  /// Requests of 100 tokens that make 40, on pages of 32 tokens.
  private func run(
    _ pages: PageMapping, at arrivals: [Double], blocks: Int32 = 100
  ) -> RunRecord {
    var table = RequestTable()
    for time in arrivals { table.append(at: .zero + Seconds(time), prompt: 100, output: 40) }
    var batch = Batch(blocks: blocks, tokensPerBlock: 32, maxModelLength: 512)
    batch.mapPages(pages)
    let context = EngineContext(maxModelLength: 512, gpuMemory: Bytes(0x1p35))
    let instance = Instance(
      batch: batch, scheduler: VLLMv0(.init(), context), cost: EvenCost(), maxLeap: 256,
      recorder: Recorder())
    var simulation = Simulation(
      requests: table, instances: [instance],
      router: RoundRobin(NoOptions(), RouterContext(instances: 1)))
    simulation.checksInvariants = true
    simulation.run()
    return simulation.record()
  }

  private func milliseconds(_ time: Int64) -> Double { Double(time) * 1e-9 }
  private func firstToken(_ record: RunRecord, _ row: Int = 0) -> Double {
    milliseconds(record.requests.firstToken[row] - record.requests.arrival[row])
  }

  @Test func `synchronous mapping lengthens the steps that need pages`() {
    var pages = PageMapping(groupTime: Seconds(3e-3))
    pages.isAsynchronous = false
    let record = run(pages, at: [0])
    // 4 groups for the prompt, 1 when its 129th token is stored.
    #expect(firstToken(record) == 10 + 4 * 3)
    #expect(milliseconds(record.requests.longestGap[0]) == 10 + 3)
    #expect(record.totals.mapStallTime == 15_000_000_000)
    #expect(record.totals.mappedPageGroups == 5)
  }

  @Test func `asynchronous mapping hides what the step before has time for`() {
    let hidden = run(PageMapping(groupTime: Seconds(3e-3)), at: [0])
    #expect(firstToken(hidden) == 10 && milliseconds(hidden.requests.longestGap[0]) == 10)
    #expect(hidden.totals.mapStallTime == 0 && hidden.totals.mappedPageGroups == 5)
    let slow = run(PageMapping(groupTime: Seconds(25e-3)), at: [0])
    #expect(milliseconds(slow.requests.longestGap[0]) == 10 + 25 - 10)
  }

  @Test func `one region is mapped in advance, prompts beside it wait`() {
    let record = run(PageMapping(groupTime: Seconds(3e-3)), at: [0, 0, 0])
    #expect(firstToken(record) == 10 + 2 * 4 * 3)
  }

  @Test func `what is mapped stays for the next request if reclamation is deferred`() {
    var pages = PageMapping(groupTime: Seconds(3e-3))
    pages.isAsynchronous = false
    #expect(firstToken(run(pages, at: [0, 5]), 1) == 10)
    pages.defersReclamation = false
    #expect(firstToken(run(pages, at: [0, 5]), 1) == 22)
  }
}
