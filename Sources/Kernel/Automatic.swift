/// A setting that is either a number or left to the policy; `auto` in a file.
public enum Automatic: Codable, Sendable, Equatable, CustomStringConvertible {
  /// The policy chooses, as its documentation says.
  case auto
  /// The user chose.
  case value(Int)

  /// The chosen number, else what the policy says.
  public func value(or standard: Int) -> Int {
    switch self {
    case .auto: standard
    case .value(let value): value
    }
  }

  /// `auto` or the number.
  public var description: String {
    switch self {
    case .auto: "auto"
    case .value(let value): "\(value)"
    }
  }

  /// Decodes `auto` or a whole number.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let value = try? container.decode(Int.self) {
      self = .value(value)
    } else if try container.decode(String.self) == "auto" {
      self = .auto
    } else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "write auto or a whole number")
    }
  }

  /// Encodes `auto` or the number.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .auto: try container.encode("auto")
    case .value(let value): try container.encode(value)
    }
  }
}
