import Experiment
import Files
import Foundation
import TestSupport
import Testing
import Workload

@Suite struct TraceDescriptionTests {
  private struct Answer: Decodable {
    struct Drop: Decodable, Equatable {
      let reason: String
      let rows: Int
      let firstLine: Int
    }
    struct Tokens: Decodable, Equatable {
      let total: Int
      let mean: Double
      let min: Int
      let p50: Double
      let p90: Double
      let p99: Double
      let max: Int
    }
    struct Blocks: Decodable, Equatable {
      let blockTokens: Int
      let rule: String
      let rowsWithHashes: Int
      let violations: Int
      let betterBlockTokens: Int?
    }
    let format: String
    let contentHash: String
    let rowsRead: Int
    let requests: Int
    let dropped: [Drop]
    let blankLines: Int
    let warnings: [String]
    let spanS: Double
    let meanRateRps: Double?
    let peakRate1SRps: Double
    let peakRate60SRps: Double
    let gapCv: Double?
    let simultaneousArrivals: Int
    let promptTokens: Tokens
    let outputTokens: Tokens
    let blocks: Blocks?
  }

  private let vidur = """
    arrived_at,num_prefill_tokens,num_decode_tokens
    0.5,10,1
    0.5,20,2
    1.0,thirty,3

    2.5,30,3
    2.5,0,9
    70.5,50,4

    """

  private func description(
    _ text: String, format: String = "auto", limit: Int? = nil, blockTokens: Int? = nil
  ) throws -> TraceDescription {
    let directory = try TestDirectory()
    let path = try directory.write(text, to: "trace.txt")
    return try TraceDescription(
      of: path, format: format, limit: limit, blockTokens: blockTokens)
  }

