import Foundation
import TestSupport
import Testing
import Units

@Suite struct QuantityTests {
  /// What `25 <name>` is in base units, by the definitions of SI and IEC.
  static let seconds: [(String, Double)] = [
    ("s", 1), ("ms", 0.001), ("us", 0.000_001), ("µs", 0.000_001), ("ns", 0.000_000_001),
    ("ps", 0.000_000_000_001), ("min", 60), ("h", 60 * 60), ("d", 24 * 60 * 60),
  ]
  static let bytes: [(String, Double)] = [
    ("B", 1), ("kB", 1000), ("KB", 1000), ("MB", 1000 * 1000), ("GB", 1000 * 1000 * 1000),
    ("TB", 1000 * 1000 * 1000 * 1000), ("KiB", 1024), ("MiB", 1024 * 1024),
    ("GiB", 1024 * 1024 * 1024), ("TiB", 1024 * 1024 * 1024 * 1024),
  ]
  static let rates: [(String, Double)] = [
    ("B/s", 1), ("KB/s", 1000), ("MB/s", 1_000_000), ("GB/s", 1_000_000_000),
    ("TB/s", 1_000_000_000_000), ("GiB/s", 1_073_741_824), ("Gb/s", 1_000_000_000 / 8),
    ("Gbps", 1_000_000_000 / 8),
  ]
  static let operations: [(String, Double)] = [
    ("FLOP", 1), ("MFLOP", 1_000_000), ("GFLOP", 1_000_000_000), ("TFLOP", 1_000_000_000_000),
  ]
  static let operationRates: [(String, Double)] = [
    ("FLOP/s", 1), ("GFLOP/s", 1_000_000_000), ("TFLOP/s", 1_000_000_000_000),
    ("TFLOPS", 1_000_000_000_000), ("PFLOP/s", 1_000_000_000_000_000),
  ]
  static let watts: [(String, Double)] = [("W", 1), ("kW", 1000)]

  private func checkUnits<Q: Quantity>(_ type: Q.Type, _ expected: [(String, Double)]) throws {
    for (name, scale) in expected {
      #expect(try Q(parsing: "25 \(name)").value == 25 * scale, "\(name)")
      #expect(try Q(parsing: "25\(name)").value == 25 * scale, "\(name)")
      #expect(try Q(parsing: "  25   \(name)  ").value == 25 * scale, "\(name)")
    }
    #expect(Q.units.map(\.name).sorted() == expected.map(\.0).sorted())
  }

  @Test func `every unit is worth what SI and IEC say, with a space or without`() throws {
    try checkUnits(Seconds.self, Self.seconds)
    try checkUnits(Bytes.self, Self.bytes)
    try checkUnits(BytesPerSecond.self, Self.rates)
    try checkUnits(FLOPs.self, Self.operations)
    try checkUnits(FLOPsPerSecond.self, Self.operationRates)
    try checkUnits(Watts.self, Self.watts)
  }

  @Test(arguments: [
    ("1e3 B", 1000), ("1E3B", 1000), ("1.5e+3 B", 1500), ("5e-1 KiB", 512), ("1_000_000 B", 1e6),
    ("+3 B", 3), ("-3 B", -3), (".5 KiB", 512), ("0 GB", 0), ("2.5e3MB", 2.5e9),
    ("1_0e0_2 B", 1000),
  ])
  func `numbers may have signs, exponents and underscores`(text: String, bytes: Double) throws {
    #expect(try Bytes(parsing: text).value == bytes)
  }

  @Test func `GB is decimal and GiB is binary`() throws {
    let (decimal, binary) = (try Bytes(parsing: "80 GB"), try Bytes(parsing: "80 GiB"))
    #expect(binary.value - decimal.value == 80 * (1_073_741_824 - 1_000_000_000))
    #expect(decimal < binary)
  }

  @Test(arguments: [
    ("80", "\"80\" has no unit; write a number with its unit, such as 25 kW (units: W, kW)"),
    ("80 ", "\"80 \" has no unit; write a number with its unit, such as 25 kW (units: W, kW)"),
    ("kW", "\"kW\" has no number; write a number with its unit, such as 25 kW"),
    ("", "\"\" has no number; write a number with its unit, such as 25 kW"),
    ("_ W", "\"_ W\" has no number; write a number with its unit, such as 25 kW"),
    ("1.2.3 W", "\"1.2.3 W\" has no number; write a number with its unit, such as 25 kW"),
    ("--1 W", "\"--1 W\" has no number; write a number with its unit, such as 25 kW"),
    ("inf W", "\"inf W\" has no number; write a number with its unit, such as 25 kW"),
    ("1e999 W", "\"1e999 W\" has no number; write a number with its unit, such as 25 kW"),
    ("1e307 kW", "\"1e307 kW\" is too large; write a number with its unit, such as 25 kW"),
    ("3 MW", "unknown unit \"MW\"; write a number with its unit, such as 25 kW (units: W, kW)"),
    ("3 w", "unknown unit \"w\"; write a number with its unit, such as 25 kW (units: W, kW)"),
    ("3e W", "unknown unit \"e W\"; write a number with its unit, such as 25 kW (units: W, kW)"),
    ("0x9 W", "unknown unit \"x9 W\"; write a number with its unit, such as 25 kW (units: W, kW)"),
    ("3 k W", "unknown unit \"k W\"; write a number with its unit, such as 25 kW (units: W, kW)"),
  ])
  func `a text that is no quantity says why`(text: String, fault: String) {
    let error = #expect(throws: QuantityError.self) { try Watts(parsing: text) }
    #expect(error?.description == fault)
  }

