import Catalog
import Cost
import Report
import Testing
import Units

@Suite struct RooflineFigureTests {
  private func llama() throws -> Deployment {
    let model = try #require(Model.named("llama-3-8b"))
    let gpu = try #require(GPU.named("h100-80gb-sxm"))
    let profile = try #require(EngineProfile.named("vllm-2026"))
    return try Deployment(
      model: model, gpu: gpu, tensorParallel: 1, pipelineParallel: 1, profile: profile)
  }

  @Test func `a decode step of Llama 3 8B stands where its sheet puts it`() throws {
    // 32 layers of width 4096: queries and output, keys and values of 1024, three of 14,336.
    let (width, narrow, wide): (Double, Double, Double) = (4096, 1024, 14336)
    let layer = 2 * width * width + 2 * width * narrow + 3 * width * wide
    let parameters: Double = 32 * layer + 128_256 * width
    // 10 sequences with 1,000 tokens each; keys and values: 2 · 8 heads · 128 · 2 bytes a layer.
    var step = RooflineFigure.Step()
    (step.running, step.decodeTokens, step.storedTokens, step.seconds) = (10, 10, 10_000, 0.01)
    let attention: Double = 4 * 32 * width * 10_000
    let flops: Double = 20 * parameters + attention
    let keysAndValues: Double = 10_010 * 131_072
    let bytes: Double = 2 * parameters + keysAndValues
    let point = step.point(on: try llama())
    let (x, y): (Double, Double) = (flops / bytes, flops / 0.01)
    #expect(abs(point.x / x - 1) < 1e-3)
    #expect(abs(point.y / y - 1) < 1e-3)
  }

  @Test func `a step's prompts are taken as whole and equally long`() {
    var step = RooflineFigure.Step()
    (step.running, step.prefillTokens, step.decodeTokens, step.storedTokens) = (5, 7, 2, 107)
    // Three prompts share 7 tokens: 3, 2, 2 with 6, 3, 3 pairs.
    #expect(step.shape.chunks == 3)
    #expect(step.shape.prefillPairs == 12)
    #expect(step.shape.context == 100)
    #expect(step.shape.samples == 5)
    // A chunk alone in the pool: what is stored besides it is its own beginning.
    (step.running, step.decodeTokens) = (1, 0)
    #expect(step.shape.prefillKeys == 107)
  }

  @Test(.timeLimit(.minutes(1)))
  func `counts that no engine has neither overflow nor take their time`() throws {
    var step = RooflineFigure.Step()
    for (running, prefill, decode, stored) in [
      (1e9, 7.0, 0.0, 7.0), (1e9, 1e9, 0, 1e9), (1, 1e9, 0, 1e9), (1e9, 1e9, 1e9, 1e9),
      (0, 0.5, 0, 0),
    ] {
      (step.running, step.prefillTokens) = (running, prefill)
      (step.decodeTokens, step.storedTokens, step.seconds) = (decode, stored, 1)
      #expect(Double(step.shape.chunks) <= max(1, prefill))
      #expect(step.shape.prefillTokens == Int32(prefill))
      for _ in 0..<100 { #expect(step.point(on: try llama()).y.isFinite) }
    }
    // Seven chunks of one token: a pair each.
    (step.running, step.prefillTokens, step.decodeTokens) = (1e9, 7, 0)
    #expect(step.shape.chunks == 7 && step.shape.prefillPairs == 7)
  }

  @Test func `the roof rises with the bandwidth to the peak and stays there`() throws {
    // H100 SXM data sheet: 989.4 TFLOP/s dense 16-bit, 3.35 TB/s.
    let roof = RooflineFigure.roof(over: 10...20, of: try llama())
    #expect(roof.count == 3)
    #expect(abs(roof[0].y / 33.5e12 - 1) < 1e-3)
    #expect(abs(roof[1].x - 295.3) < 1)
    #expect(roof[1].y == roof[2].y)
    #expect(abs(roof[2].y / 989.4e12 - 1) < 1e-3)
  }
}
