import Metrics
import Testing
import Workload

@Suite struct MartletCSVTests {
  private static let header =
    "request_id,arrival_s,input_tokens,output_tokens,session_id,parent_id,delay_s,block_size,blocks"
  private let good = header + "\n0,0.5,30,2,a,,,16,0 1\n"

  @Test(arguments: [
    ("1,1,5,5,a,0,1,32,0", "block_size \"32\" differs from the rows above"),
    ("1,1,5,5,a,0,1,0,0", "block_size is 0"),
    ("1,1,5,5,a,0,1,x,0", "block_size \"x\" is not a whole number"),
    ("1,1,5,5,a,0,1,,0", "block_size is empty"),
    ("1,1,5,5,a,0,1,16,0 -1", "blocks \"0 -1\" is not a list of whole numbers"),
    ("1,1,5,5,a,0,1,16,0.5", "blocks \"0.5\" is not a list of whole numbers"),
    ("1,1,5,5,a,0,-1,16,0", "delay_s \"-1\" is negative"),
    ("1,1,5,5,a,0,1e30,16,0", "delay_s \"1e30\" is too large"),
    ("1,1,5,5,a,zero,1,16,0", "parent_id \"zero\" is not a whole number"),
    (",1,5,5,a,0,1,16,0", "request_id is empty"),
    ("1.5,1,5,5,a,0,1,16,0", "request_id \"1.5\" is not a whole number"),
    ("1,,5,5,a,,,16,0", "arrival_s is empty"),
    ("1,,5,5,a,7,1,16,0", "arrival_s is missing"),
    ("1,1,5,5,a,0,1,2000000,0", "block_size \"2000000\" is too large"),
    ("1,NaN,5,5,a,0,1,16,0", "arrival_s \"NaN\" is not a number"),
    ("1,1,0,5,a,0,1,16,0", "input_tokens is 0"),
    ("1,1,5,abc,a,0,1,16,0", "output_tokens \"abc\" is not a whole number"),
    ("1,1,5,5,a,0,1,16", "too few fields"),
    ("1,1,5,5,a,0,1,16,0,0", "too many fields"),
  ])
  func `a bad row is dropped under its reason`(bad: String, reason: String) throws {
    let trace = try read(good + bad + "\n2,2,20,2,a,0,0.25,16,0\n")
    #expect(trace.report.rowsRead == 3)
    #expect(trace.requests.count == 2)
    #expect(trace.report.dropped.map(\.count) == [1])
    #expect(trace.report.warnings.first?.hasSuffix(":3: \(reason) (1 row dropped)") == true)
    #expect(trace.requests.turns?.parent == [-1, 0])
    #expect(trace.requests.turns?.delay == [-1, 250_000_000_000])
    #expect(trace.requests.chains?.blocks == [0, 1, 0])
  }

  @Test func `a header is told from timed requests by its columns alone`() throws {
    let plain = "request_id,arrival_s,input_tokens,output_tokens"
    for (header, row, format) in [
      (plain, "0,1,2,3", "martlet"),
      (
        "output_tokens,input_tokens,arrival_s,request_id",
        "3,2,1,0", "martlet"
      ),
      ("arrival_s,input_tokens,output_tokens", "1,2,3", "measured"),
      (plain + ",first_token_s", "0,1,2,3,4", "measured"),
      (plain + ",blocks,block_size,tenant", "0,1,2,3,5,16,me", "martlet"),
      (plain + ",session_id", "0,1,2,3,9", "martlet"),
    ] {
      let trace = try read("\u{FEFF}" + header + "\r\n" + row)
      #expect(trace.report.format == format, "\(header)")
      #expect(trace.prompts == [2])
    }
    let more = try read(plain + ",blocks,block_size,tenant\n0,1,2,3,5,16,me\n")
    #expect(more.report.warnings.first?.hasSuffix("columns not used: tenant") == true)
  }

  @Test func `rows may be left out and moved; ids still find the turn before`() throws {
    let trace = try read(
      Self.header + "\n7,3,20,5,s,5,1,16,8 9\n5,1,5,5,s,,,16,8\n9,2,5,5,s,8,0,16,8\n")
    #expect(trace.arrivals == [1, 2, 3].map { $0 * 1_000_000_000_000 })
    #expect(trace.requests.turns?.parent == [-1, -1, 0])
    #expect(trace.requests.turns?.session == [0, 0, 0])
    #expect(trace.requests.chains?.blocks == [0, 0, 0, 1])
  }
}
