public import Files

/// How much worse a metric may be before it counts.
public enum Tolerance: Sendable, Equatable, CustomStringConvertible {
  /// A share of A's value.
  case relative(Double)
  /// An amount in the metric's own unit.
  case absolute(Double)

  /// Reads `2%`, a share, or `5`, an amount; nil for anything else.
  init?(parsing text: Substring) {
    let isShare = text.hasSuffix("%")
    let digits = String((isShare ? text.dropLast() : text).filter { $0 != " " })
    guard let number = Scalar.number(digits), number >= 0 else { return nil }
    self = isShare ? .relative(number / 100) : .absolute(number)
  }

  /// `2 %` or `5`.
  public var description: String {
    switch self {
    case .relative(let share): "\(NumberText.trimmed(100 * share, 6)) %"
    case .absolute(let amount): NumberText.trimmed(amount, 6)
    }
  }
}

/// What a comparison judges and how strictly.
public struct CompareSettings: Sendable {
  /// Tolerances of single metrics.
  var tolerances: [(metric: String, tolerance: Tolerance)] = []
  /// The tolerance of all others; nil: 0 with an interval, 1 % without.
  var standing: Tolerance?
  /// The metrics to judge; nil: the usual ones.
  var metrics: [String]?
  /// Confidence of all intervals together, between 0 and 1.
  var confidence = 0.99

  /// Beyond it a share of the error for each of many intervals is lost in rounding.
  private static let mostConfidence = 0.999_999

  /// The usual metrics at 99 %.
  init() {}

  /// Reads the flags: `tolerances` like `p99_ttft_ms=2%` or `2%` for all, `metrics` parted by
  /// commas, `confidence` like `99%`.
  ///
  /// - Throws: `ConfigError` for one that does not read so.
  public init(
    tolerances: [String], metrics: String?, confidence: String
  ) throws(ConfigError) {
    for text in tolerances { try add(tolerance: text) }
    if let metrics {
      let names = metrics.split(separator: ",").map { String($0.filter { $0 != " " }) }
      guard !names.isEmpty, !names.contains("") else {
        throw ConfigError(.flag("--metrics"), "\"\(metrics)\" names none; write p99_ttft_ms,failed")
      }
      if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
        throw ConfigError(.flag("--metrics"), "has \(twice) twice")
      }
      self.metrics = names
    }
    guard case .relative(let level)? = Tolerance(parsing: confidence[...]), level >= 0.5,
      level <= Self.mostConfidence
    else {
      throw ConfigError(
        .flag("--confidence"), "\"\(confidence)\" is none; write a share from 50% to 99.9999%")
    }
    self.confidence = level
  }

  private mutating func add(tolerance text: String) throws(ConfigError) {
    let place = Place.flag("--tolerance")
    let parts = text.split(separator: "=", omittingEmptySubsequences: false)
    guard let last = parts.last, parts.count <= 2, let tolerance = Tolerance(parsing: last) else {
      throw ConfigError(
        place, "\"\(text)\" is none; write p99_ttft_ms=2%, num_preemptions=5 or 2% for all")
    }
    if parts.count == 2 {
      let name = String(parts[0].filter { $0 != " " })
      guard !tolerances.contains(where: { $0.metric == name }) else {
        throw ConfigError(place, "has \(name) twice")
      }
      tolerances.append((name, tolerance))
      return
    }
    guard case .relative = tolerance, standing == nil else {
      throw ConfigError(
        place, "\"\(text)\" is for all metrics; write one share for them, 2% for example")
    }
    standing = tolerance
  }

  /// The tolerance of `metric` that the user gave; nil when there is none.
  func tolerance(of metric: String) -> Tolerance? {
    tolerances.first { $0.metric == metric }?.tolerance ?? standing
  }

  /// Whether the user asked for `metric`: by name, or with a tolerance of its own.
  func isNamed(_ metric: String) -> Bool {
    metrics?.contains(metric) ?? false || tolerances.contains { $0.metric == metric }
  }

  /// The metrics to judge, `standing` ones when the user named none, then those with a tolerance.
  func names(standing names: [String]) -> [String] {
    let base = metrics ?? names
    return base + tolerances.map(\.metric).filter { !base.contains($0) }
  }

  /// Checks that every metric that the user named is one of `known`.
  func check(against known: [String]) throws(ConfigError) {
    for name in metrics ?? [] where !known.contains(name) {
      throw .unknown("metric", name, known: known, at: .flag("--metrics"))
    }
    for (name, _) in tolerances where !known.contains(name) {
      throw .unknown("metric", name, known: known, at: .flag("--tolerance"))
    }
  }
}
