import Kernel
import Metrics
import Schedulers
import Serving
import Testing
import Units

@Suite struct VLLMv0Tests {
  private func v0(
    tokens: Int? = nil, sequences: Int = 256, watermark: Double = 0, length: Int32 = 2048
  ) -> VLLMv0 {
    var options = VLLMv0.Options()
    if let tokens { options.maxNumBatchedTokens = .value(tokens) }
    options.maxNumSeqs = sequences
    options.watermark = watermark
    return VLLMv0(options, Scenario.context(length: length))
  }

  @Test func `a step is prompts or decodes, prompts first`() {
    let record = Scenario([Request(0, 10, 5), Request(15, 20, 2)], v0()).run()
    #expect(
      record.log() == [
        Step(0, 10, prefill: 10),
        Step(10, 20, decodes: 1),  // the second request arrives at 15
        Step(20, 40, prefill: 20),
        Step(40, 50, decodes: 2),  // the second ends
        Step(50, 60, decodes: 1),
        Step(60, 70, decodes: 1),
      ])
    #expect(record.firstTokens == [10, 40])
    #expect(record.ends == [70, 50])
    // Tokens of the first at 10, 20, 50, 60, 70.
    #expect(record.requests.longestGap == [30_000_000_000, 10_000_000_000])
  }

  @Test func `prompts share a step while they fit into the budget`() {
    let requests = [Request(0, 10, 2), Request(0, 10, 2), Request(0, 10, 2)]
    #expect(
      Scenario(requests, v0(tokens: 29)).run().log() == [
        Step(0, 20, prefill: 20), Step(20, 30, prefill: 10), Step(30, 40, decodes: 3),
      ])
    #expect(
      Scenario(requests, v0(tokens: 30)).run().log() == [
        Step(0, 30, prefill: 30), Step(30, 40, decodes: 3),
      ])
  }

  @Test func `a prompt that does not fit holds up the shorter ones behind it`() {
    let requests = [Request(0, 20, 1), Request(0, 15, 1), Request(0, 5, 1)]
    #expect(
      Scenario(requests, v0(tokens: 30)).run().log() == [
        Step(0, 20, prefill: 20), Step(20, 40, prefill: 20),
      ])
  }

  @Test func `a prompt above the budget of a step is unservable`() {
    let record = Scenario([Request(0, 31, 1), Request(0, 30, 1)], v0(tokens: 30)).run()
    #expect(record.requests.isRejected == [true, false])
  }

  @Test func `the budget is the model's length but at least 2,048`() {
    let requests = [Request(0, 1500, 1), Request(0, 1500, 1)]
    var short = Scenario(requests, v0(length: 2000))
    short.maxModelLength = 2000
    #expect(short.run().log().map(\.prefill) == [1500, 1500])
    var long = Scenario(requests, v0(length: 3000))
    long.maxModelLength = 3000
    #expect(long.run().log().map(\.prefill) == [3000])
    // 2,048 although the model ends at 100.
    let many = (0..<25).map { _ in Request(0, 90, 1) }
    var tiny = Scenario(many, v0(length: 100))
    tiny.maxModelLength = 100
    #expect(tiny.run().log().map(\.prefill) == [22 * 90, 3 * 90])
  }

  @Test func `no more requests run at once than allowed`() {
    let requests = (0..<5).map { _ in Request(0, 10, 2) }
    #expect(
      Scenario(requests, v0(sequences: 2)).run().log() == [
        Step(0, 20, prefill: 20), Step(20, 30, decodes: 2),
        Step(30, 50, prefill: 20), Step(50, 60, decodes: 2),
        Step(60, 70, prefill: 10), Step(70, 80, decodes: 1),
      ])
  }

  /// 20 blocks of one token, a fifth of them reserved: 4 stay free at admission.
  private func watermarked(second prompt: Int32) -> RunRecord {
    var scenario = Scenario([Request(0, 10, 3), Request(0, prompt, 1)], v0(watermark: 0.2))
    scenario.blocks = 20
    return scenario.run()
  }

  @Test func `admission leaves the watermark free`() {
    // 10 + 6 + 4 = 20 blocks: both at once.
    #expect(watermarked(second: 6).log().first == Step(0, 16, prefill: 16))
    // 10 + 7 + 4 = 21 blocks: the second waits until the first ends.
    #expect(
      watermarked(second: 7).log() == [
        Step(0, 10, prefill: 10), Step(10, 20, decodes: 1), Step(20, 30, decodes: 1),
        Step(30, 37, prefill: 7),
      ])
  }

  @Test func `decodes may use the watermark`() {
    // One request grows to 10 + 6 = 16 = 20 − 4 stored tokens; two together use all 20.
    var scenario = Scenario([Request(0, 7, 4), Request(0, 7, 4)], v0(watermark: 0.2))
    scenario.blocks = 20
    let record = scenario.run()
    #expect(record.totals.preemptions == 0)
    #expect(record.totals.peakBlocks == 20)
  }

  @Test func `what the watermark never lets in is unservable`() {
    var scenario = Scenario([Request(0, 16, 1), Request(0, 17, 1)], v0(watermark: 0.2))
    scenario.blocks = 20
    #expect(scenario.run().requests.isRejected == [false, true])
  }

  @Test func `the youngest is preempted, returns to the queue's head and recomputes`() {
    var scenario = Scenario(
      [Request(0, 4, 5), Request(0, 4, 5), Request(0, 6, 1)], v0(sequences: 2))
    scenario.blocks = 12
    let record = scenario.run()
    #expect(
      record.log() == [
        Step(0, 8, prefill: 8),
        Step(8, 18, decodes: 2),  // 10 blocks
        Step(18, 28, decodes: 2),  // 12 blocks: the pool
        Step(28, 38, decodes: 1),  // the second of the two was preempted
        Step(38, 48, decodes: 1),  // its 4 + 3 tokens do not fit beside 7; the first ends
        Step(48, 55, prefill: 7),  // before the third, which is 6 tokens and fits no more
        Step(55, 65, decodes: 1),
        Step(65, 71, prefill: 6),
      ])
    #expect(record.firstTokens == [8, 8, 71])
    #expect(record.ends == [48, 65, 71])
    #expect(record.requests.preemptions == [0, 1, 0])
    #expect(record.requests.recomputed == [0, 6, 0])
    #expect(record.requests.preemptedTime == [0, 20_000_000_000, 0])
    // Tokens of the second at 8, 18, 28, 55, 65.
    #expect(record.requests.longestGap == [10_000_000_000, 27_000_000_000, 0])
    #expect(record.totals.peakBlocks == 12)
    #expect(record.totals.generatedTokens == 11)
  }

  @Test func `as many are preempted as it takes`() {
    // Three of 4 tokens in 12 blocks: each decode needs 3, so the youngest goes and 4 come free.
    var scenario = Scenario((0..<3).map { _ in Request(0, 4, 6) }, v0())
    scenario.blocks = 12
    let record = scenario.run()
    #expect(record.log().prefix(3).map(\.decodes) == [0, 2, 2])
    // At 32 ms 12 are held again: now the second goes as well.
    #expect(record.log()[3] == Step(32, 42, decodes: 1))
    #expect(record.requests.preemptions[0] == 0)
    // The second went last, so it is first in the queue.
    #expect(record.ends[1] < record.ends[2])
    #expect(record.totals.finished == 3)
  }

  @Test func `settings out of range are refused`() {
    var options = VLLMv0.Options()
    #expect(options.fault == nil)
    options.watermark = 1
    #expect(options.fault == "watermark must lie in 0..<1")
    options.watermark = -0.1
    #expect(options.fault == "watermark must lie in 0..<1")
    options.maxNumSeqs = 0
    #expect(options.fault == "max_num_seqs must be at least 1")
    options.maxNumBatchedTokens = .value(0)
    #expect(options.fault == "max_num_batched_tokens must be at least 1")
  }

  @Test func `defaults are those of vLLM 0.8`() {
    let options = VLLMv0.Options()
    #expect(options.maxNumBatchedTokens == .auto)
    #expect(options.maxNumSeqs == 256)
    #expect(options.watermark == 0.01)
  }
}
