import Metrics
import Testing
import Units

@Suite struct WarmupTests {
  private static let seeds = LeapTests.seeds

  private func cuts(_ scenario: RandomScenario) -> [Warmup] {
    let count = scenario.table.count
    return [.requests(count / 3), .requests(count), .time(second / 3), .time(2 * second)]
  }

  private let second: Int64 = 1_000_000_000_000

  @Test func `gaps are those of measured requests, exactly, whatever preempts them`() {
    var measured = 0
    for seed in Self.seeds {
      let scenario = RandomScenario(seed: seed)
      for warmup in cuts(scenario) {
        let record = scenario.run(maxLeap: 256, warmup: warmup)
        guard record.stop == nil else { continue }
        var (time, gaps) = (Int128(0), Int64(0))
        let table = record.requests
        for row in 0..<table.count where table.isMeasured(row) {
          guard let decode = table.outcome(of: row).decodeTime else { continue }
          time += Int128(decode)
          gaps += Int64(table.output[row]) - 1
        }
        #expect(record.gaps.sum == time, "seed \(seed) \(warmup)")
        #expect(record.gaps.count == gaps, "seed \(seed) \(warmup)")
        if gaps > 0, table.warmupRequests > 0 { measured += 1 }
        #expect(!record.gaps.entries().weights.contains(0), "seed \(seed) \(warmup)")
      }
    }
    #expect(measured > Self.seeds.count)
  }

  @Test func `a warm-up changes nothing that happens`() {
    for seed in Self.seeds {
      let scenario = RandomScenario(seed: seed)
      let whole = scenario.run(maxLeap: 256)
      let cut = scenario.run(maxLeap: 256, warmup: .requests(scenario.table.count / 2))
      #expect(cut.requests.arrival == whole.requests.arrival, "seed \(seed)")
      #expect(cut.requests.finished == whole.requests.finished, "seed \(seed)")
      #expect(cut.requests.longestGap == whole.requests.longestGap, "seed \(seed)")
      var totals = cut.totals
      totals.busyTimeInWarmup = whole.totals.busyTimeInWarmup
      totals.busyTimeAfterwards = whole.totals.busyTimeAfterwards
      totals.finishedOfWarmup = whole.totals.finishedOfWarmup
      #expect(totals == whole.totals, "seed \(seed)")
      #expect(cut.events == whole.events, "seed \(seed)")
    }
  }

  @Test func `time busy in the warm-up is that of the steps before the first measured arrival`() {
    var cut = 0
    for seed in Self.seeds {
      let scenario = RandomScenario(seed: seed)
      for warmup in cuts(scenario) {
        let logged = scenario.run(maxLeap: 1, logsSteps: true, warmup: warmup)
        let table = logged.requests
        let row = table.warmupRequests
        var busy = Int128(0)
        if row < table.count, table.arrival[row] != .never {
          let start = table.arrival[row].picoseconds
          for steps in logged.steps {
            for (began, ended) in zip(steps.start, steps.end) {
              let end = min(ended.picoseconds, start)
              if end > began.picoseconds { busy += Int128(end - began.picoseconds) }
            }
          }
        }
        #expect(logged.totals.busyTimeInWarmup == busy, "seed \(seed) \(warmup)")
        let leaping = scenario.run(maxLeap: 256, warmup: warmup)
        #expect(leaping.totals.busyTimeInWarmup == busy, "seed \(seed) \(warmup)")
        #expect(gapText(leaping.gaps) == gapText(logged.gaps), "seed \(seed) \(warmup)")
        if busy > 0 { cut += 1 }
      }
    }
    #expect(cut > Self.seeds.count)
  }

  @Test func `time busy with the warm-up's stragglers is that of steps after the last measured`() {
    var late = 0
    for seed in Self.seeds {
      let scenario = RandomScenario(seed: seed)
      for warmup in cuts(scenario) {
        let logged = scenario.run(maxLeap: 1, logsSteps: true, warmup: warmup)
        guard logged.stop == nil else { continue }
        let table = logged.requests
        let last = (0..<table.count).filter { table.isMeasured($0) }.map {
          table.isRejected[$0] ? table.arrival[$0] : table.finished[$0]
        }.max()
        var busy = Int128(0)
        if let last {
          for steps in logged.steps {
            for (began, ended) in zip(steps.start, steps.end) {
              let start = max(began, last)
              if ended > start { busy += Int128(ended - start) }
            }
          }
        }
        #expect(logged.totals.busyTimeAfterwards == busy, "seed \(seed) \(warmup)")
        let leaping = scenario.run(maxLeap: 256, warmup: warmup)
        #expect(leaping.totals.busyTimeAfterwards == busy, "seed \(seed) \(warmup)")
        if busy > 0 { late += 1 }
      }
    }
    #expect(late > 0)
  }
}
