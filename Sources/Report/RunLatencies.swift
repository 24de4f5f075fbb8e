internal import Files
internal import Metrics

/// requests.csv by column; a value that a request has not is not a number.
struct RunLatencies {
  let arrival: [Double]
  let finish: [Double]
  let prompt: [Double]
  let isWithin: [Double]
  /// Whether summary.json counts each; the others are the warm-up.
  let isMeasured: [Bool]
  /// By metric: ttft, tpot, e2el; in ms.
  let values: [String: [Double]]

  /// - Throws: `ConfigError` when the file is torn or lacks a column.
  init(readingFrom path: String) throws(ConfigError) {
    let metrics = ["ttft", "tpot", "e2el"]
    let names =
      ["arrival_s", "finish_s", "input_len", "slo_met", "measured"] + metrics.map { "\($0)_ms" }
    let file = try ColumnFile(readingFrom: path, names)
    arrival = file.numbers(try file.index(of: "arrival_s"))
    finish = file.numbers(try file.index(of: "finish_s"))
    prompt = file.numbers(try file.index(of: "input_len"))
    isWithin = file.numbers(try file.index(of: "slo_met"))
    // Files of other tools have no such column: every row counts.
    isMeasured =
      file.numbers(named: "measured")?.map { $0 != 0 }
      ?? [Bool](repeating: true, count: file.count)
    var values: [String: [Double]] = [:]
    for metric in metrics {
      values[metric] = file.numbers(try file.index(of: "\(metric)_ms"))
    }
    self.values = values
  }

  /// The latencies `metric` that summary.json is made of: of completed requests after the warm-up,
  /// not a number for the others.
  func counted(_ metric: String) -> [Double] {
    let all = values[metric] ?? []
    let endToEnd = values["e2el"] ?? []
    return all.indices.map { isMeasured[$0] && endToEnd[$0].isFinite ? all[$0] : .nan }
  }

  /// Requests of the warm-up, and when the first after it arrived; nil without a warm-up.
  var warmup: (requests: Int, end: Double)? {
    let count = isMeasured.count { !$0 }
    guard count > 0 else { return nil }
    let ends = arrival.indices.filter { isMeasured[$0] && arrival[$0].isFinite }
    return (count, ends.map { arrival[$0] }.min() ?? end)
  }

  /// The last moment of any request.
  var end: Double {
    max(
      arrival.lazy.filter(\.isFinite).max() ?? 0, finish.lazy.filter(\.isFinite).max() ?? 0)
  }

  /// Percentiles, in thousandths, of `metric` of the requests that arrived in each part of the
  /// time; a part without requests is a gap.
  func percentiles(_ perMille: [Int64], of metric: String) -> [[Figure.Point]] {
    let values = values[metric] ?? []
    let last = arrival.lazy.filter(\.isFinite).max() ?? 0
    let buckets = Thinning.Buckets(end: last, rows: arrival.count, perBucket: 20)
    var parts = [[Double]](repeating: [], count: buckets.count)
    for (row, value) in values.enumerated() where value.isFinite && arrival[row].isFinite {
      parts[buckets.index(arrival[row])].append(value)
    }
    let sorted = parts.map { $0.sorted() }
    return perMille.map { wanted in
      sorted.enumerated().map { index, part in
        Figure.Point(
          buckets.middle(index), Quantiles.interpolated(perMille: wanted, ofSorted: part) ?? .nan)
      }
    }
  }

  /// Requests a second that have a moment in `times` and fulfil `isCounted`.
  func rate(
    of times: [Double], in buckets: Thinning.Buckets, _ isCounted: (Int) -> Bool = { _ in true }
  ) -> [Figure.Point] {
    var counts = [Int](repeating: 0, count: buckets.count)
    for (row, time) in times.enumerated() where time.isFinite && isCounted(row) {
      counts[buckets.index(time)] += 1
    }
    return counts.enumerated().map { index, count in
      Figure.Point(buckets.middle(index), Double(count) / buckets.width)
    }
  }
}

/// timeseries.csv, instances joined: one value a bucket.
struct RunSeries {
  /// Ends of the buckets, ascending.
  let times: [Double]
  /// Length of a bucket.
  let width: Double
  /// Sums over the instances, by column.
  let sums: [String: [Double]]
  /// Use of the KV pool from 0 to 1: mean over the instances, and the fullest.
  let meanUse: [Double]
  let highestUse: [Double]
  let instances: Int

  static let summed = [
    "num_requests_running", "num_requests_waiting", "prompt_tokens", "generation_tokens",
  ]

  /// - Throws: `ConfigError` when the file is torn or lacks a column.
  init(readingFrom path: String) throws(ConfigError) {
    let use = "kv_cache_usage_perc"
    let file = try ColumnFile(readingFrom: path, ["time_s", use] + Self.summed)
    let moments = file.numbers(try file.index(of: "time_s"))
    let order = moments.indices.filter { moments[$0].isFinite }
      .sorted { (moments[$0], $0) < (moments[$1], $1) }
    var (times, starts): ([Double], [Int]) = ([], [])
    for (place, row) in order.enumerated() where times.last != moments[row] {
      times.append(moments[row])
      starts.append(place)
    }
    let ends = starts.dropFirst() + [order.count]
    let parts = zip(starts, ends).map { order[$0..<$1] }
    var sums: [String: [Double]] = [:]
    for name in Self.summed {
      let column = file.numbers(try file.index(of: name))
      sums[name] = parts.map { rows in rows.reduce(0) { $0 + column[$1] } }
    }
    let uses = file.numbers(try file.index(of: use))
    meanUse = parts.map { rows in rows.reduce(0) { $0 + uses[$1] } / Double(max(1, rows.count)) }
    highestUse = parts.map { rows in rows.map { uses[$0] }.max() ?? .nan }
    instances = parts.map(\.count).max() ?? 0
    width = times.count > 1 ? times[1] - times[0] : times.first ?? 1
    self.times = times
    self.sums = sums
  }

  /// `values` at their times, means of neighbours when there are more than an eye can tell apart.
  func points(_ values: [Double], scale: Double = 1) -> [Figure.Point] {
    let points = zip(times, values).map { Figure.Point($0, $1 * scale) }
    return Aggregation(points).thinned(to: 240)
  }
}
