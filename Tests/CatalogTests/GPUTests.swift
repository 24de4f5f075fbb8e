import Catalog
import Testing
import Units

@Suite struct GPUTests {
  @Test func `every GPU agrees with the row of its name in the shared table`() throws {
    guard let rows = Shared.rows("catalogue/hardware.csv") else { return }
    let gpus = rows.filter { $0["kind"] == "gpu" }
    #expect(gpus.compactMap { $0["contract_name"] } == GPU.all.map(\.name))
    for row in gpus {
      let gpu = try #require(GPU.named(row["contract_name"] ?? ""))
      func close(_ value: Double, _ column: String, _ scale: Double) {
        let expected = Shared.number(row[column]) * scale
        #expect(abs(value - expected) <= 1e-9 * expected, "\(gpu.name) \(column)")
      }
      close(gpu.memory.value, "mem_GB", 0x1p30)
      close(gpu.bandwidth.value, "mem_BW_GBs", 1e9)
      close(gpu.bf16.value, "fp16_bf16_dense_TFLOPS", 1e12)
      close(gpu.fp32.value, "fp32_TFLOPS", 1e12)
      close(gpu.tf32.value, "tf32_TFLOPS", 1e12)
      close(gpu.fp8.value, "fp8_dense_TFLOPS", 1e12)
      close(gpu.int8.value, "int8_dense_TOPS", 1e12)
      close(gpu.fp4.value, "fp4_dense_TFLOPS", 1e12)
      // The table leaves open what the catalogue has from other sources.
      if row["L2_MB"]?.isEmpty == false { close(gpu.l2.value, "L2_MB", 1e6) }
      if row["SMs"]?.isEmpty == false { close(Double(gpu.multiprocessors), "SMs", 1) }
      close(gpu.nvlink.value, "nvlink_bidir_GBs", 0.5e9)
      close(gpu.hostLink.value, "link_GBs_unidir", 1e9)
      close(gpu.tdp.value, "tdp_W", 1)
      close(gpu.idle.value, "idle_W", 1)
    }
  }

  @Test func `every GPU knows its multiprocessors and its cache`() {
    for gpu in GPU.all { #expect(gpu.multiprocessors > 0 && gpu.l2.value > 0, "\(gpu.name)") }
    // Ada and consumer Ampere have 128 CUDA cores a multiprocessor.
    #expect(GPU.l40.multiprocessors == 18176 / 128 && GPU.l40.l2.value == 96e6)
    #expect(GPU.a10g.multiprocessors == 10240 / 128 && GPU.a10g.l2.value == 6e6)
  }

  @Test func `names are unique`() {
    #expect(Set(GPU.all.map(\.name)).count == GPU.all.count)
    #expect(Set(Link.all.map(\.name)).count == Link.all.count)
    #expect(Set(Tier.all.map(\.name)).count == Tier.all.count)
    #expect(GPU.named("a100") == nil)
  }

  @Test func `eight-bit weights run at the 16-bit peak where the hardware lacks eight bits`() {
    #expect(GPU.a100SXM80.peak(.fp8).value == 312e12)
    #expect(GPU.h100SXM.peak(.fp8).value == 1979e12)
  }

  @Test func `an inline block needs three keys and defaults the rest`() throws {
    let gpu = try GPU(inline: [
      ("memory", "80 GiB"), ("bandwidth", "2 TB/s"), ("bf16", "312 TFLOP/s"),
      ("nvlink", "300 GB/s"),
    ])
    #expect(gpu.memory.value == 85_899_345_920)
    #expect(gpu.bandwidth.value == 2e12)
    #expect(gpu.bf16.value == 312e12)
    #expect(gpu.hostLink.value == 31.5e9)
    #expect(gpu.nvlinkGroup == 8)
    #expect(gpu.fp8.value == 0)
    #expect(gpu.name == "inline")
  }

  @Test(arguments: GPU.all) func `the inline form reads back as the same GPU`(_ gpu: GPU) throws {
    #expect(try GPU(inline: gpu.inlineFields) == gpu)
    #expect(gpu.inlineFields.map(\.key) == GPU.inlineKeys)
  }

  @Test(arguments: [
    ([("memory", "80")], "gpu: memory: \"80\" has no unit"),
    ([("memroy", "80 GiB")], "gpu: unknown key \"memroy\"; known: name, memory, bandwidth"),
    ([("memory", "80 GiB")], "gpu: key \"bandwidth\" is missing"),
    ([("memory", "1 GiB"), ("memory", "2 GiB")], "gpu: key \"memory\" is given twice"),
    ([("multiprocessors", "-1")], "gpu: multiprocessors: \"-1\" is not a whole number"),
    (
      [("memory", "-1 GiB"), ("bandwidth", "1 TB/s"), ("bf16", "1 TFLOP/s")],
      "gpu: memory must be positive"
    ),
  ])
  func `a wrong inline block names its fault`(
    fields: [(key: String, value: String)], message: String
  ) {
    let error = #expect(throws: CatalogError.self) { _ = try GPU(inline: fields) }
    #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
  }
}
