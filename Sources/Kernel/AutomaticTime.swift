public import Units

/// A setting that is either a time or left to the policy; `auto` in a file.
public enum AutomaticTime: Codable, Sendable, Equatable, CustomStringConvertible {
  /// The policy chooses, as its documentation says.
  case auto
  /// The user chose.
  case value(Seconds)

  /// The chosen time, else what the policy says.
  public func value(or standard: Seconds) -> Seconds {
    switch self {
    case .auto: standard
    case .value(let value): value
    }
  }

  /// `auto` or the time.
  public var description: String {
    switch self {
    case .auto: "auto"
    case .value(let value): "\(value)"
    }
  }

  /// Decodes `auto` or a time.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let word = try? container.decode(String.self), word == "auto" {
      self = .auto
    } else {
      self = .value(try container.decode(Seconds.self))
    }
  }

  /// Encodes `auto` or the time.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .auto: try container.encode("auto")
    case .value(let value): try container.encode(value)
    }
  }
}
