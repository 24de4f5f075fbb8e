import Kernel
import Metrics
import Testing
import Units
import Workload

@Suite struct TraceStatisticsTests {
  private func table(_ seconds: [Double], prompt: [Int32]? = nil) -> RequestTable {
    var table = RequestTable()
    for (i, time) in seconds.enumerated() {
      let arrival = Instant(picoseconds: Int64(time * 1e12))
      table.append(at: arrival, prompt: prompt?[i] ?? 1, output: 2)
    }
    return table
  }

  @Test func `counts, rates and gaps are those of a hand calculation`() throws {
    let statistics = TraceStatistics(table([0, 0.5, 0.5, 1, 4]))
    #expect(statistics.count == 5)
    #expect(statistics.span == Seconds(4))
    #expect(statistics.meanRate == 1)
    #expect(statistics.simultaneous == 1)
    // Gaps 0.5, 0, 0.5, 3: mean 1, squared deviations 0.25 + 1 + 0.25 + 4, over 3.
    #expect(abs(try #require(statistics.gapCV) - (5.5 / 3).squareRoot()) < 1e-12)
    // The second from 0 on is half open, so 1 lies outside; 0.5 … 1.5 has three as well.
    #expect(statistics.peakRate1s == 3)
    #expect(statistics.peakRate60s == 5.0 / 60)
    #expect(statistics.output.total == 10)
  }

  @Test func `percentiles interpolate as numpy does`() {
    // numpy.percentile([1, 2, 3, 4, 10], [50, 90, 99]) = 3, 7.6, 9.76
    let statistics = TraceStatistics(table([0, 1, 2, 3, 4], prompt: [10, 2, 3, 4, 1])).prompt
    #expect(statistics.p50 == 3)
    #expect(abs(statistics.p90 - 7.6) < 1e-12)
    #expect(abs(statistics.p99 - 9.76) < 1e-12)
    #expect(statistics.min == 1)
    #expect(statistics.max == 10)
    #expect(statistics.mean == 4)
  }

  @Test func `what is undefined is nil`() {
    let one = TraceStatistics(table([3]))
    #expect(one.meanRate == nil)
    #expect(one.gapCV == nil)
    #expect(one.peakRate1s == 1)
    let burst = TraceStatistics(table([1, 1, 1]))
    #expect(burst.meanRate == nil)
    #expect(burst.simultaneous == 2)
    #expect(TraceStatistics(RequestTable()).count == 0)
  }
}
