internal import Glibc
internal import Metrics

/// One benchmark: a name, what is counted, the limit of its median, and the work.
struct Benchmark: Sendable {
  let name: String
  let unit: String
  /// The floor of a rate, or the ceiling of a cost.
  let limit: Double
  /// Runs once and returns how much was counted, or the cost itself.
  let work: @Sendable () -> Double
  var isCeiling = false
  var runsOnce = false
}

/// CPU seconds of this thread.
func cpuSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// The largest resident set so far, in bytes.
func peakBytes() -> Double {
  var usage = rusage()
  getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
  return Double(usage.ru_maxrss) * 1024
}

/// The median of five values of the work: rates for floors, the value itself for ceilings.
func measure(_ benchmark: Benchmark) -> (median: Double, low: Double, high: Double) {
  var values: [Double] = []
  for _ in 0..<(benchmark.runsOnce ? 1 : 5) {
    let start = cpuSeconds()
    let counted = benchmark.work()
    values.append(benchmark.isCeiling ? counted : counted / (cpuSeconds() - start))
  }
  values.sort()
  return (values[values.count / 2], values[0], values[values.count - 1])
}

func steps(batch: Int, meanOutput: Double, requests: Int) -> Double {
  let table = Workloads.burst(requests, meanOutput: meanOutput)
  let record = Workloads.run(
    table, instances: 1, scheduler: Workloads.v1(sequences: batch), blocks: 1 << 16)
  return Double(record.totals.steps)
}

func requests(_ count: Int, instances: Int) -> Double {
  let table = Workloads.poisson(count, rate: 6 * Double(instances))
  let record = Workloads.run(
    table, instances: instances, scheduler: Workloads.v0, blocks: 24_000)
  return Double(record.totals.finished)
}

/// Writes one line to standard error.
func complain(_ fault: String) {
  let line = Array("bench: \(fault)\n".utf8)
  _ = line.withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) }
}

@main struct Bench {
  static func main() {
    var rows = ["benchmark,unit,median,low,high,limit,ok"]
    var failed = false
    for benchmark in benchmarks {
      let (median, low, high) = measure(benchmark)
      let ok = benchmark.isCeiling ? median <= benchmark.limit : median >= benchmark.limit
      if !ok { failed = true }
      let row = [median, low, high, benchmark.limit].map { "\(Int64($0.rounded()))" }
      rows.append(
        "\(benchmark.name),\(benchmark.unit),\(row.joined(separator: ",")),\(ok ? "yes" : "no")")
      print(rows[rows.count - 1])
    }
    write(rows)
    Process.cleanUp()
    if failed {
      complain("a figure is on the wrong side of its limit (column ok)")
      exit(1)
    }
  }

  /// Writes the rows to the file named on the command line, if one is.
  private static func write(_ rows: [String]) {
    guard CommandLine.arguments.count > 1 else { return }
    let path = CommandLine.arguments[1]
    guard let file = fopen(path, "w") else {
      complain("cannot write \(path)")
      exit(2)
    }
    fputs(rows.joined(separator: "\n") + "\n", file)
    fclose(file)
  }
}
