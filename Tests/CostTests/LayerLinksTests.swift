import Catalog
import Cost
import Testing
import Units

/// Collectives and pipeline transfers of a step.
@Suite struct LayerLinksTests {
  private func part(
    _ name: String, _ deployment: Deployment, _ shape: StepShape, efficiency: Double = 0
  ) -> Double? {
    var options = Calibrated.Options()
    options.allReduceEfficiency = efficiency
    let parts = Calibrated(options, deployment).parts(of: shape).parts
    return parts.first { $0.name == name }?.time.value
  }

  @Test(arguments: [1, 63, 512, 513, 4096])
  func `a layer reduces twice, over NVLink by the engine's kernel up to 8 MiB`(tokens: Int) throws {
    for tensor in [2, 4, 8] {
      let deployment = try deploy("llama-2-70b", "h100-80gb-sxm", tensor: tensor)
      let kernels = KernelProfile(of: deployment.gpu).nvlink
      let bytes = Double(tokens) * 8192 * 2
      let own = Reference.engine(
        kernels.engine, n: Double(tensor), x: min(bytes, 8_388_608) / 450e9, inSwitch: true)
      let ring = Reference.ring(
        kernels.allReduce, .allReduce, n: Double(tensor), x: bytes / 450e9, nvlink: true)
      let expected = 160 * (bytes < 8_388_608 ? own : max(own, ring))
      let time = try #require(part("all-reduce", deployment, .prompt(tokens)))
      #expect(near(time, expected), "\(tensor)")
    }
  }

  @Test func `without NVLink four GPUs take the ring over the host's bus`() throws {
    let deployment = try deploy("llama-3.1-8b", "rtx-pro-6000-server", tensor: 4)
    let kernels = KernelProfile(of: deployment.gpu).hostBus
    let bytes = 64.0 * 4096 * 2
    let ring = Reference.ring(kernels.allReduce, .allReduce, n: 4, x: bytes / 63e9, nvlink: false)
    let pair = Reference.engine(kernels.engine, n: 2, x: bytes / 63e9, inSwitch: false)
    let time = try #require(part("all-reduce", deployment, .prompt(64)))
    #expect(near(time, 64 * max(ring, pair)))
    // A bridge joins two, so four of these go over the bus as well.
    let bridged = try deploy("llama-3.1-8b", "a40", tensor: 4)
    let slow = try #require(part("all-reduce", bridged, .prompt(64)))
    #expect(slow > 64 * 1.5 * bytes / 31.5e9)
  }

  @Test func `engines of 2023 take NCCL's ring for small buffers too`() throws {
    let old = try deploy("llama-2-70b", "a100-80gb-sxm", tensor: 8, profile: .vllm2023)
    let kernels = KernelProfile(of: old.gpu).nvlink
    let bytes = 16.0 * 8192 * 2
    let ring = Reference.ring(kernels.allReduce, .allReduce, n: 8, x: bytes / 300e9, nvlink: true)
    #expect(near(try #require(part("all-reduce", old, .prompt(16))), 160 * ring))
  }

  @Test func `logits of sampled positions are gathered once`() throws {
    let deployment = try deploy("llama-2-70b", "h100-80gb-sxm", tensor: 4)
    let kernels = KernelProfile(of: deployment.gpu).nvlink
    let x = 100.0 * 32000 * 2 / 450e9
    let expected = Reference.ring(kernels.gather, .allGather, n: 4, x: x, nvlink: true)
    let shape = StepShape.decode(100, context: 50)
    #expect(near(try #require(part("gather logits", deployment, shape)), expected))
    var none = shape
    none.samples = 0
    #expect(part("gather logits", deployment, none) == 0)
  }

  @Test func `one GPU has no links and stages hand on activations`() throws {
    let one = try deploy("llama-3.1-8b", "h100-80gb-sxm")
    for name in ["all-reduce", "gather logits", "pipeline transfer"] {
      #expect(part(name, one, .prompt(100)) == nil)
    }
    let staged = try deploy("llama-3.1-8b", "h100-80gb-sxm", pipeline: 4)
    let ring = KernelProfile(of: staged.gpu).nvlink.gather
    let x = 100.0 * 4096 * 2 / 450e9 * max(1, 2 * ring.offset + ring.slope)
    let time = try #require(part("pipeline transfer", staged, .prompt(100)))
    #expect(near(time, 3 * (ring.latency + x)))
    #expect(part("all-reduce", staged, .prompt(100)) == nil)
  }

  @Test func `a given efficiency bounds large all-reduces from both sides`() throws {
    for (gpu, tensor, link) in [
      ("h100-80gb-sxm", 8, 450e9), ("a100-80gb-sxm", 4, 300e9), ("l40s", 2, 31.5e9),
      ("l40s", 4, 31.5e9),
    ] {
      let deployment = try deploy("llama-2-7b", gpu, tensor: tensor)
      let n = Double(tensor)
      let bytes = 8192.0 * 4096 * 2
      let ideal = 64 * 2 * (n - 1) / n * bytes / link
      let slow = try #require(part("all-reduce", deployment, .prompt(8192), efficiency: 0.25))
      #expect(slow > ideal / 0.25 && slow < 1.2 * ideal / 0.25, "\(gpu) \(slow / ideal)")
    }
  }
}
