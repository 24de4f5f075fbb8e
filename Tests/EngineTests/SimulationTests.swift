import Cluster
import Kernel
import Metrics
import Schedulers
import Serving
import Testing
import Units

/// Never plans anything.
private struct Sleeper: Scheduler {
  static let name = "sleeper"
  static let summary = "plans nothing"
  init(_ options: NoOptions, _ context: EngineContext) {}
  mutating func plan(_ batch: inout Batch) -> Plan { .idle }
}

/// Throws every prompt away before its last token is computed.
private struct Squanderer: Scheduler {
  static let name = "squanderer"
  static let summary = "computes half of a prompt, again and again"
  init(_ options: NoOptions, _ context: EngineContext) {}
  mutating func plan(_ batch: inout Batch) -> Plan {
    if let last = batch.last { batch.preempt(last) }
    guard let head = batch.waiting.first else { return .idle }
    return batch.admit(upTo: head.tokens / 2) > 0 ? .step : .idle
  }
}

@Suite struct SimulationTests {
  private func v0(_ requests: [Request]) -> Scenario {
    Scenario(requests, VLLMv0(.init(), Scenario.context()))
  }
  private func v1(_ requests: [Request]) -> Scenario {
    Scenario(requests, VLLMv1(.init(), Scenario.context()))
  }

  @Test func `requests that arrive together form one batch`() {
    let record = v0([Request(7, 10, 2), Request(7, 5, 2), Request(7, 1, 2)]).run()
    #expect(record.log() == [Step(7, 23, prefill: 16), Step(23, 33, decodes: 3)])
  }

