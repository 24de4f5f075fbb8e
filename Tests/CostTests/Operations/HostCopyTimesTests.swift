import Catalog
import Cost
import Testing
import Units

@Suite struct HostCopyTimesTests {
  @Test func `each block takes its own time and its share of the link`() {
    var kernels = KernelProfile.blank
    kernels.memcpy.perBlock = 3e-6
    kernels.memcpy.efficiency = 0.8
    kernels.copyKernel.perBlock = 0.2e-6
    kernels.copyKernel.efficiency = 0.5
    func time(_ method: HostCopy, _ bytes: Double, _ blocks: Double) -> Double {
      Cost.Operation.copy(method, blockBytes: bytes, blocks: blocks)
        .time(on: .round(), kernels).value
    }
    // 40 kB at 0.8 · 50 GB/s take 1 µs, at half of it 1.6 µs.
    #expect(near(time(.memcpy, 40e3, 10), 40e-6))
    #expect(near(time(.kernel, 40e3, 10), 18e-6))
    #expect(near(time(.memcpy, 0, 1), 3e-6))
    #expect(time(.memcpy, 40e3, 0) == 0)
  }
}
