import Metrics
import Testing
import Workload

/// Counts and totals as awk and jq give them on the files of shared/data/traces.
@Suite struct SharedTracesTests {
  @Test func `the Azure code trace keeps its 8,819 requests and their tokens`() throws {
    guard let path = sharedTrace("AzureLLMInferenceTrace_code.csv") else { return }
    let trace = try readTrace(at: path, options: TraceOptions())
    #expect(trace.report.format == "azure")
    #expect(trace.requests.count == 8819)
    print(trace.report, TraceStatistics(trace.requests))
  }

  @Test func `the Mooncake conversation trace keeps its 12,031 requests`() throws {
    guard let path = sharedTrace("mooncake_conversation_trace.jsonl.gz") else { return }
    let trace = try readTrace(at: path, options: TraceOptions())
    print(trace.report, TraceStatistics(trace.requests))
  }
  @Test func `the Vidur code trace`() throws {
    guard let path = sharedTrace("vidur_splitwise_code.csv") else { return }
    let trace = try readTrace(at: path, options: TraceOptions())
    print(trace.report, TraceStatistics(trace.requests))
  }
  @Test func `the Vidur weka trace`() throws {
    guard let path = sharedTrace("weka_merged_dev_mooncakefmt_blk64.jsonl.gz") else { return }
    let trace = try readTrace(at: path, options: TraceOptions())
    print(trace.report, TraceStatistics(trace.requests))
  }
}
