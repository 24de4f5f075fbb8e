public import Units

/// When generated requests, or sessions, arrive.
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
  /// Poisson at one of two rates, each of which lasts for an exponential time.
  case mmpp(OnOff)
  /// Poisson at a rate that follows a sine.
  case diurnal(Tide)

  /// A Poisson process that a two-state Markov chain modulates (MMPP-2).
  ///
  /// Source: Fischer and Meier-Hellstern, The Markov-modulated Poisson process (MMPP) cookbook,
  /// Performance Evaluation 18 (1993), 149–171.
  public struct OnOff: Sendable, Equatable {
    /// Requests/s while on.
    public var onRate: Double
    /// Requests/s while off; may be 0.
    public var offRate: Double
    /// Mean time on.
    public var onTime: Seconds
    /// Mean time off.
    public var offTime: Seconds

    /// Rates in requests/s and mean times of both states.
    public init(onRate: Double, offRate: Double, onTime: Seconds, offTime: Seconds) {
      self.onRate = onRate
      self.offRate = offRate
      self.onTime = onTime
      self.offTime = offTime
    }

    /// Mean rate over a long time, requests/s.
    public var rate: Double {
      (onRate * onTime.value + offRate * offTime.value) / (onTime.value + offTime.value)
    }
  }

  /// The rate `rate` · (1 + `amplitude` · sin(2π (t + `phase`) / `period`)).
  public struct Tide: Sendable, Equatable {
    /// Mean rate, requests/s.
    public var rate: Double
    /// Largest deviation from the mean over the mean, 0…1.
    public var amplitude: Double
    /// Time from one peak to the next.
    public var period: Seconds
    /// Where in the period the run begins; at 0 the rate is the mean and rises.
    public var phase: Seconds

    /// Mean rate in requests/s and how it swings.
    public init(rate: Double, amplitude: Double, period: Seconds, phase: Seconds) {
      self.rate = rate
      self.amplitude = amplitude
      self.period = period
      self.phase = phase
    }
  }

  /// The names a file may use, in the order of the cases.
  public static let names = ["poisson", "gamma", "fixed", "burst", "closed", "mmpp", "diurnal"]

  /// Why no such process exists, nil when it does.
  var fault: String? {
    switch self {
    case .poisson(let rate), .fixed(let rate): return Self.fault("rate", rate)
    case .gamma(let rate, let cv): return Self.fault("rate", rate) ?? Self.fault("cv", cv)
    case .burst: return nil
    case .closed(let concurrency):
      return concurrency > 0 ? nil : "concurrency \(concurrency) must be at least 1"
    case .mmpp(let states):
      guard states.onRate >= 0, states.offRate >= 0 else { return "rates must not be negative" }
      return Self.fault("on_time", states.onTime.value)
        ?? Self.fault("off_time", states.offTime.value) ?? Self.fault("mean rate", states.rate)
    case .diurnal(let tide):
      guard (0...1).contains(tide.amplitude) else {
        return "amplitude \(tide.amplitude) must lie in 0...1"
      }
      guard tide.phase.value >= 0, tide.phase.value.isFinite else {
        return "phase \(tide.phase) must not be negative"
      }
      return Self.fault("rate", tide.rate) ?? Self.fault("period", tide.period.value)
    }
  }

  private static func fault(_ name: String, _ value: Double) -> String? {
    value > 0 && value.isFinite ? nil : "\(name) \(value) must be above 0 and finite"
  }

  /// Why arrivals cannot end after `span`, nil when they can.
  func fault(of span: Seconds) -> String? {
    if self == .burst { return "a burst has no duration; give requests" }
    if case .closed = self { return "a closed loop has no duration; give requests" }
    return span.value > 0 && span.value * 1e12 < 0x1p63
      ? nil : "duration \(span) must be above 0 and at most 106 days"
  }

  /// Mean number of requests in a second; infinite for a burst and for a closed loop.
  public var rate: Double {
    switch self {
    case .poisson(let rate), .gamma(let rate, _), .fixed(let rate): rate
    case .burst, .closed: .infinity
    case .mmpp(let states): states.rate
    case .diurnal(let tide): tide.rate
    }
  }

  /// The same process with the mean rate `rate`, which keeps its shape; nil for a burst and for a
  /// closed loop, which have none.
  public func scaled(to rate: Double) -> ArrivalProcess? {
    switch self {
    case .poisson: return .poisson(rate: rate)
    case .gamma(_, let cv): return .gamma(rate: rate, cv: cv)
    case .fixed: return .fixed(rate: rate)
    case .burst, .closed: return nil
    case .mmpp(var states):
      let factor = rate / states.rate
      states.onRate *= factor
      states.offRate *= factor
      return .mmpp(states)
    case .diurnal(var tide):
      tide.rate = rate
      return .diurnal(tide)
    }
  }

  /// Arrivals to make room for: the mean and five standard deviations of a Poisson process.
  func expected(in duration: Seconds) -> Int {
    let mean = duration.value > 0 ? min(duration.value * rate, 1e9) : 0
    return Int(mean + 5 * mean.squareRoot()) + 1
  }
}
