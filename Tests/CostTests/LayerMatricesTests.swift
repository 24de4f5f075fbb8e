import Catalog
import Cost
import Testing
import Units

/// The matrix products of models, their shapes typed from the models' configurations.
@Suite struct LayerMatricesTests {
  private typealias Shape = (name: String, count: Double, inner: Double, outer: Double)

  private func check(
    _ deployment: Deployment, _ shapes: [Shape], head: (inner: Double, outer: Double)
  ) throws {
    let cost = Calibrated(Calibrated.Options(), deployment)
    let kernels = KernelProfile(of: deployment.gpu)
    let precision = deployment.model.weights
    let constants = precision == .fp8 ? kernels.gemm8 : kernels.gemm
    for tokens in [1, 64, 65, 257, 512, 513, 1024, 1025, 4000] {
      let parts = cost.parts(of: .prompt(tokens)).parts
      let products = parts.filter { $0.name.hasPrefix("gemm") }
      #expect(products.map(\.name) == shapes.map(\.name) + ["gemm logits"])
      for (part, shape) in zip(products, shapes) {
        let expected = Reference.product(
          constants, m: Double(tokens), k: shape.inner, n: shape.outer, precision,
          on: deployment.gpu)
        #expect(near(part.time.value, shape.count * expected), "\(part.name) \(tokens)")
      }
      // One position is sampled, in 16 bits.
      let logits = Reference.product(
        kernels.gemm, m: 1, k: head.inner, n: head.outer, .bf16, on: deployment.gpu)
      #expect(near(try #require(products.last).time.value, logits))
    }
  }

  @Test func `Llama 3.1 8B has four products a layer`() throws {
    try check(
      try deploy("llama-3.1-8b", "h100-80gb-sxm"),
      [
        ("gemm qkv", 32, 4096, 6144), ("gemm o", 32, 4096, 4096),
        ("gemm gate-up", 32, 4096, 28672), ("gemm down", 32, 14336, 4096),
      ], head: (4096, 128_256))
  }

  @Test func `eight GPUs share heads, inner widths and vocabulary`() throws {
    try check(
      try deploy("llama-2-70b", "a100-80gb-sxm", tensor: 8),
      [
        ("gemm qkv", 80, 8192, 1280), ("gemm o", 80, 1024, 8192),
        ("gemm gate-up", 80, 8192, 7168), ("gemm down", 80, 3584, 8192),
      ], head: (8192, 4000))
  }

  @Test func `key heads that do not divide are copied and a vocabulary is rounded up`() throws {
    // OPT 13B has no gate; 50,272 rows over 2 GPUs. Qwen 2.5 7B: 4 key heads on 4 of 4 GPUs.
    try check(
      try deploy("opt-13b", "a100-80gb-sxm", tensor: 2),
      [
        ("gemm qkv", 40, 5120, 7680), ("gemm o", 40, 2560, 5120), ("gemm up", 40, 5120, 10240),
        ("gemm down", 40, 10240, 5120),
      ], head: (5120, 25136))
    try check(
      try deploy("qwen3-30b-a3b", "rtx-pro-6000-server", tensor: 8),
      [
        ("gemm qkv", 48, 2048, 768), ("gemm o", 48, 512, 2048), ("gemm router", 48, 2048, 128),
      ], head: (2048, 18992))
  }

  @Test func `latent attention compresses, expands and shares an expert`() throws {
    // DeepSeek V3: ranks 1536 and 512, 64 for positions; 128 heads of 128 + 64 and 128; three
    // dense layers of 18432, 58 with a shared expert of 2048; weights in 8 bits.
    let deployment = try deploy("deepseek-v3", "h100-80gb-sxm", tensor: 8)
    try check(
      deployment,
      [
        ("gemm latent", 61, 7168, 2112), ("gemm q", 61, 1536, 3072), ("gemm kv", 61, 512, 4096),
        ("gemm o", 61, 2048, 7168), ("gemm gate-up", 3, 7168, 4608), ("gemm down", 3, 2304, 7168),
        ("gemm router", 58, 7168, 256), ("gemm shared gate-up", 58, 7168, 512),
        ("gemm shared down", 58, 256, 7168),
      ], head: (7168, 16160))
  }

  @Test func `times of few tokens, worked out beforehand, are those of the formula`() throws {
    let cost = Calibrated(Calibrated.Options(), try deploy("llama-3.1-8b", "h100-80gb-sxm"))
    for tokens in [1, 512, 513, 1023, 1024, 1025] {
      let parts = cost.parts(of: .prompt(tokens))
      let sum = parts.parts.reduce(0) { $0 + $1.time.value }
      #expect(near(sum, parts.total.value))
      #expect(parts.parts.first { $0.name == "host" }?.time.value ?? 1 < 1e-12 * sum)
    }
  }
}
