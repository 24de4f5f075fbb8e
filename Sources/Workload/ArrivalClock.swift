internal import CGSL
internal import Kernel
internal import Units

/// The arrivals of a process, one after another.
///
/// Gaps come from the stream `arrivals`, changes of state and thinning from `arrival_states`, so
/// that another rate changes no time at which a state begins.
struct ArrivalClock: ~Copyable {
  private let process: ArrivalProcess
  private var gaps: RandomStream
  private var states: RandomStream
  private var row = 0
  private var time = Instant.zero
  private var isOn = false
  /// When the state ends.
  private var stateEnd = Instant.zero

  /// The clock of `process` at 0; a state that lasts is drawn as long after the start.
  init(_ process: ArrivalProcess, seed: UInt64) {
    self.process = process
    gaps = RandomStream(seed: seed, name: "arrivals")
    states = RandomStream(seed: seed, name: "arrival_states")
    guard case .mmpp(let chain) = process else { return }
    let (on, off) = (chain.onTime.value, chain.offTime.value)
    isOn = states.uniform() < on / (on + off)
    // What is left of an exponential time is exponential.
    stateEnd = Self.add(states.exponential(mean: isOn ? on : off), to: .zero) ?? .never
  }

  /// The next arrival; nil after 106 days.
  ///
  /// In a closed loop only the run knows it; until then it is 0.
  mutating func next() -> Instant? {
    guard let next = arrival() else { return nil }
    row += 1
    time = next
    return next
  }

  private mutating func arrival() -> Instant? {
    switch process {
    case .poisson(let rate): return Self.add(gaps.exponential(mean: 1 / rate), to: time)
    case .gamma(let rate, let cv):
      return Self.add(gaps.gamma(shape: 1 / (cv * cv), scale: cv * cv / rate), to: time)
    // From the start, so that rounding does not add up.
    case .fixed(let rate): return Self.add(Double(row) / rate, to: .zero)
    case .burst, .closed: return .zero
    case .mmpp(let chain): return modulated(chain)
    case .diurnal(let tide): return thinned(tide)
    }
  }

  /// Gaps have no memory: one that would outlast its state is drawn anew where the next begins.
  private mutating func modulated(_ chain: ArrivalProcess.OnOff) -> Instant? {
    var start = time
    while true {
      let rate = isOn ? chain.onRate : chain.offRate
      if rate > 0, let next = Self.add(gaps.exponential(mean: 1 / rate), to: start),
        next < stateEnd
      {
        return next
      }
      guard stateEnd < .never else { return nil }
      start = stateEnd
      isOn.toggle()
      let mean = (isOn ? chain.onTime : chain.offTime).value
      stateEnd = Self.add(states.exponential(mean: mean), to: start) ?? .never
    }
  }

  /// Lewis and Shedler, Simulation of nonhomogeneous Poisson processes by thinning, Naval Research
  /// Logistics Quarterly 26 (1979), 403–413.
  private mutating func thinned(_ tide: ArrivalProcess.Tide) -> Instant? {
    var next = time
    let most = 1 + tide.amplitude
    while true {
      guard let candidate = Self.add(gaps.exponential(mean: 1 / (tide.rate * most)), to: next)
      else { return nil }
      next = candidate
      let cycles = (next.seconds.value + tide.phase.value) / tide.period.value
      let share = 1 + tide.amplitude * cgsl_sin(2 * Double.pi * (cycles - cycles.rounded(.down)))
      if states.uniform() * most < share { return next }
    }
  }

  private static func add(_ seconds: Double, to time: Instant) -> Instant? {
    let gap = seconds * 1e12 + 0.5
    guard gap < 0x1p63 else { return nil }
    let (sum, overflows) = time.picoseconds.addingReportingOverflow(Int64(gap))
    return overflows ? nil : Instant(picoseconds: sum)
  }
}
