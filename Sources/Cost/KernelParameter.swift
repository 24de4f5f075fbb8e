public import Catalog

/// A constant of an operation class: what it means, in which unit, and where it may lie.
public struct KernelParameter: Sendable {
  /// The unit that people read it in.
  public enum Unit: String, Sendable {
    /// 10⁻⁶ s; kept in seconds.
    case microseconds = "us"
    /// A share of a peak of the data sheet.
    case fraction = "1"
    /// A multiple of what the peak or the ideal asks for.
    case factor = "x"
    /// Elements of a matrix.
    case elements = "elements"
    /// 10⁶ operations; kept in operations.
    case megaFLOP = "MFLOP"
    /// 10³ operations; kept in operations.
    case kiloFLOP = "kFLOP"
    /// 10⁹ bytes/s; kept in bytes per second.
    case gigabytesPerSecond = "GB/s"
    /// Bytes.
    case bytes = "B"

    /// Kept value of one unit.
    public var scale: Double {
      switch self {
      case .microseconds: 1e-6
      case .megaFLOP: 1e6
      case .kiloFLOP: 1e3
      case .gigabytesPerSecond: 1e9
      case .fraction, .factor, .elements, .bytes: 1
      }
    }
  }

  /// How a constant carries over to a GPU on which it was not measured.
  public enum Transfer: Sendable {
    /// As it stands.
    case asItIs
    /// The number of clock cycles stays.
    case cycles
    /// The fraction of the memory bandwidth falls with the bytes that each multiprocessor must keep
    /// in flight for a cycle (Little's law): 1/fraction = 1/0.95 + bytes per cycle / constant.
    case bytesInFlight
  }

  /// Name in files, such as `gemm_bf16.floor`.
  public let name: String
  /// Its unit.
  public let unit: Unit
  /// Where it may lie, in `unit`, above 0.
  public let range: ClosedRange<Double>
  /// A value that real GPUs have, in `unit`: where fits start.
  public let typical: Double
  /// What it is, in one line.
  public let meaning: String
  /// How it carries over.
  public let transfer: Transfer
  /// Where it is kept.
  public let path: any WritableKeyPath<KernelProfile, Double> & Sendable

  /// A constant kept at `path`.
  init(
    _ name: String, _ path: any WritableKeyPath<KernelProfile, Double> & Sendable, _ unit: Unit,
    _ range: ClosedRange<Double>, _ typical: Double, _ meaning: String, transfer: Transfer = .asItIs
  ) {
    self.name = name
    self.path = path
    self.unit = unit
    self.range = range
    self.typical = typical
    self.meaning = meaning
    self.transfer = transfer
  }

  /// The class of operations, the part of the name before the point.
  public var className: String { String(name.prefix { $0 != "." }) }
  /// The name inside the class, the part after it.
  public var shortName: String { String(name.drop { $0 != "." }.dropFirst()) }

  /// Whether GPUs like `gpu` have such a constant; without it the value is 0.
  public func applies(to gpu: GPU) -> Bool { !isOptional || gpu.reducesInSwitch }

  /// Whether there are GPUs without such a constant.
  public var isOptional: Bool { name.hasSuffix(".in_switch") }

  /// The value of `profile`, in `unit`.
  public func value(in profile: KernelProfile) -> Double {
    (profile[keyPath: path] / unit.scale).sixDigits
  }

  /// Sets the value of `profile`, given in `unit`.
  public func set(_ value: Double, in profile: inout KernelProfile) {
    profile[keyPath: path] = value * unit.scale
  }
}

extension Double {
  /// Rounded to six decimal digits, more than any measurement has.
  public var sixDigits: Double {
    guard self != 0, isFinite else { return self }
    var scale = 1.0
    while magnitude * scale < 1e5, scale < 1e300 { scale *= 10 }
    while magnitude * scale >= 1e6 { scale /= 10 }
    return (self * scale).rounded() / scale
  }
}

extension GPU {
  /// Whether the switch of its NVLink board adds what passes through it.
  var reducesInSwitch: Bool { architecture == .hopper || architecture == .blackwell }
}
