import Cluster
import Kernel
import Metrics
import Schedulers
import Serving
import Testing
import Units

/// Serves two prompts and then sleeps on the rest.
private struct Quitter: Scheduler {
  static let name = "quitter"
  static let summary = "stops working"
  private var served = 0
  init(_ options: NoOptions, _ context: EngineContext) {}
  mutating func plan(_ batch: inout Batch) -> Plan {
    guard served < 2, batch.admit(upTo: .max) > 0 else { return .idle }
    served += 1
    return .prefill
  }
}

@Suite struct ReleaseTests {
  private func loop(_ concurrency: Int, _ lengths: [(Int32, Int32)]) -> Scenario {
    var scenario = Scenario(
      lengths.map { Request(0, $0.0, $0.1) }, VLLMv0(.init(), Scenario.context()))
    scenario.concurrency = concurrency
    return scenario
  }

  private func arrivals(_ record: RunRecord) -> [Int64] {
    record.requests.arrival.map { $0.picoseconds / 1_000_000_000 }
  }

  @Test func `each completion releases the next request in that very instant`() {
    // Client A: 0–30, 50–60; client B: 0–50. The third arrives at 30 and joins the step that
    // starts then.
    let record = loop(2, [(10, 2), (10, 3), (10, 1)]).run()
    #expect(arrivals(record) == [0, 0, 30])
    #expect(
      record.log() == [
        Step(0, 20, prefill: 20), Step(20, 30, decodes: 2), Step(30, 40, prefill: 10),
        Step(40, 50, decodes: 1),
      ])
    #expect(record.ends == [30, 50, 40])
  }

  @Test func `all that settle in one instant release as many, in the order of rows`() {
    var scenario = loop(4, [(10, 1), (10, 1), (10, 1), (10, 1), (5, 1), (6, 1), (7, 1), (8, 1)])
    scenario.instances = 2
    let record = scenario.run()
    #expect(arrivals(record) == [0, 0, 0, 0, 20, 20, 20, 20])
    #expect(record.requests.instance == [0, 1, 0, 1, 0, 1, 0, 1])
    #expect(record.log(0) == [Step(0, 20, prefill: 20), Step(20, 32, prefill: 12)])
    #expect(record.log(1) == [Step(0, 20, prefill: 20), Step(20, 34, prefill: 14)])
  }

  @Test func `a completion on one instance releases a request for another`() {
    var scenario = loop(2, [(10, 1), (40, 1), (10, 1), (10, 1), (5, 1)])
    scenario.instances = 2
    let record = scenario.run()
    // 0: 0–10, then rows 2 (10–20) and 3, which waits for instance 1 until 40.
    #expect(arrivals(record) == [0, 0, 10, 20, 40])
    #expect(record.ends == [10, 40, 20, 50, 45])
  }

  @Test func `a refusal releases the next request at once`() {
    var scenario = loop(1, [(10, 1), (60, 9), (61, 9), (10, 1)])
    scenario.maxModelLength = 64
    let record = scenario.run()
    #expect(arrivals(record) == [0, 10, 10, 10])
    #expect(record.requests.isRejected == [false, true, true, false])
    #expect(record.ends.last == 20)
    #expect(record.events == 4 + 2)
  }

  @Test func `requests that are refused leave nothing to do`() {
    var scenario = loop(1, [(60, 9), (61, 9)])
    scenario.maxModelLength = 64
    let record = scenario.run()
    #expect(arrivals(record) == [0, 0] && record.end == .zero && record.stop == nil)
  }

  @Test func `a loop as wide as the workload is a burst`() {
    let lengths: [(Int32, Int32)] = [(10, 5), (20, 2), (30, 9)]
    var open = loop(3, lengths)
    open.concurrency = nil
    #expect(bytes(loop(3, lengths).run()) == bytes(open.run()))
    #expect(bytes(loop(99, lengths).run()) == bytes(open.run()))
    #expect(bytes(loop(2, lengths).run()) != bytes(open.run()))
  }

  @Test func `running requests are averaged up to the last release`() {
    // Two in the batch from 0 to 30, when the last one arrives.
    let record = loop(2, [(10, 2), (10, 3), (10, 1)]).run()
    #expect(record.lastArrival == ms(30))
    #expect(record.totals.runningTime == 2 * 30_000_000_000)
  }

  @Test func `a table that ran is a closed loop again`() {
    let scenario = loop(2, [(10, 2), (10, 3), (10, 1), (10, 7)])
    let first = scenario.run()
    var again = scenario.simulation(over: first.requests)
    again.run()
    #expect(bytes(again.record()) == bytes(first))
  }

  @Test func `a run that stops leaves the rest without an arrival`() {
    var scenario = loop(2, Array(repeating: (10, 1), count: 6))
    scenario.scheduler = Quitter(NoOptions(), Scenario.context())
    let record = scenario.run()
    // Prompts end at 10 and 20; then two requests wait for ever and two were never sent.
    #expect(record.stop?.contains("has nothing that it could run") == true)
    #expect(record.requests.released == 4)
    #expect(record.requests.arrival.suffix(2) == [.never, .never])
    #expect(record.lastArrival == record.end && record.end == ms(20))
    let summary = Summary(
      record, RunDescription(model: "m", gpu: "g", scheduler: "s", toolVersion: "0"))
    #expect((summary.completed, summary.unfinished) == (2, 4))
    #expect(summary.peakConcurrency == 2 && summary.meanRunning == 1)
    #expect(summary.verdict.kind == .saturated)
  }
}
