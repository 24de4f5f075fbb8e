/// Walks over JSON text in place: checks its grammar and answers where things stand.
///
/// Every function starts at index `i` and leaves it after what it has read. The text is a
/// line or a document.
enum JSONScanner {
  /// Deeper nesting is refused, so that no line can exhaust the stack.
  static let deepest = 64

  /// Skips white space.
  @inline(__always)
  static func skipBlanks(_ text: Span<UInt8>, _ i: inout Int) {
    while i < text.count, text[i].isBlank || text[i] == .newline { i += 1 }
  }

  /// Skips white space and the character after it, which must be `character`.
  static func expect(
    _ character: UInt8, _ text: Span<UInt8>, _ i: inout Int
  ) throws(RowFault) {
    skipBlanks(text, &i)
    guard i < text.count else { throw RowFault(.truncated) }
    guard text[i] == character else { throw RowFault(.json, at: i..<text.count) }
    i += 1
  }

  /// Whether another element follows in a list that ends with `close`; skips the comma or the end.
  static func continues(
    until close: UInt8, _ text: Span<UInt8>, _ i: inout Int
  ) throws(RowFault) -> Bool {
    skipBlanks(text, &i)
    guard i < text.count else { throw RowFault(.truncated) }
    let next = text[i]
    guard next == .comma || next == close else { throw RowFault(.json, at: i..<text.count) }
    i += 1
    return next == .comma
  }

  /// Whether a list that has just been opened has no elements; skips its end.
  static func isEmptyList(
    until close: UInt8, _ text: Span<UInt8>, _ i: inout Int
  ) -> Bool {
    skipBlanks(text, &i)
    guard i < text.count, text[i] == close else { return false }
    i += 1
    return true
  }

  /// Reads a string and answers what lies between its quotes, escapes as they are written.
  static func string(_ text: Span<UInt8>, _ i: inout Int) throws(RowFault) -> Range<Int> {
    try expect(.quote, text, &i)
    let start = i
    while i < text.count, text[i] != .quote {
      guard text[i] >= 0x20 else { throw RowFault(.json, at: i..<text.count) }
      i += text[i] == UInt8(ascii: "\\") ? 2 : 1
    }
    guard i < text.count else { throw RowFault(.truncated) }
    i += 1
    return start..<(i - 1)
  }

  /// Reads any value and answers where it stands.
  static func value(
    _ text: Span<UInt8>, _ i: inout Int, depth: Int = 0
  ) throws(RowFault) -> Range<Int> {
    skipBlanks(text, &i)
    let start = i
    guard i < text.count else { throw RowFault(.truncated) }
    switch text[i] {
    case .quote: _ = try string(text, &i)
    case UInt8(ascii: "{"), UInt8(ascii: "["): try container(text, &i, depth: depth)
    case UInt8(ascii: "t"): try word("true", text, &i)
    case UInt8(ascii: "f"): try word("false", text, &i)
    case UInt8(ascii: "n"): try word("null", text, &i)
    default: try number(text, &i)
    }
    return start..<i
  }

  private static func container(
    _ text: Span<UInt8>, _ i: inout Int, depth: Int
  ) throws(RowFault) {
    guard depth < deepest else { throw RowFault(.json, at: i..<text.count) }
    let isObject = text[i] == UInt8(ascii: "{")
    let close = UInt8(ascii: isObject ? "}" : "]")
    i += 1
    if isEmptyList(until: close, text, &i) { return }
    repeat {
      if isObject {
        _ = try string(text, &i)
        try expect(.colon, text, &i)
      }
      _ = try value(text, &i, depth: depth + 1)
    } while try continues(until: close, text, &i)
  }

  private static func word(
    _ word: StaticString, _ text: Span<UInt8>, _ i: inout Int
  ) throws(RowFault) {
    let start = i
    for k in 0..<word.utf8CodeUnitCount {
      guard i < text.count else { throw RowFault(.truncated) }
      guard text[i] == word.utf8Start[k] else { throw RowFault(.json, at: start..<text.count) }
      i += 1
    }
  }

  private static func number(_ text: Span<UInt8>, _ i: inout Int) throws(RowFault) {
    let start = i
    while i < text.count, isNumeric(text[i]) { i += 1 }
    let first = start < i && text[start] == .minus ? start + 1 : start
    // JSON has no leading zeros; everything else is checked by the reading of the number.
    let hasLeadingZero = first + 1 < i && text[first].digit == 0 && text[first + 1].digit <= 9
    guard !hasLeadingZero, DecimalText(text, start..<i) != nil else {
      if i == text.count { throw RowFault(.truncated) }
      throw RowFault(.json, at: start..<text.count)
    }
  }

  /// Reads a whole number of at most 64 bits; nil, with `i` anywhere, if there is none.
  @inline(__always)
  static func natural(_ text: Span<UInt8>, _ i: inout Int) -> UInt64? {
    let start = i
    var value: UInt64 = 0
    let short = min(text.count, start + 18)
    while i < short {
      let digit = text[i].digit
      guard digit <= 9 else { break }
      value = value &* 10 &+ UInt64(digit)
      i += 1
    }
    while i < text.count, i >= start + 18, text[i].digit <= 9 {
      // Only the 20th digit can overflow, and a 21st always does.
      if i - start >= 19 {
        let (tens, overflows) = value.multipliedReportingOverflow(by: 10)
        let (sum, carries) = tens.addingReportingOverflow(UInt64(text[i].digit))
        if overflows || carries { return nil }
        value = sum
      } else {
        value = value &* 10 &+ UInt64(text[i].digit)
      }
      i += 1
    }
    guard i > start, i == text.count || !isNumeric(text[i]) else { return nil }
    return value
  }

  private static func isNumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, .minus, .plus, .point, UInt8(ascii: "e"), UInt8(ascii: "E"): true
    default: false
    }
  }
}
