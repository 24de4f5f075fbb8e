import Experiment
import Files
import Studies
import TestSupport
import Testing

/// What `--slo` may say.
@Suite struct SLOTermTests {
  private func terms(_ text: String) throws -> [String] { try SLOTerm.list(text).map(\.text) }

  @Test func `conditions and presets stand side by side`() throws {
    #expect(
      try SLOTerm.list(" p99_ttft_ms <= 500,slo_attainment>=0.99 ")
        == [SLOTerm("p99_ttft_ms", .atMost, 500), SLOTerm("slo_attainment", .atLeast, 0.99)])
    #expect(
      try terms("mlperf:llama2-70b-interactive,mean_queue_time_ms<=1e2")
        == ["p99_ttft_ms<=450", "p99_tpot_ms<=40", "mean_queue_time_ms<=100"])
    #expect(try terms("p99.9_itl_ms<=500 ms, duration<=60s, rejected<=0").count == 3)
  }

  // mlcommons/inference_policies, inference_rules.adoc: server and interactive, ms.
  @Test(arguments: [
    ("llama2-70b", 2000, 200), ("llama2-70b-interactive", 450, 40), ("llama3.1-8b", 2000, 100),
    ("llama3.1-8b-interactive", 500, 30), ("llama3.1-405b", 6000, 175),
    ("llama3.1-405b-interactive", 4500, 80), ("mixtral-8x7b", 2000, 200),
    ("deepseek-r1", 2000, 80), ("deepseek-r1-interactive", 1500, 15), ("gpt-oss-120b", 3000, 80),
    ("gpt-oss-120b-interactive", 2000, 20),
  ])
  func `a preset holds both 99th percentiles to MLPerf's limits`(
    name: String, ttft: Int, tpot: Int
  ) throws {
    #expect(
      try terms("mlperf:\(name)") == ["p99_ttft_ms<=\(ttft)", "p99_tpot_ms<=\(tpot)"])
  }

  @Test func `list slos has every preset`() {
    let text = Listing(.slos).text()
    #expect(Listing(.slos).count == 11)
    #expect(text.contains("mlperf:deepseek-r1-interactive "))
    #expect(text.contains(" 1500 ms ") && text.contains(" 15 ms "))
  }

  @Test(arguments: [
    ("", "\"\" has an empty condition"), ("p99_ttft_ms<=5,,", "has an empty condition"),
    ("p99_tftt_ms<=5", "unknown metric \"p99_tftt_ms\" (did you mean \"p99_ttft_ms\"?); known: "),
    ("ttft<=5", "unknown metric \"ttft\""), ("verdict<=5", "unknown metric \"verdict\""),
    ("wall_time_s<=5", "unknown metric \"wall_time_s\""),
    ("mlperf:llama2-7b", "unknown preset \"mlperf:llama2-7b\" (did you mean \"mlperf:llama2-70b\""),
    ("p99_ttft_ms", "\"p99_ttft_ms\" compares nothing; write METRIC<=NUMBER or METRIC>=NUMBER"),
    ("p99_ttft_ms<500", "compares nothing"), ("p99_ttft_ms==500", "compares nothing"),
    ("p99_ttft_ms<=0.5 s", "p99_ttft_ms is ms, so \"0.5 s\" is no limit; write a number, 500"),
    ("p99_ttft_ms<=fast", "p99_ttft_ms is ms, so \"fast\" is no limit"),
    ("p99_ttft_ms<=-1", "p99_ttft_ms -1 is out of range; write a number of at least 0"),
    (
      "slo_attainment>=99%",
      "slo_attainment is a share from 0 to 1, so \"99%\" is no limit; write a number, 0.99"
    ),
    ("slo_attainment>=99", "slo_attainment 99 is out of range; write a number from 0 to 1"),
    ("completed>=9x", "completed is a number, so \"9x\" is no limit"),
  ])
  func `a wrong condition is refused with what would be right`(text: String, fault: String) {
    let found = message { _ = try SLOTerm.list(text) }
    #expect(found.hasPrefix("--slo: ") && found.contains(fault), "\(found)")
  }

  @Test(arguments: [
    ("1%", 0.01), ("0.5 %", 0.005), ("0.02", 0.02), ("50%", 0.5), ("0.01%", 0.0001),
  ])
  func `a tolerance is a share`(text: String, share: Double) throws {
    #expect(abs(try CapacityQuestion.tolerance(text) - share) < 1e-12)
  }

  @Test(arguments: ["", "1 ms", "0", "-1%", "60%", "0.001%", "%"])
  func `a tolerance out of range is refused`(text: String) {
    #expect(message { _ = try CapacityQuestion.tolerance(text) }.hasPrefix("--tolerance: "))
  }
}
