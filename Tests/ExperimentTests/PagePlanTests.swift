import Cost
import Experiment
import Files
import Metrics
import TestSupport
import Testing
import Units

@Suite struct PagePlanTests {
  private static let paged = least + "engine: {allocator: vattention}\n"

  private func assembly(_ yaml: String, _ overrides: String...) throws -> Assembly {
    try Assembly(
      .read(yaml, file: "my.yaml", overrides: overrides.map { try Override($0) }))
  }

  /// Of 8 KV heads × 128 × bf16 a token's keys or values of a layer are 2 KiB (papers/05).
  @Test func `2 MiB pages hold 1,024 tokens, 64 KiB pages 32`() throws {
    let large = try #require(assembly(Self.paged).pages)
    #expect(large.tokens == 1024 && large.pages == 64)
    #expect(large.groupBytes == Bytes(128 * 0x1p20))
    #expect(abs(large.groupTime.value - 64 * 40e-6) < 1e-15)
    let size = "engine.allocator.page_size=64 KiB"
    let small = try #require(assembly(Self.paged, size).pages)
    #expect(small.tokens == 32 && small.groupBytes == Bytes(4 * 0x1p20))
    // Two GPUs: half the heads each, twice the tokens; pages of both are mapped side by side.
    let halves = try #require(assembly(Self.paged, "cluster.tensor_parallel=2").pages)
    #expect(halves.tokens == 2048 && halves.pages == 64)
    #expect(try assembly(least).pages == nil)
  }

  @Test func `the pool is as many whole page groups as fit`() throws {
    let blocks = try assembly(least, "engine.block_size=1024").blocks
    #expect(try assembly(Self.paged).blocks == blocks)
    #expect(try assembly(Self.paged, "engine.kv_pool_tokens=5000").blocks == 4)
  }

  @Test func `the batch of many short chats is as large as pages allow`() throws {
    func most(_ overrides: String...) throws -> Int32 {
      let assembly = try Assembly(
        ExperimentConfig.load(
          "\(GoldenTests.folder)/../papers/vattention/short-chats.yaml",
          overrides: overrides.map { try Override($0) })
      )
      var warnings = Warnings(to: { _ in })
      let record = try assembly.execute(
        exactSteps: false, clock: { 0 }, warnings: &warnings, progress: { _ in }
      ).record
      let running = try #require(record.series?.running.max())
      #expect(running <= assembly.blocks)
      return running
    }
    // 40 GiB × 0.9 − 16.06 GB of weights = 21.04 GiB: 168 groups of 128 MiB, one for each chat.
    #expect(try most() == 168)
    #expect(try most("engine.allocator.page_size=64 KiB") > 3 * 168)
    #expect(try most("engine.allocator=paged") > 3 * 168)
  }

  @Test(arguments: [
    (
      "engine.allocator.page_size=3 MiB",
      "--set engine.allocator.page_size: 3 MiB holds 1536.0 tokens of a layer's keys or values, "
        + "2 KiB each on a GPU; a page must hold a power of two: write 2 MiB (1024) or 4 MiB (2048)"
    ),
    (
      "engine.allocator.page_size=1 KiB",
      "--set engine.allocator.page_size: 1 KiB holds 0.5 tokens of a layer's keys or values, "
        + "2 KiB each on a GPU; a page must hold a power of two: write 2 KiB (1)"
    ),
    (
      "engine.prefix_cache.enabled=true",
      "--set engine.prefix_cache.enabled: is true, but allocator vattention shares no blocks"
    ),
    (
      "engine.scheduler=orca-max",
      "my.yaml:4: engine.allocator vattention grows with its requests"
    ),
    (
      "engine.allocator.paged_prefill_factor=0",
      "--set engine.allocator.paged_prefill_factor: 0 is out of range; write a number above 0"
    ),
    (
      "engine.allocator.map_tim=1 us",
      "--set engine.allocator.map_tim: unknown key \"map_tim\""
    ),
  ])
  func `what contiguous tensors cannot do is refused`(setting: String, start: String) {
    let message = message { _ = try assembly(Self.paged, setting) }
    #expect(message.hasPrefix(start), "\(message)")
  }

  @Test func `options of vattention are not those of paged`() {
    let message = message {
      _ = try assembly(least + "engine: {allocator: {name: paged, page_size: 2 MiB}}\n")
    }
    #expect(message.contains("is of vattention, not of paged"))
  }

  @Test func `the effective configuration has every option, and none of paged`() throws {
    let first = try assembly(Self.paged, "engine.allocator.mapping=sync")
    let text = first.config.effectiveYAML(first.resolved, in: ".")
    #expect(
      text.contains(
        """
          allocator:
            name: vattention
            page_size: 2 MiB
            mapping: sync
            map_time: 40 us
            deferred_reclaim: true
            paged_prefill_factor: 1.0
            paged_decode_factor: 1.0

        """))
    let again = try assembly(text)
    #expect(again.config.effectiveYAML(again.resolved, in: ".") == text)
    let paged = try assembly(least, "engine.allocator=paged")
    #expect(!paged.config.effectiveYAML(paged.resolved, in: ".").contains("allocator"))
  }

  @Test func `factors divide the time of attention alone`() throws {
    func parts(_ overrides: String...) throws -> [(String, Double)] {
      let settings = try overrides.map { try Override($0) }
      let assembly = try Assembly(.read(Self.paged, file: "my.yaml", overrides: settings))
      let explanation = try Explanation(assembly, .init())
      return (explanation.decode.parts.parts + explanation.prefill.parts.parts).map {
        ($0.name, $0.time.value)
      }
    }
    let paged = try parts()
    let faster = try parts(
      "engine.allocator.paged_prefill_factor=1.25", "engine.allocator.paged_decode_factor=2")
    for ((name, before), (_, after)) in zip(paged, faster) where name != "host" {
      let factor = name == "decode attention" ? 2 : name == "prefill attention" ? 1.25 : 1
      #expect(abs(after * factor - before) <= 1e-12 * before, "\(name)")
    }
    #expect(
      message { _ = try parts("engine.cost=roofline", "engine.allocator.paged_decode_factor=2") }
        .contains("needs cost calibrated"))
  }

  @Test func `an explanation says what a page group holds`() throws {
    let text = try Explanation(assembly(Self.paged), .init()).text
    #expect(text.contains("page group    1,024 tokens = 64 pages of 2 MiB per GPU, mapped in"))
    #expect(text.contains("chats of 256 tokens fit"))
    #expect(try !Explanation(assembly(least), .init()).text.contains("page group"))
  }
}
