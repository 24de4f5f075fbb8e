import Testing
import Workload

@Suite struct FormatChoiceTests {
  private let azure = "TIMESTAMP,ContextTokens,GeneratedTokens"
  private let json = "{\"timestamp\": 0, \"input_length\": 1, \"output_length\": 1}\n"

  @Test func `names of formats are unique and said in one sentence`() {
    let names = traceFormats.map { $0.name }
    #expect(Set(names).count == names.count)
    for format in traceFormats { #expect(format.summary.hasSuffix(".")) }
  }

  @Test func `an unknown format is answered with the nearest`() throws {
    let found = try refusal(json) { $0.format = "moncake" }
    #expect(
      found
        == "trace.txt: unknown format \"moncake\"; nearest: mooncake;"
        + " known: auto, azure, azure-lmm, blis, burstgpt, llmservingsim, martlet, martlet-jsonl,"
        + " measured, mooncake, qwen-bailian, sharegpt, splitwise-sim, vidur, vidur-lengths,"
        + " vllm-custom, vllm-timed-trace, weka")
  }

  @Test func `JSON given as CSV and CSV as JSON are told`() throws {
    let first = try #require(try refusal(json) { $0.format = "azure" })
    #expect(first.hasPrefix("trace.txt:1: is JSON, not CSV"))
    #expect(first.contains("auto or mooncake"))
    let second = try #require(try refusal(azure + "\n") { $0.format = "mooncake" })
    #expect(second.hasPrefix("trace.txt:1: is no JSON lines of format mooncake"))
    #expect(second.contains(azure))
  }

  @Test func `one CSV format given as another is named`() throws {
    let found = try #require(try refusal(azure + "\n") { $0.format = "vidur" })
    #expect(
      found.hasPrefix(
        "trace.txt:1: no columns arrived_at, num_prefill_tokens, num_decode_tokens of format vidur")
    )
    #expect(found.hasSuffix("\"\(azure)\"; this is the format azure"))
  }

  @Test func `a missing column is named beside the header and the nearest format`() throws {
    let found = try #require(try refusal("\nTIMESTAMP,ContextTokens\n1,2\n"))
    #expect(
      found
        == "trace.txt:2: has the header \"TIMESTAMP,ContextTokens\"; nearest format: azure,"
        + " which also needs GeneratedTokens")
  }

  @Test func `a header that nobody knows is shown with all known formats`() throws {
    let found = try #require(try refusal("a,b\n1,2\n"))
    #expect(found.contains("\"a,b\""))
    #expect(found.contains("azure (TIMESTAMP, ContextTokens, GeneratedTokens)"))
  }

  @Test(arguments: [
    ("", "trace.txt: is empty"), ("\n\r\n \n", "trace.txt: is empty"),
    ("TIMESTAMP,ContextTokens,GeneratedTokens\n", "trace.txt: has a header but no rows"),
    ("TIMESTAMP,ContextTokens,GeneratedTokens", "trace.txt: has a header but no rows"),
    (
      "TIMESTAMP,ContextTokens,contexttokens,GeneratedTokens\n",
      "trace.txt:1: the header has column ContextTokens twice"
    ),
    ("T\0I\0M\0", "trace.txt:1: is not UTF-8 text; save it as such"),
    (
      "[{\"timestamp\": 0, \"input_length\": 1}]\n",
      "trace.txt:1: is a JSON array; write one object a line, without brackets"
    ),
  ])
  func `a file that is no trace is refused`(text: String, message: String) throws {
    #expect(try refusal(text) == message)
  }

  @Test func `when no row is left it is said why`() throws {
    let found = try refusal(azure + "\n2024-05-10 00:00:00,1,0\nx,1,1\n2024-05-10 00:00:00,1,0\n")
    #expect(
      found
        == "trace.txt:2: none of 3 rows can be used: GeneratedTokens is 0"
        + " (2 rows, first at line 2); TIMESTAMP is not a date and time (1 row, first at line 3)")
  }

  @Test func `a format may be given by name`() throws {
    #expect(try read(json) { $0.format = "mooncake" }.prompts == [1])
  }
}