  @Test func `an arrival at a step's end is seen by the next step`() {
    let record = v0([Request(0, 10, 3), Request(10, 5, 2), Request(25, 5, 1)]).run()
    #expect(
      record.log() == [
        Step(0, 10, prefill: 10),
        Step(10, 15, prefill: 5),  // arrived at 10
        Step(15, 25, decodes: 2),
        Step(25, 30, prefill: 5),  // arrived at 25
        Step(30, 40, decodes: 1),
      ])
  }

  @Test(arguments: [true, false])
  func `an arrival cuts a leap at the end of the step in flight`(logsSteps: Bool) {
    var scenario = v0([Request(0, 10, 100), Request(55, 20, 1)])
    scenario.logsSteps = logsSteps
    let record = scenario.run()
    // Steps end at 10, 20, … 60; the second is computed from 60 to 80.
    #expect(record.starts == [0, 60])
    #expect(record.firstTokens == [10, 80])
    // 99 decodes of 10 ms and one pause of 20 ms.
    #expect(record.ends == [10 + 990 + 20, 80])
    #expect(record.requests.longestGap == [30_000_000_000, 0])
    #expect(record.totals.steps == 1 + 99 + 1)
  }

  @Test func `the reach of a leap changes no step`() {
    let requests = [Request(0, 10, 100), Request(55, 20, 40), Request(56, 3, 7)]
    var scenario = v1(requests)
    scenario.maxLeap = 1
    let exact = scenario.run().log()
    for reach in [2, 5, 256] {
      scenario.maxLeap = reach
      #expect(scenario.run().log() == exact)
    }
  }

  @Test func `a request of one output token ends with its prompt and has no gap`() {
    let record = v1([Request(2, 10, 1)]).run()
    #expect(record.log() == [Step(2, 12, prefill: 10)])
    #expect(record.requests.firstToken == record.requests.finished)
    #expect(record.gaps.count == 0)
    #expect(record.requests.longestGap == [0])
    #expect((record.totals.generatedTokens, record.totals.finished) == (1, 1))
    #expect(record.end == ms(12))
  }

  @Test func `an idle cluster waits for the next arrival`() {
    let record = v1([Request(5, 10, 2), Request(1000, 10, 2)]).run()
    #expect(record.starts == [5, 1000])
    #expect(record.ends == [25, 1020])
    #expect(record.totals.busyTime == 40_000_000_000)
  }

  @Test func `the integral of requests present is the sum of their stays`() {
    let record = v0([Request(0, 10, 3), Request(4, 10, 2), Request(9, 5, 1)]).run()
    // 0–10 first; 10–25 both others, the third ends; 25–35 and 35–45 decodes.
    #expect(record.ends == [45, 35, 25])
    #expect(record.totals.presenceTime == (45 + (35 - 4) + (25 - 9)) * 1_000_000_000)
    // Somebody waits from 4 to 10; one runs until the last arrival at 9.
    #expect(record.totals.waitingTime == 6_000_000_000)
    #expect(record.totals.runningTime == 9_000_000_000)
    #expect(record.totals.busyTime == 45_000_000_000)
  }

  @Test func `every token but the first of a request leaves a gap`() {
    let record = v0([Request(0, 10, 5), Request(15, 20, 2)]).run()
    // First: 10, 20, 50, 60, 70. Second: 40, 50.
    #expect(gapText(record.gaps) == "10000000000:4 30000000000:1\n")
  }

  @Test func `counts of steps are sums over their shapes`() {
    let totals = v0([Request(0, 10, 3), Request(0, 4, 2)]).run().totals
    #expect(totals.prefillTokens == 14)
    #expect(totals.prefillPairs == 10 * 11 / 2 + 4 * 5 / 2)
    #expect(totals.decodes == 3)
    #expect(totals.context == 11 + 5 + 12)
    #expect(totals.samples == 5)
    #expect(totals.promptTokens == 14)
    #expect(totals.generatedTokens == 5)
    #expect(totals.peakBlocks == 11 + 5)
  }

  @Test func `a sample shows the steps that have ended by then`() throws {
    // Tokens at 10, 20, 30, 40 of the first and at 55 of the second, which waits from 32 to 40.
    var scenario = v0([Request(0, 10, 4), Request(32, 15, 1)])
    scenario.scheduler = VLLMv0(options(sequences: 1), Scenario.context())
    scenario.series = TimeSeries(width: 17_000_000_000, instances: 1)
    let record = scenario.run()
    #expect(record.ends == [40, 55])
    let series = try #require(record.series)
    #expect((0..<series.count).map { series.time(of: $0) } == [ms(17), ms(34), ms(51), ms(68)])
    #expect(series.running == [1, 1, 1, 0])
    #expect(series.waiting == [0, 1, 0, 0])
    // One block a token; a prompt has its blocks from the step's start, a token from its end.
    #expect(series.blocks == [10, 12, 15, 0])
    #expect(series.promptTokens == [10, 0, 0, 15])
    #expect(series.generatedTokens == [1, 2, 1, 1])
    #expect(series.finished == [0, 0, 1, 1])
  }

  private func options(sequences: Int) -> VLLMv0.Options {
    var options = VLLMv0.Options()
    options.maxNumSeqs = sequences
    return options
  }

  @Test(arguments: [1, 10, 33] as [Int64])
  func `counts of a series sum to the totals`(width: Int64) throws {
    var random = SplitMix(seed: UInt64(width))
    let requests = (0..<60).map {
      Request(Int64($0) * 4, Int32(1 + random.below(20)), Int32(1 + random.below(12)))
    }
    var scenario = v1(requests)
    (scenario.instances, scenario.blocks) = (2, 60)
    scenario.series = TimeSeries(width: width * 1_000_000_000, instances: 2)
    let record = scenario.run()
    let series = try #require(record.series)
    #expect(record.totals.preemptions > 0)
    #expect(series.promptTokens.reduce(0, +) == record.totals.promptTokens)
    #expect(series.generatedTokens.reduce(0, +) == record.totals.generatedTokens)
    #expect(series.finished.reduce(0) { $0 + Int64($1) } == record.totals.finished)
    #expect(series.preemptions.reduce(0) { $0 + Int64($1) } == record.totals.preemptions)
    #expect(series.time(of: series.count - 1) >= record.end)
  }

  @Test func `sampling changes no result`() {
    var scenario = v1((0..<30).map { Request(Int64($0) * 5, 12, 9) })
    scenario.blocks = 60
    let plain = scenario.run()
    scenario.series = TimeSeries(width: 3_000_000_000, instances: 1)
    let sampled = scenario.run()
    #expect(plain.requests.finished == sampled.requests.finished)
    #expect(plain.totals == sampled.totals)
    #expect(plain.log() == sampled.log())
    #expect(plain.end == sampled.end)
  }

  @Test func `a run can be advanced event by event`() {
    let scenario = v1([Request(0, 10, 3), Request(4, 600, 1), Request(7, 5, 2)])
    var simulation = scenario.simulation()
    var settled = [0]
    while simulation.advance(events: 1) { settled.append(simulation.settledRequests) }
    #expect(settled == settled.sorted())
    #expect(simulation.settledRequests == 3)
    #expect(bytes(simulation.record()) == bytes(scenario.run()))
  }

  @Test func `work that nobody plans is reported`() {
    let record = Scenario(
      [Request(0, 10, 3), Request(1, 20, 3)], Sleeper(NoOptions(), Scenario.context())
    ).run()
    #expect(
      record.stop
        == "instance 0 has nothing that it could run: request 0 (10 prompt tokens) "
        + "and 1 more wait at 10000 KV blocks")
  }

  @Test func `recomputing without end is stopped`() {
    var scenario = Scenario(
      [Request(0, 1000, 3)], Squanderer(NoOptions(), Scenario.context()))
    scenario.blocks = 1100
    let record = scenario.run()
    #expect(
      record.stop
        == "instance 0 recomputes prompts without making a token: request 0 "
        + "(1000 prompt tokens) and 0 more wait at 1100 KV blocks")
    // 500 tokens a step; sixteen pools of 1,100 are passed after 36 steps.
    #expect(record.totals.steps == 36)
  }

  @Test func `a run without requests is over at once`() {
    let record = v1([]).run()
    #expect(record.end == .zero)
    #expect(record.events == 0)
    #expect(record.stop == nil)
  }
}
