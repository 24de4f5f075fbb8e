import Metrics
import TestSupport
import Testing
import Units
import Workload

@Suite struct TraceWriterTests {
  private func expectEqual(_ a: RequestTable, _ b: RequestTable, _ seed: UInt64) {
    #expect(a.arrival == b.arrival, "\(seed)")
    #expect(a.prompt == b.prompt, "\(seed)")
    #expect(a.output == b.output, "\(seed)")
    #expect(a.chains == b.chains, "\(seed)")
    #expect(a.turns == b.turns, "\(seed)")
  }

  @Test(arguments: [TraceWriter.Format.csv, .jsonl])
  func `what is written reads back as the same table, whatever it has`(
    format: TraceWriter.Format
  ) throws {
    for seed in 0..<UInt64(isDebug ? 150 : 400) {
      let requests = randomRequests(seed)
      let trace = try read(TraceWriter(requests, as: format).bytes)
      #expect(trace.report.format == format.name)
      // Some of these tables are as dense as no real trace is.
      let warnings = trace.report.warnings.filter { !$0.contains("its mean rate is") }
      #expect(warnings.isEmpty, "\(warnings)")
      expectEqual(trace.requests, requests, seed)
    }
  }

  @Test func `columns that a table does not have are left out`() throws {
    var requests = RequestTable()
    requests.append(at: Instant(picoseconds: 7), prompt: 12, output: 3)
    requests.append(at: Instant(picoseconds: 12_000_000_000_340), prompt: 1, output: 2)
    #expect(
      String(decoding: TraceWriter(requests, as: .csv).bytes, as: UTF8.self) == """
        request_id,arrival_s,input_tokens,output_tokens
        0,0.000000000007,12,3
        1,12.000000000340,1,2

        """)
    #expect(
      String(decoding: TraceWriter(requests, as: .jsonl).bytes, as: UTF8.self) == """
        {"request_id":0,"arrival_s":0.000000000007,"input_tokens":12,"output_tokens":3}
        {"request_id":1,"arrival_s":12.000000000340,"input_tokens":1,"output_tokens":2}

        """)
  }

  @Test func `sessions and blocks have columns of their own`() throws {
    var requests = RequestTable()
    var chains = PromptChains(tokensPerBlock: 16)
    var turns = SessionTurns()
    let root = chains.addBlock(after: -1)
    let next = chains.addBlock(after: root)
    for (row, path) in [[root, next], [], [root]].enumerated() {
      requests.append(at: instant(Int64(row)), prompt: 40, output: 1)
      for block in path { chains.append(block) }
      chains.endRequest()
    }
    turns.append(session: 0, turn: 1, parent: -1, delay: -1)
    turns.append(session: 1, turn: 1, parent: -1, delay: -1)
    turns.append(session: 0, turn: 2, parent: 0, delay: 0)
    requests.chains = chains
    requests.turns = turns
    #expect(
      String(decoding: TraceWriter(requests, as: .csv).bytes, as: UTF8.self) == """
        request_id,arrival_s,input_tokens,output_tokens,session_id,parent_id,delay_s,\
        block_size,blocks
        0,0.000000000000,40,1,0,,,16,0 1
        1,1.000000000000,40,1,1,,,16,
        2,2.000000000000,40,1,0,0,0.000000000000,16,0

        """)
    let lines = String(decoding: TraceWriter(requests, as: .jsonl).bytes, as: UTF8.self)
      .split(separator: "\n")
    #expect(
      lines[2] == #"{"request_id":2,"arrival_s":2.000000000000,"input_tokens":40,"#
        + #""output_tokens":1,"session_id":0,"parent_id":0,"delay_s":0.000000000000,"#
        + #""block_size":16,"blocks":[0]}"#)
    #expect(lines[1].hasSuffix(#""parent_id":null,"delay_s":null,"block_size":16,"blocks":[]}"#))
  }

  @Test(arguments: [TraceWriter.Format.csv, .jsonl, .mooncake])
  func `turns that came a delay after another stay without an arrival`(
    format: TraceWriter.Format
  ) throws {
    let original = try read(
      """
      {"session_id":"a","timestamp":0,"input_length":100,"output_length":100}
      {"session_id":"b","timestamp":500,"input_length":50,"output_length":7}
      {"session_id":"a","delay":1000,"input_length":300,"output_length":10}
      {"session_id":"b","delay":200.5,"input_length":60,"output_length":10}
      {"session_id":"a","timestamp":9000,"delay":30,"input_length":400,"output_length":10}
      """
    ).requests
    #expect(original.arrival.map(\.seconds.value) == [0, 0.5, 0.7005, 1, 9])
    let bytes = TraceWriter(original, as: format).bytes
    let again = try read(bytes).requests
    expectEqual(again, original, 0)
    let turns = try #require(again.turns)
    #expect((0..<5).map(turns.isUntimed) == [false, false, true, true, false])
    #expect(TraceWriter(again, as: format).bytes == bytes)
  }

  @Test func `a trace whose first row was dropped keeps its first arrival`() throws {
    let original = try read(
      "arrived_at,num_prefill_tokens,num_decode_tokens\n1,0,5\n3.5,7,5\n")
    #expect(original.arrivals == [2_500_000_000_000])
    let again = try read(TraceWriter(original.requests, as: .csv).bytes)
    #expect(again.arrivals == original.arrivals)
  }

  private func instant(_ seconds: Int64) -> Instant {
    Instant(picoseconds: seconds * 1_000_000_000_000)
  }
}
