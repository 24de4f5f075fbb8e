import Cluster
import Cost
import Experiment
import Files
import Memory
import TestSupport
import Testing
import Units

@Suite struct BreakEvenTests {
  private func assembly(_ model: String, _ gpu: String, _ settings: String...) throws -> Assembly {
    var list = [
      Override("model", model, from: "--model"), Override("cluster.gpu", gpu, from: "--gpu"),
      try Override("cluster.memory.dram={capacity: 256 GiB}"),
    ]
    for text in settings { list.append(try Override(text)) }
    return try Assembly(.unwritten(list))
  }

  /// A prompt of `tokens` tokens in one step, counted here.
  private func prefill(_ tokens: Int, _ cost: any CostModel) -> Double {
    var shape = StepShape()
    shape.prefillTokens = Int32(tokens)
    shape.prefillPairs = Int64(tokens) * Int64(tokens + 1) / 2
    shape.prefillKeys = Int64(tokens)
    shape.chunks = 1
    shape.prefillBlocks = Int32((tokens + 127) / 128)
    shape.largestChunk = Int32(tokens)
    shape.longestChunk = Int32(tokens)
    shape.samples = 1
    return cost.time(of: shape).value
  }

  /// 60 layers, 8 heads of 128: 245,760 B a token; `21-longcontext-roofline.md` has 1.1 s and
  /// 0.1 s.
  @Test func `a switch of 50,000 tokens of Yi-34B takes 1.23 s over 20 GB/s`() throws {
    let assembly = try assembly(
      "yi-34b", "a100-80gb-sxm", "cluster.memory.dram.bandwidth=20 GB/s")
    let even = try #require(BreakEven(assembly, granularity: .sequence))
    let dram = even.sources[0]
    func both(_ tokens: Int) -> Double {
      even.transfer(tokens, dram, isOut: true).value + even.transfer(tokens, dram).value
    }
    #expect((1.1...1.25).contains(both(50_000)))
    #expect(abs(both(50_000) - (2 * 50_000 * 245_760 / 20e9 + 2 * 3.43e-6)) < 1e-9)
    #expect((0.09...0.11).contains(both(4000)))
    // The links of a run take as long.
    var topology = assembly.topology
    let address = topology.routes[0][0]
    let copies = assembly.kvCopies(by: .sequence)
    let out = Transfer(
      .swapOut, tag: 0, isOut: true, blocks: 3125, bytes: copies.bytes(of: 3125),
      copies: copies.copies(of: 3125))
    topology.fabrics[address.fabric].submit(out, route: address.route, at: .zero)
    var landed: [Transfer] = []
    var end = Instant.zero
    while landed.isEmpty, topology.fabrics[address.fabric].next != .never {
      end = topology.fabrics[address.fabric].next
      topology.fabrics[address.fabric].advance(to: end, landed: &landed)
    }
    #expect(abs(end.seconds.value - both(50_000) / 2) < 1e-9)
  }

