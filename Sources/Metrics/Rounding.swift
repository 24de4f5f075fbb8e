/// `numerator / denominator` to the nearest whole number, ties to even.
///
/// - Precondition: `denominator` is positive and the answer fits.
public func roundedQuotient(_ numerator: Int128, _ denominator: Int128) -> Int64 {
  if let narrow = Int64(exactly: numerator), let divisor = Int64(exactly: denominator) {
    return roundedQuotient(narrow, divisor)
  }
  let (truncated, remainder) = numerator.quotientAndRemainder(dividingBy: denominator)
  var quotient = truncated
  let rest = remainder.magnitude
  let gap = denominator.magnitude - rest
  if rest > gap || (rest == gap && quotient & 1 != 0) { quotient += remainder < 0 ? -1 : 1 }
  return Int64(quotient)
}

/// `numerator / denominator` to the nearest whole number, ties to even; the fast case.
///
/// - Precondition: `denominator` is positive.
public func roundedQuotient(_ numerator: Int64, _ denominator: Int64) -> Int64 {
  let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: denominator)
  let rest = remainder.magnitude
  let gap = denominator.magnitude - rest
  guard rest > gap || (rest == gap && quotient & 1 != 0) else { return quotient }
  return quotient + (remainder < 0 ? -1 : 1)
}

extension Double {
  /// The number with `decimals` decimals (at most 9), ties to even: for sentences, not for files.
  public func fixed(_ decimals: Int) -> String {
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    guard isFinite, magnitude * scale < 9e18 else { return "\(self)" }
    let units = Int64((magnitude * scale).rounded(.toNearestOrEven))
    let (whole, rest) = units.quotientAndRemainder(dividingBy: Int64(scale))
    let sign = self < 0 && units != 0 ? "-" : ""
    guard decimals > 0 else { return "\(sign)\(whole)" }
    let digits = String(rest)
    return "\(sign)\(whole)." + String(repeating: "0", count: decimals - digits.count) + digits
  }
}
