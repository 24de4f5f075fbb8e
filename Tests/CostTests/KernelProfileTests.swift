import Catalog
import Cost
import Testing
import Units

/// Constants measured, of the same chip, and predicted.
@Suite struct KernelProfileTests {
  private func measured(_ gpu: String) throws -> MeasuredConstants {
    try #require(MeasuredConstants.all.first { $0.gpu == gpu })
  }

  /// Two GPUs with one constant of each kind of transfer.
  private let two = [
    MeasuredConstants(
      gpu: "a100-80gb-sxm",
      values: [
        ("gemm_bf16.floor", 4), ("gemm_bf16.memory", 0.75), ("attention_decode.kernel", 6),
      ]),
    MeasuredConstants(
      gpu: "h100-80gb-sxm",
      values: [
        ("gemm_bf16.floor", 3), ("gemm_bf16.memory", 0.9), ("attention_decode.kernel", 5),
        ("copy_memcpy.per_block", 3.5),
      ]),
  ]

  @Test(arguments: MeasuredConstants.all.map(\.gpu))
  func `a measured GPU has its own constants, each one`(name: String) throws {
    let gpu = try #require(GPU.named(name))
    let constants = try measured(name)
    let profile = KernelProfile(of: gpu)
    #expect(profile.source == "timings of \(name)")
    #expect(profile.measured == constants.classes && profile.isMeasured && profile.isOwn)
    for (name, value) in constants.values {
      let parameter = try #require(KernelProfile.parameters.first { $0.name == name })
      #expect(near(parameter.value(in: profile), value), "\(name)")
    }
  }

  @Test(arguments: [
    ("h200-sxm", "h100-80gb-sxm"), ("a100-40gb-sxm", "a100-80gb-sxm"),
    ("a100-40gb-pcie", "a100-80gb-sxm"), ("a100-80gb-pcie", "a100-80gb-sxm"),
  ])
  func `a GPU of the same silicon has the other's constants, moved to its clock and memory`(
    name: String, twin: String
  ) throws {
    let (gpu, other) = (try #require(GPU.named(name)), try #require(GPU.named(twin)))
    let profile = KernelProfile(of: gpu)
    #expect(profile.source == "timings of \(twin), the same chip" && profile.isMeasured)
    #expect(!profile.isOwn)
    let constants = try measured(twin)
    for parameter in KernelProfile.parameters {
      guard let value = constants.value(of: parameter.name) else { continue }
      // Bytes a cycle: the clocks and multiprocessors are the same.
      let bytes = gpu.bandwidth.value / other.bandwidth.value
      let expected =
        parameter.name.hasSuffix(".memory")
        ? 1 / (1 / 0.95 + max(0, 1 / value - 1 / 0.95) * bytes) : value
      #expect(
        near(parameter.value(in: profile), expected, within: 1e-5), "\(parameter.name)")
    }
  }

