extension RowFault {
  /// Seconds or milliseconds as picoseconds, exact or rounded once: 1 unit = 10^`power` ps.
  static func time(
    _ text: Span<UInt8>, _ range: Range<Int>, field: Int, power: Int
  ) throws(RowFault) -> Int128 {
    let number = try decimal(text, range, field: field, else: .number)
    guard let time = number.scaled(by: power), time < 1 << 100 else {
      throw RowFault(.tooLarge, field: field, at: range)
    }
    return time
  }

  /// As `time`, in the 64 bits that a run has.
  static func delay(
    _ text: Span<UInt8>, _ range: Range<Int>, field: Int, power: Int
  ) throws(RowFault) -> Int64 {
    let time = try time(text, range, field: field, power: power)
    guard let delay = Int64(exactly: time) else {
      throw RowFault(.tooLarge, field: field, at: range)
    }
    return delay
  }

  /// A number that something is known by; it may be below 0.
  static func number(
    _ text: Span<UInt8>, _ range: Range<Int>, field: Int
  ) throws(RowFault) -> Int64 {
    guard !range.isEmpty else { throw RowFault(.empty, field: field) }
    guard let whole = DecimalText(text, range)?.whole else {
      throw RowFault(.whole, field: field, at: range)
    }
    guard let number = Int64(exactly: whole) else {
      throw RowFault(.tooLarge, field: field, at: range)
    }
    return number
  }

  /// A count of tokens; `18.0` and `1e3` are whole numbers too.
  static func tokens(
    _ text: Span<UInt8>, _ range: Range<Int>, field: Int
  ) throws(RowFault) -> Int32 {
    if let short = shortCount(text, range) { return short }
    let number = try decimal(text, range, field: field, else: .whole)
    guard let whole = number.whole else { throw RowFault(.whole, field: field, at: range) }
    guard let count = Int32(exactly: whole) else {
      throw RowFault(.tooLarge, field: field, at: range)
    }
    return count
  }

  private static func decimal(
    _ text: Span<UInt8>, _ range: Range<Int>, field: Int, else fault: RowFault.Kind
  ) throws(RowFault) -> DecimalText {
    guard !range.isEmpty else { throw RowFault(.empty, field: field) }
    guard let number = DecimalText(text, range) else {
      throw RowFault(fault, field: field, at: range)
    }
    if number.isNegative { throw RowFault(.negative, field: field, at: range) }
    return number
  }

  /// Up to nine plain digits, what nearly every count is.
  private static func shortCount(_ text: Span<UInt8>, _ range: Range<Int>) -> Int32? {
    guard !range.isEmpty, range.count <= 9 else { return nil }
    var count: Int32 = 0
    for i in range {
      let digit = text[i].digit
      guard digit <= 9 else { return nil }
      count = count &* 10 &+ Int32(digit)
    }
    return count
  }
}
