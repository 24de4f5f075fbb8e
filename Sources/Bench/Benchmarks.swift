internal import Kernel
internal import Metrics
internal import Serving
internal import Units

/// Every benchmark with its limit.
///
/// Limits are for two shared cores of 2023 server class; a figure below half of what such a machine
/// usually reaches is a regression, not noise.
let benchmarks: [Benchmark] = [
  Benchmark(name: "event queue at 17 sources", unit: "events/s", limit: 8e6) {
    turns(of: 17)
  },
  Benchmark(name: "event queue at 1025 sources", unit: "events/s", limit: 4e6) {
    turns(of: 1025)
  },
  Benchmark(name: "batch 256; mean output 1024", unit: "engine steps/s", limit: 4e6) {
    steps(batch: 256, meanOutput: 1024, requests: 40_000)
  },
  Benchmark(name: "batch 256; mean output 256", unit: "engine steps/s", limit: 1.5e6) {
    steps(batch: 256, meanOutput: 256, requests: 40_000)
  },
  Benchmark(name: "batch 32; mean output 1024", unit: "engine steps/s", limit: 12e6) {
    steps(batch: 32, meanOutput: 1024, requests: 20_000)
  },
  Benchmark(name: "512/128 on 1 instance", unit: "requests/s", limit: 0.4e6) {
    requests(100_000, instances: 1)
  },
  Benchmark(name: "512/128 on 16 instances", unit: "requests/s", limit: 0.4e6) {
    requests(200_000, instances: 16)
  },
  Benchmark(name: "512/128 on 1000 instances", unit: "requests/s", limit: 0.25e6) {
    requests(1_000_000, instances: 1000)
  },
]

/// Takes and reschedules four million events of `sources` sources.
private func turns(of sources: Int) -> Double {
  var queue = EventQueue(sources: sources)
  var stream = RandomStream(seed: 5, name: "gaps")
  let gaps = (0..<65_536).map { _ in
    Int64(1 + stream.exponential(mean: 1e9) * Double(sources))
  }
  for i in 0..<sources { queue.set(i, at: Instant(picoseconds: gaps[i])) }
  for i in 0..<4_000_000 {
    let source = queue.next()
    queue.set(source, at: Instant(picoseconds: queue.now.picoseconds + gaps[i & 65_535]))
  }
  return 4e6
}
