/// Reads a date and time such as `2023-11-16 18:17:03.9799600` as picoseconds since the year 0.
///
/// ISO 8601 with `T` or a space, any number of fractional digits or none, and `Z`, an offset such
/// as `+00:00`, or no zone, which means UTC.
func timestamp(
  _ text: Span<UInt8>, _ range: Range<Int>, field: Int
) throws(RowFault) -> Int128 {
  if range.isEmpty { throw RowFault(.empty, field: field) }
  guard let seconds = wholeSeconds(text, range) else {
    throw RowFault(.timestamp, field: field, at: range)
  }
  var i = range.lowerBound + 19
  guard let fraction = fraction(text, &i, range.upperBound),
    let offset = zone(text, &i, range.upperBound), i == range.upperBound
  else { throw RowFault(.timestamp, field: field, at: range) }
  let (high, low) = (seconds - offset).multipliedFullWidth(by: 1_000_000_000_000)
  return (Int128(high) << 64 | Int128(low)) + Int128(fraction)
}

/// Seconds from the year 0 to `yyyy-mm-dd hh:mm:ss`; nil if there is no such time.
private func wholeSeconds(_ text: Span<UInt8>, _ range: Range<Int>) -> Int64? {
  guard range.count >= 19 else { return nil }
  let start = range.lowerBound
  func number(_ at: Int, _ count: Int) -> Int64 {
    var value: Int64 = 0
    for i in (start + at)..<(start + at + count) {
      let digit = text[i].digit
      // A character that is no digit makes the number too large for every field.
      value = value * 10 + (digit <= 9 ? Int64(digit) : 10_000)
    }
    return value
  }
  func has(_ character: StaticString, _ at: Int) -> Bool {
    text[start + at] == character.utf8Start.pointee
  }
  guard has("-", 4), has("-", 7), has(":", 13), has(":", 16), has(" ", 10) || has("T", 10)
  else { return nil }
  let (year, month, day) = (number(0, 4), number(5, 2), number(8, 2))
  let (hour, minute, second) = (number(11, 2), number(14, 2), number(17, 2))
  guard year <= 9999, (1...12).contains(month), day >= 1, day <= days(in: month, of: year),
    hour <= 23, minute <= 59, second <= 59
  else { return nil }
  return ((dayNumber(year, month, day) * 24 + hour) * 60 + minute) * 60 + second
}

private func days(in month: Int64, of year: Int64) -> Int64 {
  if month == 2 {
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    return isLeap ? 29 : 28
  }
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31
}

/// Days from 1 March of the year 0, in the Gregorian calendar.
///
/// A year that begins in March has its leap day last, so months have a regular length:
/// E. G. Richards, "Mapping Time", 1998, ch. 25.
private func dayNumber(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
  let isEarly: Int64 = month <= 2 ? 1 : 0
  let year = year - isEarly
  let month = month + 12 * isEarly - 3
  return 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1
}

/// Picoseconds after the decimal point at `i`, rounded; 0 if there is none, nil if it is malformed.
private func fraction(_ text: Span<UInt8>, _ i: inout Int, _ end: Int) -> Int64? {
  guard i < end, text[i] == .point else { return 0 }
  i += 1
  let start = i
  var value: Int64 = 0
  var scale: Int64 = 1_000_000_000_000
  var roundsUp = false
  while i < end, text[i].digit <= 9 {
    if scale > 1 {
      value = value * 10 + Int64(text[i].digit)
      scale /= 10
    } else if i - start == 12 {
      roundsUp = text[i].digit >= 5
    }
    i += 1
  }
  guard i > start else { return nil }
  return value * scale + (roundsUp ? 1 : 0)
}

/// Seconds that the clock of the zone at `i` is ahead of UTC; nil if it is malformed.
private func zone(_ text: Span<UInt8>, _ i: inout Int, _ end: Int) -> Int64? {
  guard i < end else { return 0 }
  let sign = text[i]
  i += 1
  if sign == UInt8(ascii: "Z") || sign == UInt8(ascii: "z") { return 0 }
  guard sign == .plus || sign == .minus, end - i == 5, text[i + 2] == .colon else { return nil }
  let hours = Int64(text[i].digit) * 10 + Int64(text[i + 1].digit)
  let minutes = Int64(text[i + 3].digit) * 10 + Int64(text[i + 4].digit)
  let areDigits = text[i + 1].digit <= 9 && text[i + 4].digit <= 9
  i = end
  guard areDigits, hours <= 23, minutes <= 59 else { return nil }
  let seconds = (hours * 60 + minutes) * 60
  return sign == .plus ? seconds : -seconds
}
