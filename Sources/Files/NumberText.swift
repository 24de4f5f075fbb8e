internal import Metrics
package import Units

/// Numbers as a person reads them; files have `ByteBuffer` and `JSON`.
package enum NumberText {
  /// `131,072`.
  package static func grouped(_ value: Int) -> String {
    (value < 0 ? "-" : "") + grouped(digits: String(value.magnitude))
  }

  /// The digits of a whole number, parted in threes by commas.
  package static func grouped(digits: some StringProtocol) -> String {
    var result = ""
    for (i, digit) in digits.enumerated() {
      if i > 0, (digits.count - i) % 3 == 0 { result += "," }
      result.append(digit)
    }
    return result
  }

  /// The shortest text that reads back as `value`, without a point when it is whole.
  package static func shortest(_ value: Double) -> String {
    Int64(exactly: value).map { "\($0)" } ?? "\(value)"
  }

  /// `trimmed`, or `-` for 0, which the catalogue writes for what does not exist or is not known.
  package static func known(_ value: Double, _ decimals: Int = 2) -> String {
    value == 0 ? "-" : trimmed(value, decimals)
  }

  /// At most `decimals` decimals, without zeros at the end.
  package static func trimmed(_ value: Double, _ decimals: Int = 2) -> String {
    let text = value.fixed(decimals)
    guard text.contains("."), !text.contains("e") else { return text }
    let digits = text.reversed().drop { $0 == "0" }.drop { $0 == "." }
    return String(digits.reversed())
  }

  /// A whole number, grouped, or `decimals` decimals; `-` when it is undefined.
  package static func plain(_ value: Double?, _ decimals: Int) -> String {
    guard let value, value.isFinite else { return "-" }
    return value.fixed(decimals)
  }

  /// `12.3 %`; `-` when it is undefined.
  package static func percent(_ share: Double) -> String {
    share.isFinite ? "\((100 * share).fixed(1)) %" : "-"
  }

  /// Decimal units, as in data sheets: `16.06 GB`, `524.29 MB`.
  package static func bytes(_ size: Bytes) -> String {
    size.value >= 1e9
      ? "\((size.value / 1e9).fixed(2)) GB" : "\((size.value / 1e6).fixed(2)) MB"
  }

  /// Microseconds below a millisecond, milliseconds below a second: `7.3 µs`, `1.300 ms`, `2.4 s`.
  package static func time(_ time: Seconds) -> String {
    let value = time.value
    if value == 0 { return "0 µs" }
    if value < 1e-3 { return "\((value * 1e6).fixed(1)) µs" }
    return value < 1 ? "\((value * 1e3).fixed(3)) ms" : "\(value.fixed(3)) s"
  }
}

extension JSON {
  /// The number without decimals when it is whole; null when it is not finite.
  package static func quantity(_ value: Double) -> JSON {
    if let whole = Int64(exactly: value) { return .integer(whole) }
    return .number(value)
  }

  /// As `quantity`, with null for 0, which the catalogue writes for what is not there or not
  /// known.
  package static func known(_ value: Double) -> JSON { value == 0 ? .null : .quantity(value) }

  /// A time in seconds with twelve decimals: exact picoseconds.
  package static func seconds(picoseconds: Int64) -> JSON {
    let (whole, rest) = picoseconds.quotientAndRemainder(dividingBy: 1_000_000_000_000)
    let digits = String(rest)
    return .number(
      text: "\(whole)." + String(repeating: "0", count: 12 - digits.count) + digits)
  }

  /// A time rounded to whole picoseconds; null when it has none.
  package static func seconds(_ time: Seconds) -> JSON {
    guard time.value >= 0, time.value * 1e12 < 0x1p63 else { return .null }
    return .seconds(picoseconds: Int64(time.value * 1e12 + 0.5))
  }

  /// The value that `text` spells when it is a number or a truth value, else the text.
  package static func scalar(_ text: String) -> JSON {
    if let whole = Int64(text) { return .integer(whole) }
    if let number = Double(text), number.isFinite { return .number(number) }
    switch text {
    case "true": return .bool(true)
    case "false": return .bool(false)
    default: return .string(text)
    }
  }
}
