import Foundation
import Metrics
import TestSupport
import Testing
import Workload

/// Counts and totals as awk and Python's json give them on the files of shared/data/traces.
@Suite struct SharedTracesTests {
  @Test func `the Azure code trace keeps its 8,819 requests, tokens and times`() throws {
    guard let path = sharedTrace("AzureLLMInferenceTrace_code.csv") else { return }
    let trace = try readTrace(at: path, options: TraceOptions())
    #expect(trace.report.format == "azure")
    #expect(trace.report.rowsRead == 8819)
    #expect(trace.report.dropped.isEmpty)
    #expect(trace.report.warnings.isEmpty)
    let statistics = TraceStatistics(trace.requests)
    #expect(statistics.prompt.total == 18_059_974)
    #expect(statistics.output.total == 245_896)
    // 18:17:03.9799600 to 19:14:19.9280160
    #expect(trace.arrivals.first == 0)
    #expect(trace.arrivals.last == 3_435_948_056_000_000)
  }

  @Test func `the Vidur copy of the Azure code trace gives the same table`() throws {
    guard let azure = sharedTrace("AzureLLMInferenceTrace_code.csv"),
      let vidur = sharedTrace("vidur_splitwise_code.csv")
    else { return }
    let a = try readTrace(at: azure, options: TraceOptions())
    let b = try readTrace(at: vidur, options: TraceOptions())
    #expect(b.report.format == "vidur")
    #expect(a.prompts == b.prompts)
    #expect(a.outputs == b.outputs)
    // Vidur's copy has microseconds, Azure's original ticks of 100 ns.
    let apart = zip(a.arrivals, b.arrivals).map { abs($0 - $1) }.max()
    #expect(try #require(apart) <= 500_000)
  }

  @Test func `the Mooncake conversation trace keeps its 12,031 requests`() throws {
    guard let path = sharedTrace("mooncake_conversation_trace.jsonl.gz") else { return }
    let trace = try readTrace(at: path, options: TraceOptions())
    #expect(trace.report.format == "mooncake")
    #expect(trace.requests.count == 12_031)
    let statistics = TraceStatistics(trace.requests)
    #expect(statistics.prompt.total == 144_793_823)
    #expect(statistics.output.total == 4_122_048)
    #expect(trace.arrivals.last == 3_536_999_000_000_000)
    #expect(statistics.simultaneous == 10_851)
    #expect(trace.report.blocks?.ceil == 12_031)
    #expect(trace.report.blocks?.violations == 0)
    #expect(trace.report.warnings.isEmpty)
  }

  @Test func `sessions of WEKA are the merged trace`() throws {
    guard let sessions = sharedTrace("weka_kv-cache-tester_traces_nnn1.tar.gz"),
      let merged = sharedTrace("weka_merged_dev_mooncakefmt_blk64.jsonl.gz"), !isDebug
    else { return }
    let a = try readTrace(at: sessions, options: TraceOptions()).requests
    #expect(a.count == 4842)
    #expect(a.turns?.session.max() == 67)
    // Rows without output are dropped there; here they are prefills.
    let text = String(
      decoding: try gunzipped(merged), as: UTF8.self
    ).replacing("\"output_length\":0,", with: "\"output_length\":1,")
    let b = try read(text).requests
    #expect(a.arrival == b.arrival)
    #expect(a.prompt == b.prompt)
    #expect(a.output == b.output)
    #expect(a.chains?.blocks == b.chains?.blocks)
    #expect(a.chains?.predecessors == b.chains?.predecessors)
  }

  @Test(arguments: [TraceWriter.Format.csv, .jsonl])
  func `conversation is the same after it was converted`(format: TraceWriter.Format) throws {
    guard let path = sharedTrace("mooncake_conversation_trace.jsonl.gz"), !isDebug else { return }
    let original = try readTrace(at: path, options: TraceOptions()).requests
    let trace = try read(TraceWriter(original, as: format).bytes)
    #expect(trace.requests.arrival == original.arrival)
    #expect(trace.requests.prompt == original.prompt)
    #expect(trace.requests.output == original.output)
    #expect(trace.requests.chains == original.chains)
    #expect(trace.requests.turns == original.turns)
  }

