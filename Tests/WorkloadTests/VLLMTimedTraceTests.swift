import Metrics
import Testing
import Workload

@Suite struct VLLMTimedTraceTests {
  private let text = """
    {"timestamp": 0.5, "input_length": 40, "output_length": 4, "hash_ids": [1, 2, 3]}
    {"timestamp": 2, "input_length": 20, "output_length": 4, "hash_ids": [1, 4]}

    """

  @Test func `its times are seconds and its blocks have 16 tokens`() throws {
    let trace = try read(text) { $0.format = "vllm-timed-trace" }
    #expect(trace.arrivals == [0, 1_500_000_000_000])
    #expect(trace.requests.chains?.tokensPerBlock == 16)
    #expect(trace.report.blocks?.ceil == 2 && trace.report.warnings.isEmpty)
  }

  @Test func `nothing tells it from a Mooncake trace, so auto never finds it`() throws {
    let trace = try read(text)
    #expect(trace.report.format == "mooncake")
    #expect(trace.arrivals == [0, 1_500_000_000])
    // Its rate is beyond all services, which is said.
    #expect(
      trace.report.warnings.contains { $0.contains("are its times in another unit?") } == false)
    #expect(trace.requests.chains?.tokensPerBlock == 16)
  }

  @Test func `another block size may be given`() throws {
    let trace = try read(text) {
      $0.format = "vllm-timed-trace"
      $0.blockTokens = 20
    }
    #expect(trace.requests.chains?.tokensPerBlock == 20)
    // 40 tokens are two blocks of 20, 20 are one.
    #expect(trace.requests.chains?.blocks.count == 3)
    #expect(try refusal(text) { $0.blockTokens = 0 }?.contains("blocks of 0 tokens") == true)
  }
}
