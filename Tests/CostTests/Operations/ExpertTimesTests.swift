import Catalog
import Cost
import Testing
import Units

@Suite struct ExpertTimesTests {
  private var kernels: KernelProfile {
    var kernels = KernelProfile.blank
    kernels.experts.floor = 30e-6
    kernels.experts.weights = 1.25
    kernels.experts.compute = 2
    kernels.experts.anywhere = 1.5
    kernels.experts.here = 0.5
    kernels.experts8 = kernels.experts
    kernels.experts8.padding = 100
    kernels.experts8Block = kernels.experts
    kernels.experts8Block.floor = 20e-6
    return kernels
  }

  private func time(_ experts: ExpertProducts) -> Double {
    Cost.Operation.experts(experts).time(on: .round(), kernels).value
  }

  @Test func `few tokens read the experts that they touch`() {
    // 3 tokens · 2 visits touch 6 of 8 experts of 3 · 1000 · 4000 weights in 16 bits.
    let experts = ExpertProducts(tokens: 3, hidden: 1000, ffn: 4000, perToken: 2, count: 8)
    let weights = 1.25 * 6 * 12e6 * 2 / 1e12
    let compute = 2.0 * 2 * 6 * 12e6 / 100e12
    let row = (2000.0 + 12000) * 2 / 1e12
    let expected = 30e-6 + Reference.norm(weights, compute) + 2 * 6 * row
    #expect(near(time(experts), expected))
    #expect(weights > 5 * compute)
  }

  @Test func `many tokens touch all experts once and compute every visit`() {
    let experts = ExpertProducts(tokens: 10_000, hidden: 1000, ffn: 4000, perToken: 2, count: 8)
    let weights = 1.25 * 8 * 12e6 * 2 / 1e12
    let compute = 2.0 * 2 * 20_000 * 12e6 / 100e12
    let row = 14000.0 * 2 / 1e12
    #expect(near(time(experts), 30e-6 + Reference.norm(weights, compute) + 2 * 20_000 * row))
  }

  @Test func `a GPU among four holds a quarter of experts and visits, and sees every token`() {
    var experts = ExpertProducts(tokens: 1000, hidden: 1000, ffn: 500, perToken: 8, count: 128)
    experts.ranks = 4
    let elements = 1.5e6
    let weights = 1.25 * 32 * elements * 2 / 1e12
    let compute = 2.0 * 2 * 2000 * elements / 100e12
    let row = (2000.0 + 1500) * 2 / 1e12
    let expected =
      30e-6 + Reference.norm(weights, compute) + (1.5 * 8000 + 0.5 * 2000) * row
    #expect(near(time(experts), expected))
  }

  @Test func `8-bit experts with one scale are padded, those with scales for blocks are not`() {
    var experts = ExpertProducts(tokens: 1, hidden: 1000, ffn: 500, perToken: 1, count: 8)
    experts.precision = .fp8
    let row = (2000.0 + 1500) * 2 / 1e12
    func expected(_ floor: Double, _ elements: Double) -> Double {
      floor + Reference.norm(1.25 * elements / 1e12, 4 * elements / 200e12) + 2 * row
    }
    #expect(near(time(experts), expected(20e-6, 1.5e6)))
    experts.isBlockScaled = false
    #expect(near(time(experts), expected(30e-6, 3 * 1000 * 600.0)))
  }

  @Test func `every size follows the documented formula`() {
    var random = LinearCongruential(state: 15)
    for i in 0..<3000 {
      let kernels = KernelProfile.random(&random)
      var experts = ExpertProducts(
        tokens: .random(in: 0...5000, using: &random),
        hidden: .random(in: 1...8192, using: &random),
        ffn: .random(in: 1...4096, using: &random), perToken: .random(in: 1...8, using: &random),
        count: .random(in: 8...256, using: &random))
      experts.ranks = [1, 2, 8, 32, 300][i % 5]
      experts.precision = i % 3 == 0 ? .bf16 : .fp8
      experts.isBlockScaled = i % 2 == 0
      let gpu = GPU.all[i % GPU.all.count]
      // Without 8-bit arithmetic weights are unpacked.
      let constants =
        i % 3 == 0 || gpu.fp8.value == 0
        ? kernels.experts : i % 2 == 0 ? kernels.experts8Block : kernels.experts8
      let expected = Reference.experts(constants, experts, on: gpu)
      let time = Cost.Operation.experts(experts).time(on: gpu, kernels).value
      #expect(near(time, expected), "\(gpu.name) \(experts)")
    }
  }
}
