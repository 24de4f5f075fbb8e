import Metrics
import Testing

@Suite struct ColumnCatalogKindsTests {
  @Test func `no word is a result, and what vllm bench measures is one`() {
    for (key, value) in Summary(SummaryTests.small(), plain).fields {
      switch value {
      case .text, .flag: #expect(ColumnCatalog.kind(of: key) != .result, "\(key)")
      case .milliseconds:
        #expect(ColumnCatalog.kind(of: key) == (key.hasSuffix("_ci") ? .uncertainty : .result))
      default: break
      }
    }
    for key in ["duration", "completed", "request_goodput", "p99.9_ttft_ms", "busy_share"] {
      #expect(ColumnCatalog.kind(of: key) == .result, "\(key)")
    }
    for key in ["num_prompts", "request_rate", "gpu_count", "warmup_requests"] {
      #expect(ColumnCatalog.kind(of: key) == .setting, "\(key)")
    }
  }
}
