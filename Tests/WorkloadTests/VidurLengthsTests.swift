import Metrics
import TestSupport
import Testing
import Workload

@Suite struct VidurLengthsTests {
  private let header = "num_prefill_tokens,num_decode_tokens,num_total_tokens,pd_ratio\n"

  @Test func `lengths arrive at once, or at a rate`() throws {
    let text = header + "300,20,320,15.0\n40,10,50,4.0\n"
    let trace = try read(text)
    #expect(trace.report.format == "vidur-lengths")
    #expect(trace.prompts == [300, 40] && trace.outputs == [20, 10])
    #expect(trace.arrivals == [0, 0])
    #expect(!trace.report.hasTimes && trace.report.warnings.isEmpty)
    let drawn = try read(text) { $0.rate = 2 }
    #expect(drawn.arrivals[0] > 0 && drawn.arrivals[0] < drawn.arrivals[1])
  }

  @Test(arguments: [
    ("0,5,5,0", "num_prefill_tokens is 0"), ("7,-5,2,0", "num_decode_tokens is negative"),
    ("7", "too few fields"), ("7,x,2,0", "num_decode_tokens is not a whole number"),
  ])
  func `a bad row is dropped under its reason`(bad: String, reason: String) throws {
    let trace = try read(header + "9,9,18,1\n\(bad)\n")
    #expect(trace.drops == ["\(reason): 1 from 3"])
    #expect(trace.report.rowsRead == 2)
  }

  @Test func `Vidur's own lengths are read whole`() throws {
    guard
      let path = sharedTrace("vidur_arxiv_summarization_stats_llama2_tokenizer_filtered_v2.csv.gz")
    else { return }
    let trace = try readTrace(at: path, options: TraceOptions())
    #expect(trace.report.format == "vidur-lengths" && trace.report.dropped.isEmpty)
    // The first row of the file.
    #expect(trace.prompts.first == 3772 && trace.outputs.first == 54)
  }
}
