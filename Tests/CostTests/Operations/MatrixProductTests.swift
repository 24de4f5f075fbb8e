import Catalog
import Cost
import Testing
import Units

@Suite struct MatrixProductTests {
  /// Invented constants: whole operands are there at once, so that sums can be done by hand.
  private func kernels(delivery: Double = 0) -> KernelProfile {
    var kernels = KernelProfile.blank
    kernels.gemm.floor = 3e-6
    kernels.gemm.compute = 0.5
    kernels.gemm.memory = 0.8
    kernels.gemm.delivery = delivery
    kernels.gemm8 = kernels.gemm
    kernels.gemm8.quantization = 4
    return kernels
  }

  private func time(
    _ rows: Int, _ inner: Int, _ outer: Int, _ precision: Precision,
    _ kernels: KernelProfile
  ) -> Double {
    Cost.Operation.gemm(rows: rows, inner: inner, outer: outer, precision)
      .time(on: .round(), kernels).value
  }

  @Test func `without rows there is no kernel`() {
    #expect(time(0, 4096, 4096, .bf16, kernels()) == 0)
    #expect(time(0, 4096, 4096, .fp8, kernels()) == 0)
  }

  @Test func `one row waits for the weights`() {
    // 2·8192² B + 2·(8192 + 8192) B at 0.8 TB/s; waves of 128 tiles of 64 × 64 over 100
    // multiprocessors: two, of 8192 + 180 steps of 8192/0.5 operations each: 2.74e-4 s;
    // four ways: 512 tiles are six waves of 2048 + 180: 2.19e-4 s and 2.5 µs of summing up;
    // eight ways: eleven of 1024 + 180: 2.17e-4 s.
    let bytes = 2.0 * 8192 * 8192 + 2 * (8192 + 8192)
    let halves = [(2.0, 8372.0, 0.0), (6, 2228, 4), (11, 1204, 8), (3, 4276, 2)].map {
      waves, length, split in
      let read = (bytes + (split > 0 ? 8 * split * 8192 : 0)) / 0.8e12
      let busy = waves * length * 16384 / 1e12
      return Reference.norm(busy, read) + (split > 0 ? 2.5e-6 : 0)
    }
    let expected = 3e-6 + (halves.min() ?? 0)
    #expect(near(time(1, 8192, 8192, .bf16, kernels()), expected))
  }

  @Test func `many rows run in full waves of large tiles`() {
    // 25600 × 12800: 100 · 100 tiles of 256 × 128 are 100 waves of 6400 + 180 steps of
    // 2·256·128/0.5 operations at 1e12 a second; traffic is below: (163.84 + 327.68 + 655.36) MB.
    let waves = 100 * 6580 * 131_072.0 / 1e12
    let expected = 3e-6 + Reference.norm(waves, 1.14688e9 / 0.8e12)
    #expect(near(time(25600, 6400, 12800, .bf16, kernels()), expected))
    // Two thirds of the time are 25600·6400·12800·2 operations at half the peak, but for the fill.
    #expect(near(waves / (2.0 * 25600 * 6400 * 12800 / 50e12), 6580 / 6400.0))
  }

  @Test func `8 bits have their own peak, half the traffic, a quantised input and no splits`() {
    // 128 tiles of 64 × 64 are two waves of 8372 steps of 16384 operations at 2e12 a second.
    let read = (8192.0 * 8192 + 8192 + 2 * 8192) / 0.8e12
    let expected = 3e-6 + 4 * 8192 / 1e12 + Reference.norm(2 * 8372 * 16384 / 2e12, read)
    #expect(near(time(1, 8192, 8192, .fp8, kernels()), expected))
  }

  @Test func `a GPU without 8-bit arithmetic computes 8-bit weights at its 16-bit peak`() {
    var gpu = GPU.round()
    gpu.fp8 = FLOPsPerSecond(0)
    let product = Cost.Operation.gemm(rows: 4096, inner: 8192, outer: 8192, .fp8)
    let expected = Reference.product(
      kernels().gemm, m: 4096, k: 8192, n: 8192, .fp8, on: gpu)
    #expect(near(product.time(on: gpu, kernels()).value, expected))
    #expect(product.time(on: gpu, kernels()) > product.time(on: .round(), kernels()))
  }

  @Test(arguments: [1, 2, 63, 64, 65, 127, 128, 129, 255, 256, 257, 511, 512, 513, 514, 8192])
  func `tile edges and the last split are where the formula has them`(rows: Int) {
    for precision in Precision.allCases {
      for (inner, outer) in [(64, 64), (65, 63), (4096, 1024), (2048, 6401), (14336, 4096)] {
        let kernels = kernels(delivery: 0.7)
        let constants = precision == .fp8 ? kernels.gemm8 : kernels.gemm
        let expected = Reference.product(
          constants, m: Double(rows), k: Double(inner), n: Double(outer), precision, on: .round())
        #expect(near(time(rows, inner, outer, precision, kernels), expected))
      }
    }
  }

  @Test func `a row more than a tile costs a wave when all multiprocessors are taken`() {
    // 8-bit, no splits: 6400 columns are 100 small tiles, one wave for 64 rows and two for 65;
    // a large tile of 50 columns' worth costs 64/16 as much and takes 256 rows at once.
    let kernels = kernels()
    let wave = (64.0 * 256 + 180) * 16384 / 2e12
    let (full, over) = (time(64, 16384, 6400, .fp8, kernels), time(65, 16384, 6400, .fp8, kernels))
    let weights = (6400.0 * 16384 + 64 * (16384 + 2 * 6400)) / 0.8e12
    let quantised = 4 * 64 * 16384 / 1e12
    #expect(near(full, 3e-6 + quantised + Reference.norm(wave, weights)))
    #expect(over > full + 0.5 * wave)
  }

  @Test func `a share of the peak and of the bandwidth never asks for less time`() {
    var random = LinearCongruential(state: 11)
    for _ in 0..<2000 {
      let gpu = GPU.all[Int.random(in: 0..<GPU.all.count, using: &random)]
      let kernels = KernelProfile.random(&random)
      let precision: Precision = Bool.random(using: &random) ? .fp8 : .bf16
      let (m, k, n) = (
        Int.random(in: 1...9000, using: &random), Int.random(in: 1...20000, using: &random),
        Int.random(in: 1...30000, using: &random)
      )
      let expected = Reference.product(
        precision == .fp8 && gpu.fp8.value > 0 ? kernels.gemm8 : kernels.gemm, m: Double(m),
        k: Double(k), n: Double(n),
        precision, on: gpu)
      let product = Cost.Operation.gemm(rows: m, inner: k, outer: n, precision)
      #expect(near(product.time(on: gpu, kernels).value, expected), "\(gpu.name) \(product)")
    }
  }
}
