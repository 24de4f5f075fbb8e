import Calibration
import Catalog
import Cost
import Testing
import Units

/// Fits to rows whose constants are known, made by formulas of the tests' own.
@Suite struct KernelCalibrationTests {
  private let gpu = GPU.h100SXM
  private let products = ["floor": 4.5, "compute": 0.8, "memory": 0.7, "delivery": 1.1]
  private let decodes = [
    "kernel": 4.0, "combine": 2.0, "memory": 0.85, "sequence": 5.0, "ramp": 6.0,
  ]

  /// Products of many sizes, each time off by up to 3 % either way.
  private func productRows(_ scale: Double = 1) -> [Measurement] {
    var random = Congruential(state: 7)
    var rows: [Measurement] = []
    for m in [
      1, 2, 4, 8, 16, 24, 32, 48, 64, 80, 100, 128, 160, 192, 250, 256, 300, 400, 512, 513, 700,
      1024, 1500, 2048, 3000, 4096, 6000, 8192,
    ] {
      for (k, n) in [(4096, 4096), (4096, 14336), (8192, 1024), (8192, 8192), (2048, 24576)] {
        let time = Formulas.product(
          products, m: Double(m), k: Double(k), n: Double(n), on: gpu, bandwidth: 3.35e12,
          peak: 989e12, clock: 1.83e9)
        let noise = 1 + Double.random(in: -0.03...0.03, using: &random)
        rows.append(
          Measurement(
            .gemm(rows: m, inner: k, outer: n, .bf16), Seconds(time * noise * scale),
            group: "bf16", isFit: true, fits: "gemm_bf16"))
      }
    }
    return rows
  }

  private func decodeRows() -> [Measurement] {
    var random = Congruential(state: 6)
    var rows: [Measurement] = []
    for b in [1, 2, 8, 32, 128, 512] {
      for length in [16, 64, 128, 512, 2048, 8192, 32768] {
        for (q, kv) in [(32, 8), (8, 8), (64, 8), (8, 1)] {
          let time = Formulas.decode(
            decodes, b: Double(b), length: Double(length), q: Double(q), kv: Double(kv), sms: 132,
            bandwidth: 3.35e12)
          let noise = 1 + Double.random(in: -0.02...0.02, using: &random)
          rows.append(
            Measurement(
              .decodeAttention(
                AttentionHeads(queries: q, keyValues: kv, width: 128), sequences: b,
                context: length), Seconds(time * noise), group: "", isFit: true,
              fits: "attention_decode"))
        }
      }
    }
    return rows
  }

  private func copyRows() -> [Measurement] {
    (0..<40).map { i in
      let bytes = Double(1 << (10 + i % 14))
      let time = 100 * (2.5e-6 + bytes / (0.75 * 63e9)) * (1 + 0.01 * Double(i % 5 - 2))
      return Measurement(
        .copy(.memcpy, blockBytes: bytes, blocks: 100), Seconds(time), group: "", isFit: true,
        fits: "copy_memcpy")
    }
  }

  private func fit(_ rows: [Measurement]) throws -> KernelCalibration {
    try KernelCalibration(rows, on: gpu, current: KernelProfile(of: gpu))
  }

  private func fault(_ rows: [Measurement]) -> String {
    do {
      _ = try fit(rows)
      return ""
    } catch {
      return "\(error)"
    }
  }

