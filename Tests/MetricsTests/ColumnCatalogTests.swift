import Metrics
import Testing

@Suite struct ColumnCatalogTests {
  @Test func `every key of the summary has an entry, in the same order`() {
    let keys = Summary(record([]), plain).fields.map(\.key)
    #expect(ColumnCatalog.summary.map(\.name) == keys)
  }

  @Test func `names are unique and every entry says what it is`() {
    for entries in [
      ColumnCatalog.summary, ColumnCatalog.requests, ColumnCatalog.timeseries, ColumnCatalog.steps,
      ColumnCatalog.everySummary, ColumnCatalog.links, ColumnCatalog.tiers,
    ] {
      #expect(Set(entries.map(\.name)).count == entries.count)
      for entry in entries {
        #expect(entry.definition.hasSuffix("."), "\(entry.name)")
        #expect(!entry.population.isEmpty, "\(entry.name)")
      }
    }
  }

  @Test func `units agree with the suffix of the name`() {
    let entries =
      ColumnCatalog.everySummary + ColumnCatalog.requests + ColumnCatalog.steps
      + ColumnCatalog.links + ColumnCatalog.tiers
    for entry in entries {
      if entry.name.hasSuffix("_ms") { #expect(entry.unit == "ms") }
      if entry.name.hasSuffix("_s"), !entry.name.hasSuffix("per_s") { #expect(entry.unit == "s") }
      if entry.name.hasSuffix("_bytes") { #expect(entry.unit == "B") }
    }
  }

  @Test func `the result keys of vllm bench serve are all there`() {
    let names = Set(ColumnCatalog.summary.map(\.name))
    let expected = """
      endpoint_type model_id tokenizer_id num_prompts request_rate burstiness max_concurrency label
      duration completed failed total_input_tokens total_output_tokens request_throughput
      request_goodput output_throughput total_token_throughput max_output_tokens_per_s
      max_concurrent_requests rtfx mean_ttft_ms median_tpot_ms std_itl_ms p99_e2el_ms p99.9_ttft_ms
      """
    for key in expected.split(whereSeparator: \.isWhitespace) {
      #expect(names.contains(String(key)), "\(key)")
    }
  }
}
