import Kernel
import Metrics
import Testing
import Units
import Workload

@Suite struct VLLMCustomTests {
  private func letters(_ count: Int) -> String { String(repeating: "a", count: count) }
  private func row(_ prompt: String, _ more: String = ",\"output_tokens\":7") -> String {
    #"{"prompt":"\#(prompt)"\#(more)}"# + "\n"
  }

  @Test func `prompts share blocks of 64 characters as far as they are equal`() throws {
    let start = letters(64)
    let trace = try read(
      row(start + letters(64) + "b") + row(start + "b" + letters(63)) + row(start)
        + row(letters(60)))
    #expect(trace.report.format == "vllm-custom")
    let chains = try #require(trace.requests.chains)
    #expect(chains.tokensPerBlock == 16)
    #expect(
      (0..<4).map { Array(chains.blocks[chains.range(of: $0)]) } == [[0, 1], [0, 2], [0], []])
  }

  @Test func `an escape counts as the one character that it stands for`() throws {
    let plain = "é\u{1F600}\"\\/\n\t" + letters(57)
    let escaped = #"\u00e9\ud83d\uDE00\"\\\/\n\t"# + letters(57)
    let raw = "é\u{1F600}\\\"\\\\/\\n\\t" + letters(57)
    #expect(plain.unicodeScalars.count == 64)
    let trace = try read(row(escaped) + row(raw) + row(#"\ud83d\n"# + letters(62)))
    #expect(trace.prompts == [16, 16, 16])
    let chains = try #require(trace.requests.chains)
    #expect(chains.blocks == [0, 0, 1])
  }

  @Test func `another number of characters a token may be given`() throws {
    let trace = try read(row(letters(64))) { $0.charactersPerToken = 2.5 }
    // 64 / 2.5 = 25.6; a block has 40 characters.
    #expect(trace.prompts == [26])
    #expect(trace.requests.chains?.blocks.count == 1)
    #expect(try refusal(row("x")) { $0.charactersPerToken = 0 }?.contains("0.1...1000") == true)
  }

  @Test func `without output_tokens there are 256, as vLLM has it`() throws {
    let trace = try read(row("hello", "") + row("hello", ",\"output_tokens\":null") + row("hello"))
    #expect(trace.outputs == [256, 256, 7])
    #expect(trace.report.warnings.last?.contains("2 rows without output_tokens: 256") == true)
  }

  @Test(arguments: [
    (#"{"prompt":7}"#, "prompt is not a text"), (#"{"prompt":null}"#, "prompt is missing"),
    (#"{"text":"x"}"#, "prompt is missing"), (#"{"prompt":""}"#, "prompt (its tokens) is 0"),
    (#"{"prompt":"x","output_tokens":-1}"#, "output_tokens is negative"),
    (#"{"prompt":"x","output_tokens":0}"#, "output_tokens is 0"),
    (#"{"prompt":"x","output_tokens":"7"}"#, "output_tokens is not a whole number"),
    (#"{"prompt":"x"#, "the line ends inside its JSON object"),
    (#"{"prompt":"x\"}"#, "the line ends inside its JSON object"),
    (#"["x"]"#, "the line is not a JSON object"), ("x", "the line is not a JSON object"),
  ])
  func `a bad prompt is dropped under its reason`(bad: String, reason: String) throws {
    let trace = try read(row("one") + bad + "\n" + row("two"))
    #expect(trace.drops == ["\(reason): 1 from 2"])
  }

  @Test func `a rate draws the arrivals that a generator draws`() throws {
    let text = (0..<50).map { row(letters(1 + $0)) }.joined()
    var generator = Generator(
      arrivals: .poisson(rate: 3), inputTokens: try Distribution(.fixed(value: 1)),
      outputTokens: try Distribution(.fixed(value: 1)))
    generator.requests = 50
    let expected = try generator.generate(seed: 5).arrival
    let trace = try read(text) {
      $0.rate = 3
      $0.seed = 5
    }
    #expect(trace.requests.arrival == expected)
    let lengths: [Int32] = (0..<50).map { 1 + $0 / 4 }
    #expect(trace.prompts == lengths)
    let other = try read(text) { $0.rate = 3 }
    #expect(other.requests.arrival != expected)
    #expect(try refusal(text) { $0.rate = 1e-9 }?.contains("more than 106 days") == true)
  }
}
