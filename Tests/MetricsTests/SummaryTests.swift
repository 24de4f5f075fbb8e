import Metrics
import Testing
import Units

@Suite struct SummaryTests {
  /// Three completed requests, one rejected, one unfinished.
  static func small() -> RunRecord {
    var recorder = Recorder()
    for gap in [20, 30, 50] { recorder.gaps.add(Int64(gap) * millisecond, weight: 1) }
    recorder.gaps.add(100 * millisecond, weight: 1)
    recorder.totals.steps = 9
    recorder.totals.busyTime = Int128(second)
    recorder.totals.runningTime = Int128(3 * second)
    recorder.totals.waitingTime = Int128(second / 2)
    recorder.totals.tokenTimeWaiting = Int128(second / 2) * 800
    recorder.totals.peakBlocks = 75
    return record(
      [
        Event(
          arrival: second, scheduled: second, first: 1100 * millisecond,
          finish: 1200 * millisecond, prompt: 7, output: 4),
        Event(
          arrival: second, scheduled: 1100 * millisecond, first: 1300 * millisecond,
          finish: 1400 * millisecond, prompt: 8, output: 2),
        Event(arrival: 1200 * millisecond, isRejected: true),
        Event(
          arrival: 1200 * millisecond, scheduled: 1200 * millisecond,
          first: 1500 * millisecond, finish: 1500 * millisecond, prompt: 9, output: 1),
        Event(arrival: 2 * second),
      ], recorders: [recorder])
  }

  @Test func `counts, tokens and rates by hand`() {
    let summary = Summary(Self.small(), plain)
    #expect(summary.injected == 5)
    #expect(summary.completed == 3)
    #expect((summary.failed, summary.rejected, summary.unfinished) == (2, 1, 1))
    #expect(summary.inputTokens == 24)
    #expect(summary.outputTokens == 7)
    #expect(summary.duration == 500 * millisecond)  // 1.0 s → 1.5 s
    #expect(summary.perSecond(summary.completed) == 6)
    #expect(summary.perSecond(summary.outputTokens) == 14)
    #expect(summary.requestRate == 4)  // 4 gaps in 1 s
    #expect(summary.events == 14)  // 5 arrivals + 9 steps
  }

  @Test func `latency statistics by hand`() throws {
    let summary = Summary(Self.small(), plain)
    let ttft = try #require(summary.ttft)  // 100, 300, 300 ms
    #expect(ttft.p50 == 300 * millisecond)
    #expect(ttft.mean == 233_333_333_333)
    let tpot = try #require(summary.tpot)  // 100/3 and 100 ms: the single token is left out
    #expect(tpot.count == 2)
    #expect(tpot.min == 33_333_333_333)
    let itl = try #require(summary.itl)
    #expect(itl.mean == 50 * millisecond)
    #expect(itl.p50 == 40 * millisecond)
    #expect(try #require(summary.e2el).max == 400 * millisecond)
    #expect(try #require(summary.queueTime).max == 100 * millisecond)
  }

  @Test func `occupancy by hand`() {
    let summary = Summary(Self.small(), plain)
    #expect(summary.meanRunning == 1.5)  // 3 request-seconds over 2 s
    #expect(summary.tokenShareWaiting == 0.5)  // 800 of 1600 tokens
    #expect(summary.peakUsage == 0.75)
    #expect(summary.busyShare == 0.5)
    #expect(summary.prefixHitRate == nil)
  }

  @Test func `goodput counts requests within all targets`() {
    var description = plain
    description.targets = ServiceLevel(ttft: Seconds(0.3), tpot: Seconds(0.05))
    let summary = Summary(Self.small(), description)
    #expect(summary.good == 2)  // the second has a TPOT of 100 ms
    #expect(summary.attainment == 0.4)
    #expect(Summary(Self.small(), plain).attainment == nil)
  }

  @Test func `the peak second of output adds instances up and needs one-second buckets`() {
    func series(width: Int64) -> TimeSeries {
      var series = TimeSeries(width: width, instances: 2)
      for tokens in [3, 4, 5, 1, 2, 2] as [Int64] {
        var counts = RunTotals()
        counts.generatedTokens = tokens
        series.append(TimeSeries.Row(running: 0, waiting: 0, blocks: 0, counts: counts))
      }
      return series
    }
    let event = Event(arrival: 0, scheduled: 0, first: 1, finish: 2)
    let whole = record([event], instances: 2, series: series(width: second))
    #expect(Summary(whole, plain).peakOutputTokens == 7)
    let wide = record([event], instances: 2, series: series(width: 2 * second))
    #expect(Summary(wide, plain).peakOutputTokens == nil)
  }

