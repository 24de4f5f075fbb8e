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

  @Test func `a layer's kernels are its operations, as often as there are layers`() throws {
    let deployment = try deploy("llama-3.1-8b", "h100-80gb-sxm")
    let cost = cost(deployment)
    let gpu = deployment.gpu
    let kernels = KernelProfile(of: gpu)
    let heads = AttentionHeads(queries: 32, keyValues: 8, width: 128)
    for tokens in [1, 64, 513, 1024, 1025, 8192] {
      let gemm = Operation.gemm(rows: tokens, inner: 4096, outer: 28672, .bf16)
      let expected = 32 * gemm.time(on: gpu, kernels).value
      #expect(abs(try part("gemm gate-up", cost, .prompt(tokens)) / expected - 1) < 1e-12)
    }
    let decode = Operation.decodeAttention(heads, sequences: 64, context: 4000)
    let long = 32 * decode.time(on: gpu, kernels).value
    #expect(abs(try part("decode attention", cost, .decode(64, context: 4000)) / long - 1) < 1e-12)
    let prompt = Operation.prefillAttention(heads, sequences: 1, tokens: 3000, cached: 0)
    let whole = 32 * prompt.time(on: gpu, kernels).value
    #expect(abs(try part("prefill attention", cost, .prompt(3000)) / whole - 1) < 1e-12)
  }

  @Test func `norms of queries and keys are two kernels a layer`() throws {
    var model = try #require(Model.named("qwen3-32b"))
    func time(_ model: Model, _ tokens: Int) throws -> Double {
      let deployment = try Deployment(
        model: model, gpu: .rtxPro6000Server, tensorParallel: 2, profile: .none)
      return try part("element-wise", cost(deployment), .prompt(tokens))
    }
    let with = (try time(model, 1), try time(model, 1000))
    model.normalizesHeads = false
    let without = (try time(model, 1), try time(model, 1000))
    let times = KernelProfile(of: .rtxPro6000Server).elementwise
    // 64 layers; 32 + 4 heads a GPU are read and written, within L2.
    let heads = 36 * 128 * 4 / (times.cacheSpeed * 1597e9)
    #expect(abs((with.0 - without.0) / (64 * (2 * times.floor + heads)) - 1) < 1e-9)
    #expect(abs((with.1 - without.1) / (64 * (2 * times.floor + 1000 * heads)) - 1) < 1e-9)
  }

  @Test func `stages of a pipeline take turns and hand over activations`() throws {
    let shape = StepShape.decode(16, context: 500)
    let one = cost(try deploy("llama-2-70b", "a100-80gb-sxm", tensor: 2))
    let two = cost(try deploy("llama-2-70b", "a100-80gb-sxm", tensor: 2, pipeline: 2))
    let transfer = try part("pipeline transfer", two, shape)
    let difference = two.time(of: shape).value - one.time(of: shape).value
    #expect(transfer > 16.0 * 8192 * 2 / 300e9)
    #expect(abs(difference / transfer - 1) < 1e-9)
  }

  @Test func `a given share of the link is what large all-reduces reach`() throws {
    let deployment = try deploy("llama-2-7b", "l40s", tensor: 2)
    var options = Calibrated.Options()
    options.allReduceEfficiency = 0.25
    let slow = Calibrated(options, deployment)
    let bytes = 8192.0 * 4096 * 2
    let link = 64 * bytes / 31.5e9
    let time = try part("all-reduce", slow, .prompt(8192))
    #expect(time > 4 * link && time < 4.4 * link)
  }

  @Test func `unmeasured GPUs say so and steps beyond the timings are marked`() throws {
    let twin = cost(try deploy("llama-3-8b", "h200-sxm"))
    #expect(twin.isMeasured)
    #expect(
      twin.caveat == "no kernel timings of h200-sxm: its constants are timings of h100-80gb-sxm, "
        + "the same chip")
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

  @Test func `an overlapped host hides behind the GPU, another one is added`() throws {
    let shape = StepShape.decode(32, context: 1000)
    let bare = cost(try deploy("llama-3.1-8b", "h100-80gb-sxm")).time(of: shape).value
    var profile = EngineProfile(name: "mine", hostTime: Seconds(1e-3))
    profile.hostTimePerSequence = Seconds(10e-6)
    func time() throws -> Double {
      cost(try deploy("llama-3.1-8b", "h100-80gb-sxm", profile: profile)).time(of: shape).value
    }
    #expect(abs(try time() - (bare + 1.32e-3)) < 1e-12)
    profile.isOverlapped = true
    profile.gap = Seconds(0.2e-3)
    #expect(abs(try time() - (bare + 0.2e-3)) < 1e-12)
    profile.launchTimePerLayer = Seconds(1e-3)
    profile.launches = .everyStep
    #expect(abs(try time() - (1.32e-3 + 32e-3 + 0.2e-3)) < 1e-12)
    profile.isOverlapped = false
    profile.gap = Seconds(0)
    #expect(abs(try time() - (1.32e-3 + 32e-3)) < 1e-12)
  }

  @Test func `a GPU of unknown cache counts as one of 40 MB in every class`() throws {
    let model = try #require(Model.named("llama-3.1-8b"))
    func cost(l2: Double) throws -> Calibrated {
      var gpu = GPU.round(.ampere)
      gpu.l2 = Bytes(l2)
      return self.cost(try Deployment(model: model, gpu: gpu, profile: .none))
    }
    let (unknown, common, small) = (try cost(l2: 0), try cost(l2: 40e6), try cost(l2: 6e6))
    var mixed = StepShape.decode(64, context: 1000)
    mixed.addChunk(tokens: 4096, after: 0)
    for part in ["prefill attention", "decode attention", "element-wise"] {
      let times = try [unknown, common, small].map { try self.part(part, $0, mixed) }
      #expect(times[0] == times[1], "\(part)")
    }
    #expect(unknown.time(of: mixed) < small.time(of: mixed))
  }

  @Test func `the knee lies where the layers' compute overtakes their traffic`() throws {
    let cost = cost(try deploy("llama-3.1-8b", "h100-80gb-sxm"))
    // Per 2-byte weight 2·m / 989e12 = 2 / 3.35e12 at m = 295; kernels reach 0.88 and 0.87.
    #expect((250...340).contains(cost.kneeTokens))
  }

  @Test(arguments: ["a100-80gb-sxm", "h100-80gb-sxm"])
  func `prefixes that decodes read together cost less, with prompts and without`(
    gpu: String
  ) throws {
    let deployment = try deploy("qwen2.5-7b", gpu)
    let cost = cost(deployment)
    for chunk in [0, 300] {
      var apart = StepShape.decode(256, context: 2200)
      if chunk > 0 { apart.addChunk(tokens: Int32(chunk), after: 2000) }
      var fused = apart
      (fused.sharedContext, fused.sharedKeys) = (256 * 2000, 16 * 2000)
      var cascade = fused
      cascade.prefixKernels = 2
      let times = [apart, fused, cascade].map { cost.time(of: $0).value }
      #expect(times[1] < times[2] && times[2] < times[0], "\(times)")
      // Two kernels more in each of 28 layers.
      let kernel = KernelProfile(of: deployment.gpu).decode.kernel
      #expect(abs((times[2] - times[1]) / (28 * 2 * kernel) - 1) < 0.35, "\(times)")
      // No less than the bytes that are left and the arithmetic of all, at the data sheet's peaks.
      let work = StepWork(of: fused, on: deployment)
      let floor = max(
        work.bytes.value / deployment.gpu.bandwidth.value,
        work.flops.value / deployment.gpu.bf16.value)
      #expect(times[1] > floor)
      // One reader of everything is nobody's saving.
      var alone = apart
      (alone.sharedContext, alone.sharedKeys) = (256 * 2000, 256 * 2000)
      #expect(cost.time(of: alone).value <= times[0] * (1 + 1e-12))
      #expect(cost.time(of: alone).value > times[1])
    }
  }
}