  private func gunzipped(_ path: String) throws -> Data {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["gzip", "-dc", path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    return try #require(try pipe.fileHandleForReading.readToEnd())
  }

  @Test func `the conversation trace shares what its publishers and the anchors say`() throws {
    guard let path = sharedTrace("mooncake_conversation_trace.jsonl.gz") else { return }
    let trace = try readTrace(at: path, options: TraceOptions())
    let sharing = try #require(BlockSharing(trace.requests))
    #expect(sharing.distinct == 182_790 && sharing.references == 288_500)
    // Dense ids: each block but its first appearance is a hit.
    #expect(sharing.idealHits == 288_500 - 182_790)
    #expect(sharing.fullReferences == 276_491 && sharing.idealFullHits == 105_592)
    #expect(trace.report.chainViolations == 0)
    #expect(SessionSharing(trace.requests) == nil)
    // Without blocks it is the same table.
    var options = TraceOptions()
    options.keepsBlocks = false
    let plain = try readTrace(at: path, options: options)
    #expect(plain.requests.chains == nil && plain.requests.arrival == trace.requests.arrival)
    #expect(plain.report.warnings == trace.report.warnings)
  }

  @Test func `the first requests of sessions in blocks of 64 tokens are read as such`() throws {
    guard let path = sharedTrace("weka_merged_dev_mooncakefmt_blk64.jsonl.gz") else { return }
    var options = TraceOptions()
    options.limit = isDebug ? 200 : nil
    let trace = try readTrace(at: path, options: options)
    #expect(trace.report.blocks?.blockSize == 64 && trace.report.blocks?.isCeil == false)
    #expect(trace.report.blocks?.violations == 0)
    #expect(trace.requests.chains?.tokensPerBlock == 64)
    #expect(trace.report.chainViolations == 0)
    if isDebug { return }
    #expect(trace.report.rowsRead == 4842)
    #expect(trace.drops == ["output_length is 0: 4 from 109"])
    let statistics = TraceStatistics(trace.requests)
    #expect(statistics.prompt.total == 563_154_395 && statistics.output.total == 1_964_706)
    #expect(trace.arrivals.last == 150_967_000_000_000_000)
    let sharing = try #require(BlockSharing(trace.requests))
    #expect(sharing.references == 8_796_900 && sharing.distinct == 341_769)
    let sessions = try #require(SessionSharing(trace.requests))
    #expect((sessions.sessions, sessions.longest) == (70, 411))
  }

  @Test func `the first rows of BurstGPT lose their failures alone`() throws {
    guard let path = sharedTrace("BurstGPT_1_first60rows.csv") else { return }
    let trace = try readTrace(at: path, options: TraceOptions())
    #expect(trace.report.format == "burstgpt" && trace.report.rowsRead == 60)
    #expect(trace.drops == ["the request failed: Response tokens is 0: 4 from 22"])
    let statistics = TraceStatistics(trace.requests)
    #expect(statistics.prompt.total == 40_410 && statistics.output.total == 18_292)
    // From 5 to 9015 s.
    #expect(trace.arrivals.last == 9_010_000_000_000_000)
    #expect(trace.requests.turns == nil)
  }

  @Test func `the example of splitwise-sim is read`() throws {
    guard let path = sharedTrace("splitwise_sim_test_trace.csv") else { return }
    let trace = try readTrace(at: path, options: TraceOptions())
    #expect(trace.report.format == "splitwise-sim" && trace.report.warnings.isEmpty)
    #expect(trace.arrivals == [0, 2_000_000_000_000, 3_000_000_000_000])
    #expect(trace.prompts == [4096, 2048, 2048] && trace.outputs == [32, 8, 16])
  }
}
