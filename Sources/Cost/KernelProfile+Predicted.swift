public import Catalog
internal import Units

extension KernelProfile {
  /// The constants of `gpu`: those measured on its kind, and for every other class what the
  /// measured GPUs teach.
  ///
  /// A constant that was not measured is the weighted mean over the GPUs where it was,
  /// carried over as its parameter says, or the parameter's typical value when it was measured
  /// nowhere; weights fall with the square of the distance, see
  /// `distance`. A GPU of the same silicon is at distance 0 and alone decides.
  public init(of gpu: GPU, from measured: [MeasuredConstants] = MeasuredConstants.all) {
    self.init()
    let teachers = measured.compactMap { constants in
      GPU.named(constants.gpu).map { Teacher(constants, $0, of: gpu) }
    }
    let own = teachers.first { $0.gpu.name == gpu.name && $0.gpu == gpu }
    let twin = own ?? teachers.first { $0.distance < Teacher.same }
    self.measured = twin?.constants.classes ?? []
    borrowed = own == nil ? self.measured : []
    for parameter in Self.parameters where parameter.applies(to: gpu) {
      let value =
        own?.constants.value(of: parameter.name)
        ?? Self.prediction(of: parameter, on: gpu, teachers) ?? parameter.typical
      parameter.set(value, in: &self)
    }
    let names = teachers.map(\.gpu.name)
    if own != nil {
      source = "timings of \(gpu.name)"
    } else if let twin {
      let other = twin.gpu.name == gpu.name ? " of another data sheet" : ""
      source = "timings of \(twin.gpu.name)\(other), the same chip"
    } else {
      source = "predicted from timings of \(names.joined(separator: ", "))"
    }
  }

  /// Puts measured constants, whole classes of them, in place of the present ones.
  public mutating func replace(with constants: MeasuredConstants) {
    for parameter in Self.parameters where constants.classes.contains(parameter.className) {
      parameter.set(constants.value(of: parameter.name) ?? 0, in: &self)
    }
    measured += constants.classes.filter { !measured.contains($0) }
    borrowed.removeAll { constants.classes.contains($0) }
  }

  private static func prediction(
    of parameter: KernelParameter, on gpu: GPU, _ teachers: [Teacher]
  ) -> Double? {
    var known: [(value: Double, weight: Double)] = []
    for teacher in teachers {
      guard let value = teacher.constants.value(of: parameter.name) else { continue }
      let moved = parameter.transfer.moved(value, from: teacher.gpu, to: gpu)
      if teacher.distance < Teacher.same { return moved }
      known.append((moved, 1 / (teacher.distance * teacher.distance)))
    }
    let weights = known.reduce(0) { $0 + $1.weight }
    return weights > 0 ? known.reduce(0) { $0 + $1.value * $1.weight } / weights : nil
  }
}

/// A measured GPU as an example for another one.
private struct Teacher {
  let constants: MeasuredConstants
  let gpu: GPU
  /// How unlike the other GPU it is.
  let distance: Double

  /// Below this distance two GPUs are the same chip.
  static let same = 0.1

  init(_ constants: MeasuredConstants, _ gpu: GPU, of other: GPU) {
    self.constants = constants
    self.gpu = gpu
    distance = gpu.distance(to: other)
  }
}

extension GPU {
  /// How unlike two GPUs are: generations apart, kind of memory, and octaves of tensor arithmetic
  /// per multiprocessor and cycle, taken as the sides of a right angle.
  fileprivate func distance(to other: GPU) -> Double {
    let generations = generation - other.generation
    let memory = hasWideMemory == other.hasWideMemory ? 0.0 : 1
    let ratio = arithmeticPerCycle / other.arithmeticPerCycle
    // Octaves, exact at powers of two: log₂ without the mathematics library.
    let octaves = ratio > 0 && ratio.isFinite ? Self.octaves(ratio) : 1
    return (generations * generations + memory * memory + octaves * octaves).squareRoot()
  }

  /// log₂ of a positive number, linear within an octave.
  private static func octaves(_ ratio: Double) -> Double {
    Double(ratio.exponent) + (ratio.significand - 1)
  }

  private var arithmeticPerCycle: Double {
    bf16.value / (Double(tiledMultiprocessors) * clock.value)
  }

  /// Place among the generations of tensor cores, 0 being that of 2020.
  ///
  /// One every two years from Ampere on; older ones are all at −1. An unknown chip counts by its
  /// narrowest arithmetic: of 4 bits as one of 2024, of 8 as one of 2022, else of 2020.
  private var generation: Double {
    switch architecture {
    case .volta, .turing: -1
    case .ampere: 0
    case .ada, .hopper, .cdna3: 1
    case .blackwell: 2
    case nil: fp4.value > 0 ? 2 : fp8.value > 0 ? 1 : 0
    }
  }
}

extension KernelParameter.Transfer {
  /// What `value`, measured on `a`, becomes on `b`.
  fileprivate func moved(_ value: Double, from a: GPU, to b: GPU) -> Double {
    switch self {
    case .asItIs: value
    case .cycles: value * a.clock.value / b.clock.value
    case .bytesInFlight:
      1 / (1 / Self.best + max(0, 1 / value - 1 / Self.best) * b.bytesPerCycle / a.bytesPerCycle)
    }
  }

  /// Fraction of the bandwidth that enough bytes in flight reach.
  private static let best = 0.95
}

extension GPU {
  /// Bytes that each multiprocessor must take in at every cycle to use the whole bandwidth.
  fileprivate var bytesPerCycle: Double {
    bandwidth.value / (Double(tiledMultiprocessors) * clock.value)
  }
}
