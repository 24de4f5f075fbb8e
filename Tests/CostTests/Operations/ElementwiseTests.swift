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
    }
  }
}
