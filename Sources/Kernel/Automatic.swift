public import Units

/// A setting that is either chosen or left to the policy; `auto` in a file.
public enum AutomaticSetting<Value: AutomaticValue>: Codable, Sendable, Equatable,
  CustomStringConvertible
{
  /// The policy chooses, as its documentation says.
  case auto
  /// The user chose.
  case value(Value)

  /// What was chosen, else what the policy says.
  public func value(or standard: Value) -> Value {
    switch self {
    case .auto: standard
    case .value(let value): value
    }
  }

  /// `auto` or what was chosen.
  public var description: String {
    switch self {
    case .auto: "auto"
    case .value(let value): "\(value)"
    }
  }

  /// Decodes `auto` or a value.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let word = try? container.decode(String.self)
    if word == "auto" {
      self = .auto
      return
    }
    do {
      self = .value(try container.decode(Value.self))
    } catch {
      guard word != nil, let kind = Value.kind else { throw error }
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "write auto or \(kind)")
    }
  }

  /// Encodes `auto` or what was chosen.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .auto: try container.encode("auto")
    case .value(let value): try container.encode(value)
    }
  }
}

/// What an `AutomaticSetting` may hold.
public protocol AutomaticValue: Codable, Sendable, Equatable {
  /// What to write of it, for a text that is none; nil: its own decoding says that.
  static var kind: String? { get }
}

extension Int: AutomaticValue {
  /// Counts.
  public static var kind: String? { "a whole number" }
}

extension Seconds: AutomaticValue {
  /// A time's faults name its units.
  public static var kind: String? { nil }
}

/// A number, or `auto`.
public typealias Automatic = AutomaticSetting<Int>

/// A time, or `auto`.
public typealias AutomaticTime = AutomaticSetting<Seconds>
