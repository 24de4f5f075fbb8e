import Metrics
import Testing
import Workload

@Suite struct MooncakeTests {
  private func line(_ time: String, _ input: String, _ output: String, _ more: String = "")
    -> String
  {
    "{\"timestamp\": \(time), \"input_length\": \(input), \"output_length\": \(output)\(more)}\n"
  }

  @Test func `milliseconds, equal times and hashes are read`() throws {
    let text =
      line("27482", "600", "52", ", \"hash_ids\": [46, 47]")
      + line("27482", "512", "26", ", \"hash_ids\": [46]") + line("30535.25", "1", "2")
    let trace = try read(text)
    #expect(trace.report.format == "mooncake")
    #expect(trace.arrivals == [0, 0, 3_053_250_000_000])
    #expect(trace.prompts == [600, 512, 1])
    #expect(trace.outputs == [52, 26, 2])
    #expect(trace.report.warnings.isEmpty)
    let blocks = try #require(trace.report.blocks)
    #expect(blocks.rowsWithHashes == 2)
    #expect(blocks.isCeil)
    #expect(blocks.lastPartial == 1)
    #expect(blocks.violations == 0)
  }

  @Test func `keys may come in any order among others`() throws {
    let text =
      #"  {"extra":{"a":[1,{"b":"}\"]"}],"c":true},"output_length":4,"hash_ids":null,"#
      + #""session_id":"s\u0041","input_length":3.0,"x":[],"y":{},"z":-1.5e-3,"timestamp":1e1}"#
      + "\r\n"
    let trace = try read(text)
    #expect(trace.prompts == [3])
    #expect(trace.outputs == [4])
    #expect(trace.drops == [])
    #expect(trace.report.blocks == nil)
  }

