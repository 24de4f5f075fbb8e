internal import CGSL
internal import Kernel
internal import Metrics
internal import Units

/// Mean of a Weibull distribution of scale 1.
func weibullMean(shape: Double) -> Double { cgsl_tgamma(1 + 1 / shape) }

/// Requests of clients of ServeGen while they are drawn, client by client.
struct ServeGenDraft {
  private struct Request {
    let time: Double
    let client: Int32
    let place: Int32
    let prompt: Int32
    let output: Int32
  }
  private let start: Double
  private let end: Double
  private let factor: Double
  private let seed: UInt64
  private var requests: [Request] = []
  /// Requests whose lengths are those of another time.
  private var borrowed = 0
  /// Requests of which a prompt or an output had no tokens.
  private var raised = 0

  /// Nothing drawn yet of the time from `start` to `end`, at `factor` times the recorded rates.
  init(start: Double, end: Double, factor: Double, seed: UInt64) {
    self.start = start
    self.end = end
    self.factor = factor
    self.seed = seed
  }

  /// Draws all requests of a client that has lengths.
  mutating func add(_ client: ServeGenClient) {
    for window in client.windows where window.rate > 0 {
      guard window.start < end, window.start + client.width > start,
        let lengths = client.lengths(at: window.start)
      else { continue }
      let name = "servegen.\(client.number).\(Int(window.start))"
      var arrivals = RandomStream(seed: seed, name: "\(name).arrivals")
      var tokens = RandomStream(seed: seed, name: "\(name).tokens")
      let times = self.times(of: window, width: client.width, &arrivals)
      for (place, time) in times.enumerated() {
        let drawn = lengths.tokens.draw(&tokens)
        guard time >= start, time < end else { continue }
        if !lengths.isOwn { borrowed += 1 }
        if drawn.prompt < 1 || drawn.output < 1 { raised += 1 }
        requests.append(
          Request(
            time: time - start, client: Int32(clamping: client.number), place: Int32(place),
            prompt: Int32(clamping: max(1, drawn.prompt)),
            output: Int32(clamping: max(1, drawn.output))))
      }
    }
  }

  /// The arrivals of one window, ascending, in seconds of the data.
  private func times(
    of window: ServeGenClient.Window, width: Double, _ stream: inout RandomStream
  ) -> [Double] {
    let expected = window.rate * factor * width
    // Recorded counts are whole, but for the rounding of their quotients.
    let whole = (expected + 1e-6).rounded(.down)
    let count = Int(whole) + (stream.uniform() < expected - whole ? 1 : 0)
    guard count > 0 else { return [] }
    let active = min(1, (window.pattern.mean ?? .infinity) * window.rate)
    let begin = window.start + stream.uniform() * width * (1 - active)
    var sums: [Double] = []
    sums.reserveCapacity(count)
    var sum = 0.0
    for _ in 0...count {
      sums.append(sum)
      sum += Self.gap(window.pattern, &stream)
    }
    // A gap so skewed that all vanish says nothing of where requests lie.
    guard sum > 0, sum.isFinite else { return sums.dropFirst().map { _ in begin } }
    return sums.dropFirst().map { begin + width * active * ($0 / sum) }
  }

  private static func gap(
    _ pattern: ServeGenClient.Pattern, _ stream: inout RandomStream
  ) -> Double {
    switch pattern {
    case .poisson: stream.exponential(mean: 1)
    case .gamma(let shape, _): stream.gamma(shape: shape, scale: 1)
    case .weibull(let shape, _): stream.weibull(shape: shape, scale: 1)
    }
  }

  /// All of them, in order of arrival; those at one time by client.
  mutating func requests(_ path: String) throws(TraceError) -> RequestTable {
    requests.sort { ($0.time, $0.client, $0.place) < ($1.time, $1.client, $1.place) }
    guard !requests.isEmpty else {
      throw TraceError(path, "gives no request in that time by chance; lengthen duration")
    }
    var table = RequestTable()
    table.reserve(requests.count)
    for request in requests {
      guard request.time < 0x1p63 * 1e-12 else {
        throw TraceError(path, "has requests later than 106 days")
      }
      table.append(
        at: Instant(picoseconds: Int64((request.time * 1e12).rounded())), prompt: request.prompt,
        output: request.output)
    }
    return table
  }

  /// What a reader should know of what was drawn, one line each.
  var warnings: [String] {
    var warnings: [String] = []
    if borrowed > 0 {
      warnings.append(
        "\(borrowed) requests have the lengths of another time: their client has none for theirs")
    }
    if raised > 0 { warnings.append("\(raised) requests had 0 prompt or output tokens: now 1") }
    return warnings
  }
}
