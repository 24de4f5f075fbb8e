import Metrics
import Testing
import Units

@Suite struct WarmupTests {
  private func summary(_ warmup: Warmup, _ described: RunDescription = plain) -> Summary {
    var run = SummaryTests.small()
    run.requests.warmup = warmup
    return Summary(run, described)
  }

  @Test func `the first requests are cut by number or by time after the first arrival`() {
    var table = SummaryTests.small().requests  // arrivals at 1, 1, 1.2, 1.2 and 2 s
    #expect(table.warmupRequests == 0)
    for (warmup, rows) in [
      (Warmup.requests(0), 0), (.requests(2), 2), (.requests(9), 5), (.time(0), 0), (.time(1), 2),
      (.time(200 * millisecond), 2), (.time(200 * millisecond + 1), 4), (.time(second), 4),
      (.time(second + 1), 5),
    ] {
      table.warmup = warmup
      #expect(table.warmupRequests == rows, "\(warmup)")
      #expect((0..<5).map(table.isMeasured) == (0..<5).map { $0 >= rows }, "\(warmup)")
    }
  }

  @Test func `counts, rates and latencies are of measured requests alone`() throws {
    var described = plain
    described.targets = ServiceLevel(ttft: Seconds(0.3), tpot: Seconds(0.05))
    let one = summary(.requests(1), described)
    #expect((one.injected, one.warmupRequests, one.measured) == (5, 1, 4))
    #expect((one.completed, one.rejected, one.unfinished, one.failed) == (2, 1, 1, 2))
    #expect((one.inputTokens, one.outputTokens) == (17, 3))
    #expect(one.duration == 500 * millisecond)  // 1.0 s → 1.5 s
    #expect(one.perSecond(one.completed) == 4)
    #expect(try #require(one.ttft).min == 300 * millisecond)
    #expect(one.attainment == 0.25)  // one of four
    let later = summary(.time(200 * millisecond))
    #expect((later.warmupRequests, later.completed) == (2, 1))
    #expect(later.duration == 300 * millisecond)  // 1.2 s → 1.5 s
    #expect(try #require(later.queueTime).max == 0)
    #expect(later.verdict == summary(.none).verdict)
    let none = summary(.requests(5))
    #expect((none.measured, none.completed, none.failed) == (0, 0, 0))
    #expect(none.duration == nil && none.ttft == nil && none.attainment == nil)
  }

  @Test func `counts add up whatever is cut`() {
    for seed in 1...20 as ClosedRange<UInt64> {
      var run = randomRecord(seed)
      let span = run.lastArrival - run.requests.arrival[0]
      for warmup in [Warmup.requests(Int(seed) * 20), .time(span / Int64(seed))] {
        run.requests.warmup = warmup
        let s = Summary(run, plain)
        let rows = (0..<run.requests.count).filter(run.requests.isMeasured)
        #expect(s.injected == s.warmupRequests + s.measured)
        #expect(s.measured == Int64(rows.count))
        #expect(s.measured == s.completed + s.rejected + s.unfinished)
        let ends = rows.filter { run.requests.outcome(of: $0).isCompleted }
        #expect(s.completed == Int64(ends.count))
        #expect(s.outputTokens == ends.reduce(0) { $0 + Int64(run.requests.output[$1]) })
      }
    }
  }
}
