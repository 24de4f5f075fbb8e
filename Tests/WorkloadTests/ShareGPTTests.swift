import Testing
import Workload

@Suite struct ShareGPTTests {
  private func conversation(_ prompt: String, _ answer: String) -> String {
    #"{"id":"x_0","conversations":[{"from":"human","value":"\#(prompt)"},"#
      + #"{"from":"gpt","value":"\#(answer)"},{"from":"human","value":"more"}]}"#
  }
  private func letters(_ count: Int) -> String { String(repeating: "a", count: count) }

  @Test func `the first two turns are prompt and output at four characters a token`() throws {
    let text = [conversation(letters(101), letters(17)), conversation(letters(16), letters(200))]
    for text in ["[\(text.joined(separator: ", "))]", "[\n\(text.joined(separator: ",\n"))\n]\n"] {
      let trace = try read(text)
      #expect(trace.report.format == "sharegpt")
      // ⌈101 / 4⌉, ⌈17 / 4⌉, 16 / 4, 200 / 4
      #expect(trace.prompts == [26, 4])
      #expect(trace.outputs == [5, 50])
      #expect(trace.arrivals == [0, 0])
      #expect(!trace.report.hasTimes)
      let note = "tokens are estimated at 4.0 characters each (characters_per_token)"
      #expect(trace.report.warnings.first?.hasSuffix(note) == true)
    }
  }

  @Test func `conversations that vLLM does not sample are dropped`() throws {
    let text = [
      conversation(letters(12), letters(40)), conversation(letters(4097), letters(40)),
      conversation(letters(40), letters(12)), conversation(letters(4000), letters(4196)),
      conversation(letters(4096), letters(4096)), #"{"conversations":[{"value":"alone"}]}"#,
      #"{"conversations":[]}"#, #"{"conversations":[{"value":7},{"value":"x"}]}"#,
      #"{"conversations":[{"from":"human"},{"value":"x"}]}"#, #"{"id":"none"}"#,
      #"{"conversations":null}"#, #"{"conversations":"text"}"#,
    ]
    let trace = try read("[\(text.joined(separator: ","))]")
    #expect(trace.prompts == [1024])
    #expect(trace.report.rowsRead == 12)
    #expect(
      trace.drops == [
        "prompt tokens are outside what vLLM samples: 2 from 1",
        "output tokens are outside what vLLM samples: 2 from 1",
        "conversations are outside what vLLM samples: 2 from 1",
        "prompt tokens is not a text: 1 from 1", "prompt tokens is missing: 1 from 1",
        "conversations is missing: 2 from 1",
        "conversations is not a list of whole numbers: 1 from 1",
      ])
  }
}