  /// Piece by piece: 2 × 32 copies for each block of llama-3-8b.
  @Test func `copies cost by their granularity`() throws {
    let assembly = try assembly("llama-3-8b", "a100-80gb-sxm")
    let bytes = 4096 * 131_072 / 25e9
    for (granularity, copies) in [
      (PreemptionConfig.Granularity.block, 2 * 32 * 256), (.layer, 2 * 32), (.sequence, 1),
    ] {
      let even = try #require(BreakEven(assembly, granularity: granularity))
      let time = even.transfer(4096, even.sources[0]).value
      #expect(abs(time - (bytes + Double(copies) * 3.43e-6)) < 1e-9)
      // Tokens begin a block of their own.
      #expect(
        even.transfer(4081, even.sources[0]).value == time, "a block that is begun moves whole")
    }
  }

  @Test func `what is pipelined takes as long as its slowest link, else as all`() throws {
    let ssd = "cluster.memory.ssd={capacity: 1 TB, read: 5 GB/s, write: 4 GB/s, latency: 64 us}"
    func times(_ path: String) throws -> (out: Double, in: Double) {
      let assembly = try assembly(
        "llama-3-8b", "a100-80gb-sxm", ssd, "cluster.memory.ssd.path=\(path)")
      let even = try #require(BreakEven(assembly, granularity: .layer))
      let source = even.sources[1]
      #expect(source.name == "ssd")
      return (
        even.transfer(4096, source, isOut: true).value, even.transfer(4096, source).value
      )
    }
    let bytes = 4096.0 * 131_072
    let (bus, flash) = (bytes / 25e9 + 64 * 3.43e-6, 64 * 2e-6 + 64e-6)
    let bounce = try times("bounce")
    #expect(abs(bounce.in - (bus + bytes / 5e9 + flash)) < 1e-9)
    #expect(abs(bounce.out - (bus + bytes / 4e9 + flash)) < 1e-9)
    let direct = try times("gpudirect")
    #expect(abs(direct.in - (bytes / 5e9 + flash)) < 1e-9)
    #expect(abs(direct.out - (bytes / 4e9 + flash)) < 1e-9)
  }

  /// LMCache, Figure 15: on a B200, 32 Gb/s win above 256K tokens only, 128 Gb/s always.
  @Test func `the context from which on loading wins falls as bandwidth grows`() throws {
    let assembly = try assembly("llama-3-8b", "b200-sxm")
    let even = try #require(BreakEven(assembly))
    let links = even.sources.filter { !$0.isTier }
    #expect(links.map(\.name) == ["32 Gb/s", "64 Gb/s", "128 Gb/s"])
    var last: [Int] = []
    for (link, bandwidth) in zip(links, [4e9, 8e9, 16e9]) {
      func load(_ tokens: Int) -> Double { Double((tokens + 15) / 16 * 16) * 131_072 / bandwidth }
      #expect(abs(even.transfer(65_536, link).value - load(65_536)) < 1e-9)
      let verdict = even.verdict(link)
      guard bandwidth < 16e9 else {
        #expect(verdict.loadsFirst && verdict.flips.isEmpty)
        continue
      }
      // In blocks: computing wins at 16,384 tokens, loading at 4 Mi.
      var (computed, loaded) = (1024, 262_144)
      #expect(load(16 * computed) > prefill(16 * computed, assembly.cost))
      while loaded - computed > 1 {
        let middle = (loaded + computed) / 2
        if load(16 * middle) < prefill(16 * middle, assembly.cost) {
          loaded = middle
        } else {
          computed = middle
        }
      }
      let flip = try #require(verdict.flips.last)
      #expect(flip == 16 * loaded)
      last.append(flip)
      #expect(verdict.loadsFirst, "a prefill costs time even of one block")
    }
    try #require(last.count == 2)
    #expect((65_536...524_288).contains(last[0]))
    #expect(last[1] < last[0] / 2)
  }

  @Test func `loading grows with the context, computing with its square in the end`() throws {
    let assembly = try assembly("llama-3-8b", "b200-sxm")
    let even = try #require(BreakEven(assembly))
    let million = 1 << 20
    for source in even.sources {
      let ratio = even.transfer(2 * million, source) / even.transfer(million, source)
      #expect(abs(ratio - 2) < 1e-6)
    }
    #expect((3.6...4.01).contains(even.recompute(2 * million) / even.recompute(million)))
    #expect(abs(even.recompute(4096).value - prefill(4096, assembly.cost)) < 1e-12)
  }

  @Test func `at the even bandwidth a link takes as long as computing`() throws {
    for shards in [1, 4] {
      let assembly = try assembly(
        "llama-3-8b", "h100-80gb-sxm", "cluster.tensor_parallel=\(shards)")
      let even = try #require(BreakEven(assembly))
      for tokens in even.contexts {
        let time = Double(tokens) * 131_072 / even.bandwidth(tokens).value
        #expect(abs(time / prefill(tokens, assembly.cost) - 1) < 1e-9)
      }
    }
  }

  @Test func `without a price of computing nothing is loaded`() throws {
    let assembly = try assembly(
      "llama-3-8b", "a100-80gb-sxm", "engine.cost={name: linear, decode_step: 1 us}")
    let even = try #require(BreakEven(assembly))
    let verdict = even.verdict(even.sources[0])
    #expect(!verdict.loadsFirst && verdict.flips.isEmpty)
    let text = try Explanation(assembly, .init()).text
    #expect(text.contains("  dram      never load, up to 4,194,304 tokens\n"))
    #expect(text.contains("0 µs        -  "))
  }

  @Test func `explain has the lines when there are tiers, and only then`() throws {
    let explanation = try Explanation(assembly("llama-3-8b", "a100-80gb-sxm"), .init())
    let text = explanation.text
    #expect(text.contains("\nload KV (131,072 B per token, one copy for each block of a layer's"))
    #expect(text.contains("\n  128 Gb/s  always load\n"))
    #expect(text.contains("\nswap to dram and back, or compute again\n"))
    #expect(text.hasSuffix("  swap\n"))
    struct Answer: Decodable {
      struct Row: Decodable {
        let tokens: Int
        let kvBytes: Double
        let recomputeS: Double
        let loadS: [String: Double]
      }
      struct Source: Decodable {
        let name: String
        let tier: Bool
        let shortest: String
        let flipsTokens: [Int]
      }
      struct Even: Decodable {
        let granularity: String
        let contexts: [Row]
        let sources: [Source]
      }
      let breakEven: Even
    }
    let even = try decoded(Answer.self, from: explanation.json.text).breakEven
    #expect(even.granularity == "block")
    #expect(even.contexts.map(\.tokens) == [1024, 4096, 8192])
    #expect(even.contexts[2].kvBytes == 8192 * 131_072)
    #expect(even.sources.map(\.name) == ["dram", "32 Gb/s", "64 Gb/s", "128 Gb/s"])
    #expect(even.sources.map(\.tier) == [true, false, false, false])
    let row = even.contexts[1]
    #expect(abs((row.loadS["dram"] ?? 0) - (4096 * 131_072 / 25e9 + 16_384 * 3.43e-6)) < 1e-9)
    let plain = try Explanation(
      Assembly(
        .unwritten(
          [Override("model", "opt-13b", from: "--model")] + [
            Override("cluster.gpu", "a100-80gb-sxm", from: "--gpu")
          ])), .init())
    #expect(!plain.text.contains("load KV"))
    #expect(!plain.json.text.contains("break_even"))
  }
}
