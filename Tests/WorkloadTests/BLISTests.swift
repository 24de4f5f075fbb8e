import Metrics
import Testing
import Workload

@Suite struct BLISTests {
  static let header = """
    request_id,client_id,tenant_id,slo_class,session_id,round_index,prefix_group,prefix_length,\
    streaming,input_tokens,output_tokens,text_tokens,image_tokens,audio_tokens,video_tokens,\
    reason_ratio,model,deadline_us,server_input_tokens,arrival_time_us,send_time_us,\
    first_chunk_time_us,last_chunk_time_us,num_chunks,status,error_message,finish_reason,\
    x_request_id,adapter,think_time_us

    """

  private func line(
    at time: String, _ input: String, _ output: String = "5", session: String = "",
    round: String = "0", group: String = "", prefix: String = "0", status: String = "ok",
    think: String = "0"
  ) -> String {
    "1,c,t,standard,\(session),\(round),\(group),\(prefix),true,\(input),\(output),9,0,0,0,0,m,0,9,"
      + "\(time),0,0,0,3,\(status),,stop,x,,\(think)\n"
  }

  @Test func `microseconds, rounds and think times are read`() throws {
    let text =
      Self.header + line(at: "1000", "70", session: "s1") + line(at: "1001", "80", session: "s2")
      + line(at: "5000", "90", session: "s1", round: "1", think: "2500")
    let trace = try read(text)
    #expect(trace.report.format == "blis" && trace.report.warnings.isEmpty)
    #expect(trace.arrivals == [0, 1_000_000, 4_000_000_000])
    #expect(trace.prompts == [70, 80, 90] && trace.outputs == [5, 5, 5])
    let turns = try #require(trace.requests.turns)
    #expect(turns.session == [0, 1, 0] && turns.parent == [-1, -1, 0])
    #expect(turns.delay == [-1, -1, 2_500_000_000])
    #expect(trace.requests.chains == nil)
  }

  @Test func `a group shares the full blocks of its prefix`() throws {
    let text =
      Self.header + line(at: "0", "100", group: "a", prefix: "40")
      + line(at: "1", "100", group: "b", prefix: "32")
      + line(at: "2", "60", group: "a", prefix: "50")
      + line(at: "3", "20", group: "a", prefix: "64") + line(at: "4", "20", group: "", prefix: "64")
    let trace = try read(text)
    let chains = try #require(trace.requests.chains)
    #expect(chains.tokensPerBlock == 16)
    // Two full blocks of 40 tokens, two others, the first two and a third, one of 20 tokens.
    #expect(chains.blocks == [0, 1, 2, 3, 0, 1, 4, 0])
    #expect((0..<5).map { chains.range(of: $0).count } == [2, 2, 3, 1, 0])
    #expect(chains.predecessors == [-1, 0, -1, 2, 1])
    #expect(
      trace.report.warnings.contains {
        $0.hasSuffix("prefix_length of 1 row is above input_tokens; cut there")
      })
  }

  @Test func `a YAML header in the same file is no row`() throws {
    let text =
      "trace_version: 2\ntime_unit: us\nmode: real\nwarm_up_requests: 3\nclients:\n  - name: c\n"
      + Self.header + line(at: "7", "10") + line(at: "9", "11")
    let trace = try read(text)
    #expect(trace.report.format == "blis" && trace.report.rowsRead == 2)
    #expect(trace.arrivals == [0, 2_000_000])
    #expect(
      trace.report.warnings.contains {
        $0.hasSuffix("warm_up_requests 3 of its header is not used: set warmup")
      })
    #expect(try refusal("trace_version: 2\nmode: real\n") == "trace.txt: has a header but no rows")
  }

  @Test(arguments: [
    ("error", "status is error"), ("timeout", "status is timeout"), ("odd", "status is not ok"),
  ])
  func `requests that did not end well are dropped under their reason`(
    status: String, reason: String
  ) throws {
    let text = Self.header + line(at: "7", "10") + line(at: "8", "10", status: status)
    #expect(try read(text).drops == ["\(reason): 1 from 3"])
  }

  @Test func `bad fields are dropped under their reason`() throws {
    let text =
      Self.header + line(at: "7", "10") + line(at: "x", "10") + line(at: "8", "-1")
      + line(at: "8", "1", "0") + line(at: "8", "1", round: "one")
      + line(at: "8", "1", group: "g", prefix: "1.5") + line(at: "8", "1", think: "-3") + "1,2\n"
    let trace = try read(text)
    #expect(
      trace.drops == [
        "arrival_time_us is not a number: 1 from 3", "input_tokens is negative: 1 from 4",
        "output_tokens is 0: 1 from 5", "round_index is not a whole number: 1 from 6",
        "prefix_length is not a whole number: 1 from 7", "think_time_us is negative: 1 from 8",
        "too few fields: 1 from 9",
      ])
    #expect(trace.report.rowsRead == 8 && trace.report.kept == 1)
  }
}
