internal import Experiment
internal import Files
internal import Metrics

/// What a scenario expects of one key of summary.json.
struct Expectation: Sendable {
  /// What is right.
  enum Bound: Sendable, Equatable {
    /// A number, off by at most the tolerance.
    case near(Double, within: Tolerance)
    /// At least, at most, or both.
    case between(Double?, Double?)
    /// Text such as a verdict.
    case text(String)
  }

  let metric: String
  let bound: Bound
  /// Where the number comes from; empty when nobody says.
  let why: String

  /// Reads the entry of `expect` at the key `metric`.
  ///
  /// - Throws: `ConfigError` for a key that summary.json does not have, or a malformed bound.
  init(_ entry: ConfigNode.Entry) throws(ConfigError) {
    let known = ColumnCatalog.everySummary.map(\.name).filter { $0 != "wall_time_s" }
    guard known.contains(entry.key) else {
      throw .unknown("metric", entry.key, known: known, at: entry.place)
    }
    metric = entry.key
    let field = Field(node: entry.value, key: "expect.\(entry.key)", place: entry.place)
    switch entry.value.content {
    case .scalar(let text, _):
      bound = try Self.bound(text, field)
      why = ""
    case .mapping: (bound, why) = try Self.read(field)
    default:
      throw field.error("is \(entry.value.found); \(Self.hint)")
    }
  }

  private static let hint =
    "write {value: 20.4, within: 2%}, {min: 1, max: 3}, '<= 500' or STABLE"

  /// `<= 500`, `>= 3`, an exact number, or text.
  private static func bound(_ text: String, _ field: Field) throws(ConfigError) -> Bound {
    for (sign, isUpper) in [("<=", true), (">=", false)] where text.hasPrefix(sign) {
      guard let number = Scalar.number(String(text.dropFirst(2).filter { $0 != " " })) else {
        throw field.error("\"\(text)\" has no number; write \(sign) 500")
      }
      return isUpper ? .between(nil, number) : .between(number, nil)
    }
    guard !text.hasPrefix("<"), !text.hasPrefix(">") else {
      throw field.error("\"\(text)\" is no bound; write <= or >= and a number")
    }
    return Scalar.number(text).map { .near($0, within: .absolute(0)) } ?? .text(text)
  }

  private static func read(_ field: Field) throws(ConfigError) -> (Bound, String) {
    try MappingReader.read(
      field.node, path: field.key, at: field.place, keys: ["value", "within", "min", "max", "why"]
    ) { (r) throws(ConfigError) in
      let why = try r.text("why", default: "").value
      let value = try r.field("value")
      let within = try r.field("within")
      let low = try Self.number(try r.field("min"))
      let high = try Self.number(try r.field("max"))
      guard let value else {
        guard within == nil else {
          throw field.error("has within and no value; write {value: 20.4, within: 2%}")
        }
        guard low != nil || high != nil else {
          throw field.error("has neither value, min nor max; \(hint)")
        }
        if let low, let high, low > high { throw field.error("has min \(low) above max \(high)") }
        return (.between(low, high), why)
      }
      guard low == nil, high == nil else {
        throw field.error("has value beside min or max; write one of both")
      }
      guard case .scalar(let text, _) = value.node.content else {
        throw value.error("is \(value.node.found); write a number, or text such as STABLE")
      }
      guard let number = Scalar.number(text) else {
        guard within == nil else { throw value.error("\"\(text)\" is no number; within needs one") }
        return (.text(text), why)
      }
      return (.near(number, within: try Self.tolerance(within)), why)
    }
  }

  private static func number(_ field: Field?) throws(ConfigError) -> Double? {
    guard let field else { return nil }
    guard case .scalar(let text, false) = field.node.content, let number = Scalar.number(text)
    else { throw field.error("is \(field.node.found); write a number") }
    return number
  }

  private static func tolerance(_ field: Field?) throws(ConfigError) -> Tolerance {
    guard let field else { return .absolute(0) }
    guard case .scalar(let text, _) = field.node.content else {
      throw field.error("is \(field.node.found); write 2%, or an amount in the metric's unit")
    }
    guard let tolerance = Tolerance(parsing: text[...]) else {
      throw field.error("\"\(text)\" is no tolerance; write 2%, or an amount in the metric's unit")
    }
    return tolerance
  }

  /// Whether `cell`, a value of summary.json as text, is right.
  func holds(_ cell: String) -> Bool {
    switch bound {
    case .text(let text): return cell == text
    case .near(let value, let tolerance):
      guard let got = Double(cell) else { return false }
      let limit =
        switch tolerance {
        case .relative(let share): share * value.magnitude
        case .absolute(let amount): amount
        }
      return (got - value).magnitude <= limit
    case .between(let low, let high):
      guard let got = Double(cell) else { return false }
      return got >= low ?? -.infinity && got <= high ?? .infinity
    }
  }

  /// `20.4 ± 2 %`, `1 … 3`, `<= 500` or `STABLE`.
  var text: String {
    switch bound {
    case .text(let text): return text
    case .near(let value, .absolute(0)): return NumberShown.plain(value)
    case .near(let value, let tolerance): return "\(NumberShown.plain(value)) ± \(tolerance)"
    case .between(let low?, let high?):
      return "\(NumberShown.plain(low)) … \(NumberShown.plain(high))"
    case .between(let low?, nil): return ">= \(NumberShown.plain(low))"
    case .between(nil, let high): return "<= \(NumberShown.plain(high))"
    }
  }
}
