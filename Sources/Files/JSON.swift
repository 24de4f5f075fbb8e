/// A JSON value whose keys keep their order, so that equal values give equal bytes everywhere.
public enum JSON: Sendable {
  /// Keys and values, written in this order.
  case object([(String, JSON)])
  /// Values in order.
  case array([JSON])
  /// Text.
  case string(String)
  /// A whole number.
  case integer(Int64)
  /// A number that the caller has already written as JSON text, such as `0.250000000`.
  case number(text: String)
  /// A truth value.
  case bool(Bool)
  /// Nothing: an undefined number, for example.
  case null

  /// The shortest text that reads back as `value`; null when it is not finite.
  public static func number(_ value: Double) -> JSON {
    guard value.isFinite else { return .null }
    return .number(text: "\(value)")
  }

  /// The value as text, two spaces a level, with a line break at the end.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// The bytes of `text`.
  public var bytes: [UInt8] {
    var bytes: [UInt8] = []
    write(into: &bytes)
    bytes.append(UInt8(ascii: "\n"))
    return bytes
  }

  /// Appends the value in UTF-8, `level` levels deep, without a line break at the end.
  ///
  /// An array of plain values takes one line; everything else one line per member.
  public func write(into bytes: inout [UInt8], level: Int = 0) {
    switch self {
    case .object(let members):
      let parts = members.map { ($0.0 as String?, $0.1) }
      Self.write(parts, "{", "}", oneLine: members.isEmpty, level, into: &bytes)
    case .array(let values):
      let parts = values.map { (nil as String?, $0) }
      Self.write(parts, "[", "]", oneLine: values.allSatisfy(\.isPlain), level, into: &bytes)
    case .string(let text): Self.write(quoted: text, into: &bytes)
    case .integer(let value): bytes.append(contentsOf: "\(value)".utf8)
    case .number(let text): bytes.append(contentsOf: text.utf8)
    case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
    case .null: bytes.append(contentsOf: "null".utf8)
    }
  }

  /// Appends `text` in quotes, with the escapes that JSON asks for.
  public static func write(quoted text: String, into bytes: inout [UInt8]) {
    let hex = Array("0123456789abcdef".utf8)
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): bytes.append(contentsOf: "\\\"".utf8)
      case UInt8(ascii: "\\"): bytes.append(contentsOf: "\\\\".utf8)
      case 0x0A: bytes.append(contentsOf: "\\n".utf8)
      case 0x0D: bytes.append(contentsOf: "\\r".utf8)
      case 0x09: bytes.append(contentsOf: "\\t".utf8)
      case 0..<0x20:
        bytes.append(contentsOf: "\\u00".utf8)
        bytes.append(hex[Int(byte >> 4)])
        bytes.append(hex[Int(byte & 15)])
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private var isPlain: Bool {
    switch self {
    case .object, .array: false
    default: true
    }
  }

  private static func write(
    _ parts: [(key: String?, value: JSON)], _ open: Unicode.Scalar, _ close: Unicode.Scalar,
    oneLine: Bool, _ level: Int, into bytes: inout [UInt8]
  ) {
    bytes.append(UInt8(ascii: open))
    for (i, part) in parts.enumerated() {
      if i > 0 { bytes.append(contentsOf: (oneLine ? ", " : ",").utf8) }
      if !oneLine { breakLine(level + 1, into: &bytes) }
      if let key = part.key {
        write(quoted: key, into: &bytes)
        bytes.append(contentsOf: ": ".utf8)
      }
      part.value.write(into: &bytes, level: level + 1)
    }
    if !oneLine { breakLine(level, into: &bytes) }
    bytes.append(UInt8(ascii: close))
  }

  private static func breakLine(_ level: Int, into bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\n"))
    for _ in 0..<(2 * level) { bytes.append(UInt8(ascii: " ")) }
  }
}