  @Test func `a unit of another quantity is refused`() {
    #expect(throws: QuantityError.self) { try Seconds(parsing: "5 GB") }
    #expect(throws: QuantityError.self) { try Bytes(parsing: "5 GB/s") }
    #expect(throws: QuantityError.self) { try FLOPs(parsing: "5 TFLOP/s") }
  }

  private func checkRoundTrip<Q: Quantity>(_ type: Q.Type, seed: UInt64) throws {
    var random = Draws(seed: seed)
    for i in 0..<(isDebug ? 300 : 3000) {
      let quantity = Q(random.double())
      let text = quantity.description
      #expect(try Q(parsing: text) == quantity, "\(i) \(text)")
    }
  }

  @Test func `a description reads back exactly for any value`() throws {
    try checkRoundTrip(Seconds.self, seed: 1)
    try checkRoundTrip(Bytes.self, seed: 2)
    try checkRoundTrip(BytesPerSecond.self, seed: 3)
    try checkRoundTrip(FLOPs.self, seed: 4)
    try checkRoundTrip(FLOPsPerSecond.self, seed: 5)
    try checkRoundTrip(Watts.self, seed: 6)
  }

  private func checkShortest<Q: Quantity>(_ type: Q.Type) throws {
    var random = Draws(seed: 7)
    for (i, unit) in Q.units.enumerated() {
      if Q.units[..<i].contains(where: { $0.scale == unit.scale }) { continue }
      for _ in 0..<(isDebug ? 100 : 1000) {
        let digits = 1 + random.below(9999)
        for number in ["\(digits)", "\(digits / 100).\(1 + digits % 9)"] {
          let text = "\(number) \(unit.name)"
          let written = try Q(parsing: text).description
          #expect(written.count <= text.count, "\(text) is written \(written)")
        }
      }
    }
  }

  @Test func `no text that someone would write is shorter than the description`() throws {
    try checkShortest(Seconds.self)
    try checkShortest(Bytes.self)
    try checkShortest(BytesPerSecond.self)
    try checkShortest(FLOPs.self)
    try checkShortest(FLOPsPerSecond.self)
    try checkShortest(Watts.self)
  }

  @Test func `amounts are described as people write them`() {
    #expect(Bytes(80 * 1_073_741_824).description == "80 GiB")
    #expect(Bytes(80_000_000_000).description == "80 GB")
    #expect(Seconds(0.025).description == "25 ms")
    #expect(Seconds(1.5).description == "1.5 s")
    #expect(Seconds(0).description == "0 s")
    #expect(FLOPsPerSecond(312e12).description == "312 TFLOP/s")
    #expect(BytesPerSecond(3.35e12).description == "3350 GB/s")
    #expect(Watts(700).description == "700 W")
  }

  @Test func `a unit of several names is written by its first`() throws {
    #expect(try Seconds(parsing: "7 µs").description == "7 us")
    #expect(try FLOPsPerSecond(parsing: "312 TFLOPS").description == "312 TFLOP/s")
    #expect(try BytesPerSecond(parsing: "200 Gbps").description == "25 GB/s")
    #expect(try Bytes(parsing: "3 kB").description == "3 KB")
  }

  @Test func `JSON holds the text and gives the same amount back`() throws {
    let amounts = [Bytes(80 * 1_073_741_824), Bytes(0.1), Bytes(-3), Bytes(1e300)]
    let data = try JSONEncoder().encode(amounts)
    #expect(try JSONDecoder().decode([Bytes].self, from: data) == amounts)
    #expect(try JSONDecoder().decode([String].self, from: data).first == "80 GiB")
  }

  @Test func `JSON without a unit is refused with the message of parsing`() throws {
    do {
      _ = try JSONDecoder().decode([Watts].self, from: Data(#"["700"]"#.utf8))
      Issue.record("decoded a number without a unit")
    } catch DecodingError.dataCorrupted(let context) {
      #expect(
        context.debugDescription
          == "\"700\" has no unit; write a number with its unit, such as 25 kW (units: W, kW)")
    }
  }

  @Test func `arithmetic keeps the unit and a ratio has none`() {
    #expect(Seconds(1) + Seconds(2) == Seconds(3))
    #expect(Seconds(1) - Seconds(3) == Seconds(-2))
    #expect(Bytes(6) * 0.5 == Bytes(3))
    #expect(Bytes(6) / Bytes(4) == 1.5)
    #expect(Watts(1) < Watts(2))
  }

  @Test func `an amount over its rate is a time`() {
    #expect(Bytes(64e9) / BytesPerSecond(32e9) == Seconds(2))
    #expect(FLOPs(1e12) / FLOPsPerSecond(4e12) == Seconds(0.25))
  }
}

/// SplitMix64, so that the values do not come from the code under test.
private struct Draws {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
  mutating func below(_ count: Int) -> Int { Int(next() % UInt64(count)) }
  /// Any sign, any mantissa, exponents from 2^−60 to 2^60; sometimes a whole number.
  mutating func double() -> Double {
    let pattern = next()
    if pattern % 4 == 0 { return Double(below(1 << 20)) }
    let exponent = UInt64(1023 - 60 + below(120)) << 52
    return Double(bitPattern: (pattern & 0x800F_FFFF_FFFF_FFFF) | exponent)
  }
}
