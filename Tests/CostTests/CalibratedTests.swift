import Catalog
import Cost
import Kernel
import Testing
import Units

@Suite struct CalibratedTests {
  private func cost(_ deployment: Deployment) -> Calibrated {
    Calibrated(Calibrated.Options(), deployment)
  }

  private func part(_ name: String, _ cost: Calibrated, _ shape: StepShape) throws -> Double {
    try #require(cost.parts(of: shape).parts.first { $0.name == name }).time.value
  }

  @Test func `matrix products by hand on H100`() throws {
    let cost = cost(try deploy("llama-3.1-8b", "h100-80gb-sxm"))
    // 32 products of m × 4096 with 4096 × 28672: memory-bound at one row …
    let elements = 4096.0 * 28672
    let bytes = 2 * (elements + 4096 + 28672)
    let single = 32 * (4.0e-6 + bytes / (0.870 * 3.35e12))
    let one = try part("gemm gate-up", cost, .decode(1, context: 1))
    #expect(abs(one / single - 1) < 1e-12)
    // … and compute-bound at 8192.
    let many = 32 * (4.0e-6 + 2 * elements * 8192 / (0.817 * 989e12))
    #expect(abs(try part("gemm gate-up", cost, .prompt(8192)) / many - 1) < 1e-12)
    // The head sees sampled positions only.
    let head = 4.0e-6 + 2 * (4096.0 * 128_256 + 4096 + 128_256) / (0.870 * 3.35e12)
    #expect(abs(try part("gemm logits", cost, .prompt(8192)) / head - 1) < 1e-12)
  }

  @Test func `decode attention reads its context, at least 128 tokens a sequence`() throws {
    let cost = cost(try deploy("llama-3.1-8b", "h100-80gb-sxm"))
    let long = 32 * 11.6e-6 + 131_072.0 * 64 * 8000 / (0.868 * 3.35e12)
    let measured = try part("decode attention", cost, .decode(64, context: 8000))
    #expect(abs(measured / long - 1) < 1e-12)
    let short = try part("decode attention", cost, .decode(64, context: 5))
    #expect(short == (try part("decode attention", cost, .decode(64, context: 128))))
  }

  @Test(arguments: [
    (256, 0.125), (1024, 0.318), (4096, 0.523), (16384, 0.624),
  ])
  func `prefill attention nears its fraction of the peak as measured`(
    length: Int, fraction: Double
  ) throws {
    // Fractions of 0.13, 0.30, 0.52 and 0.62 at these lengths on H100.
    let cost = cost(try deploy("llama-3.1-8b", "h100-80gb-sxm"))
    let shape = StepShape.prompt(length)
    let time = try part("prefill attention", cost, shape) - 32 * 13.7e-6
    let flops = 4.0 * Double(shape.prefillPairs) * 4096 * 32
    #expect(abs(flops / (989e12 * time) / fraction - 1) < 0.06)
  }

  @Test func `two all-reduces a layer over NVLink by hand`() throws {
    let shape = StepShape.decode(32, context: 10)
    let eight = cost(try deploy("llama-2-70b", "h100-80gb-sxm", tensor: 8))
    let bytes = 32.0 * 8192 * 2
    let expected = 160 * (5.5e-6 + 2 * 7 / 8 * bytes / (0.75 * 450e9))
    #expect(abs(try part("all-reduce", eight, shape) / expected - 1) < 1e-12)
    let two = cost(try deploy("llama-2-70b", "a100-80gb-sxm", tensor: 2))
    let slower = 160 * (5.0e-6 + bytes / (0.58 * 300e9))
    #expect(abs(try part("all-reduce", two, shape) / slower - 1) < 1e-12)
  }

  @Test func `boxes without NVLink reduce over PCIe, at a fraction that can be given`() throws {
    let deployment = try deploy("llama-2-7b", "l40s", tensor: 2)
    let shape = StepShape.decode(32, context: 10)
    let bytes = 32.0 * 4096 * 2
    let expected = 64 * (6.3e-6 + bytes / (0.60 * 31.5e9))
    #expect(abs(try part("all-reduce", cost(deployment), shape) / expected - 1) < 1e-12)
    var options = Calibrated.Options()
    options.allReduceEfficiency = 0.3
    let slow = Calibrated(options, deployment)
    let given = 64 * (6.3e-6 + bytes / (0.3 * 31.5e9))
    #expect(abs(try part("all-reduce", slow, shape) / given - 1) < 1e-12)
  }

  @Test func `stages of a pipeline take turns and hand over activations`() throws {
    let shape = StepShape.decode(16, context: 500)
    let one = cost(try deploy("llama-2-70b", "a100-80gb-sxm", tensor: 2))
    let two = cost(try deploy("llama-2-70b", "a100-80gb-sxm", tensor: 2, pipeline: 2))
    let transfer = 10e-6 + 16.0 * 8192 * 2 / (0.58 * 300e9)
    let difference = two.time(of: shape).value - one.time(of: shape).value
    #expect(abs(difference / transfer - 1) < 1e-9)
  }

  @Test func `unmeasured GPUs say so and steps beyond the timings are marked`() throws {
    #expect(cost(try deploy("llama-3-8b", "h200-sxm")).isMeasured)
    #expect(cost(try deploy("llama-3-8b", "rtx-pro-6000-server")).caveat == nil)
    let other = cost(try deploy("llama-3-8b", "mi300x"))
    #expect(!other.isMeasured)
    #expect(other.caveat?.contains("mi300x") == true)
    #expect(!other.isExtrapolated(.decode(512, context: 1)))
    #expect(other.isExtrapolated(.decode(513, context: 1)))
    #expect(other.isExtrapolated(.prompt(16385)))
  }

  @Test func `small steps are bound by the host, long ones by memory, prompts by compute`() throws {
    let bare = cost(try deploy("llama-3.1-8b", "h100-80gb-sxm"))
    #expect(bare.parts(of: .decode(64, context: 4000)).bound == .hbm)
    #expect(bare.parts(of: .prompt(4096)).bound == .compute)
    let tiny = cost(try deploy("phi-2", "h100-80gb-sxm", profile: .vllm2023))
    #expect(tiny.parts(of: .decode(1, context: 10)).bound == .host)
  }

  @Test func `the knee lies where the layers' compute overtakes their traffic`() throws {
    let cost = cost(try deploy("llama-3.1-8b", "h100-80gb-sxm"))
    // Per 2-byte weight: 2·m / (0.817·989e12) = 2 / (0.870·3.35e12) at m = 277, later for rows.
    #expect((277...340).contains(cost.kneeTokens))
  }
}
