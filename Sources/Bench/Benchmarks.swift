internal import Kernel
internal import Memory
internal import Metrics
internal import Serving
internal import Units

/// Every benchmark with its limit.
///
/// Limits are for two shared cores of 2023 server class; a figure below half of what such a machine
/// usually reaches is a regression, not noise.
let benchmarks: [Benchmark] = [
  // First, while this process is small: a child's peak counts its parent's at the fork.
  Benchmark(
    name: "martlet run with files: 10 k requests on 1 instance", unit: "CPU ms", limit: 50,
    work: { Process.martlet(requests: 10_000, instances: 1).milliseconds }, isCeiling: true),
  Benchmark(
    name: "martlet run with files: 100 k requests on 16 instances", unit: "CPU ms", limit: 400,
    work: { Process.martlet(requests: 100_000, instances: 16).milliseconds }, isCeiling: true),
  Benchmark(
    name: "martlet run with files: 100 k requests on 16 instances", unit: "peak MB", limit: 100,
    work: { Process.martlet(requests: 100_000, instances: 16).megabytes }, isCeiling: true),
  Benchmark(
    name: "martlet run with files: 1 M requests on 16 instances", unit: "CPU ms", limit: 5000,
    work: { Process.martlet(requests: 1_000_000, instances: 16).milliseconds }, isCeiling: true),
  Benchmark(
    name: "martlet run with files: 1 M requests on 16 instances", unit: "peak MB", limit: 500,
    work: { Process.martlet(requests: 1_000_000, instances: 16).megabytes }, isCeiling: true),
  Benchmark(
    name: "memory of 1 M requests on 16 instances", unit: "bytes/request", limit: 128,
    work: memoryPerRequest, isCeiling: true, runsOnce: true),
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
  Benchmark(name: "cache replay: lru; 10 k blocks", unit: "block accesses/s", limit: 50e6) {
    Caches.accesses(of: LRU.self, capacity: 10_000, times: 20)
  },
  Benchmark(
    name: "cache replay: min; 10 k blocks; 12 k requests", unit: "CPU ms", limit: 1000,
    work: {
      let start = cpuSeconds()
      _ = Caches.accesses(of: Min.self, capacity: 10_000, times: 1)
      return (cpuSeconds() - start) * 1e3
    }, isCeiling: true),
  Benchmark(name: "prefix cache; 110 blocks a request", unit: "requests/s", limit: 0.1e6) {
    Double(Workloads.runCached(cachedSessions, blocks: 2200).totals.finished)
  },
  Benchmark(
    name: "prefix-load; 1 M requests on 1000 instances", unit: "requests/s", limit: 0.1e6,
    work: { Clusters.run(clusterSessions, instances: 1000).requests }, runsOnce: true),
  Benchmark(
    name: "prefix-load: a request on 1024 instances to one on 64", unit: "percent", limit: 300,
    work: Clusters.growth, isCeiling: true, runsOnce: true),
  Benchmark(name: "trace in: Azure CSV", unit: "MB/s", limit: 200) {
    megabytes(of: Traces.azure, name: "azure.csv")
  },
  Benchmark(name: "trace in: Mooncake JSONL", unit: "MB/s", limit: 200) {
    megabytes(of: Traces.mooncake, name: "mooncake.jsonl")
  },
]

/// Made once: the benchmark is of the run.
private let cachedSessions = Workloads.sessions(50_000)
private let clusterSessions = Clusters.sessions(1_000_000, instances: 1000)

/// Growth of the resident set over a run that is the first of this process.
private func memoryPerRequest() -> Double {
  let before = peakBytes()
  let finished = requests(1_000_000, instances: 16)
  return (peakBytes() - before) / finished
}

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
