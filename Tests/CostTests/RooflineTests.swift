import Catalog
import Cost
import Kernel
import Testing
import Units

/// Against the long-context framework (arXiv 2405.08944): Yi 34B 200K on one A100 80 GB.
@Suite struct RooflineTests {
  private func decodeTime(_ cost: Roofline, from context: Int, steps: Int) -> Double {
    var ends = [Instant](repeating: .zero, count: steps)
    let first = StepShape.decode(1, context: context)
    cost.ends(of: first, from: .zero, count: steps, into: &ends)
    return ends[steps - 1].seconds.value
  }

  @Test func `prefill of 4,000 tokens and decode at 4,000 and 50,000 are as published`() throws {
    let cost = Roofline(NoOptions(), try deploy("yi-34b-200k", "a100-80gb-sxm"))
    #expect((0.87...0.94).contains(cost.time(of: .prompt(4000)).value))
    #expect((8.4...8.65).contains(decodeTime(cost, from: 4000, steps: 250)))
    #expect((9.8...10.0).contains(decodeTime(cost, from: 50_000, steps: 250)))
    #expect((13.4...17.8).contains(cost.time(of: .prompt(50_000)).value))
  }

  @Test func `one decode step of Llama 2 7B by hand`() throws {
    // Weights but for the input table, 512 KiB per token of context, one token written.
    let weights = 2.0 * (6_738_415_616 - 65 * 4096 - 32000 * 4096)
    let bytes = weights + 524_288 * (1000 + 1)
    let cost = Roofline(NoOptions(), try deploy("llama-2-7b", "h100-80gb-sxm"))
    let time = cost.time(of: .decode(1, context: 1000)).value
    #expect(abs(time / (bytes / 3.35e12) - 1) < 1e-12)
    #expect(cost.parts(of: .decode(1, context: 1000)).bound == .hbm)
    #expect(cost.parts(of: .prompt(2000)).bound == .compute)
  }

  @Test func `host time is added once and an empty step has nothing else`() throws {
    let bare = Roofline(NoOptions(), try deploy("opt-13b", "a100-40gb-sxm"))
    let ten = EngineProfile(name: "ten", hostTime: Seconds(0.010))
    let hosted = Roofline(NoOptions(), try deploy("opt-13b", "a100-40gb-sxm", profile: ten))
    let shape = StepShape.decode(8, context: 300)
    #expect(abs(hosted.time(of: shape).value - bare.time(of: shape).value - 0.010) < 1e-15)
    #expect(hosted.time(of: StepShape()) == Seconds(0.010))
  }

  @Test func `the knee of a dense model is peak over bandwidth`() throws {
    // One multiply-add per 2-byte weight: 312 TFLOP/s / 2.039 TB/s = 153; the head's weights count.
    let cost = Roofline(NoOptions(), try deploy("yi-34b", "a100-80gb-sxm"))
    #expect(abs(cost.kneeTokens / 153.02 - 1) < 0.02)
  }

  @Test func `what is read together is read once and computed by each`() throws {
    // Qwen2.5-7B: 28 layers of 4 key heads, 56 KiB a token. 64 sequences of 2,200 tokens, 2,000 of
    // which 16 share: 4 prefixes.
    let deployment = try deploy("qwen2.5-7b", "a100-80gb-sxm")
    let cost = Roofline(NoOptions(), deployment)
    let apart = StepShape.decode(64, context: 2200)
    var shared = apart
    shared.sharedContext = 64 * 2000
    shared.sharedKeys = 4 * 2000
    let spared = 57_344 * 60.0 * 2000
    let difference = cost.time(of: apart).value - cost.time(of: shared).value
    #expect(abs(difference / (spared / deployment.gpu.bandwidth.value) - 1) < 1e-9)
    let (one, other) = (
      StepWork(of: apart, on: deployment), StepWork(of: shared, on: deployment)
    )
    #expect(one.flops == other.flops)
    #expect(abs((one.bytes.value - other.bytes.value) / spared - 1) < 1e-9)
  }
}