  @Test func `another GPU takes the mean, weighted by likeness, moved as each constant moves`()
    throws
  {
    // L40S: Ada, GDDR, 362 TFLOP/s over 142 · 2.49 GHz = 1023.8 a cycle; A100: a generation
    // before, HBM, 2048.9 (1.001 octaves); H100: the same generation, HBM, 4094.2 (1.9995).
    let gpu = try #require(GPU.named("l40s"))
    let profile = KernelProfile(of: gpu, from: two)
    #expect(!profile.isMeasured && profile.measured.isEmpty)
    #expect(profile.source == "predicted from timings of a100-80gb-sxm, h100-80gb-sxm")
    let (a, h) = (1 / (1 + 1 + 1.0012), 1 / (0 + 1 + 3.998))
    func mean(_ ofA: Double, _ ofH: Double) -> Double { (a * ofA + h * ofH) / (a + h) }
    #expect(near(profile.decode.kernel, mean(6, 5) * 1e-6, within: 1e-3))
    // Cycles: 4 µs at 1.41 GHz and 3 µs at 1.83 GHz, at 2.49 GHz.
    #expect(
      near(profile.gemm.floor, mean(4 * 1.41 / 2.49, 3 * 1.83 / 2.49) * 1e-6, within: 1e-3))
    // Bytes in flight: 2.444 B a cycle and multiprocessor against 13.39 and 13.87.
    let fromA = 1 / (1 / 0.95 + (1 / 0.75 - 1 / 0.95) * 2.4435 / 13.3899)
    let fromH = 1 / (1 / 0.95 + (1 / 0.9 - 1 / 0.95) * 2.4435 / 13.8681)
    #expect(near(profile.gemm.memory, mean(fromA, fromH), within: 1e-3))
    // What one GPU alone was measured in, it decides; what none was, is the usual.
    #expect(near(profile.memcpy.perBlock, 3.5e-6) && near(profile.memcpy.efficiency, 0.8))
  }

  @Test func `one generation, kind of memory and octave apart weigh the same`() throws {
    // A10: Ampere, GDDR, 125 TFLOP/s over 72 · 1.7 GHz = 1021.2 a cycle.
    // A100: HBM and 1.0033 octaves; H100: a generation more and 1.9979 octaves.
    let profile = KernelProfile(of: try #require(GPU.named("a10")), from: two)
    let (a, h) = (1 / (1 + 1.0132), 1 / (1 + 1 + 4.018))
    #expect(near(profile.decode.kernel, (a * 6 + h * 5) / (a + h) * 1e-6, within: 3e-3))
  }

  @Test func `a changed data sheet is another GPU`() throws {
    var gpu = try #require(GPU.named("h100-80gb-sxm"))
    gpu.bandwidth = BytesPerSecond(gpu.bandwidth.value / 2)
    let profile = KernelProfile(of: gpu)
    #expect(profile.source == "timings of h100-80gb-sxm of another data sheet, the same chip")
    #expect(!profile.isOwn)
    #expect(profile.gemm.memory > KernelProfile(of: .h100SXM).gemm.memory)
  }

  @Test func `a GPU of which the catalogue knows no silicon is still predicted`() {
    let gpu = GPU(
      name: "mine", memory: Bytes(1e9), bandwidth: BytesPerSecond(1e12),
      bf16: FLOPsPerSecond(100e12))
    let profile = KernelProfile(of: gpu)
    for parameter in KernelProfile.parameters where parameter.applies(to: gpu) {
      #expect(parameter.range.contains(parameter.value(in: profile)), "\(parameter.name)")
    }
  }

  @Test func `a file of constants replaces whole classes and marks them as measured`() throws {
    var profile = KernelProfile(of: try #require(GPU.named("l40s")))
    let before = profile
    let kernel = KernelProfile.parameters.filter { $0.name.hasPrefix("gemm_bf16.") }
    profile.replace(
      with: MeasuredConstants(gpu: "l40s", values: kernel.map { ($0.name, $0.typical) }))
    for parameter in kernel {
      #expect(near(parameter.value(in: profile), parameter.typical))
    }
    #expect(profile.measured == ["gemm_bf16"] && !profile.isMeasured && !profile.isOwn)
    #expect(profile.decode == before.decode && profile.nvlink == before.nvlink)
    profile.replace(
      with: MeasuredConstants(gpu: "l40s", values: kernel.map { ($0.name, $0.typical) }))
    #expect(profile.measured == ["gemm_bf16"])
  }

  @Test func `timings of the user's own make another board of the chip its own`() throws {
    var profile = KernelProfile(of: try #require(GPU.named("h200-sxm")))
    for name in ["gemm_bf16", "attention_decode", "attention_prefill"] {
      #expect(!profile.isOwn, "\(name)")
      let parameters = KernelProfile.parameters.filter { $0.className == name }
      profile.replace(
        with: MeasuredConstants(
          gpu: "h200-sxm", values: parameters.map { ($0.name, $0.typical) }))
    }
    #expect(profile.isOwn)
  }

  @Test func `engines of earlier years run slower kernels`() throws {
    func kernels(_ gpu: String, _ years: EngineProfile.Kernels) throws -> KernelProfile {
      var profile = EngineProfile.none
      profile.kernels = years
      let deployment = try deploy("llama-2-70b", gpu, tensor: 4, profile: profile)
      return Calibrated(Calibrated.Options(), deployment).kernels
    }
    let now = try kernels("h100-80gb-sxm", .current)
    let (old, older) = (
      try kernels("h100-80gb-sxm", .of2024), try kernels("h100-80gb-sxm", .of2023)
    )
    #expect(now == KernelProfile(of: .h100SXM))
    #expect(near(old.prefill.compute, 0.57 * now.prefill.compute) && old.gemm == now.gemm)
    #expect(near(older.gemm.floor, 1.15 * now.gemm.floor))
    #expect(near(older.gemm.compute, now.gemm.compute / 1.3))
    #expect(older.gemm.memory == now.gemm.memory)
    #expect(older.prefill == old.prefill)
    let ampere = try kernels("a100-80gb-sxm", .of2024)
    #expect(ampere == KernelProfile(of: .a100SXM80))
  }
}
