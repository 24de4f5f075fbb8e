import Catalog
import Cost
import Testing
import Units

@Suite struct StepWorkTests {
  @Test func `the work of a run of a dense model is the sum over its steps`() throws {
    let deployment = try deploy("codellama-34b", "a100-80gb-sxm", tensor: 2)
    var random = LinearCongruential(state: 5)
    var totals = StepTotals()
    var (flops, bytes) = (0.0, 0.0)
    for _ in 0..<100 {
      var shape = StepShape.random(&random)
      if shape.decodes + shape.prefillTokens == 0 { shape = .decode(1, context: 1) }
      totals += StepTotals(shape)
      let work = StepWork(of: shape, on: deployment)
      flops += work.flops.value
      bytes += work.bytes.value
    }
    let work = StepWork(of: totals, on: deployment)
    #expect(abs(work.flops.value / flops - 1) < 1e-12)
    #expect(abs(work.bytes.value / bytes - 1) < 1e-12)
  }

  @Test func `a prompt of Llama 2 7B by hand`() throws {
    let deployment = try deploy("llama-2-7b", "a100-80gb-sxm")
    let matrices = 32.0 * (4 * 4096 * 4096 + 3 * 4096 * 11008)
    let attention = 4.0 * (1000 * 1001 / 2) * 4096 * 32
    let head = 2.0 * 32000 * 4096
    let work = StepWork(of: .prompt(1000), on: deployment)
    #expect(abs(work.flops.value / (2 * matrices * 1000 + attention + head) - 1) < 1e-12)
    let rate = work.modelFLOPsUtilization(over: Seconds(1), on: deployment)
    #expect(abs(rate - work.flops.value / 312e12) < 1e-12)
  }

  @Test func `a token of Mixtral reads two of eight experts and many read all`() throws {
    let deployment = try deploy("mixtral-8x7b", "h100-80gb-sxm", tensor: 2)
    let expert = 32.0 * 3 * 4096 * 14336 * 2
    let rest = 32.0 * (4096 * 128 * 80 + 4096 * 8) * 2
    // Routers are copied to both GPUs.
    let shared = rest + 32 * 4096 * 8 * 2 + 32000 * 4096 * 2
    let one = StepWork(of: .decode(1, context: 0), on: deployment).bytes.value
    #expect(abs(one / (shared + 2 * expert + 131_072) - 1) < 1e-12)
    // 8·(1 − 0.75²) = 3.5 experts for two tokens.
    let two = StepWork(of: .decode(2, context: 0), on: deployment).bytes.value
    #expect(abs(two / (shared + 3.5 * expert + 2 * 131_072) - 1) < 1e-12)
    let many = StepWork(of: .decode(500, context: 0), on: deployment).bytes.value
    #expect(abs(many / (shared + 8 * expert + 500 * 131_072) - 1) < 1e-6)
  }
}