  @Test(arguments: [
    (#"{"timestamp": 1, "input_length": 5}"#, "output_length is missing"),
    (#"{"timestamp": 1, "output_length": 5}"#, "input_length is missing"),
    (
      #"{"timestamp": 1, "output_length": 5, "messages": []}"#,
      "input_length is missing, the prompt is given as text"
    ),
    (
      #"{"timestamp": 1, "output_length": 5, "text_input": "Why?"}"#,
      "input_length is missing, the prompt is given as text"
    ),
    (#"{"delay": 1, "input_length": 5, "output_length": 5}"#, "timestamp is missing"),
    (
      #"{"delay": 1, "session_id": "new", "input_length": 5, "output_length": 5}"#,
      "timestamp is missing"
    ),
    (
      #"{"timestamp": 1, "delay": -1, "input_length": 5, "output_length": 5}"#,
      "delay is negative"
    ),
    (
      #"{"timestamp": 1, "delay": "1", "input_length": 5, "output_length": 5}"#,
      "delay is not a number"
    ),
    (
      #"{"timestamp": 1, "delay": 1e30, "input_length": 5, "output_length": 5}"#,
      "delay is too large"
    ),
    (#"{"timestamp": null, "input_length": 5, "output_length": 5}"#, "timestamp is null"),
    (#"{"timestamp": "1", "input_length": 5, "output_length": 5}"#, "timestamp is not a number"),
    (#"{"timestamp": -1, "input_length": 5, "output_length": 5}"#, "timestamp is negative"),
    (
      #"{"timestamp": 1, "input_length": "5", "output_length": 5}"#,
      "input_length is not a whole number"
    ),
    (
      #"{"timestamp": 1, "input_length": 5.5, "output_length": 5}"#,
      "input_length is not a whole number"
    ),
    (#"{"timestamp": 1, "input_length": -5, "output_length": 5}"#, "input_length is negative"),
    (#"{"timestamp": 1, "input_length": 5e9, "output_length": 5}"#, "input_length is too large"),
    (
      #"{"timestamp": 1, "input_length": true, "output_length": 5}"#,
      "input_length is not a whole number"
    ),
    (#"{"timestamp": 1, "input_length": 0, "output_length": 5}"#, "input_length is 0"),
    (#"{"timestamp": 1, "input_length": 5, "output_length": 0}"#, "output_length is 0"),
    (
      #"{"timestamp": 1, "timestamp": 1, "input_length": 5, "output_length": 5}"#,
      "timestamp occurs twice"
    ),
    (#"{"timestamp": 1, "input_length": 5, "output_length": 5,}"#, "invalid JSON"),
    (#"{"timestamp": 1, "input_length": 05, "output_length": 5}"#, "invalid JSON"),
    (#"{"timestamp": 1, "input_length": NaN, "output_length": 5}"#, "invalid JSON"),
    (#"{"timestamp": 1 "input_length": 5, "output_length": 5}"#, "invalid JSON"),
    (#"{"timestamp": 1, "input_length": 5, "output_length": 5} x"#, "invalid JSON"),
    (#"{'timestamp': 1}"#, "invalid JSON"),
    (#"{"timestamp": 1, "input_length": 5, "output_len"#, "the line ends inside its JSON object"),
    (
      #"{"timestamp": 1, "input_length": 5, "output_length": 5"#,
      "the line ends inside its JSON object"
    ),
    (#"[1, 5, 5]"#, "the line is not a JSON object"),
    (#"1,5,5"#, "the line is not a JSON object"),
    (#"{}"#, "timestamp is missing"),
  ])
  func `a bad line is dropped under its reason`(bad: String, reason: String) throws {
    let trace = try read(line("0", "1", "1") + bad + "\n" + line("2", "1", "1") + bad)
    #expect(trace.drops == ["\(reason): 2 from 2"])
    #expect(trace.arrivals.count == 2)
    #expect(trace.report.rowsRead == 4)
    #expect(trace.report.warnings.count == 1)
  }

  @Test(arguments: [
    "[1.5]", "[-1]", "[\"a\"]", "[null]", "[[1]]", "{}", "7", "\"a\"", "[1e3]",
    "[18446744073709551616]", "[1, true]", "[184467440737095516150]",
  ])
  func `hashes that are no whole numbers are refused`(hashes: String) throws {
    let trace = try read(line("0", "1", "1") + line("1", "1", "1", ", \"hash_ids\": \(hashes)"))
    #expect(trace.drops == ["hash_ids is not a list of whole numbers: 1 from 2"])
  }

  @Test func `a list of hashes that breaks off or has a trailing comma is no JSON`() throws {
    let good = line("0", "1", "1")
    let trace = try read(good + #"{"hash_ids": [1,]}"# + "\n" + #"{"hash_ids": [1, 2"#)
    #expect(
      trace.drops == ["invalid JSON: 1 from 2", "the line ends inside its JSON object: 1 from 3"])
  }

  @Test func `hashes of 64 bits are whole numbers`() throws {
    let ids = "[9007199254740993, 18446744073709551615, 0]"
    let trace = try read(line("0", "1100", "1", ", \"hash_ids\": \(ids)"))
    #expect(trace.drops == [])
    #expect(trace.report.blocks?.violations == 0)
    #expect(trace.report.blocks?.rowsWithDuplicates == 0)
  }

  @Test func `full blocks only is the other rule`() throws {
    let text =
      line("0", "1100", "1", ", \"hash_ids\": [1, 2]") + line("0", "300", "1", ", \"hash_ids\": []")
    let blocks = try #require(try read(text).report.blocks)
    #expect(!blocks.isCeil)
    #expect(blocks.floor == 2)
    #expect(blocks.violations == 0)
  }

  @Test func `rows that break the rule of the others are counted`() throws {
    let text =
      line("0", "1100", "1", ", \"hash_ids\": [1, 2, 3]")
      + line("0", "1024", "1", ", \"hash_ids\": [1, 2, 3]")
      + line("0", "5000", "1", ", \"hash_ids\": [1, 1, 2]")
    let trace = try read(text)
    #expect(trace.report.blocks?.violations == 2)
    #expect(trace.report.blocks?.rowsWithDuplicates == 1)
    // And a block that follows itself has another predecessor than the one before it.
    #expect(trace.report.warnings.count == 3)
    #expect(trace.report.chainViolations == 2)
  }

  @Test func `another block size that all rows fit is taken and named`() throws {
    // ⌈100/16⌉ = 7 and ⌈40/16⌉ = 3; of the powers of two only 16 gives both.
    let text =
      line("0", "100", "1", ", \"hash_ids\": [1, 2, 3, 4, 5, 6, 7]")
      + line("0", "40", "1", ", \"hash_ids\": [1, 2, 3]")
    let trace = try read(text)
    let blocks = try #require(trace.report.blocks)
    #expect(blocks.blockSize == 16 && blocks.violations == 0 && blocks.betterSize == nil)
    #expect(blocks.ceil == 2 && blocks.floor == 0 && blocks.lastPartial == 2)
    #expect(trace.requests.chains?.tokensPerBlock == 16)
    #expect(trace.report.warnings.count == 1)
    let warning = try #require(trace.report.warnings.first)
    #expect(
      warning.hasSuffix(
        "all rows fit blocks of 16 tokens, which they are read with; if times are seconds the"
          + " format is vllm-timed-trace"))
  }

  @Test func `a row out of order is sorted in, and the first in time is at 0`() throws {
    let text =
      line("50", "1", "1") + line("20", "2", "1") + line("20", "3", "1") + line("60", "4", "1")
    let trace = try read(text)
    #expect(trace.prompts == [2, 3, 1, 4])
    #expect(trace.arrivals == [0, 0, 30_000_000_000, 40_000_000_000])
    let warning = try #require(trace.report.warnings.first)
    #expect(warning.hasSuffix(":2: arrives before a row above it (2 rows); sorted"))
  }

  @Test func `Bailian's traces, in seconds, are not taken for Mooncake's`() throws {
    let text = #"{"chat_id": 0, "timestamp": 0.5, "input_length": 5, "output_length": 5}"#
    #expect(try read(text).report.format == "qwen-bailian")
    #expect(!MooncakeFormat.recognizes(text))
  }

  @Test func `deep nesting is refused, not a crash`() throws {
    let deep = String(repeating: "[", count: 100_000)
    let trace = try read(line("0", "1", "1") + "{\"x\": \(deep)\n")
    #expect(trace.drops == ["invalid JSON: 1 from 2"])
  }
}
