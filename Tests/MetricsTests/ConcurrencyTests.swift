import Metrics
import Testing
import Units

@Suite struct ConcurrencyTests {
  @Test func `a request that ends when the next arrives is not counted with it`() {
    let run = record([
      Event(arrival: 0, scheduled: 0, first: 1, finish: 10),
      Event(arrival: 10, scheduled: 10, first: 11, finish: 20),
      Event(arrival: 19, scheduled: 20, first: 21, finish: 30),
    ])
    #expect(Summary(run, plain).peakConcurrency == 2)
  }

  @Test func `the peak equals a sweep over all arrivals and finishes`() {
    for seed in 1...30 as ClosedRange<UInt64> {
      let run = randomRecord(seed, count: 40 + 60 * Int(seed))
      var events: [(time: Int64, change: Int64)] = []
      for row in 0..<run.requests.count where !run.requests.isRejected[row] {
        events.append((run.requests.arrival[row].picoseconds, 1))
        events.append((run.requests.finished[row].picoseconds, -1))
      }
      events.sort { $0.time != $1.time ? $0.time < $1.time : $0.change < $1.change }
      var (present, peak) = (Int64(0), Int64(0))
      for event in events {
        present += event.change
        peak = max(peak, present)
      }
      #expect(Summary(run, plain).peakConcurrency == peak, "seed \(seed)")
    }
  }
}