  @Test func `nothing completed leaves rates and latencies undefined`() {
    let summary = Summary(record([Event(arrival: 5, isRejected: true)]), plain)
    #expect(summary.duration == nil)
    #expect(summary.perSecond(1) == nil)
    #expect(summary.ttft == nil)
    #expect(summary.peakConcurrency == 0)
    let empty = Summary(record([]), plain)
    #expect(empty.injected == 0)
    #expect(empty.fields.contains { $0.key == "p99.9_itl_ms" && $0.value == .undefined })
  }

  @Test func `a burst has the rate inf`() {
    let burst = Array(repeating: Event(arrival: 0, scheduled: 0, first: 1, finish: 2), count: 3)
    let fields = Summary(record(burst), plain).fields
    #expect(fields.contains { $0.key == "request_rate" && $0.value == .text("inf") })
  }

  @Test func `a closed loop has the rate inf and names its limit`() {
    var run = record([
      Event(arrival: 0, scheduled: 0, first: 1, finish: 2),
      Event(arrival: 2, scheduled: 2, first: 3, finish: 4),
    ])
    func value(_ key: String) -> SummaryValue? {
      Summary(run, plain).fields.first { $0.key == key }?.value
    }
    #expect(value("max_concurrency") == .undefined)
    #expect(value("request_rate") == .number(5e11))
    run.requests.close(at: 1)
    run.requests.release(1, at: instant(2))
    #expect(value("max_concurrency") == .integer(1))
    #expect(value("request_rate") == .text("inf"))
    #expect(value("max_concurrent_requests") == .integer(1))
  }

  @Test func `identities hold on random records`() throws {
    for seed in 1...20 as ClosedRange<UInt64> {
      let run = randomRecord(seed)
      let summary = Summary(run, plain)
      let table = run.requests
      var (input, output, gaps) = (Int64(0), Int64(0), Int128(0))
      for row in 0..<table.count where table.outcome(of: row).isCompleted {
        let o = table.outcome(of: row)
        let parts = try [#require(o.queueTime), #require(o.prefillTime), #require(o.decodeTime)]
        #expect(o.e2el == parts.reduce(0, +))
        if let tpot = o.tpot, let decode = o.decodeTime {
          #expect(abs(2 * (tpot * Int64(o.outputTokens - 1) - decode)) <= Int64(o.outputTokens))
        }
        input += Int64(table.prompt[row])
        output += Int64(table.output[row])
        gaps += Int128(try #require(o.decodeTime))
      }
      #expect((summary.inputTokens, summary.outputTokens) == (input, output))
      #expect(summary.injected == summary.completed + summary.unfinished + summary.rejected)
      for s in [summary.ttft, summary.tpot, summary.e2el, summary.queueTime].compactMap({ $0 }) {
        #expect(s.min <= s.p50 && s.p50 <= s.p90 && s.p90 <= s.p95 && s.p95 <= s.p99)
        #expect(s.p99 <= s.p999 && s.p999 <= s.max && s.min <= s.mean && s.mean <= s.max)
      }
    }
  }
}

/// Requests with random times, some rejected, some unfinished.
func randomRecord(_ seed: UInt64, count: Int = 500) -> RunRecord {
  var random = TestRandom(seed)
  var time: Int64 = 0
  return record(
    (0..<count).map { _ in
      time += random.below(4) * random.below(millisecond)
      let scheduled = time + random.below(30 * millisecond)
      let first = scheduled + 1 + random.below(90 * millisecond)
      let output = Int32(1 + random.below(6))
      let finish = output == 1 ? first : first + 1 + random.below(500 * millisecond)
      var event = Event(
        arrival: time, scheduled: scheduled, first: first, finish: finish,
        prompt: Int32(1 + random.below(1000)), output: output)
      switch random.below(20) {
      case 0: (event.scheduled, event.first, event.finish, event.isRejected) = (nil, nil, nil, true)
      case 1: (event.first, event.finish) = (nil, nil)
      default: break
      }
      return event
    })
}
