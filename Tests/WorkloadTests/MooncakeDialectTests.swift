import Metrics
import Testing
import Workload

@Suite struct MooncakeDialectTests {
  private func line(_ members: String, _ ids: String? = nil) -> String {
    let list = ids.map { ", \"hash_ids\": [\($0)]" } ?? ""
    return "{\(members), \"output_length\": 5\(list)}\n"
  }

  @Test func `a turn may come a delay after the one before, whose end nobody recorded`() throws {
    let text =
      line(#""session_id": "a", "timestamp": 100, "input_length": 10"#)
      + line(#""session_id": "b", "timestamp": 150.5, "input_length": 11"#)
      + line(#""session_id": "a", "delay": 30, "input_length": 12"#)
      + line(#""session_id": "a", "delay": 0.25, "input_length": 13"#)
      + line(#""session_id": "b", "timestamp": 151, "delay": 7, "input_length": 14"#)
    let trace = try read(text)
    #expect(trace.prompts == [10, 12, 13, 11, 14])
    #expect(
      trace.arrivals == [0, 30_000_000_000, 30_250_000_000, 50_500_000_000, 51_000_000_000])
    let turns = try #require(trace.requests.turns)
    #expect(turns.parent == [-1, 0, 1, -1, 3] && turns.turn == [1, 2, 3, 1, 2])
    #expect(turns.delay == [-1, 30_000_000_000, 250_000_000, -1, 7_000_000_000])
    #expect(
      trace.report.warnings.first?
        .contains(":3: has a delay in place of a time (2 rows): closed sessions") == true)
    // Twice as fast: the times between arrivals halve, the delays are the sessions' own.
    let fast = try read(text) { $0.speedup = 2 }
    #expect(fast.arrivals == trace.arrivals.map { $0 / 2 })
    #expect(fast.requests.turns?.delay == turns.delay)
  }

  @Test func `the turn before a row without a time must have been kept`() throws {
    let text =
      line(#""timestamp": 1, "input_length": 10"#)
      + line(#""session_id": "a", "timestamp": 2, "input_length": 0"#)
      + line(#""session_id": "a", "delay": 2, "input_length": 12"#)
      + line(#""delay": 2, "input_length": 12"#)
    #expect(
      try read(text).drops == ["input_length is 0: 1 from 2", "timestamp is missing: 2 from 3"])
    // A closed loop needs no times.
    let closed = try read(text) { $0.concurrency = 1 }
    #expect(closed.requests.count == 3)
  }

  @Test func `a session may have a number for a name, or none`() throws {
    let text =
      line(#""session_id": 7, "timestamp": 0, "input_length": 1"#)
      + line(#""session_id": null, "timestamp": 1, "input_length": 1"#)
      + line(#""session_id": "", "timestamp": 2, "input_length": 1"#)
      + line(#""session_id": 7, "timestamp": 3, "input_length": 1"#)
    #expect(try read(text).requests.turns?.session == [0, 1, 2, 0])
  }

  @Test func `turns of a session go by time, not by place`() throws {
    let text =
      line(#""session_id": "a", "timestamp": 9, "input_length": 3"#)
      + line(#""session_id": "a", "timestamp": 0, "input_length": 1"#)
      + line(#""session_id": "a", "timestamp": 5, "input_length": 2"#)
    let trace = try read(text)
    #expect(trace.prompts == [1, 2, 3])
    #expect(trace.requests.turns?.turn == [1, 2, 3])
    #expect(trace.requests.turns?.parent == [-1, 0, 1])
  }

  @Test func `too short lists leave the rest uncached, too long ones are cut`() throws {
    let text =
      line(#""timestamp": 0, "input_length": 1024"#, "0, 1")
      + line(#""timestamp": 1, "input_length": 2000"#, "0, 1")
      + line(#""timestamp": 2, "input_length": 1000"#, "0, 2, 3, 4")
      + line(#""timestamp": 3, "input_length": 2048"#, "0, 2, 3, 5")
    let trace = try read(text)
    let chains = try #require(trace.requests.chains)
    #expect((0..<4).map { chains.range(of: $0).count } == [2, 2, 2, 4])
    // Block 4 of the file stands nowhere any more.
    #expect(chains.blocks == [0, 1, 0, 1, 0, 2, 0, 2, 3, 4])
    #expect(chains.predecessors == [-1, 0, 0, 2, 3])
    let blocks = try #require(trace.report.blocks)
    #expect((blocks.short, blocks.long, blocks.violations) == (1, 1, 2))
    #expect(
      trace.report.warnings.last?
        .contains("hash_ids of 2 rows do not fit input_length at blocks of 512 tokens (1 too short")
        == true)
  }

  @Test func `an id after another predecessor is another block, counted and said`() throws {
    let text =
      line(#""timestamp": 0, "input_length": 1000"#, "10, 11")
      + line(#""timestamp": 1, "input_length": 1000"#, "20, 11")
      + line(#""timestamp": 2, "input_length": 1000"#, "20, 11")
    let trace = try read(text)
    #expect(trace.requests.chains?.blocks == [0, 1, 2, 3, 2, 3])
    #expect(trace.report.chainViolations == 1)
    #expect(trace.report.warnings.count == 1)
    #expect(
      trace.report.warnings.first?
        .hasSuffix(
          "hash_ids name 1 blocks by an id that has another predecessor above;"
            + " they are taken as different blocks") == true)
    // Hashes of 64 bits are watched as well.
    let large = text.replacing("11]", with: "18446744073709551615]")
    #expect(try read(large).report.chainViolations == 1)
  }

  @Test func `rows may lack blocks among others that have them`() throws {
    let text =
      line(#""timestamp": 0, "input_length": 9"#)
      + line(#""timestamp": 1, "input_length": 9"#, "4")
      + "{\"timestamp\": 2, \"input_length\": 9, \"output_length\": 1, \"hash_ids\": null}\n"
      + line(#""timestamp": 3, "input_length": 9"#, "")
      + line(#""timestamp": 4, "input_length": 9"#, "4")
    let chains = try #require(try read(text).requests.chains)
    #expect((0..<5).map { chains.range(of: $0).count } == [0, 1, 0, 0, 1])
    #expect(chains.blocks == [0, 0])
    #expect(try read(text) { $0.keepsBlocks = false }.requests.chains == nil)
  }

  @Test func `a file that begins with a text or a delay is still Mooncake's`() throws {
    let good = line(#""timestamp": 0, "input_length": 9"#)
    let text = #"{"timestamp": 0, "text_input": "a \"chat_id\" b", "output_length": 2}"#
    #expect(try read(text + "\n" + good).report.format == "mooncake")
    #expect(try read(#"{"delay": 0, "input_length": 2}"# + "\n" + good).report.format == "mooncake")
  }
}
