import Foundation
import Metrics
import Testing
import Workload

@Suite struct WekaTests {
  private func request(
    _ t: String, _ input: Int, _ ids: [Int], out: Int = 5, _ more: String = ""
  ) -> String {
    #"{"t":\#(t),"type":"n","model":"m","in":\#(input),"out":\#(out),"hash_ids":\#(ids)\#(more)}"#
  }
  private func session(_ requests: [String], _ scope: String = "local", size: Int = 64) -> String {
    #"{"id":"s","models":["m"],"block_size":\#(size),"hash_id_scope":"\#(scope)","#
      + #""tool_tokens":1,"requests":[\#(requests.joined(separator: ","))],"totals":{"in":3}}"#
  }
  private let second: Int64 = 1_000_000_000_000

  @Test func `turns follow each other after think_time, or what the times leave`() throws {
    let trace = try read(
      session([
        request("0.0", 130, [7, 3], #","api_time":4.5,"think_time":0.0"#),
        request("10.25", 200, [7, 3, 9], #","api_time":2.0,"think_time":5.5"#),
        request("20", 200, [7, 3, 9], #","api_time":40"#), request("30", 70, [7]),
        request("31", 70, [8]),
      ]))
    #expect(trace.report.format == "weka")
    #expect(trace.arrivals == [0, 10_250_000_000_000, 20 * second, 30 * second, 31 * second])
    let turns = try #require(trace.requests.turns)
    #expect(turns.parent == [-1, 0, 1, 2, 3])
    // 20 − (10.25 + 2) = 7.75 s; the third ends after the fourth begins; then nothing is known.
    #expect(turns.delay == [-1, 5_500_000_000_000, 7_750_000_000_000, 0, -1])
    let chains = try #require(trace.requests.chains)
    #expect(chains.tokensPerBlock == 64)
    #expect(chains.blocks == [0, 1, 0, 1, 2, 0, 1, 2, 0, 3])
    #expect(trace.report.blocks?.floor == 5)
    #expect(trace.report.warnings.isEmpty)
  }

  @Test func `a subagent follows the turn before its spawn and shares its blocks`() throws {
    let sub =
      #"{"t":8.0,"type":"subagent","agent_id":"a","duration_ms":null,"requests":["#
      + request("0.5", 128, [1, 2], #","api_time":1,"think_time":0"#) + ","
      + request("6", 64, [1], #","think_time":3.5"#) + "]}"
    let none = #"{"t":9.0,"type":"subagent","duration_ms":null,"requests":[]}"#
    let trace = try read(
      session([
        request("0", 64, [1], #","api_time":2"#), sub, none,
        request("12", 64, [1], #","think_time":4"#),
      ]))
    #expect(trace.arrivals == [0, 8_500_000_000_000, 12 * second, 14 * second])
    let turns = try #require(trace.requests.turns)
    #expect(turns.session == [0, 0, 0, 0])
    #expect(turns.parent == [-1, 0, 0, 1])
    #expect(turns.turn == [1, 2, 2, 3])
    // From the end of the spawning turn at 2 s to 8.5 s.
    #expect(turns.delay == [-1, 6_500_000_000_000, 4 * second, 3_500_000_000_000])
    #expect(trace.requests.chains?.blocks == [0, 0, 1, 0, 0])
    #expect(trace.report.rowsRead == 4)
  }

  @Test func `a request without output is a prefill of one token`() throws {
    let trace = try read(session([request("0", 64, [1], out: 0), request("1", 64, [1])]))
    #expect(trace.outputs == [1, 5])
    #expect(trace.report.dropped.isEmpty)
    #expect(trace.report.warnings.first?.contains("out is 0 in 1 row") == true)
  }

  @Test func `sessions of one file or of many start a gap apart, ids being their own`() throws {
    let one = session([request("0", 64, [1]), request("90", 64, [1])])
    let two = session([request("0", 64, [1]), request("1", 64, [1])], "global")
    let three = session([request("2", 64, [1])], "global")
    for text in [one + two + three, "[\n\(one),\n\(two)\n,\(three)\n]\n"] {
      let trace = try read(text)
      #expect(trace.arrivals == [0, 60, 61, 90, 122].map { $0 * second })
      #expect(trace.requests.turns?.session == [0, 1, 1, 0, 2])
      #expect(trace.requests.chains?.blocks == [0, 1, 1, 0, 1])
      #expect(trace.report.warnings.first?.contains("3 sessions") == true)
    }
    let apart = try read(one + two) { $0.sessionGap = 0.5 }
    #expect(apart.arrivals == [0, second / 2, second / 2 + second, 90 * second])
  }

  @Test func `limit counts in order of arrival over all sessions`() throws {
    let one = session([request("0", 64, [1]), request("90", 65, [1]), request("300", 66, [1])])
    let two = session([request("0", 67, [1]), request("1", 68, [1])])
    for limit in 1...6 {
      let trace = try read(one + two + "{ this is never read") { $0.limit = limit }
      #expect(trace.prompts == Array([64, 67, 68, 65, 66].prefix(limit)))
      #expect(
        trace.report.rowsRead == trace.report.kept
          + trace.report.dropped.reduce(0) { $0 + $1.count })
    }
  }

  @Test func `a document may go over lines`() throws {
    let text = session([request("0", 64, [1]), request("1", 64, [1])])
      .replacingOccurrences(of: ",", with: ",\n ").replacingOccurrences(of: "{", with: "{\r\n\t")
    let trace = try read("\n\u{FEFF}".dropFirst() + text)
    #expect(trace.prompts == [64, 64])
    #expect(trace.requests.chains?.blocks == [0, 0])
  }

  @Test(arguments: [
    (#"{"type":"n","in":5,"out":5}"#, "t is missing"),
    (#"{"t":null,"in":5,"out":5}"#, "t is missing"), (#"{"t":-1,"in":5,"out":5}"#, "t is negative"),
    (#"{"t":"1","in":5,"out":5}"#, "t is not a number"), (#"{"t":1,"out":5}"#, "in is missing"),
    (#"{"t":1,"in":0,"out":5}"#, "in is 0"), (#"{"t":1,"in":5}"#, "out is missing"),
    (#"{"t":1,"in":5,"out":2.5}"#, "out is not a whole number"),
    (#"{"t":1,"in":5,"in":5,"out":5}"#, "in occurs twice"),
    (#"{"t":1,"in":5,"out":5,"hash_ids":[-1]}"#, "hash_ids is not a list of whole numbers"),
    (#"{"t":1,"in":5,"out":5,"hash_ids":[1.5]}"#, "hash_ids is not a list of whole numbers"),
    (#"{"t":1,"in":5,"out":5,"think_time":-2}"#, "think_time is negative"),
    (#"{"type":"subagent","requests":[]}"#, "t is missing"),
    (#"{"t":1,"type":"subagent","requests":7}"#, "requests is not a list of whole numbers"),
    ("[1]", "the line is not a JSON object"), ("7", "the line is not a JSON object"),
  ])
  func `a bad request is dropped under its reason, and the others stay`(
    bad: String, reason: String
  ) throws {
    let trace = try read(session([request("0", 64, [1]), bad, request("3", 64, [1])]))
    #expect(trace.drops == ["\(reason): 1 from 1"])
    #expect(trace.requests.turns?.parent == [-1, 0])
    #expect(trace.report.rowsRead == 3)
  }

  @Test(arguments: [
    (#"{"hash_id_scope":"local"}"#, "requests is missing"),
    (#"{"requests":[],"block_size":64}"#, "requests is empty"),
    (#"{"requests":{},"block_size":64}"#, "requests is not a list of whole numbers"),
    (#"{"requests":[],"block_size":0}"#, "block_size is 0"),
    (#"{"requests":[],"block_size":"x"}"#, "block_size is not a whole number"),
    (#"{"requests":[1,],"block_size":64}"#, "invalid JSON"),
    (#"{"requests":[{"t":1]}"#, "invalid JSON"), (#"{"requests":[{"t":1"#, "the line ends inside"),
    (#"x {"requests":[],"block_size":64}"#, "the line is not a JSON object"),
  ])
  func `a bad document is dropped as one row`(bad: String, reason: String) throws {
    let trace = try read(session([request("0", 64, [1])]) + "\n" + bad)
    #expect(trace.report.dropped.count == 1)
    #expect(trace.drops.first?.hasPrefix(reason) == true, "\(trace.drops)")
    #expect(trace.report.dropped.first?.firstLine == 2)
    #expect(trace.report.rowsRead == 2)
  }

  @Test func `sessions with other blocks are not mixed`() throws {
    let found = try refusal(
      session([request("0", 64, [1])]) + session([request("0", 64, [1])], size: 32))
    #expect(found?.contains("has blocks of 32 tokens, sessions before it blocks of 64") == true)
  }

  @Test func `ids that do not fit, or come twice, are told`() throws {
    let trace = try read(session([request("0", 64, [1, 2]), request("1", 192, [4, 2, 4])]))
    #expect(trace.report.warnings.count == 3)
    #expect(trace.report.warnings[0].contains("hash_ids name 2 blocks by an id that has another"))
    #expect(trace.report.warnings[1].contains("hash_ids of 1 row do not fit in"))
    #expect(trace.report.warnings[2].contains("hash_ids of 1 row have an id twice"))
  }

  @Test(arguments: [1, 7, 64, 4096]) func `small chunks read the same`(chunk: Int) throws {
    let text =
      session([request("0", 64, [1]), request("90", 64, [1])])
      + session([request("0", 64, [1])])
    let file = try TestFile(text)
    let trace = try readTrace(at: file.path, options: TraceOptions(), chunk: chunk)
    let whole = try read(text)
    #expect(trace.requests.chains == whole.requests.chains)
    #expect(trace.arrivals == whole.arrivals)
    #expect(trace.report.contentHash == whole.report.contentHash)
  }
}
