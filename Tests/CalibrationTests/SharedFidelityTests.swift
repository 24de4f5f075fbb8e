import Calibration
import Catalog
import Cost
import TestSupport
import Testing
import Units

/// Errors against the shared measurements, rows filtered as published fits filter them.
@Suite(.enabled(if: !isDebug, "skipped: tens of thousands of rows, release only"))
struct SharedFidelityTests {
  /// Median and 90th percentile of |predicted / measured − 1|, %.
  private typealias Errors = (median: Double, p90: Double)

  private static let gpus = Shared.files.map(\.gpu)

  private func errors(_ rows: [Measurement], _ time: (Cost.Operation) -> Seconds) -> Errors {
    let sizes = rows.map { abs(time($0.operation).value / $0.time.value - 1) * 100 }.sorted()
    func percentile(_ share: Double) -> Double {
      let place = share * Double(sizes.count - 1)
      let (low, high) = (sizes[Int(place)], sizes[min(Int(place) + 1, sizes.count - 1)])
      return low + (high - low) * (place - place.rounded(.down))
    }
    return (percentile(0.5), percentile(0.9))
  }

  private func rows(
    _ type: any MeasuredClass.Type, _ gpu: GPU, _ keep: (Measurement) -> Bool = { _ in true }
  ) throws -> [Measurement]? {
    try Shared.measurements(type, of: gpu)?.filter { $0.isFit && keep($0) }
  }

  private func expect(
    _ name: String, _ type: any MeasuredClass.Type, on gpu: String, atMost limit: Errors,
    _ keep: (Measurement) -> Bool = { _ in true }
  ) throws {
    let gpu = try #require(GPU.named(gpu))
    guard let rows = try rows(type, gpu, keep) else { return }
    try #require(!rows.isEmpty)
    let kernels = KernelProfile(of: gpu)
    let errors = errors(rows) { $0.time(on: gpu, kernels) }
    let naive = self.errors(rows) { $0.floor(on: gpu) }
    print("in sample \(name) \(gpu.name): \(text(errors)), naive \(text(naive))")
    #expect(errors.median <= limit.median && errors.p90 <= limit.p90, "\(name): \(text(errors))")
    #expect(errors.median < naive.median)
  }

  private func text(_ errors: Errors) -> String {
    "\((errors.median * 10).rounded() / 10) / \((errors.p90 * 10).rounded() / 10)"
  }

  @Test(arguments: [
    ("a100-80gb-sxm", 7.0, 18.0), ("h100-80gb-sxm", 6, 15), ("rtx-pro-6000-server", 6, 15),
  ])
  func `matrix products in 16 bits`(gpu: String, median: Double, p90: Double) throws {
    try expect("gemm", MeasuredGEMM.self, on: gpu, atMost: (median, p90))
  }

  @Test(arguments: gpus) func `decode attention`(gpu: String) throws {
    try expect("decode", MeasuredDecodeAttention.self, on: gpu, atMost: (7, 18))
  }

  @Test(arguments: gpus) func `prefill attention`(gpu: String) throws {
    try expect("prefill", MeasuredPrefillAttention.self, on: gpu, atMost: (10, 33))
    try expect(
      "prefill > 5 GFLOP", MeasuredPrefillAttention.self, on: gpu, atMost: (8, 28), isLong)
  }

  @Test(arguments: ["a100-80gb-sxm", "h100-80gb-sxm"])
  func `an engine's all-reduce over NVLink`(gpu: String) throws {
    try expect("all-reduce", MeasuredCollectives.self, on: gpu, atMost: (3, 14))
  }

  @Test func `copies from host to GPU`() throws {
    try expect("memcpy", MeasuredCopies.self, on: "h100-80gb-sxm", atMost: (2, 8)) {
      $0.group == "cudaMemcpyAsync"
    }
    try expect("copy kernel", MeasuredCopies.self, on: "h100-80gb-sxm", atMost: (2, 10)) {
      $0.group == "custom_kernel"
    }
  }

  // MARK: - Leave one GPU out

  private func isLong(_ row: Measurement) -> Bool { row.group.hasSuffix("> 5 GFLOP") }

  private func predict(
    _ name: String, _ type: any MeasuredClass.Type, median limit: Errors, worst: Errors,
    _ keep: (Measurement) -> Bool = { _ in true }
  ) throws {
    var folds: [Errors] = []
    for name in Self.gpus {
      let gpu = try #require(GPU.named(name))
      guard let rows = try rows(type, gpu, keep) else { return }
      let others = MeasuredConstants.all.filter { $0.gpu != name }
      try #require(others.count == 2)
      let kernels = KernelProfile(of: gpu, from: others)
      #expect(!kernels.isMeasured)
      let errors = errors(rows) { $0.time(on: gpu, kernels) }
      let naive = self.errors(rows) { $0.floor(on: gpu) }
      print("left out \(type.name) \(name): \(text(errors)), naive \(text(naive))")
      #expect(errors.median <= worst.median && errors.p90 <= worst.p90, "\(name) \(text(errors))")
      #expect(errors.median < naive.median && errors.p90 < naive.p90, "\(name): \(text(naive))")
      folds.append(errors)
    }
    let middle: Errors = (folds.map(\.median).sorted()[1], folds.map(\.p90).sorted()[1])
    print("left out \(name), median fold: \(text(middle))")
    #expect(middle.median <= limit.median && middle.p90 <= limit.p90, "\(name) \(text(middle))")
  }

  @Test func `matrix products on a GPU that was left out`() throws {
    try predict("gemm", MeasuredGEMM.self, median: (12, 27), worst: (20, 35))
  }

  @Test func `decode attention on a GPU that was left out`() throws {
    try predict("decode", MeasuredDecodeAttention.self, median: (22, 36), worst: (26, 45))
  }

  @Test func `long prompts on a GPU that was left out`() throws {
    try predict(
      "prefill", MeasuredPrefillAttention.self, median: (15, 40), worst: (20, 80), isLong)
  }
}