  private func check(
    _ fit: KernelCalibration.Fit, _ truth: [String: Double], within share: Double
  ) throws {
    for constant in fit.constants {
      let short = String(constant.parameter.name.drop { $0 != "." }.dropFirst())
      let expected = try #require(truth[short])
      #expect(
        abs(constant.value / expected - 1) < share, "\(constant.parameter.name) \(constant.value)")
      #expect(abs(constant.value - expected) < 4 * constant.standardError)
      #expect(constant.standardError > 0 && constant.standardError < share * expected)
    }
  }

  @Test func `the constants behind noisy products are found again`() throws {
    let fit = try #require(try fit(productRows()).fits.first)
    #expect(fit.name == "gemm_bf16" && fit.rows == 140 && fit.constants.count == 4)
    try check(fit, products, within: 0.08)
    // Noise of 3 % either way: median 1.5 %, 90th percentile 2.7 %.
    #expect(fit.after.medianAbsolute < 2 && fit.after.p90Absolute < 3)
    #expect(try #require(fit.before).medianAbsolute > 5)
    #expect(fit.residuals == fit.residuals.sorted() && fit.residuals.count == 5)
  }

  @Test func `the constants behind noisy decodes are found again`() throws {
    let fit = try #require(try fit(decodeRows()).fits.first)
    #expect(fit.name == "attention_decode" && fit.rows == 168)
    try check(fit, decodes, within: 0.1)
  }

  @Test func `the constants behind noisy copies are found again, and classes are apart`() throws {
    let all = try fit(copyRows() + decodeRows() + productRows())
    #expect(all.fits.map(\.name) == ["gemm_bf16", "attention_decode", "copy_memcpy"])
    #expect(all.skipped.isEmpty)
    let copies = try #require(all.fits.last)
    try check(copies, ["per_block": 2.5, "efficiency": 0.75], within: 0.02)
    let alone = try fit(copyRows())
    #expect(alone.fits[0].constants.map(\.value) == copies.constants.map(\.value))
    #expect(all.constants.gpu == "h100-80gb-sxm")
    #expect(all.constants.values.count == 4 + 5 + 2)
    #expect(all.constants.value(of: "copy_memcpy.per_block") == copies.constants[0].value)
  }

  @Test func `covariances are symmetric and their diagonal is the standard errors' square`() throws
  {
    for fit in try fit(productRows() + decodeRows()).fits {
      let count = fit.constants.count
      for j in 0..<count {
        let error = fit.constants[j].standardError
        #expect(abs(fit.covariance[j * count + j] / (error * error) - 1) < 1e-4)
        for k in 0..<j {
          #expect(
            abs(fit.covariance[j * count + k] - fit.covariance[k * count + j])
              <= 1e-5 * abs(fit.covariance[j * count + k]))
        }
      }
    }
  }

  @Test func `the same rows give the same bits, whatever was known before`() throws {
    let rows = productRows() + decodeRows()
    let (a, b) = (try fit(rows), try fit(rows))
    let other = try KernelCalibration(rows, on: gpu, current: KernelProfile(of: .t4))
    for (x, (y, z)) in zip(a.fits, zip(b.fits, other.fits)) {
      #expect(x.constants.map(\.value) == y.constants.map(\.value))
      #expect(x.constants.map(\.standardError) == y.constants.map(\.standardError))
      #expect(x.covariance == y.covariance && x.residuals == y.residuals && x.after == y.after)
      #expect(x.constants.map(\.value) == z.constants.map(\.value))
    }
  }

  @Test func `too few rows are refused, or left out beside classes that have enough`() throws {
    let few = Array(productRows().prefix(15))
    #expect(
      fault(few)
        == "too few rows to fit (gemm_bf16: 15); a class needs 4 for each of its constants")
    #expect(fault([]) == "no row is of a kind that constants are fitted to")
    let both = try fit(few + copyRows())
    #expect(both.fits.map(\.name) == ["copy_memcpy"])
    #expect(both.skipped.map(\.name) == ["gemm_bf16"] && both.skipped.map(\.rows) == [15])
    let spread = productRows().enumerated().filter { $0.offset % 9 == 0 }.map(\.element)
    #expect(spread.count == 16)
    #expect(try fit(spread).fits.map(\.rows) == [16])
  }

  @Test func `rows of one size only are refused by the constant that they leave open`() {
    let one = [Measurement](repeating: productRows()[20], count: 40)
    let fault = fault(one)
    #expect(fault.hasPrefix("gemm_bf16: the rows leave gemm_bf16."))
    #expect(fault.hasSuffix("; measure a wider range of sizes"))
    let copies = copyRows().filter { row in
      if case .copy(_, let bytes, _) = row.operation { bytes == 1024 } else { false }
    }
    let same = [[Measurement]](repeating: copies, count: 5).flatMap { $0 }
    #expect(self.fault(same).hasPrefix("copy_memcpy: the rows leave copy_memcpy."))
  }

  @Test func `times in another unit are refused by the constant that runs away`() {
    for scale in [1e3, 1e-3] {
      let fault = fault(productRows(scale))
      #expect(fault.contains("runs out of its range"), "\(fault)")
      #expect(fault.contains("check units and the GPU"))
    }
  }
}
