internal import Files

/// A figure that a paper publishes, and how it is simulated on the paper's own set-up.
struct Claim: Sendable {
  /// What of two systems, or of one, the figure says.
  enum Kind: String, Sendable, CaseIterable {
    /// How many times better the system is than its baseline.
    case ratio
    /// By how many per cent of its baseline's value it is lower.
    case reduction
    /// The system's own value.
    case value
  }

  /// Which way of a value is the better one.
  enum Sense: String, Sendable, CaseIterable {
    case higher
    case lower
  }

  /// What is asked of the runs.
  enum Measure: Sendable {
    /// A key of summary.json.
    case key(String)
    /// The greatest value of a key at which conditions are met, as `martlet capacity` finds it.
    case capacity(Trial.Search)
  }

  /// One of the systems compared: what it changes of the experiment.
  struct Side: Sendable {
    let settings: [String]
  }

  /// What the system is called.
  let system: String
  /// What is claimed, in a few words.
  let text: String
  /// What is measured.
  let metric: String
  /// What it is compared with.
  let baseline: String
  let published: PublishedRange
  /// Where it was published, beginning with how sure that is: `[primary]`, `[abstract]`.
  let source: String
  /// How much of the paper was read.
  let confidence: String
  /// The experiment.
  let file: String
  /// Folder and experiment: `fastswitch/llama-3-8b-a10`.
  let scenario: String
  /// A file that the experiment reads and this repository lacks; nil where it needs none.
  let needs: String?
  let measure: Measure
  let kind: Kind
  let sense: Sense
  /// What one unit of the measure is in the unit of the claim.
  let factor: Double
  let target: Side
  /// The baselines, of which the best counts; empty where there is none.
  let baselines: [Side]
  let seeds: [UInt64]
  /// A key and its values, of which the one where the claim is largest counts; nil without.
  let over: (key: String, values: [String])?
  /// Why the row gates nothing although its source would; nil when nothing speaks against it.
  let reservation: String?
  /// The worst verdict that does not fail the scorecard, since `remark` says what is missing.
  let known: PublishedRange.Verdict
  /// Constants of the baseline's stack, and what is missing where figures differ.
  let remark: String
}

/// The ends of a published figure, as far as they are known.
struct PublishedRange: Sendable, Equatable {
  let low: Double?
  let high: Double?
  /// Digits after the point, with which a simulated figure is compared.
  let decimals: Int
  /// The figure of no effect, from which distances count: 1 of a ratio, else 0.
  var origin = 0.0

  /// How far a simulated figure may lie from a single published one.
  static let pointTolerance = 0.1
  /// How far beyond an end a figure is near, as a share of the effect that the end stands for.
  static let nearness = 0.2

  /// What a simulated figure is.
  enum Verdict: String, Sendable {
    case inRange = "in range"
    case near
    case off
    case informational
    case skipped

    /// Whether it is further from the published figure than `other`.
    func isWorse(than other: Verdict) -> Bool {
      let order: [Verdict] = [.inRange, .near, .off]
      guard let own = order.firstIndex(of: self), let its = order.firstIndex(of: other) else {
        return false
      }
      return own > its
    }
  }

  /// Whether `value` is within the ends, near one of them, or neither.
  func judge(_ value: Double) -> Verdict {
    guard value.isFinite else { return .off }
    var power = 1.0
    for _ in 0..<decimals { power *= 10 }
    let shown = (value * power).rounded() / power
    var (low, high) = (low ?? -.infinity, high ?? .infinity)
    if low == high {
      let width = Self.pointTolerance * low.magnitude
      (low, high) = (low - width, high + width)
    }
    if shown >= low, shown <= high { return .inRange }
    let (end, beyond) = shown < low ? (low, low - shown) : (high, shown - high)
    return beyond <= Self.nearness * (end - origin).magnitude ? .near : .off
  }

  /// `1.4–5.8`, `up to 2.25`, `38.2`.
  var text: String {
    func shown(_ value: Double) -> String { NumberText.trimmed(value, 6) }
    switch (low, high) {
    case (let low?, let high?): return low == high ? shown(low) : "\(shown(low))–\(shown(high))"
    case (let low?, nil): return "from \(shown(low))"
    case (nil, let high?): return "up to \(shown(high))"
    case (nil, nil): return "-"
    }
  }
}

extension Claim {
  /// Sources whose rows gate.
  private static let sure = ["[primary]", "[official-data]", "[secondary]"]
  /// How a source begins.
  static let kinds = sure + ["[third-party]", "[abstract]", "[unverified]"]

  /// Whether the row must be in range: its source is read, it has a lower end, and nothing speaks
  /// against it.
  var isGated: Bool {
    published.low != nil && reservation == nil && Self.sure.contains { source.hasPrefix($0) }
  }
}
