import Catalog
import Cost
import Testing
import Units

@Suite struct ElementwiseTests {
  private var kernels: KernelProfile {
    var kernels = KernelProfile.blank
    kernels.elementwise.floor = 2e-6
    kernels.elementwise.cacheSpeed = 4
    kernels.elementwise.resident = 0.5
    kernels.elementwise.samplingFloor = 15e-6
    kernels.elementwise.samplingBytes = 6
    return kernels
  }

  private func time(_ operation: Cost.Operation) -> Double {
    operation.time(on: .round(), kernels).value
  }

  @Test func `what L2 holds is passed over at its speed, the rest by HBM as well`() {
    #expect(near(time(.elementwise(bytes: 0)), 2e-6))
    #expect(near(time(.elementwise(bytes: 20e6)), 7e-6))
    // Half of 50 MB stays; of 65 MB 40 MB go out at 1 TB/s.
    #expect(near(time(.elementwise(bytes: 25e6)), 8.25e-6))
    #expect(near(time(.elementwise(bytes: 65e6)), 2e-6 + 16.25e-6 + 40e-6))
  }

  @Test func `norms of single heads wait for a block of threads each`() {
    // 100,000 rows on 100 multiprocessors at 0.105 µs: 105 µs; their 25.6 MB take 6.4 + 0.6.
    #expect(near(time(.headNorm(heads: 100_000, width: 64)), 2e-6 + 105e-6 + 0.6e-6))
    // Rows of 8,192 elements: 32.768 MB at 4 TB/s take longer than 1.05 µs of blocks.
    #expect(near(time(.headNorm(heads: 1000, width: 8192)), 2e-6 + 8.192e-6 + 7.768e-6))
  }

  @Test func `sampling passes over the logits of each sequence`() {
    // 100 sequences · 100,000 logits · 6 B at 1 TB/s: 60 µs.
    #expect(near(time(.sampling(sequences: 100, vocab: 100_000)), 75e-6))
    #expect(time(.sampling(sequences: 0, vocab: 100_000)) == 0)
  }

  @Test func `every size follows the documented formula`() {
    var random = LinearCongruential(state: 16)
    for i in 0..<2000 {
      let kernels = KernelProfile.random(&random)
      let gpu = GPU.all[i % GPU.all.count]
      let bytes = Double.random(in: 0...(i % 2 == 0 ? 1e6 : 1e9), using: &random)
      let time = Cost.Operation.elementwise(bytes: bytes).time(on: gpu, kernels).value
      #expect(near(time, Reference.elementwise(kernels.elementwise, bytes: bytes, on: gpu)))
      let (heads, width) = ((bytes / 512).rounded(.up), [64, 128, 256, 4096][i % 4])
      let norm = Cost.Operation.headNorm(heads: heads, width: width).time(on: gpu, kernels).value
      let expected = Reference.headNorm(
        kernels.elementwise, heads: heads, width: Double(width), on: gpu)
      #expect(near(norm, expected))
    }
  }
}
