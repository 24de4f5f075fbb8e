import Kernel
import Metrics
import Schedulers
import Serving
import Testing
import Units

@Suite struct OrcaTests {
  private func scheduler(_ name: String, length: Int32, batch: Int = 256) -> any Scheduler {
    var options = OrcaOptions()
    options.maxBatchSize = batch
    let context = Scenario.context(length: length)
    switch name {
    case "orca-max": return OrcaMax(options, context)
    case "orca-pow2": return OrcaPow2(options, context)
    default: return OrcaOracle(options, context)
    }
  }

  /// How many of 40 equal requests the first step takes.
  private func atOnce(
    _ name: String, pool: Int32, prompt: Int32, output: Int32, length: Int32
  ) -> Int32? {
    var scenario = Scenario(
      (0..<40).map { _ in Request(0, prompt, output) }, scheduler(name, length: length))
    (scenario.blocks, scenario.maxModelLength) = (pool, length)
    return scenario.run().log().first.map { $0.prefill / prompt }
  }

  @Test func `max reserves the model's length`() {
    #expect(atOnce("orca-max", pool: 64, prompt: 3, output: 5, length: 32) == 2)
    // A length of 20 is rounded up to a region of 32 all the same.
    #expect(atOnce("orca-max", pool: 64, prompt: 3, output: 5, length: 20) == 2)
    #expect(atOnce("orca-max", pool: 64, prompt: 3, output: 5, length: 16) == 4)
  }

  @Test func `pow2 reserves the prompt and the output's next power of two`() {
    // 3 + 8 = 11, a region of 16.
    #expect(atOnce("orca-pow2", pool: 64, prompt: 3, output: 5, length: 32) == 4)
    // 8 + 8 = 16 exactly; 8 + 9 → 8 + 16 = 24, a region of 32.
    #expect(atOnce("orca-pow2", pool: 64, prompt: 8, output: 8, length: 32) == 4)
    #expect(atOnce("orca-pow2", pool: 64, prompt: 8, output: 9, length: 32) == 2)
  }

  @Test func `oracle reserves the prompt and the output`() {
    // 3 + 5 = 8, a region of 8; 3 + 6 = 9, a region of 16.
    #expect(atOnce("orca-oracle", pool: 64, prompt: 3, output: 5, length: 32) == 8)
    #expect(atOnce("orca-oracle", pool: 64, prompt: 3, output: 6, length: 32) == 4)
  }

  @Test func `seven requests of 2,048 run at once in a pool of 15,808 tokens`() {
    var scenario = Scenario(
      (0..<20).map { _ in Request(0, 10, 3) }, scheduler("orca-max", length: 2048))
    (scenario.blocks, scenario.tokensPerBlock) = (988, 16)
    let record = scenario.run()
    #expect(record.log().first == Step(0, 70, prefill: 70))
    #expect(record.totals.peakBlocks == 7 * 2048 / 16)
  }

  @Test func `prompts and decodes share a step and who leaves makes room at once`() {
    // Two regions. The first ends at 20, the third takes its place in the next step.
    var scenario = Scenario(
      [Request(0, 5, 2), Request(0, 5, 4), Request(0, 7, 2)], scheduler("orca-max", length: 32))
    (scenario.blocks, scenario.maxModelLength) = (64, 32)
    let record = scenario.run()
    #expect(
      record.log() == [
        Step(0, 10, prefill: 10),
        Step(10, 20, decodes: 2),
        Step(20, 37, prefill: 7, decodes: 1),
        Step(37, 47, decodes: 2),
      ])
    #expect(record.starts == [0, 0, 20])
    #expect(record.ends == [20, 47, 47])
  }

  @Test func `an arrival is admitted at the end of the step in flight`() {
    var scenario = Scenario(
      [Request(0, 5, 4), Request(18, 6, 1)], scheduler("orca-oracle", length: 32))
    scenario.blocks = 64
    #expect(
      scenario.run().log() == [
        Step(0, 5, prefill: 5), Step(5, 15, decodes: 1), Step(15, 25, decodes: 1),
        Step(25, 41, prefill: 6, decodes: 1),
      ])
  }

  @Test(arguments: ["orca-max", "orca-pow2", "orca-oracle"])
  func `nothing is ever preempted and nobody overtakes`(name: String) {
    var random = SplitMix(seed: 5)
    let requests = (0..<120).map {
      Request(Int64($0) * 3, Int32(1 + random.below(30)), Int32(1 + random.below(30)))
    }
    var scenario = Scenario(requests, scheduler(name, length: 60))
    (scenario.blocks, scenario.maxModelLength) = (300, 60)
    let record = scenario.run()
    #expect(record.totals.preemptions == 0)
    #expect(record.totals.recomputedTokens == 0)
    #expect(record.totals.finished == 120)
    #expect(record.starts == record.starts.sorted())
    #expect(record.totals.waitingTime > 0)
  }

  @Test func `no more requests run at once than allowed`() {
    var scenario = Scenario(
      (0..<5).map { _ in Request(0, 4, 2) }, scheduler("orca-oracle", length: 32, batch: 3))
    scenario.blocks = 1024
    #expect(scenario.run().log().map(\.prefill) == [12, 0, 8, 0])
  }

  @Test func `what no region could hold is unservable`() {
    // A pool of 60 has regions of 32, 16, 8 and 4.
    func rejects(_ name: String, _ prompt: Int32, _ output: Int32, length: Int32 = 60) -> Bool {
      var scenario = Scenario([Request(0, prompt, output)], scheduler(name, length: length))
      (scenario.blocks, scenario.maxModelLength) = (60, 60)
      return scenario.run().requests.isRejected[0]
    }
    #expect(!rejects("orca-oracle", 16, 16))
    #expect(rejects("orca-oracle", 16, 17))
    #expect(!rejects("orca-pow2", 16, 16))
    #expect(rejects("orca-pow2", 15, 17))
    #expect(rejects("orca-max", 1, 1))
    #expect(!rejects("orca-max", 1, 1, length: 32))
    #expect(rejects("orca-max", 20, 13, length: 32))
  }

  @Test func `pow2 and oracle say that they know output lengths`() {
    #expect(!OrcaMax.isOracle)
    #expect(OrcaPow2.isOracle)
    #expect(OrcaOracle.isOracle)
  }

  @Test func `settings out of range are refused`() {
    var options = OrcaOptions()
    #expect(options.fault == nil)
    options.maxBatchSize = 0
    #expect(options.fault == "max_batch_size must be at least 1")
  }
}
