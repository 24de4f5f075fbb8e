internal import Kernel
internal import Units

/// When generated requests arrive.
public enum ArrivalProcess: Sendable, Equatable {
  /// Independent exponential gaps, `rate` requests/s.
  case poisson(rate: Double)
  /// Independent gamma gaps of coefficient of variation `cv`; above 1 they come in bursts.
  case gamma(rate: Double, cv: Double)
  /// Equal gaps, the first request at 0.
  case fixed(rate: Double)
  /// All at 0.
  case burst
  /// `concurrency` at 0, each other one when a request before it finishes or is refused.
  case closed(concurrency: Int)

  /// The names a file may use, in the order of the cases.
  public static let names = ["poisson", "gamma", "fixed", "burst", "closed"]

  /// Why no such process exists, nil when it does.
  var fault: String? {
    switch self {
    case .poisson(let rate), .fixed(let rate): Self.fault("rate", rate)
    case .gamma(let rate, let cv): Self.fault("rate", rate) ?? Self.fault("cv", cv)
    case .burst: nil
    case .closed(let concurrency):
      concurrency > 0 ? nil : "concurrency \(concurrency) must be at least 1"
    }
  }

  private static func fault(_ name: String, _ value: Double) -> String? {
    value > 0 && value.isFinite ? nil : "\(name) \(value) must be above 0 and finite"
  }

  /// Mean number of requests in a second; infinite for a burst and for a closed loop.
  public var rate: Double {
    switch self {
    case .poisson(let rate), .gamma(let rate, _), .fixed(let rate): rate
    case .burst, .closed: .infinity
    }
  }

  /// The arrival of request `row`, whose predecessor arrived at `previous`; nil after 106 days.
  ///
  /// In a closed loop only the run knows it; until then it is 0.
  func arrival(
    of row: Int, after previous: Instant, from stream: inout RandomStream
  ) -> Instant? {
    let time: Double
    switch self {
    case .poisson(let rate):
      return Self.add(stream.exponential(mean: 1 / rate), to: previous)
    case .gamma(let rate, let cv):
      return Self.add(stream.gamma(shape: 1 / (cv * cv), scale: cv * cv / rate), to: previous)
    case .fixed(let rate):
      // From the start, so that rounding does not add up.
      time = Double(row) / rate
    case .burst, .closed: time = 0
    }
    return Self.add(time, to: .zero)
  }

  private static func add(_ seconds: Double, to time: Instant) -> Instant? {
    let gap = seconds * 1e12 + 0.5
    guard gap < 0x1p63 else { return nil }
    let (sum, overflows) = time.picoseconds.addingReportingOverflow(Int64(gap))
    return overflows ? nil : Instant(picoseconds: sum)
  }
}
