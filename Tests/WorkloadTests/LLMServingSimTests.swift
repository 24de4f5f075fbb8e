import Metrics
import Testing
import Workload

@Suite struct LLMServingSimTests {
  private func request(_ time: Int, _ input: Int, _ more: String = "") -> String {
    #"{"arrival_time_ns":\#(time),"input_toks":\#(input),"output_toks":3\#(more)}"# + "\n"
  }
  private func ids(_ ids: some Sequence<Int>) -> String {
    #","input_tok_ids":[\#(ids.map { "\($0)" }.joined(separator: ", "))]"#
  }

  @Test func `nanoseconds are exact and lines need no order`() throws {
    let trace = try read(request(46_926_809, 10) + "\n" + request(46_926_808, 7))
    #expect(trace.report.format == "llmservingsim")
    #expect(trace.arrivals == [0, 1000])
    #expect(trace.prompts == [7, 10])
    // A thousand million requests a second are doubted, and that is all.
    #expect(trace.report.warnings.count == 1)
    #expect(trace.report.blankLines == 1)
    #expect(trace.requests.turns == nil && trace.requests.chains == nil)
  }

  @Test func `token ids make blocks of 16 that are shared as far as ids are equal`() throws {
    // 40 tokens are two full blocks; the second prompt leaves the first after 16 tokens.
    let trace = try read(
      request(0, 40, ids(0..<40)) + request(1, 35, ids(Array(0..<20) + Array(70..<85)))
        + request(2, 33, ids(0..<33)) + request(3, 15, ids(0..<15)))
    let chains = try #require(trace.requests.chains)
    #expect(chains.tokensPerBlock == 16)
    #expect(
      (0..<4).map { Array(chains.blocks[chains.range(of: $0)]) } == [[0, 1], [0, 2], [0, 1], []])
    #expect(chains.predecessors == [-1, 0, 0])
  }

  @Test func `a session's turns follow each other after the tool's run time`() throws {
    let turns = [
      #"{"input_toks":20,"output_toks":3,"tool_duration_ns":5000}"#,
      #"{"input_toks":30,"output_toks":4,"tool_duration_ns":0}"#,
      #"{"input_toks":40,"output_toks":5}"#,
    ].joined(separator: ",")
    let session = #"{"session_id":"a","arrival_time_ns":100,"sub_requests":[\#(turns)]}"# + "\n"
    let trace = try read(session + request(101, 9) + session)
    #expect(trace.prompts == [20, 20, 9, 30, 40, 30, 40])
    #expect(trace.arrivals == [0, 0, 1000, 5_000_000, 5_000_000, 5_000_000, 5_000_000])
    let found = try #require(trace.requests.turns)
    #expect(found.session == [0, 1, 2, 0, 0, 1, 1])
    #expect(found.turn == [1, 1, 1, 2, 3, 2, 3])
    #expect(found.parent == [-1, -1, -1, 0, 3, 1, 5])
    #expect(found.delay == [-1, -1, -1, 5_000_000, 0, 5_000_000, 0])
    #expect((0..<7).map(found.isUntimed) == [false, false, false, true, true, true, true])
    #expect(trace.report.rowsRead == 7)
    #expect(trace.report.warnings.contains { $0.contains("in place of a time (4 rows)") })
  }

  @Test(arguments: [
    (#"{"input_toks":5,"output_toks":5}"#, "arrival_time_ns is missing"),
    (#"{"arrival_time_ns":-4,"input_toks":5,"output_toks":5}"#, "arrival_time_ns is negative"),
    (#"{"arrival_time_ns":1,"output_toks":5}"#, "input_toks is missing"),
    (#"{"arrival_time_ns":1,"input_toks":0,"output_toks":5}"#, "input_toks is 0"),
    (#"{"arrival_time_ns":1,"input_toks":5,"output_toks":0}"#, "output_toks is 0"),
    (
      #"{"arrival_time_ns":1,"input_toks":1.5,"output_toks":5}"#, "input_toks is not a whole number"
    ),
    (
      #"{"arrival_time_ns":1,"input_toks":5,"output_toks":5,"input_tok_ids":["a"]}"#,
      "input_tok_ids is not a list of whole numbers"
    ),
    (#"{"arrival_time_ns":1,"sub_requests":[]}"#, "sub_requests is empty"),
    (#"{"arrival_time_ns":1,"sub_requests":{}}"#, "sub_requests is not a list of whole numbers"),
    (#"{"arrival_time_ns":1,"sub_requests":[7]}"#, "the line is not a JSON object"),
    (#"{"arrival_time_ns":1,"sub_requests":[{"input_toks":5}]}"#, "output_toks is missing"),
    (#"{"sub_requests":[{"input_toks":5,"output_toks":5}]}"#, "arrival_time_ns is missing"),
    (#"{"arrival_time_ns":1,"input_toks":5,"output_to"#, "the line ends inside its JSON object"),
    (#"[1]"#, "the line is not a JSON object"),
  ])
  func `a bad line is dropped under its reason`(bad: String, reason: String) throws {
    let trace = try read(request(0, 1) + bad + "\n" + request(9, 1))
    #expect(trace.drops == ["\(reason): 1 from 2"])
    #expect(trace.report.rowsRead == 3)
  }

  @Test func `a bad turn is dropped alone, and the next one follows the last good one`() throws {
    let good = #"{"input_toks":20,"output_toks":3,"tool_duration_ns":7}"#
    let trace = try read(
      #"{"arrival_time_ns":0,"sub_requests":[\#(good),{"input_toks":-1,"output_toks":2},\#(good)]}"#
    )
    #expect(trace.drops == ["input_toks is negative: 1 from 1"])
    #expect(trace.requests.turns?.parent == [-1, 0])
    #expect(trace.requests.turns?.delay == [-1, 7000])
    #expect(trace.report.rowsRead == 3)
  }

  @Test func `ids that are fewer than the tokens are told`() throws {
    let trace = try read(request(0, 40, ids(0..<17)))
    #expect(trace.requests.chains?.blocks == [0])
    #expect(trace.report.warnings.first?.contains("input_tok_ids of 1 row are not") == true)
  }
}
