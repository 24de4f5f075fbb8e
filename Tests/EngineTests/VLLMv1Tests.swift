import Kernel
import Metrics
import Schedulers
import Serving
import Testing
import Units

@Suite struct VLLMv1Tests {
  private func v1(tokens: Int, sequences: Int, threshold: Int = 0) -> VLLMv1 {
    var options = VLLMv1.Options()
    options.maxNumBatchedTokens = .value(tokens)
    options.maxNumSeqs = .value(sequences)
    options.longPrefillTokenThreshold = threshold
    return VLLMv1(options, Scenario.context())
  }

  @Test func `a prompt is cut into chunks of the budget`() {
    let record = Scenario([Request(0, 20, 2)], v1(tokens: 8, sequences: 4)).run()
    #expect(
      record.log() == [
        Step(0, 8, prefill: 8), Step(8, 16, prefill: 8), Step(16, 20, prefill: 4),
        Step(20, 30, decodes: 1),
      ])
    #expect(record.firstTokens == [20])
  }

  @Test func `decodes come first and a prompt gets what they leave`() {
    let record = Scenario(
      [Request(0, 4, 4), Request(1, 20, 1)], v1(tokens: 8, sequences: 4)
    ).run()
    #expect(
      record.log() == [
        Step(0, 4, prefill: 4),
        Step(4, 21, prefill: 7, decodes: 1),
        Step(21, 38, prefill: 7, decodes: 1),
        Step(38, 54, prefill: 6, decodes: 1),
      ])
    #expect(record.starts == [0, 4])
    #expect(record.firstTokens == [4, 54])
    #expect(record.ends == [54, 54])
    #expect(record.requests.longestGap == [17_000_000_000, 0])
  }

  @Test func `an unfinished prompt goes before the queue, which gets the rest`() {
    let record = Scenario(
      [Request(0, 10, 1), Request(0, 9, 1), Request(0, 3, 1)], v1(tokens: 8, sequences: 8)
    ).run()
    // 8 | 2 of the first + 6 of the second | 3 of the second + 3 of the third.
    #expect(record.log().map(\.prefill) == [8, 8, 6])
    #expect(record.starts == [0, 8, 16])
    #expect(record.firstTokens == [16, 22, 22])
  }

  @Test func `a long prompt takes no more than the threshold a step`() {
    let record = Scenario(
      [Request(0, 12, 1), Request(0, 12, 1)], v1(tokens: 8, sequences: 8, threshold: 5)
    ).run()
    // 5 + 3 | 5 + 3 | 2 + 5 | 1
    #expect(record.log().map(\.prefill) == [8, 8, 7, 1])
    #expect(record.firstTokens == [23, 24])
  }

  @Test func `no more requests run at once than allowed`() {
    let record = Scenario(
      (0..<3).map { _ in Request(0, 2, 2) }, v1(tokens: 8, sequences: 2)
    ).run()
    #expect(
      record.log() == [
        Step(0, 4, prefill: 4), Step(4, 14, decodes: 2), Step(14, 16, prefill: 2),
        Step(16, 26, decodes: 1),
      ])
  }

  @Test func `there is no watermark`() {
    var scenario = Scenario([Request(0, 10, 1), Request(0, 10, 1)], v1(tokens: 99, sequences: 9))
    scenario.blocks = 20
    #expect(scenario.run().log() == [Step(0, 20, prefill: 20)])
  }

  @Test func `blocks that this step's decodes open are not given to a prompt`() {
    // 12 blocks: the first holds 4 and opens one, so of 8 tokens only 7 would fit.
    for (prompt, together) in [(Int32(7), true), (8, false)] {
      var scenario = Scenario(
        [Request(0, 4, 2), Request(1, prompt, 1)], v1(tokens: 99, sequences: 9))
      scenario.blocks = 12
      let second = scenario.run().log()[1]
      #expect(second.prefill == (together ? prompt : 0))
      #expect(second.decodes == 1)
    }
  }

  @Test func `the youngest is preempted and nothing is admitted in that step`() {
    var scenario = Scenario(
      [Request(0, 4, 6), Request(0, 4, 6), Request(20, 2, 1)],
      v1(tokens: 20, sequences: 3, threshold: 3))
    scenario.blocks = 12
    let record = scenario.run()
    #expect(
      record.log() == [
        Step(0, 6, prefill: 6),
        Step(6, 8, prefill: 2),
        Step(8, 18, decodes: 2),  // 10 blocks
        Step(18, 28, decodes: 2),  // 12 blocks
        // The second is preempted; a chunk of 3 would fit into its 6 blocks, but not in this step.
        Step(28, 38, decodes: 1),
        // 7 blocks, one to open: a chunk of 3 of the second, and no room for the third's 2.
        Step(38, 51, prefill: 3, decodes: 1),
        // 11 blocks, one to open: the next chunk finds none, so the youngest, itself, goes.
        Step(51, 61, decodes: 1),  // the first ends
        Step(61, 66, prefill: 5),  // 3 of the second, then the third
        Step(66, 69, prefill: 3),
        Step(69, 70, prefill: 1),
        Step(70, 80, decodes: 1),
        Step(80, 90, decodes: 1),
      ])
    #expect(record.ends == [61, 90, 66])
    #expect(record.requests.preemptions == [0, 2, 0])
    #expect(record.requests.recomputed == [0, 6 + 3, 0])
    #expect(record.requests.preemptedTime == [0, 20_000_000_000, 0])
    #expect(record.requests.longestGap[1] == 42_000_000_000)  // 28 to 70
  }

  /// The chunks of one long prompt show the budget.
  private func chunks(gibibytes: Double) -> [Int32] {
    var scenario = Scenario(
      [Request(0, 9000, 1)],
      VLLMv1(.init(), Scenario.context(length: 10_000, gibibytes: gibibytes)))
    scenario.maxModelLength = 10_000
    return scenario.run().log().map(\.prefill)
  }

  @Test func `the budget is 8,192 on GPUs of at least 70 GiB, else 2,048`() {
    #expect(chunks(gibibytes: 80) == [8192, 808])
    #expect(chunks(gibibytes: 70) == [8192, 808])
    #expect(chunks(gibibytes: 69.999) == [2048, 2048, 2048, 2048, 808])
    #expect(chunks(gibibytes: 40) == [2048, 2048, 2048, 2048, 808])
  }

  @Test func `1,024 requests run at once on GPUs of at least 70 GiB, else 256`() {
    for (gibibytes, atOnce) in [(80.0, Int32(1024)), (40, 256)] {
      let scenario = Scenario(
        (0..<1030).map { _ in Request(0, 1, 2) },
        VLLMv1(.init(), Scenario.context(gibibytes: gibibytes)))
      #expect(scenario.run().log().first == Step(0, Int64(atOnce), prefill: atOnce))
    }
  }

  @Test func `a budget below the requests that run at once is refused`() {
    var options = VLLMv1.Options()
    let (large, small) = (Scenario.context(gibibytes: 80), Scenario.context(gibibytes: 40))
    #expect(VLLMv1.fault(options, in: large) == nil)
    options.maxNumBatchedTokens = .value(512)
    #expect(
      VLLMv1.fault(options, in: large)
        == "max_num_batched_tokens (512) must be at least max_num_seqs (1024)")
    #expect(VLLMv1.fault(options, in: small) == nil)
    options.maxNumSeqs = .value(513)
    #expect(
      VLLMv1.fault(options, in: small)
        == "max_num_batched_tokens (512) must be at least max_num_seqs (513)")
    options.maxNumSeqs = .value(512)
    #expect(VLLMv1.fault(options, in: small) == nil)
  }

  @Test func `settings out of range are refused`() {
    var options = VLLMv1.Options()
    #expect(options.fault == nil)
    options.longPrefillTokenThreshold = -1
    #expect(options.fault == "long_prefill_token_threshold must not be negative")
    options.maxNumSeqs = .value(0)
    #expect(options.fault == "max_num_seqs must be at least 1")
    options.maxNumBatchedTokens = .value(-5)
    #expect(options.fault == "max_num_batched_tokens must be at least 1")
  }
}
