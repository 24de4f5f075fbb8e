import Kernel
import Metrics
import TestSupport
import Testing
import Units

@testable import Workload

/// Traces invented for these tests.
enum InventedTrace {
  /// `count` requests: sessions of up to nine turns that carry all that was said, over a first
  /// block that all share, on a clock of two seconds.
  static func chats(_ count: Int, seed: UInt64 = 5, tokens: Int32 = 512) -> RequestTable {
    struct Session {
      var blocks: [BlockID]
      var prompt: Int32
      var left: Int
    }
    var stream = RandomStream(seed: seed, name: "invented")
    var table = RequestTable()
    var chains = PromptChains(tokensPerBlock: tokens)
    let root = chains.addBlock(after: -1)
    var open: [Session] = []
    var time: Int64 = 0
    for _ in 0..<count {
      // The rate doubles halfway.
      let pace = table.count < count / 2 ? 4.0 : 8.0
      time += Int64(stream.exponential(mean: 1 / pace) * 1e12)
      var session: Session
      if !open.isEmpty, stream.uniform() < 0.45 {
        session = open.remove(at: stream.below(open.count))
        session.prompt += Int32(stream.lognormal(zeta: 6, sigma: 1)) + 50
        session.left -= 1
      } else {
        let first = Int32(stream.lognormal(zeta: 8, sigma: 1)) + 2 * tokens + 1
        session = Session(blocks: [root], prompt: first, left: stream.below(9))
      }
      let full = Int(session.prompt / tokens)
      var whole = Array(session.blocks.prefix(full))
      while whole.count < full { whole.append(chains.addBlock(after: whole.last ?? -1)) }
      for block in whole { chains.append(block) }
      if session.prompt % tokens != 0 { chains.append(chains.addBlock(after: whole.last ?? -1)) }
      chains.endRequest()
      session.blocks = whole
      let clock = time / 2_000_000_000_000 * 2_000_000_000_000
      let output = Int32(stream.lognormal(zeta: 5, sigma: 0.8)) + 1
      table.append(at: Instant(picoseconds: clock), prompt: session.prompt, output: output)
      if session.left > 0 { open.append(session) }
    }
    table.chains = chains
    return table
  }

  /// `count` requests without blocks: bursts, and outputs that grow with prompts.
  static func lengths(_ count: Int, seed: UInt64 = 6) -> RequestTable {
    var stream = RandomStream(seed: seed, name: "invented")
    var table = RequestTable()
    var time: Int64 = 0
    for _ in 0..<count {
      time += Int64(stream.gamma(shape: 0.2, scale: 2.5) * 1e12) + 1
      let prompt = stream.lognormal(zeta: 7, sigma: 1)
      let output = prompt * stream.lognormal(zeta: -2, sigma: 0.5) + 1
      table.append(at: Instant(picoseconds: time), prompt: Int32(prompt) + 1, output: Int32(output))
    }
    return table
  }

  /// The requests of `chats` with what it does not say: the sessions that its blocks show.
  static func recorded(_ count: Int) -> RequestTable {
    var table = chats(count)
    let links = RequestLinks(table)
    var turns = SessionTurns()
    for row in 0..<count {
      turns.append(
        session: links.session[row], turn: links.turn[row], parent: links.previous[row],
        delay: links.previous[row] < 0 ? -1 : 7)
    }
    table.turns = turns
    return table
  }
}

extension LikenessReport {
  /// Statistics that are more than `share` apart, by key.
  func unlike(_ share: Double = 0.1) -> [String] {
    lines.filter { line in
      guard line.key != "turn_gap_p50_s", let deviation = line.deviation else { return false }
      return abs(deviation) > share
    }.map(\.key)
  }
}

@Suite struct LikenessTests {
  @Test(arguments: 1...4)
  func `a synthetic trace has the statistics of its original within a tenth`(seed: Int) throws {
    let original = InventedTrace.chats(4000)
    let drawn = try TraceLikeness(original).sample(4000, seed: UInt64(seed))
    let report = LikenessReport(original: original, synthetic: drawn)
    #expect(report.unlike() == [])
    // All of them are known, so none of them was passed over.
    #expect(report.lines.allSatisfy { $0.original != nil && $0.synthetic != nil })
    #expect(drawn.count == 4000)
    #expect(try #require(drawn.turns).count == 4000)
  }

