import Testing
import Workload

@Suite struct ReadingOptionTests {
  @Test(arguments: [
    (ReadingOption.blockTokens, ["mooncake", "qwen-bailian", "vllm-timed-trace"]),
    (.sessionGap, ["weka"]), (.charactersPerToken, ["sharegpt", "vllm-custom"]),
  ])
  func `a choice is heeded by the formats that leave it`(option: ReadingOption, able: [String]) {
    let found = traceFormats.map { $0.name }.filter { option.fault(inFormat: $0) == nil }
    #expect(found == able)
  }

  @Test func `files without times have no speed`() {
    let unable = traceFormats.map { $0.name }.filter {
      ReadingOption.speedup.fault(inFormat: $0) != nil
    }
    #expect(unable == ["sharegpt", "vidur-lengths", "vllm-custom"])
    #expect(
      ReadingOption.sessionGap.fault(inFormat: "azure")
        == "means nothing to format azure, whose requests have one clock; leave it out, it is for "
        + "weka")
  }
}
