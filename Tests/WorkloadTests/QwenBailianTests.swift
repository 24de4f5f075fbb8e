import Metrics
import Testing
import Workload

@Suite struct QwenBailianTests {
  private func line(
    _ id: Int, after parent: Int, at time: String, _ input: Int, turn: Int, _ ids: String
  ) -> String {
    "{\"chat_id\": \(id), \"parent_chat_id\": \(parent), \"timestamp\": \(time), "
      + "\"input_length\": \(input), \"output_length\": 3, \"type\": \"text\", \"turn\": \(turn), "
      + "\"hash_ids\": [\(ids)]}\n"
  }

  @Test func `turns of chats, seconds and blocks of 16 tokens are read`() throws {
    let text =
      line(90, after: -1, at: "0.0", 33, turn: 1, "5, 6, 7")
      + line(12, after: 90, at: "61.114", 50, turn: 2, "5, 6, 8, 9")
      + line(13, after: 90, at: "62.5", 32, turn: 2, "5, 6")
      + line(14, after: 12, at: "70", 16, turn: 3, "5")
    let trace = try read(text)
    #expect(trace.report.format == "qwen-bailian" && trace.report.warnings.isEmpty)
    #expect(trace.arrivals == [0, 61_114_000_000_000, 62_500_000_000_000, 70_000_000_000_000])
    let turns = try #require(trace.requests.turns)
    #expect(turns.session == [0, 0, 0, 0])
    #expect(turns.turn == [1, 2, 2, 3] && turns.parent == [-1, 0, 0, 1])
    #expect(SessionSharing(trace.requests)?.forks == 1)
    let chains = try #require(trace.requests.chains)
    #expect(chains.tokensPerBlock == 16)
    #expect(chains.blocks == [0, 1, 2, 0, 1, 3, 4, 0, 1, 0])
    #expect(trace.report.blocks?.violations == 0)
  }

  @Test func `an id stands for its own tokens, so the same id elsewhere is another block`() throws {
    // 2 follows nothing, 1, and 3; in a cache of raw ids the second row would hit it.
    let text =
      line(1, after: -1, at: "0", 32, turn: 1, "1, 2")
      + line(2, after: -1, at: "1", 16, turn: 1, "2")
      + line(3, after: -1, at: "2", 48, turn: 1, "3, 2, 2")
      + line(4, after: -1, at: "3", 48, turn: 1, "3, 2, 2")
    let trace = try read(text)
    let chains = try #require(trace.requests.chains)
    #expect(chains.blocks == [0, 1, 2, 3, 4, 5, 3, 4, 5])
    #expect(chains.predecessors == [-1, 0, -1, -1, 3, 4])
    #expect(trace.report.chainViolations == 0 && trace.report.warnings.isEmpty)
    #expect(trace.report.blocks?.rowsWithDuplicates == 0)
  }

  @Test func `an answer with thoughts is not in the prompt of the next turn`() throws {
    let text =
      line(1, after: -1, at: "0", 32, turn: 1, "1, 2")
      + line(2, after: 1, at: "1", 64, turn: 2, "1, 2, 3, 4").replacing("text", with: "thinking")
      + line(3, after: 2, at: "2", 96, turn: 3, "1, 2, 3, 4, 5, 6")
    let turns = try #require(try read(text).requests.turns)
    #expect((0..<3).map(turns.losesOutput) == [false, true, false])
  }

  @Test func `rows of one chat are only requests when nobody has a parent`() throws {
    let trace = try read(line(1, after: -1, at: "0", 16, turn: 1, "1"))
    #expect(trace.requests.turns == nil)
  }

  /// The line, what is said, and the parents that are left.
  @Test(arguments: [
    (2, 77, "5", 2, "2: the turn before is not in the file or was dropped (1 row); each begins"),
    (2, 2, "5", 2, "2: a turn follows itself (1 row); each begins a session"),
    (2, 3, "5", 2, "2: the turn before arrives later (1 row); each begins a session"),
    (2, 1, "5", 4, "2: its turn is not one above that of the turn before (1 row)"),
    (1, -1, "5", 1, "2: has the id of a row above (1 row)"),
  ])
  func `what is wrong with a chat is said with its line`(
    id: Int, parent: Int, time: String, turn: Int, warning: String
  ) throws {
    let text =
      line(1, after: -1, at: "1", 16, turn: 1, "1")
      + line(id, after: parent, at: time, 16, turn: turn, "1")
      + line(3, after: 1, at: "9", 16, turn: 2, "1")
    let trace = try read(text)
    #expect(trace.requests.count == 3)
    #expect(trace.report.warnings.count == 1)
    #expect(trace.report.warnings.first?.contains(".txt:" + warning) == true)
    let isLinked = parent == 1
    #expect(trace.requests.turns?.parent == [-1, isLinked ? 0 : -1, 0])
  }

  @Test func `turns that follow each other in a circle are cut once`() throws {
    let text =
      line(1, after: 3, at: "1", 16, turn: 1, "1") + line(2, after: 1, at: "1", 16, turn: 2, "1")
      + line(3, after: 2, at: "1", 16, turn: 3, "1")
    let trace = try read(text)
    let turns = try #require(trace.requests.turns)
    #expect(turns.parent.count { $0 < 0 } == 1)
    #expect(turns.session == [0, 0, 0] && Set(turns.turn) == [1, 2, 3])
    #expect(
      trace.report.warnings.contains { $0.contains("turns follow each other in a circle (1 row)") })
  }

  @Test func `a parent further down the file that arrives earlier is a parent`() throws {
    let text =
      line(2, after: 1, at: "5", 16, turn: 2, "1") + line(1, after: -1, at: "4", 16, turn: 1, "1")
    let turns = try #require(try read(text).requests.turns)
    #expect(turns.parent == [-1, 0] && turns.turn == [1, 2])
  }

  @Test(arguments: [
    (
      #"{"chat_id": "x", "timestamp": 1, "input_length": 5, "output_length": 5}"#,
      "chat_id is not a whole number"
    ),
    (
      #"{"chat_id": 1e19, "timestamp": 1, "input_length": 5, "output_length": 5}"#,
      "chat_id is too large"
    ),
    (#"{"timestamp": 1, "input_length": 5, "output_length": 5}"#, "chat_id is missing"),
    (#"{"chat_id": 4, "input_length": 5, "output_length": 5}"#, "timestamp is missing"),
    (
      #"{"chat_id": 4, "timestamp": 1, "input_length": 5, "output_length": 5, "turn": -1}"#,
      "turn is negative"
    ),
    (
      #"{"chat_id": 4, "parent_chat_id": true, "timestamp": 1, "input_length": 5}"#,
      "parent_chat_id is not a whole number"
    ),
    (
      #"{"chat_id": 4, "timestamp": 1, "input_length": 5, "output_length": 5, "hash_ids": [-1]}"#,
      "hash_ids is not a list of whole numbers"
    ),
  ])
  func `a bad row is dropped under its reason`(bad: String, reason: String) throws {
    let good = line(1, after: -1, at: "0", 16, turn: 1, "1")
    let trace = try read(good + bad + "\n")
    #expect(trace.drops == ["\(reason): 1 from 2"])
    #expect(trace.report.rowsRead == 2 && trace.report.kept == 1)
  }
}
