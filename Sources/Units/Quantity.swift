/// A physical amount; the type names the unit, so `Seconds + Bytes` does not compile.
///
/// In files an amount is text with its unit: `80 GiB`, `25 ms`, `32 GB/s`, `312 TFLOP/s`.
public protocol Quantity: Comparable, Hashable, Sendable, Codable, CustomStringConvertible {
  /// The amount in the base unit (seconds, bytes, bytes per second, FLOPs, FLOPs per second).
  var value: Double { get set }
  /// An amount of `value` base units.
  init(_ value: Double)
  /// Names a file may use and what each is worth in the base unit; the first name of a scale is
  /// the one that is written.
  static var units: [(name: String, scale: Double)] { get }
}

/// Why a text is no quantity.
public struct QuantityError: Error, CustomStringConvertible, Equatable {
  /// One sentence: what was found and what would be right.
  public let description: String
}

extension Quantity {
  /// Whether `a` is less than `b`.
  public static func < (a: Self, b: Self) -> Bool { a.value < b.value }
  /// The sum of two amounts.
  public static func + (a: Self, b: Self) -> Self { Self(a.value + b.value) }
  /// The difference of two amounts.
  public static func - (a: Self, b: Self) -> Self { Self(a.value - b.value) }
  /// The amount `factor` times as large.
  public static func * (a: Self, factor: Double) -> Self { Self(a.value * factor) }
  /// The ratio of two amounts.
  public static func / (a: Self, b: Self) -> Double { a.value / b.value }

  /// Reads an amount such as `80 GiB`; the space may be left out.
  ///
  /// - Throws: `QuantityError` when the number or the unit is missing or unknown.
  public init(parsing text: String) throws(QuantityError) {
    let trimmed = text.drop { $0 == " " }
    let number = trimmed.prefix { "+-.eE0123456789_".contains($0) }
    // "1 e…" never occurs: an exponent's e is followed by a digit or a sign.
    var digits = number
    while let last = digits.last, "eE+-".contains(last) { digits.removeLast() }
    let unit = trimmed[digits.endIndex...].drop { $0 == " " }
    let name = String(unit.reversed().drop { $0 == " " }.reversed())
    guard let amount = Double(digits.filter { $0 != "_" }), amount.isFinite else {
      throw QuantityError(description: "\"\(text)\" has no number; write \(Self.example)")
    }
    guard let found = Self.units.first(where: { $0.name == name }) else {
      let known = Self.units.map(\.name).joined(separator: ", ")
      let fault = name.isEmpty ? "\"\(text)\" has no unit" : "unknown unit \"\(name)\""
      throw QuantityError(description: "\(fault); write \(Self.example) (units: \(known))")
    }
    guard (amount * found.scale).isFinite else {
      throw QuantityError(description: "\"\(text)\" is too large; write \(Self.example)")
    }
    self.init(amount * found.scale)
  }

  private static var example: String {
    let middle = units[units.count / 2]
    return "a number with its unit, such as 25 \(middle.name)"
  }

  /// The shortest text that reads back as the same amount.
  public var description: String {
    var best = ""
    for (i, unit) in Self.units.enumerated() {
      if Self.units[..<i].contains(where: { $0.scale == unit.scale }) { continue }
      // A quotient is rounded: the number that was multiplied may be its neighbour.
      let quotient = value / unit.scale
      for number in [quotient, quotient.nextDown, quotient.nextUp] where number.isFinite {
        guard number * unit.scale == value else { continue }
        let text = "\(Self.number(number)) \(unit.name)"
        if best.isEmpty || text.count < best.count { best = text }
      }
    }
    return best
  }

  private static func number(_ x: Double) -> String {
    let text = "\(x)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  /// Decodes the text form.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    do {
      try self.init(parsing: text)
    } catch {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(error)")
    }
  }

  /// Encodes the text form.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// A span of time.
public struct Seconds: Quantity {
  /// Seconds.
  public var value: Double
  /// A span of `value` seconds.
  public init(_ value: Double) { self.value = value }
  /// From picoseconds to days.
  public static let units: [(name: String, scale: Double)] = [
    ("s", 1), ("ms", 1e-3), ("us", 1e-6), ("µs", 1e-6), ("ns", 1e-9), ("ps", 1e-12), ("min", 60),
    ("h", 3600), ("d", 86_400),
  ]
}

/// An amount of memory.
public struct Bytes: Quantity {
  /// Bytes.
  public var value: Double
  /// An amount of `value` bytes.
  public init(_ value: Double) { self.value = value }
  /// Decimal (GB = 10⁹) and binary (GiB = 2³⁰) multiples.
  public static let units: [(name: String, scale: Double)] = [
    ("GiB", 0x1p30), ("GB", 1e9), ("MiB", 0x1p20), ("MB", 1e6), ("KiB", 0x1p10), ("KB", 1e3),
    ("kB", 1e3), ("B", 1), ("TiB", 0x1p40), ("TB", 1e12),
  ]
}

/// A rate of data.
public struct BytesPerSecond: Quantity {
  /// Bytes per second.
  public var value: Double
  /// A rate of `value` bytes per second.
  public init(_ value: Double) { self.value = value }
  /// Bytes and bits; a link's `Gb/s` are decimal bits.
  public static let units: [(name: String, scale: Double)] = [
    ("GB/s", 1e9), ("TB/s", 1e12), ("MB/s", 1e6), ("KB/s", 1e3), ("B/s", 1), ("GiB/s", 0x1p30),
    ("Gb/s", 0.125e9), ("Gbps", 0.125e9),
  ]
}

/// An amount of arithmetic: floating-point operations, a multiply-add counting as two.
public struct FLOPs: Quantity {
  /// Operations.
  public var value: Double
  /// An amount of `value` operations.
  public init(_ value: Double) { self.value = value }
  /// Decimal multiples.
  public static let units: [(name: String, scale: Double)] = [
    ("GFLOP", 1e9), ("TFLOP", 1e12), ("MFLOP", 1e6), ("FLOP", 1),
  ]
}

/// A rate of arithmetic.
public struct FLOPsPerSecond: Quantity {
  /// Operations per second.
  public var value: Double
  /// A rate of `value` operations per second.
  public init(_ value: Double) { self.value = value }
  /// Decimal multiples.
  public static let units: [(name: String, scale: Double)] = [
    ("TFLOP/s", 1e12), ("GFLOP/s", 1e9), ("PFLOP/s", 1e15), ("FLOP/s", 1), ("TFLOPS", 1e12),
  ]
}

/// A power draw.
public struct Watts: Quantity {
  /// Watts.
  public var value: Double
  /// A draw of `value` watts.
  public init(_ value: Double) { self.value = value }
  /// Watts and kilowatts.
  public static let units: [(name: String, scale: Double)] = [("W", 1), ("kW", 1e3)]
}

/// A clock rate.
public struct Hertz: Quantity {
  /// Cycles per second.
  public var value: Double
  /// A rate of `value` cycles per second.
  public init(_ value: Double) { self.value = value }
  /// Decimal multiples.
  public static let units: [(name: String, scale: Double)] = [
    ("GHz", 1e9), ("MHz", 1e6), ("Hz", 1),
  ]
}

/// The time that `size` takes at `rate`.
public func / (size: Bytes, rate: BytesPerSecond) -> Seconds { Seconds(size.value / rate.value) }
/// The time that `work` takes at `rate`.
public func / (work: FLOPs, rate: FLOPsPerSecond) -> Seconds { Seconds(work.value / rate.value) }
