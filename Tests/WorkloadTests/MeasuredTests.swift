import Metrics
import Testing
import Workload

@Suite struct MeasuredTests {
  static let header =
    "request,arrival_s,input_tokens,output_tokens,scheduled_s,first_token_s,last_token_s\n"

  @Test func `timed requests are read for their arrivals and lengths alone`() throws {
    let trace = try read(Self.header + "0,0.5,10,3,0.6,0.7,0.8\n1,0.75,20,4,0.8,0.9,1.0\n")
    #expect(trace.report.format == "measured" && trace.report.warnings.isEmpty)
    #expect(trace.arrivals == [0, 250_000_000_000])
    #expect(trace.requests.prompt == [10, 20] && trace.requests.output == [3, 4])
  }

  @Test func `a request without tokens is dropped`() throws {
    let trace = try read(Self.header + "0,0,10,3,0,1,2\n1,1,20,0,1,2,2\n")
    #expect(trace.drops == ["output_tokens is 0: 1 from 3"])
  }
}
