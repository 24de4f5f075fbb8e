package import Units

/// The numbers that a setting may have.
package enum NumberRange {
  /// Above 0.
  case positive
  /// 0 and above.
  case notNegative
  /// Above 0 and at most 1.
  case fraction
  /// Above 0 and at most a whole number.
  case upTo(Int)

  /// Whether `value` is one of them.
  package func contains(_ value: Double) -> Bool {
    guard value.isFinite else { return false }
    return switch self {
    case .positive: value > 0
    case .notNegative: value >= 0
    case .fraction: value > 0 && value <= 1
    case .upTo(let most): value > 0 && value <= Double(most)
    }
  }

  /// `above 0`.
  package var words: String {
    switch self {
    case .positive: "above 0"
    case .notNegative: "of at least 0"
    case .fraction: "above 0 and at most 1"
    case .upTo(let most): "above 0 and at most \(most)"
    }
  }
}

/// One setting as it stands in the file; each verb reads it as one type or says what was found.
package struct Field {
  package let node: ConfigNode
  /// Full name, such as `engine.block_size`.
  package let key: String
  /// Where the key stands.
  package let place: Place

  /// The setting `key`, written at `place`, with the value `node`.
  package init(node: ConfigNode, key: String, place: Place) {
    self.node = node
    self.key = key
    self.place = place
  }

  /// The error that this setting has `fault`.
  package func error(_ fault: String) -> ConfigError { ConfigError(place, key: key, fault) }

  /// `value`, at the place of this setting.
  package func located<Value: Sendable>(_ value: Value) -> Located<Value> {
    Located(value, key: key, at: place)
  }

  package func text() throws(ConfigError) -> String {
    guard case .scalar(let text, _) = node.content, !text.isEmpty else {
      throw error("is \(node.found); write text")
    }
    return text
  }

  package func bool() throws(ConfigError) -> Bool {
    if case .scalar(let text, false) = node.content, let value = Scalar.bool(text) { return value }
    throw error("is \(node.found); write true or false")
  }

  package func whole(in range: ClosedRange<Int>) throws(ConfigError) -> Int {
    let right = "write a whole number from \(range.lowerBound) to \(range.upperBound)"
    guard case .scalar(let text, false) = node.content, let value = Scalar.whole(text) else {
      throw error("\(shown) is not a whole number; \(right)")
    }
    guard range.contains(value) else { throw error("\(value) is out of range; \(right)") }
    return value
  }

  package func number(in range: NumberRange) throws(ConfigError) -> Double {
    guard case .scalar(let text, false) = node.content, let value = Scalar.number(text) else {
      throw error("\(shown) is not a number; write one \(range.words)")
    }
    guard range.contains(value) else {
      throw error("\(text) is out of range; write a number \(range.words)")
    }
    return value
  }

  package func quantity<Amount: Quantity>(in range: NumberRange) throws(ConfigError) -> Amount {
    guard case .scalar(let text, _) = node.content else {
      throw error("is \(node.found); write an amount with its unit")
    }
    let amount: Amount
    do {
      amount = try Amount(parsing: text)
    } catch {
      throw self.error("\(error)")
    }
    guard range.contains(amount.value) else {
      throw error("\(text) is out of range; write an amount \(range.words)")
    }
    return amount
  }

  private var shown: String {
    if case .scalar = node.content { return node.found }
    return "(\(node.found))"
  }
}

/// What plain text of a YAML file means.
package enum Scalar {
  package static func bool(_ text: String) -> Bool? {
    switch text {
    case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON": true
    case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF": false
    default: nil
    }
  }

  /// A decimal whole number; `_` may part its digits, a leading 0 (octal in YAML 1.1) may not.
  package static func whole(_ text: String) -> Int? {
    let digits = text.filter { $0 != "_" }
    let body = digits.first == "-" || digits.first == "+" ? digits.dropFirst() : digits[...]
    guard body.allSatisfy({ ("0"..."9").contains($0) }) else { return nil }
    guard body == "0" || body.first != "0" else { return nil }
    return Int(digits)
  }

  /// A decimal number, finite.
  package static func number(_ text: String) -> Double? {
    let digits = text.filter { $0 != "_" }
    guard digits.allSatisfy({ "+-.eE0123456789".contains($0) }) else { return nil }
    return Double(digits).flatMap { $0.isFinite ? $0 : nil }
  }

  /// `text` as it must stand in a file to be read as the same text.
  ///
  /// An `option`'s type decides what its text means, so one that looks like a number stays plain.
  package static func written(_ text: String, option: Bool = false) -> String {
    let plain = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: "_./+- ".utf8.contains(byte)
      }
    }
    let typed = bool(text) != nil || number(text) != nil
    let letter = text.first.map { $0.isLetter || $0.isNumber } ?? false
    let path = text.hasPrefix("../") || text.hasPrefix("./")
    let null = ["null", "Null", "NULL"].contains(text)
    if plain, !null, typed ? option : letter || path, text.last != " " { return text }
    var bytes: [UInt8] = []
    JSON.write(quoted: text, into: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }
}