  @Test func `every statistic is seen when it is wrong`() throws {
    let original = InventedTrace.chats(3000)
    let good = try TraceLikeness(original).sample(3000, seed: 1)
    func unlike(_ change: (inout RequestTable) -> Void) -> [String] {
      var bad = good
      change(&bad)
      return LikenessReport(original: original, synthetic: bad).unlike()
    }
    #expect(unlike { _ in } == [])
    #expect(
      unlike { table in
        table.reschedule(
          table.arrival.map { Instant(picoseconds: $0.picoseconds / 4 * 5) })
      } == ["mean_rate_rps"])
    #expect(
      unlike { table in
        let gap = (table.arrival[table.count - 1] - table.arrival[0]) / Int64(table.count - 1)
        table.reschedule(table.arrival.indices.map { Instant(picoseconds: gap * Int64($0)) })
      } == ["gap_cv"])
    func rebuilt(prompt: (Int32) -> Int32, output: (Int32) -> Int32) -> [String] {
      unlike { table in
        var other = RequestTable()
        for row in 0..<table.count {
          other.append(
            at: table.arrival[row], prompt: prompt(table.prompt[row]),
            output: output(table.output[row]))
        }
        other.chains = table.chains
        other.turns = table.turns
        table = other
      }
    }
    #expect(
      rebuilt(prompt: { $0 / 4 * 5 }, output: { $0 })
        == ["prompt_tokens_p50", "prompt_tokens_p90", "prompt_tokens_p99"])
    #expect(
      rebuilt(prompt: { $0 }, output: { $0 / 4 * 5 })
        == ["output_tokens_p50", "output_tokens_p90", "output_tokens_p99"])
  }

  @Test func `without its sessions a synthetic trace has neither hits nor turns`() throws {
    let original = InventedTrace.chats(3000)
    var alone = original
    // Every prompt shares the first block only, as if each began a session.
    var chains = PromptChains(tokensPerBlock: 512)
    let root = chains.addBlock(after: -1)
    for row in 0..<alone.count {
      var last = root
      chains.append(root)
      for _ in 1..<((Int(alone.prompt[row]) + 511) / 512) {
        last = chains.addBlock(after: last)
        chains.append(last)
      }
      chains.endRequest()
    }
    alone.chains = chains
    let drawn = try TraceLikeness(alone).sample(3000, seed: 1)
    #expect(
      LikenessReport(original: original, synthetic: drawn).unlike()
        == ["prefix_hit_ratio", "turns_mean", "sessions"])
  }

  @Test func `what is drawn is no copy`() throws {
    let original = InventedTrace.chats(4000)
    let drawn = try TraceLikeness(original).sample(4000, seed: 3)
    struct Row: Hashable {
      var time: Instant?
      var prompt: Int32
      var output: Int32
    }
    func rows(_ table: RequestTable, times: Bool) -> [Row] {
      table.arrival.indices.map {
        Row(
          time: times ? table.arrival[$0] : nil, prompt: table.prompt[$0],
          output: table.output[$0])
      }
    }
    let known = Set(rows(original, times: true))
    #expect(rows(drawn, times: true).filter { known.contains($0) } == [])
    // Pairs of lengths meet by chance, no more often than if they had nothing to do with another.
    let pairs = Set(rows(original, times: false))
    let met = rows(drawn, times: false).count { pairs.contains($0) }
    var chance = 0
    for row in 0..<drawn.count {
      let pair = Row(
        time: nil, prompt: drawn.prompt[row], output: drawn.output[(row + 1234) % drawn.count])
      if pairs.contains(pair) { chance += 1 }
    }
    #expect(met < 2 * chance + 20)
    #expect(met < 120)
  }

  @Test func `equal seeds draw equal requests, others others`() throws {
    let model = try TraceLikeness(InventedTrace.chats(500))
    let (a, b, c) = (
      try model.sample(500, seed: 7), try model.sample(500, seed: 7), try model.sample(500, seed: 8)
    )
    #expect(a.arrival == b.arrival)
    #expect(a.prompt == b.prompt)
    #expect(a.chains == b.chains)
    #expect(a.turns == b.turns)
    #expect(a.prompt != c.prompt)
    #expect(a.chains != c.chains)
  }

  @Test(arguments: [(512, 2000), (64, 2000), (16, 700)])
  func `each prompt has its blocks, and each block one that comes before it`(
    tokens: Int, count: Int
  ) throws {
    let original = InventedTrace.chats(2000, tokens: Int32(tokens))
    let drawn = try TraceLikeness(original).sample(count, seed: 2)
    let chains = try #require(drawn.chains)
    #expect(chains.tokensPerBlock == Int32(tokens))
    for row in 0..<drawn.count {
      let range = chains.range(of: row)
      #expect(range.count == (Int(drawn.prompt[row]) + tokens - 1) / tokens)
      for place in range {
        let before = place == range.lowerBound ? -1 : chains.blocks[place - 1]
        #expect(chains.predecessors[Int(chains.blocks[place])] == before)
      }
    }
  }

  @Test(arguments: [300, 9000])
  func `fewer or more requests arrive at the same rate`(count: Int) throws {
    let original = InventedTrace.chats(3000)
    let drawn = try TraceLikeness(original).sample(count, seed: 4)
    let report = LikenessReport(original: original, synthetic: drawn)
    #expect(drawn.count == count)
    // The largest of few prompts is chance.
    let chance = count < 1000 ? ["prompt_tokens_p99", "output_tokens_p99", "prefix_hit_ratio"] : []
    #expect(report.unlike(0.12).filter { !chance.contains($0) } == [])
  }

  @Test func `a rate that is asked for is that of the synthetic trace`() throws {
    let original = InventedTrace.lengths(3000)
    let drawn = try TraceLikeness(original).sample(2000, seed: 4, rate: 17)
    #expect(abs(try #require(drawn.meanRate) - 17) < 1e-6)
    #expect(LikenessReport(original: original, synthetic: drawn, rate: 17).unlike() == [])
    #expect(LikenessReport(original: original, synthetic: drawn).unlike() == ["mean_rate_rps"])
  }

  @Test func `lengths keep what they have to do with each other`() throws {
    let original = InventedTrace.lengths(3000)
    let drawn = try TraceLikeness(original).sample(3000, seed: 9)
    #expect(drawn.chains == nil)
    #expect(drawn.turns == nil)
    let line = try #require(
      LikenessReport(original: original, synthetic: drawn).lines.first {
        $0.key == "rank_correlation"
      })
    // Spearman's correlation of what was invented is about 0.88.
    #expect(try #require(line.original) > 0.8)
    #expect(abs(try #require(line.synthetic) - line.original!) < 0.03)
  }

  @Test func `recorded sessions are kept, with blocks and without`() throws {
    for keepsBlocks in [true, false] {
      var original = InventedTrace.recorded(3000)
      if !keepsBlocks { original.chains = nil }
      let drawn = try TraceLikeness(original).sample(3000, seed: 2)
      let report = LikenessReport(original: original, synthetic: drawn)
      #expect(report.unlike() == [])
      #expect((drawn.chains != nil) == keepsBlocks)
      let turns = try #require(drawn.turns)
      for row in 0..<drawn.count {
        #expect(turns.delay[row] == (turns.parent[row] < 0 ? -1 : 7))
        if turns.parent[row] >= 0 {
          #expect(turns.parent[row] < Int32(row))
          #expect(turns.session[Int(turns.parent[row])] == turns.session[row])
        }
      }
    }
  }

  @Test func `tiny traces are imitated or refused in words`() throws {
    var table = RequestTable()
    #expect(throws: TraceError.self) { try TraceLikeness(table) }
    table.append(at: .zero, prompt: 100, output: 10)
    #expect(
      message { _ = try TraceLikeness(table) }
        == "a trace of 1 request has no rate and no spread to be like; give at least 2")
    table.append(at: Instant(picoseconds: 5), prompt: 200, output: 20)
    let two = try TraceLikeness(table).sample(4, seed: 1)
    #expect(two.arrival.map(\.picoseconds) == [0, 5, 10, 15])
    #expect(Set(two.prompt) == [100, 200])
    #expect(message { _ = try TraceLikeness(table).sample(0, seed: 1) }.contains("0 requests"))
    for count in [2, 10] {
      let few = InventedTrace.chats(count)
      for wanted in [1, 2, 10, 50] {
        #expect(try TraceLikeness(few).sample(wanted, seed: 1).count == wanted)
      }
    }
    var burst = RequestTable()
    for _ in 0..<5 { burst.append(at: .zero, prompt: 7, output: 3) }
    let drawn = try TraceLikeness(burst).sample(9, seed: 1)
    #expect(drawn.arrival.allSatisfy { $0 == .zero })
    #expect(try TraceLikeness(burst).requests(in: 60) == nil)
    #expect(
      message { _ = try TraceLikeness(burst).sample(9, seed: 1, rate: 2) }.contains("one time"))
  }

  @Test(arguments: 1...3)
  func `the conversation trace is imitated within a tenth`(seed: Int) throws {
    if isDebug, seed > 1 { return }
    guard let path = sharedTrace("mooncake_conversation_trace.jsonl.gz") else { return }
    let original = try readTrace(at: path, options: TraceOptions()).requests
    let drawn = try TraceLikeness(original).sample(original.count, seed: UInt64(seed))
    let report = LikenessReport(original: original, synthetic: drawn)
    #expect(report.unlike() == [])
    let value = Dictionary(uniqueKeysWithValues: report.lines.map { ($0.key, $0.original) })
    // As Python counts them.
    #expect(abs(try #require(value["prefix_hit_ratio"] ?? nil) - 105_710.0 / 288_500) < 1e-12)
    #expect(value["sessions"] == 7373)
  }
}
