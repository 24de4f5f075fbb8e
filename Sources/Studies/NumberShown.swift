internal import Metrics

/// Numbers of an answer as a person reads them in a sentence.
enum NumberShown {
  /// About four digits; `-` when there is none.
  static func plain(_ value: Double?) -> String {
    guard let value, value.isFinite else { return "-" }
    if value == value.rounded(), value.magnitude < 1e6 { return value.fixed(0) }
    let limits: [(Double, Int)] = [(1000, 0), (100, 1), (10, 2), (1, 3), (0.1, 4)]
    let decimals = limits.first { value.magnitude >= $0.0 }?.1 ?? 6
    return value.fixed(decimals)
  }

  /// `plain` with its sign.
  static func signed(_ value: Double) -> String { (value > 0 ? "+" : "") + plain(value) }

  /// `+3.0 %`; `-` when there is none.
  static func change(_ share: Double?) -> String {
    guard let share, share.isFinite else { return "-" }
    let percent = 100 * share
    let text = percent.fixed(percent.magnitude < 10 ? 2 : 1)
    return (percent > 0 ? "+" : "") + text + " %"
  }
}