  @Test func `rows, rates and lengths of a small trace`() throws {
    let answer = try decoded(Answer.self, from: description(vidur).json.text)
    #expect(answer.format == "vidur")
    #expect(answer.rowsRead == 6)
    #expect(answer.requests == 4)
    #expect(
      answer.dropped == [
        .init(reason: "num_prefill_tokens is not a whole number", rows: 1, firstLine: 4),
        .init(reason: "num_prefill_tokens is 0", rows: 1, firstLine: 7),
      ])
    #expect(answer.rowsRead == answer.requests + answer.dropped.map(\.rows).reduce(0, +))
    #expect(answer.blankLines == 1)
    #expect(answer.warnings.count == 2)
    #expect(answer.spanS == 70)
    #expect(answer.meanRateRps == 3.0 / 70)
    #expect(answer.peakRate1SRps == 2)
    #expect(answer.peakRate60SRps == 3.0 / 60)
    #expect(answer.simultaneousArrivals == 1)
    // Gaps 0, 2, 68 with mean 70 / 3 and two degrees of freedom.
    let mean = 70.0 / 3
    let variance = (mean * mean + (2 - mean) * (2 - mean) + (68 - mean) * (68 - mean)) / 2
    #expect(abs(try #require(answer.gapCv) - variance.squareRoot() / mean) < 1e-12)
    // Between order statistics: p50 of 10, 20, 30, 50 at 1.5, p90 at 2.7, p99 at 2.97.
    let prompt = answer.promptTokens
    #expect((prompt.total, prompt.min, prompt.max) == (110, 10, 50))
    #expect((prompt.mean, prompt.p50) == (27.5, 25))
    #expect(abs(prompt.p90 - 44) < 1e-9)
    #expect(abs(prompt.p99 - 49.4) < 1e-9)
    #expect((answer.outputTokens.total, answer.outputTokens.mean) == (10, 2.5))
    #expect(answer.blocks == nil)
  }

  @Test func `the page says the same`() throws {
    let lines = try description(vidur).text.split(separator: "\n")
    #expect(lines.contains("rows          6 read, 1 blank"))
    #expect(lines.contains("requests      4 kept"))
    #expect(lines.contains("dropped       1: num_prefill_tokens is 0 (first at line 7)"))
    #expect(lines.contains("span          70.000 s"))
    #expect(lines.contains("mean rate     0.043 requests/s"))
    #expect(lines.contains("peak rate     2.000 requests/s in 1 s, 0.050 in 60 s"))
    #expect(lines.contains("simultaneous  1 arrive with the one before them"))
    #expect(lines.suffix(3).first == "tokens  total  mean  min   p50   p90   p99  max")
    #expect(lines.suffix(2).first == "prompt    110  27.5   10  25.0  44.0  49.4   50")
  }

  @Test func `the limit counts requests that are kept`() throws {
    let answer = try decoded(Answer.self, from: description(vidur, limit: 2).json.text)
    #expect((answer.requests, answer.rowsRead) == (2, 2))
    // Both arrive at one time.
    #expect(answer.meanRateRps == nil)
    #expect(answer.gapCv == nil)
    #expect(answer.spanS == 0)
    #expect(try description(vidur, limit: 2).text.contains("mean rate     -\n"))
  }

  @Test func `hashes say which block size they fit`() throws {
    // 100 tokens in blocks of 64 are two hashes, 65 are two, 20 is one: never blocks of 512.
    let rows = [(0, 100, [1, 2]), (1000, 65, [3, 4]), (2000, 200, [1, 2, 5, 6])]
    let text = rows.map { time, prompt, hashes in
      #"{"timestamp": \#(time), "input_length": \#(prompt), "output_length": 5, "#
        + #""hash_ids": \#(hashes)}"#
    }.joined(separator: "\n")
    let answer = try decoded(Answer.self, from: description(text).json.text)
    #expect(answer.format == "mooncake")
    #expect(
      answer.blocks
        == .init(
          blockTokens: 64, rule: "ceil", rowsWithHashes: 3, violations: 0, betterBlockTokens: nil))
    #expect(answer.warnings.count == 1)
    #expect(
      try description(text).text.contains(
        "blocks        64 tokens, one hash for every block begun in 3 rows\n"))
    // Held to 512 they do not fit, and what is too long is cut.
    let page = try description(text, blockTokens: 512).text
    #expect(
      page.contains(
        "blocks        512 tokens, one hash for every block begun in 3 rows, "
          + "3 break the rule; blocks of 64 tokens would fit\n"))
    #expect(page.contains("shared        2 distinct of 3 blocks of 512 tokens\n"))
  }

  @Test func `what prompts share and how sessions go is said where it is known`() throws {
    // A session of three turns of which the first is a fork's start by ids, and a row alone. Full
    // blocks of 16: 2 of 40 tokens, 3 of 48, 1 of 30. Hits: all but first appearances.
    let rows = [
      (1, -1, 0.0, 40, [7, 8, 9]), (2, 1, 5.0, 48, [7, 8, 10]), (3, 1, 6.0, 30, [7, 8]),
      (4, -1, 7.0, 16, [8]),
    ]
    let text = rows.map { id, parent, time, prompt, ids in
      #"{"chat_id": \#(id), "parent_chat_id": \#(parent), "timestamp": \#(time), "#
        + #""input_length": \#(prompt), "output_length": 5, "turn": 1, "hash_ids": \#(ids)}"#
    }.joined(separator: "\n")
    struct Shared: Decodable, Equatable {
      let blockTokens: Int
      let distinctBlocks: Int
      let blockReferences: Int
      let fullBlockReferences: Int
      let idealHits: Int
      let idealPrefixHitRatio: Double
      let idealFullHits: Int
      let idealFullPrefixHitRatio: Double
      let chainViolations: Int
    }
    struct Sessions: Decodable, Equatable {
      let sessions: Int
      let withTurns: Int
      let meanTurns: Double
      let maxTurns: Int
      let forks: Int
    }
    struct Both: Decodable {
      let sharedBlocks: Shared?
      let sessions: Sessions?
    }
    let both = try decoded(Both.self, from: description(text).json.text)
    #expect(
      both.sharedBlocks
        == Shared(
          blockTokens: 16, distinctBlocks: 5, blockReferences: 9, fullBlockReferences: 7,
          idealHits: 4, idealPrefixHitRatio: 4.0 / 9, idealFullHits: 3,
          idealFullPrefixHitRatio: 3.0 / 7, chainViolations: 0))
    #expect(
      both.sessions
        == Sessions(sessions: 2, withTurns: 1, meanTurns: 2, maxTurns: 3, forks: 1))
    let page = try description(text).text
    #expect(page.contains("ideal hits    0.4444 of all blocks, 0.4286 of the 7 full ones\n"))
    #expect(
      page.contains(
        "sessions      2, 1 of several turns; 2.00 turns on average, 3 at most, 1 forks\n"))
    let silent = try decoded(Both.self, from: description(vidur).json.text)
    #expect(silent.sharedBlocks == nil && silent.sessions == nil)
    #expect(try !description(vidur).text.contains("shared"))
  }

  @Test func `equal bytes have equal hashes, other bytes another`() throws {
    let one = try description(vidur).report.contentHash
    #expect(try description(vidur).report.contentHash == one)
    #expect(try description(vidur + "80,1,1\n").report.contentHash != one)
  }

  @Test func `an unknown format or file is one line`() throws {
    #expect(
      message { _ = try description(vidur, format: "vidurr") }
        == #"--format: unknown trace format "vidurr" (did you mean "vidur"?); "#
        + "known: auto, azure, azure-lmm, blis, burstgpt, llmservingsim, martlet, martlet-jsonl, "
        + "measured, mooncake, qwen-bailian, sharegpt, splitwise-sim, vidur, vidur-lengths, "
        + "vllm-custom, vllm-timed-trace, weka")
    #expect(
      message { _ = try TraceDescription(of: "/no/such/trace.csv") }
        .hasPrefix("/no/such/trace.csv: cannot be opened"))
  }
}
