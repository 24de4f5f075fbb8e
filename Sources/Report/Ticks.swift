internal import CGSL
internal import Files

/// The ends of an axis and where its labels stand.
package struct Ticks: Sendable {
  package let low: Double
  package let high: Double
  package let labels: [(position: Double, text: String)]

  /// An axis on which all of `values` have their place; none of them may be infinite.
  package init(_ axis: Figure.Axis, _ values: [Double], fromZero: Bool, wanted: Int = 5) {
    if !axis.categories.isEmpty {
      self.init(categories: axis.categories)
      return
    }
    let low = axis.limits?.lowerBound ?? values.min() ?? 0
    let high = axis.limits?.upperBound ?? values.max() ?? 1
    if axis.isLogarithmic {
      self.init(logarithmic: low, high)
    } else {
      // What is read as a length starts at 0, and so does what begins near it.
      let isNear = fromZero || low < 0.35 * high
      let start = isNear && axis.limits == nil && low > 0 ? 0 : low
      self.init(linear: start, high, wanted: wanted, isFixed: axis.limits != nil)
    }
  }

  private init(categories: [String]) {
    low = -0.5
    high = Double(categories.count) - 0.5
    let every = max(1, (categories.count + 11) / 12)
    labels = categories.indices.filter { $0 % every == 0 }.map { (Double($0), categories[$0]) }
  }

  private init(linear low: Double, _ high: Double, wanted: Int, isFixed: Bool) {
    var (low, high) = (low, high)
    if low >= high {
      // One value alone stands in the middle.
      let room = low == 0 ? 1 : abs(low) * 0.5
      (low, high) = (low - (low == 0 ? 0 : room), high + room)
    }
    let step = Self.niceStep((high - low) / Double(wanted))
    let slack = 1e-9 * step
    if !isFixed {
      // No mark on the left or lower frame, but for 0 itself.
      if low != 0, low - (low / step).rounded(.down) * step < 0.2 * step { low -= 0.2 * step }
      low = ((low + slack) / step).rounded(.down) * step
      high = ((high - slack) / step).rounded(.up) * step
    }
    let first = ((low - slack) / step).rounded(.up)
    let count = max(0, Int(((high + slack) / step - first).rounded(.down)))
    let positions = (0...count).map { (first + Double($0)) * step }
    let largest = max(abs(low), abs(high))
    labels = positions.map { ($0, Self.text($0, step: step, largest: largest)) }
    (self.low, self.high) = (low, high)
  }

  private init(logarithmic low: Double, _ high: Double) {
    // A little room, so that no mark stands on the frame.
    var (low, high) = (low / 1.15, high * 1.15)
    if high / low < 4 { (low, high) = (low / 1.5, high * 1.5) }
    let (first, last) = (Self.exponent(low), Self.exponent(high))
    let decades = last - first
    let multiples = decades < 2 ? [1.0, 2, 5] : decades < 3 ? [1.0, 3] : [1.0]
    let every = max(1, (decades + 6) / 7)
    var labels: [(position: Double, text: String)] = []
    for exponent in stride(from: first, through: last, by: every) {
      for multiple in multiples {
        let value = multiple * cgsl_pow(10, Double(exponent))
        if value >= low, value <= high {
          labels.append((value, Self.text(value, step: value, largest: value)))
        }
      }
    }
    self.labels = labels
    (self.low, self.high) = (low, high)
  }

  /// The power of ten at or below `value`, within what a number can have.
  static func exponent(_ value: Double) -> Int {
    let power = (cgsl_log(value) / cgsl_log(10) + 1e-9).rounded(.down)
    return power.isNaN ? 0 : Int(max(-323, min(power, 308)))
  }

  /// 1, 2 or 5 times a power of ten, at least `step`.
  static func niceStep(_ step: Double) -> Double {
    let power = cgsl_pow(10, Double(exponent(step)))
    let multiple = [1.0, 2, 5].first { $0 * power >= step * (1 - 1e-9) } ?? 10
    return multiple * power
  }

  /// `250`, `2.5 k`, `1.5 M`: as many decimals as neighbours a `step` apart need.
  private static func text(_ value: Double, step: Double, largest: Double) -> String {
    if value == 0 { return "0" }
    let letters = ["", " k", " M", " G", " T", " P", " E"]
    let thousands = largest >= 1e4 ? min(6, exponent(largest) / 3) : 0
    let unit = cgsl_pow(1000, Double(thousands))
    guard largest >= 1e-4, largest < 1e21 else {
      let power = exponent(abs(value))
      let digits = value / cgsl_pow(10, Double(power))
      return "\(NumberText.trimmed(digits, 1))e\(power)"
    }
    let decimals = max(0, -exponent(step / unit))
    return NumberText.trimmed(value / unit, min(9, decimals)) + letters[thousands]
  }
}

/// Numbers in tables and labels.
package enum NumberWords {
  /// Four significant digits, thousands grouped: `1,234`, `12.35`, `0.001235`; empty when it is no
  /// number.
  package static func short(_ value: Double) -> String {
    guard value.isFinite else { return "" }
    guard value != 0 else { return "0" }
    let size = abs(value)
    guard size >= 1e-6, size < 1e15 else { return "\(value)" }
    let text = NumberText.trimmed(value, max(0, 3 - Ticks.exponent(size)))
    let sign = text.hasPrefix("-") ? "-" : ""
    let parts = text.dropFirst(sign.count).split(separator: ".", maxSplits: 1)
    let whole = NumberText.grouped(digits: parts[0])
    return sign + whole + (parts.count > 1 ? ".\(parts[1])" : "")
  }
}
