public import Units

/// What a GPU draws; the same for all GPUs of a run.
public struct PowerDraw: Sendable, Equatable {
  /// While no step is in flight on its instance.
  public var idle: Watts
  /// While one is.
  public var busy: Watts
  /// Energy of the building over energy of the GPUs, at least 1.
  public var pue: Double

  /// A draw by state.
  public init(idle: Watts, busy: Watts, pue: Double = 1) {
    self.idle = idle
    self.busy = busy
    self.pue = pue
  }
}

/// Everything here is over `duration`, the time of which throughputs are taken, so that costs and
/// throughputs of one file belong together.
extension Summary {
  /// All GPUs for the whole `duration`, in hours.
  public var gpuHours: Double? {
    duration.map { Double(description.gpuCount) * Double($0) * 1e-12 / 3600 }
  }

  /// `gpuHours` at the price of an hour.
  public var totalCost: Double? {
    guard let price = description.gpuHourPrice, let gpuHours else { return nil }
    return price * gpuHours
  }

  /// The cost of a million of `tokens`, in which the whole cost is put; nil when there are none.
  public func costPerMillion(_ tokens: Int64) -> Double? {
    totalCost.flatMap { Self.ratio($0 * 1e6, Double(tokens)) }
  }

  /// Joules: idle and busy draw by the share of time with a step in flight.
  public var energy: Double? {
    guard let power = description.power, let duration, let share = busyShareOfDuration else {
      return nil
    }
    let draw = power.idle.value + (power.busy.value - power.idle.value) * share
    return Double(description.gpuCount) * Double(duration) * 1e-12 * draw * power.pue
  }

  /// Joules for an output token, prompts included; nil when there are none.
  public var energyPerOutputToken: Double? {
    energy.flatMap { Self.ratio($0, Double(outputTokens)) }
  }
}
