import Metrics
import Testing
import Units

@Suite struct LatencyIntervalTests {
  /// Requests one after the other, a second apart: latency `ttft(i)`, then `output - 1` gaps of
  /// `gap(i)`; all in milliseconds.
  private func line(
    _ count: Int, output: (Int) -> Int32 = { _ in 2 }, gap: (Int) -> Int64 = { _ in 10 },
    ttft: (Int) -> Int64
  ) -> RunRecord {
    record(
      (0..<count).map { i in
        let arrival = Int64(i) * second
        let first = arrival + ttft(i) * millisecond
        return Event(
          arrival: arrival, scheduled: arrival, first: first,
          finish: first + gap(i) * millisecond * Int64(output(i) - 1), output: output(i))
      })
  }

  private func described(_ batches: Int, level: Double = 0.95) -> RunDescription {
    var description = plain
    (description.intervals.batches, description.intervals.confidence) = (batches, level)
    return description
  }

  @Test func `the half width of a mean by hand`() {
    // Five parts of ten: means 100, 130, 110, 140, 120 ms; squares 400 + 100 + 100 + 400 = 1000
    // over 5 · 4; t(0.975; 4) = 2.776445.
    let means: [Int64] = [100, 130, 110, 140, 120]
    let run = line(50) { means[$0 / 10] + Int64($0 % 2) * 2 - 1 }
    let summary = Summary(run, described(5))
    let expected = 2.776_445_105 * 50.0.squareRoot() * 1e9
    #expect(abs(Double(summary.intervals.ttft.mean ?? 0) - expected) < 10)
    // Differences 30 20 30 20: 1 − 2600 / 2000.
    #expect(abs((summary.intervals.ttft.correlation ?? 0) + 0.3) < 1e-12)
    #expect(summary.intervals.isReliable(described(5).intervals) == true)
    #expect(summary.intervals.queueTime.mean == 0)
    let wide = Summary(run, described(5, level: 0.99))
    let ratio = Double(wide.intervals.ttft.mean ?? 0) / expected
    #expect(abs(ratio - 4.604_094_871 / 2.776_445_105) < 1e-8)
  }

  @Test func `the mean gap is a ratio: long requests weigh more`() {
    // Two parts of ten requests. First: 1 gap of 10 ms each; second: 3 gaps of 30 ms each.
    // Whole: (10 · 10 + 30 · 30) / 40 = 25 ms; deviations −15 and 5: squares 250 over 2 · 1.
    let run = line(
      20, output: { $0 < 10 ? 2 : 4 }, gap: { $0 < 10 ? 10 : 30 }, ttft: { _ in 50 })
    let summary = Summary(run, described(2))
    let expected = 12.706_204_736 * 125.0.squareRoot() * 1e9
    #expect(abs(Double(summary.intervals.itl.mean ?? 0) - expected) < 100)
    #expect(summary.intervals.itl.percentiles == [nil, nil, nil, nil])
  }

  @Test func `a percentile has an interval when five values of each part lie beyond it`() {
    // 1 … 100 in each of two parts but for a shift by ±1: medians 49.5 and 51.5 around 50.5.
    let run = line(200) { Int64($0 % 100 + 1 + ($0 < 100 ? -1 : 1)) + 20 }
    let ttft = Summary(run, described(2)).intervals.ttft
    let expected = 12.706_204_736 * 1e9  // √((1 + 1) / 2) = 1
    #expect(abs(Double(ttft.percentiles[0] ?? 0) - expected) < 100)
    #expect(ttft.percentiles.map { $0 != nil } == [true, true, true, false])
    let short = Summary(line(198) { Int64($0 % 99) + 1 }, described(2)).intervals.ttft
    #expect(short.percentiles.map { $0 != nil } == [true, true, false, false])
  }

  @Test func `too few requests have no interval, and nothing to be relied on`() {
    let intervals = Summary(line(199) { Int64($0 + 1) }, plain).intervals
    #expect(intervals.ttft == intervals.tpot && intervals.ttft.mean == nil)
    #expect(intervals.correlation == nil)
    #expect(intervals.isReliable(plain.intervals) == nil)
  }

  @Test func `latencies that grow with the run are not reliable`() {
    let fields = Summary(line(400) { Int64($0 + 1) }, plain).fields
    #expect(fields.contains { $0.key == "ci_reliable" && $0.value == .flag(false) })
    #expect(fields.contains { $0.key == "ci_batches" && $0.value == .integer(20) })
    #expect(fields.contains { $0.key == "ci_confidence" && $0.value == .number(0.95) })
  }

  @Test func `the share within targets has an interval unless it is all or none`() throws {
    // Shares 1 and 0.8 of two parts of ten: deviations 0.1 around 0.9, over 2 · 1: 0.1.
    let run = line(20) { $0 > 17 ? 90 : 40 }
    func half(_ target: Double) -> Double? {
      var description = described(2)
      description.targets = ServiceLevel(ttft: Seconds(target))
      return Summary(run, description).intervals.attainment
    }
    #expect(abs(try #require(half(0.05)) - 1.270_620_474) < 1e-8)
    #expect(half(0.1) == nil)
    #expect(half(0.01) == nil)
    #expect(Summary(run, described(2)).intervals.attainment == nil)
  }

  @Test func `the warm-up is no part of a batch`() {
    var run = line(60) { $0 < 10 ? 5000 : 100 + Int64($0 % 10) }
    #expect(Summary(run, described(5)).intervals.ttft.mean ?? 0 > second)
    run.requests.warmup = .requests(10)
    #expect(Summary(run, described(5)).intervals.ttft.mean == 0)
  }
}
