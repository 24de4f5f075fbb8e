internal import Cost
internal import Files
internal import Kernel
internal import Metrics
internal import Units

/// Rows of timeseries.csv, bucket by bucket, instance by instance within.
struct TimeSeriesCSV {
  /// No row is longer.
  static let longestRow = 256
  let series: TimeSeries
  /// The KV memory of each instance.
  let pools: [KVPoolSize]

  /// Appends one row.
  func write(_ row: Int, into out: inout ByteBuffer) {
    out.append(seconds: series.time(of: row).picoseconds)
    out.comma()
    out.append(Int64(row % series.instances))
    out.comma()
    out.append(series.running[row])
    out.comma()
    out.append(series.waiting[row])
    out.comma()
    out.append(share: series.blocks[row], of: pools[row % series.instances].blocks)
    out.comma()
    out.append(series.promptTokens[row])
    out.comma()
    out.append(series.generatedTokens[row])
    out.comma()
    out.append(series.finished[row])
    out.comma()
    out.append(series.preemptions[row])
    out.newline()
  }
}

/// Rows of steps.csv.
struct StepsCSV {
  /// No row is longer.
  static let longestRow = 256
  let logs: [StepLog]
  /// The KV memory of each instance.
  let pools: [KVPoolSize]

  /// Calls `body` for every step in the order of (start, instance).
  ///
  /// - Complexity: O(steps · log instances).
  func inOrder<E: Error>(_ body: (_ instance: Int, _ index: Int) throws(E) -> Void) throws(E) {
    var next = [Int](repeating: 0, count: logs.count)
    var starts = EventQueue(sources: logs.count)
    for (instance, log) in logs.enumerated() where log.count > 0 {
      starts.set(instance, at: log.start[0])
    }
    while starts.time != .never {
      let instance = starts.next()
      let index = next[instance]
      try body(instance, index)
      next[instance] = index + 1
      if index + 1 < logs[instance].count {
        starts.set(instance, at: logs[instance].start[index + 1])
      }
    }
  }

  /// Appends one row.
  func write(_ instance: Int, _ index: Int, into out: inout ByteBuffer) {
    let start = logs[instance].start[index]
    out.append(Int64(instance))
    out.comma()
    out.append(logs[instance].step[index])
    out.comma()
    out.append(seconds: start.picoseconds)
    out.comma()
    out.append(milliseconds: logs[instance].end[index] - start)
    out.comma()
    out.append(logs[instance].running[index])
    out.comma()
    out.append(logs[instance].waiting[index])
    out.comma()
    out.append(logs[instance].prefillTokens[index])
    out.comma()
    out.append(logs[instance].decodeTokens[index])
    out.comma()
    out.append(share: logs[instance].blocks[index], of: pools[instance].blocks)
    out.comma()
    out.append(Self.name(ofBound: logs[instance].bound[index]))
    out.newline()
  }

  /// The raw value of the case of `Bound` with this index.
  static func name(ofBound index: UInt8) -> StaticString {
    switch Bound.allCases[Int(index)] {
    case .compute: "compute"
    case .hbm: "hbm"
    case .link: "link"
    case .host: "host"
    }
  }
}
