internal import CGSL
internal import Experiment
public import Files
internal import Metrics

/// One condition on a number of summary.json: `p99_ttft_ms<=500`.
public struct SLOTerm: Sendable, Equatable {
  /// Which side of the limit meets it; the limit itself does.
  public enum Comparison: String, Sendable {
    /// The metric is at most the limit.
    case atMost = "<="
    /// The metric is at least the limit.
    case atLeast = ">="
  }

  /// The key of summary.json.
  public let metric: String
  /// Which side meets it.
  public let comparison: Comparison
  /// The limit, in the metric's unit.
  public let limit: Double

  /// The condition `metric` `comparison` `limit`.
  public init(_ metric: String, _ comparison: Comparison, _ limit: Double) {
    self.metric = metric
    self.comparison = comparison
    self.limit = limit
  }

  /// `p99_ttft_ms<=500.0`.
  public var text: String { metric + comparison.rawValue + NumberText.shortest(limit) }

  /// Whether the metric is a share from 0 to 1 that is to be large.
  private var isShareToReach: Bool {
    comparison == .atLeast && Self.unit(of: metric) == "0-1" && limit < 1
  }

  /// Largest size of a margin: a metric of 0 has no logarithm.
  static let mostMargin = 20.0

  /// Whether `value` is on the right side of the limit.
  func isMet(by value: Double) -> Bool {
    comparison == .atMost ? value <= limit : value >= limit
  }

  /// How far `value` is from the limit: the logarithm of their quotient, above 0 when it is not
  /// met.
  ///
  /// Of a share that is to be large, such as `slo_attainment`, the rests to 1 are compared: near
  /// its end the share itself hardly moves.
  func margin(of value: Double) -> Double {
    let (part, whole) =
      isShareToReach
      ? (1 - value, 1 - limit) : comparison == .atMost ? (value, limit) : (limit, value)
    let quotient = whole > 0 ? part / whole : part > 0 ? .infinity : 0
    let margin = min(max(cgsl_log(max(quotient, 1e-300)), -Self.mostMargin), Self.mostMargin)
    return isMet(by: value) ? min(margin, 0) : max(margin, 1e-12)
  }
}

// MARK: - What may be asked for

extension SLOTerm {
  /// Keys of summary.json that a run decides and that are numbers.
  static let metrics: [ColumnEntry] = ColumnCatalog.everySummary.filter {
    ColumnCatalog.kind(of: $0.name) == .result
  }

  /// The unit of `metric`, as columns.json has it.
  static func unit(of metric: String) -> String {
    metrics.first { $0.name == metric }?.unit ?? ""
  }
}

// MARK: - Reading

extension SLOTerm {
  private static let place = Place.flag("--slo")

  /// Reads conditions and names of presets, separated by commas.
  ///
  /// - Throws: `ConfigError` for an unknown metric or preset, a limit that is no number in the
  ///   metric's unit, or nothing at all.
  public static func list(_ text: String) throws(ConfigError) -> [SLOTerm] {
    var terms: [SLOTerm] = []
    for item in text.split(separator: ",", omittingEmptySubsequences: false) {
      let item = trimmed(item)
      guard !item.isEmpty else {
        throw ConfigError(
          place, "\"\(text)\" has an empty condition; write p99_ttft_ms<=500,p99_tpot_ms<=50")
      }
      if item.contains(":") {
        terms += try preset(item)
      } else {
        terms.append(try SLOTerm(reading: item))
      }
    }
    return terms
  }

  private static func preset(_ name: String) throws(ConfigError) -> [SLOTerm] {
    guard let preset = SLOPreset.all.first(where: { $0.name == name }) else {
      throw .unknown("preset", name, known: SLOPreset.all.map(\.name), at: place)
    }
    return [
      SLOTerm("p99_ttft_ms", .atMost, Double(preset.timeToFirstToken)),
      SLOTerm("p99_tpot_ms", .atMost, Double(preset.timePerOutputToken)),
    ]
  }

  private init(reading text: String) throws(ConfigError) {
    let sign = text.firstIndex { "<>=".contains($0) } ?? text.endIndex
    let metric = Self.trimmed(text[..<sign])
    let rest = text[sign...]
    guard let comparison = Comparison(rawValue: String(rest.prefix(2))) else {
      throw ConfigError(
        Self.place, "\"\(text)\" compares nothing; write METRIC<=NUMBER or METRIC>=NUMBER")
    }
    guard let entry = Self.metrics.first(where: { $0.name == metric }) else {
      throw .unknown("metric", metric, known: Self.metrics.map(\.name), at: Self.place)
    }
    let limit = try Self.limit(Self.trimmed(rest.dropFirst(2)), of: entry)
    self.init(metric, comparison, limit)
  }

  /// Reads a limit, which may carry the metric's own unit and no other.
  private static func limit(
    _ text: String, of metric: ColumnEntry
  ) throws(ConfigError) -> Double {
    let name = metric.name
    var digits = text
    if !metric.unit.isEmpty, text.hasSuffix(metric.unit) {
      digits = trimmed(text.dropLast(metric.unit.count)[...])
    }
    let isShare = metric.unit == "0-1"
    let unit = isShare ? "a share from 0 to 1" : metric.unit.isEmpty ? "a number" : metric.unit
    guard let limit = Scalar.number(digits) else {
      let example = isShare ? "0.99" : "500"
      throw ConfigError(
        place, "\(name) is \(unit), so \"\(text)\" is no limit; write a number, \(example)")
    }
    guard limit >= 0, !isShare || limit <= 1 else {
      let range = isShare ? "from 0 to 1" : "of at least 0"
      throw ConfigError(place, "\(name) \(text) is out of range; write a number \(range)")
    }
    return limit
  }

  private static func trimmed(_ text: some StringProtocol) -> String {
    let start = text.drop { $0 == " " }
    let end = start.lastIndex { $0 != " " }
    return end.map { String(start[...$0]) } ?? ""
  }
}

extension SummaryValue {
  /// The number in the unit of its key; nil for text and for what is not defined.
  var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .seconds(let time): Double(time) * 1e-12
    case .milliseconds(let time): Double(time) * 1e-9
    case .number(let value): value
    case .text, .flag, .undefined: nil
    }
  }
}
