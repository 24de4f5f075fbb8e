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

extension InstanceSummary {
  /// Its GPUs for as much of the run's `duration` as it was there, in hours.
  var gpuHours: Double { Double(description.gpus) * Double(upTimeOfDuration) * 1e-12 / 3600 }
  fileprivate var price: Double? { description.gpuHourPrice }
}

/// Everything here is over `duration`, the time of which throughputs are taken, so that costs and
/// throughputs of one file belong together.
extension Summary {
  /// All GPUs for as much of `duration` as they were there, in hours.
  public var gpuHours: Double? {
    guard comesAndGoes else {
      return duration.map { Double(description.gpuCount) * Double($0) * 1e-12 / 3600 }
    }
    guard duration != nil else { return nil }
    return instances.reduce(0) { $0 + $1.gpuHours }
  }

  /// `gpuHours` at the price of an hour.
  public var totalCost: Double? {
    guard let gpuHours else { return nil }
    if isUniform {
      return (instances.first?.price ?? description.gpuHourPrice).map { $0 * gpuHours }
    }
    var cost = 0.0
    for one in instances {
      guard let price = one.price else { return nil }
      cost += price * one.gpuHours
    }
    return cost
  }

  /// The cost of a million of `tokens`, in which the whole cost is put; nil when there are none.
  public func costPerMillion(_ tokens: Int64) -> Double? {
    totalCost.flatMap { Self.ratio($0 * 1e6, Double(tokens)) }
  }

  /// Joules: idle and busy draw by the share of time with a step in flight.
  public var energy: Double? {
    guard isUniform else { return energyOfUnlike }
    guard let power = instances.first?.description.power ?? description.power, let duration,
      let share = busyShareOfDuration
    else { return nil }
    let draw = power.idle.value + (power.busy.value - power.idle.value) * share
    return Double(description.gpuCount) * Double(duration) * 1e-12 * draw * power.pue
  }

  private var energyOfUnlike: Double? {
    guard duration != nil else { return nil }
    var energy = 0.0
    for one in instances {
      guard let power = one.description.power else { return nil }
      let (up, busy) = (Double(one.upTimeOfDuration), Double(one.busyTimeOfDuration))
      let draw = power.idle.value * up + (power.busy.value - power.idle.value) * min(busy, up)
      energy += Double(one.description.gpus) * draw * 1e-12 * power.pue
    }
    return energy
  }

  /// Joules for an output token, prompts included; nil when there are none.
  public var energyPerOutputToken: Double? {
    energy.flatMap { Self.ratio($0, Double(outputTokens)) }
  }
}
