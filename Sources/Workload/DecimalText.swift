/// A decimal number as it is written: whole digits times a power of ten, nothing rounded.
///
/// Accepts what JSON accepts: digits, with an optional sign, fraction and exponent.
struct DecimalText {
  private var digits: UInt128 = 0
  private var count = 0
  private var exponent = 0
  private var hasMinus = false
  /// Whether digits that are not zero lie beyond the 37th.
  private var isCut = false

  /// Reads all of `range`; nil if it is no number.
  init?(_ text: Span<UInt8>, _ range: Range<Int>) {
    var i = range.lowerBound
    let end = range.upperBound
    if i < end, text[i] == .minus {
      hasMinus = true
      i += 1
    }
    let whole = i
    scanDigits(text, &i, end, fraction: false)
    guard i > whole else { return nil }
    if i < end, text[i] == .point {
      i += 1
      let fraction = i
      scanDigits(text, &i, end, fraction: true)
      guard i > fraction else { return nil }
    }
    if i < end, text[i] | 0x20 == UInt8(ascii: "e") {
      i += 1
      guard let power = Self.scanExponent(text, &i, end) else { return nil }
      exponent += power
    }
    guard i == end else { return nil }
  }

  private mutating func scanDigits(
    _ text: Span<UInt8>, _ i: inout Int, _ end: Int, fraction: Bool
  ) {
    let start = i
    // Numbers of up to 18 digits, nearly all of them, never leave 64 bits.
    var short = UInt64(truncatingIfNeeded: digits)
    let limit = min(end, start + max(0, 18 - count))
    while i < limit {
      let digit = text[i].digit
      guard digit <= 9 else { break }
      short = short &* 10 &+ UInt64(digit)
      i += 1
    }
    if i > start { digits = UInt128(short) }
    count += i - start
    if fraction { exponent = start - i }
    while i < end {
      let digit = text[i].digit
      guard digit <= 9 else { break }
      count += 1
      add(digit, fraction: fraction)
      i += 1
    }
  }

  private mutating func add(_ digit: UInt8, fraction: Bool) {
    if digits < 1_000_000_000_000_000_000_000_000_000_000_000_000 {
      digits = digits * 10 + UInt128(digit)
      if fraction { exponent -= 1 }
    } else {
      isCut = isCut || digit != 0
      if !fraction { exponent += 1 }
    }
  }

  private static func scanExponent(_ text: Span<UInt8>, _ i: inout Int, _ end: Int) -> Int? {
    var isNegative = false
    if i < end, text[i] == .minus || text[i] == .plus {
      isNegative = text[i] == .minus
      i += 1
    }
    let start = i
    var power = 0
    while i < end, text[i].digit <= 9 {
      power = min(power * 10 + Int(text[i].digit), 1_000_000)
      i += 1
    }
    guard i > start else { return nil }
    return isNegative ? -power : power
  }

  /// Whether the number is below 0; −0 is not.
  var isNegative: Bool { hasMinus && digits != 0 }

  /// The number × 10^`power`, rounded half away from zero; nil if it lies beyond 10^37.
  func scaled(by power: Int) -> Int128? {
    let shift = exponent + power
    let magnitude: UInt128
    if shift == 0 || digits == 0 {
      magnitude = digits
    } else if shift > 0 {
      guard shift <= 37, let scale = powerOfTen(shift) else { return nil }
      let (product, overflows) = digits.multipliedReportingOverflow(by: scale)
      guard !overflows, product < UInt128(Int128.max) else { return nil }
      magnitude = product
    } else {
      guard let scale = powerOfTen(-shift) else { return 0 }
      magnitude = (digits + scale / 2) / scale
    }
    return hasMinus ? -Int128(magnitude) : Int128(magnitude)
  }

  /// The number if it is whole (`18`, `18.0` and `1e3` are) and below 10^37.
  var whole: Int128? {
    guard !isCut else { return nil }
    if exponent < 0, digits != 0 {
      guard let scale = powerOfTen(-exponent), digits % scale == 0 else { return nil }
    }
    return scaled(by: 0)
  }
}

/// 10^`power`; nil above 10^38, the last that 128 bits hold.
private func powerOfTen(_ power: Int) -> UInt128? {
  guard power <= 38 else { return nil }
  // Two multiplications of 64 bits: a table would be a lazy global, checked at each use.
  var (low, high): (UInt64, UInt64) = (1, 1)
  for _ in 0..<min(power, 19) { low &*= 10 }
  for _ in 0..<max(0, power - 19) { high &*= 10 }
  return UInt128(low) * UInt128(high)
}
