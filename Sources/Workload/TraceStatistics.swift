public import Metrics
public import Units

/// What a trace looks like in a few numbers.
public struct TraceStatistics: Sendable {
  /// Number of requests.
  public let count: Int
  /// Time from the first to the last arrival in seconds.
  public let span: Seconds
  /// (requests − 1) / span in requests/s; nil if all arrive at one time.
  public let meanRate: Double?
  /// Sample standard deviation of the gaps between arrivals over their mean: 1 for a Poisson
  /// process; nil with fewer than two gaps or if all requests arrive at one time.
  public let gapCV: Double?
  /// Requests that arrive at the same time as the one before them.
  public let simultaneous: Int
  /// Most arrivals in any second, as requests/s.
  public let peakRate1s: Double
  /// Most arrivals in any minute, as requests/s.
  public let peakRate60s: Double
  /// Lengths of prompts.
  public let prompt: TokenStatistics
  /// Lengths of outputs.
  public let output: TokenStatistics

  /// Looks at all requests once; sorting the lengths makes it O(n log n).
  public init(_ requests: RequestTable) {
    let arrival = requests.knownArrivals
    count = requests.count
    span = Seconds(Double((arrival.last ?? .zero) - (arrival.first ?? .zero)) * 1e-12)
    meanRate = requests.meanRate
    (gapCV, simultaneous) = Self.gaps(arrival)
    peakRate1s = Self.peak(arrival, seconds: 1)
    peakRate60s = Self.peak(arrival, seconds: 60)
    prompt = TokenStatistics(requests.prompt)
    output = TokenStatistics(requests.output)
  }

  private static func gaps(_ arrival: [Instant]) -> (cv: Double?, simultaneous: Int) {
    guard let first = arrival.first, let last = arrival.last else { return (nil, 0) }
    let mean = Double(last - first) / Double(max(arrival.count - 1, 1))
    var squares = 0.0
    var zeros = 0
    for (earlier, later) in zip(arrival, arrival.dropFirst()) {
      let gap = later - earlier
      if gap == 0 { zeros += 1 }
      squares += (Double(gap) - mean) * (Double(gap) - mean)
    }
    guard mean > 0, arrival.count > 2 else { return (nil, zeros) }
    return ((squares / Double(arrival.count - 2)).squareRoot() / mean, zeros)
  }

  /// Most arrivals in a half-open window that begins with one, per second.
  private static func peak(_ arrival: [Instant], seconds: Int64) -> Double {
    var most = 0
    var start = 0
    for (i, time) in arrival.enumerated() {
      while time - arrival[start] >= seconds * 1_000_000_000_000 { start += 1 }
      most = max(most, i - start + 1)
    }
    return Double(most) / Double(seconds)
  }
}

/// What a column of token counts looks like.
public struct TokenStatistics: Sendable {
  /// Sum of all.
  public let total: Int
  /// Arithmetic mean; 0 without requests, as are all others.
  public let mean: Double
  /// Smallest.
  public let min: Int
  /// Median; percentiles interpolate linearly between order statistics, as numpy does.
  public let p50: Double
  /// 90th percentile.
  public let p90: Double
  /// 99th percentile.
  public let p99: Double
  /// Largest.
  public let max: Int

  /// Sorts a copy of `tokens`.
  init(_ tokens: [Int32]) {
    let sorted = tokens.sorted()
    total = tokens.reduce(0) { $0 + Int($1) }
    mean = tokens.isEmpty ? 0 : Double(total) / Double(tokens.count)
    min = Int(sorted.first ?? 0)
    max = Int(sorted.last ?? 0)
    p50 = Self.percentile(0.50, of: sorted)
    p90 = Self.percentile(0.90, of: sorted)
    p99 = Self.percentile(0.99, of: sorted)
  }

  private static func percentile(_ share: Double, of sorted: [Int32]) -> Double {
    guard !sorted.isEmpty else { return 0 }
    let place = share * Double(sorted.count - 1)
    let low = Int(place)
    let high = Swift.min(low + 1, sorted.count - 1)
    let (a, b) = (Double(sorted[low]), Double(sorted[high]))
    return a + (b - a) * (place - Double(low))
  }
}

extension RequestTable {
  /// Picoseconds from the first to the last arrival.
  var span: Int64 {
    guard let first = arrival.first, let last = arrival.last else { return 0 }
    return last - first
  }
}
