import Metrics
import Testing

@Suite struct TierSeriesTests {
  private func use(_ blocks: Int32) -> TierUse {
    var use = TierUse()
    (use.swapped, use.kept, use.contexts, use.cached) = (blocks, 1, 2, 3)
    return use
  }

  @Test func `tiers keep pace with the buckets of their series`() {
    // Room for 6 rows of two tiers: 3 buckets of two instances are too many.
    var series = TimeSeries(width: second, instances: 2, limit: 12, tiers: 2)
    let row = TimeSeries.Row(running: 1, waiting: 0, blocks: 0, counts: RunTotals())
    for bucket in 0..<Int32(4) {
      for instance in 0..<Int32(2) {
        let first = 100 * bucket + 10 * instance
        series.append(row, tiers: [use(first), use(first + 1)])
      }
      series.compact()
    }
    #expect(series.width == 2 * second && series.count == 4)
    #expect(series.tiers.swapped == [100, 101, 110, 111, 300, 301, 310, 311])
    #expect(series.tiers.count == 8 && series.tiers[3] == use(111))
    #expect(series.tiers[3].total == 117)
  }

  @Test func `a series without tiers has no rows of them`() {
    var series = TimeSeries(width: second, instances: 1)
    series.append(TimeSeries.Row(running: 1, waiting: 0, blocks: 0, counts: RunTotals()))
    #expect(series.count == 1 && series.tiers.count == 0)
  }
}
