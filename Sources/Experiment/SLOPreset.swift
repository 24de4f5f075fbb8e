/// Latency limits that a benchmark sets a model, under a name.
///
/// Source: MLPerf Inference, mlcommons/inference_policies, inference_rules.adoc (commit ac93e89),
/// table of the server and interactive scenarios; LoadGen holds their 99th percentiles to them.
package struct SLOPreset: Sendable {
  /// As typed: `mlperf:llama2-70b`.
  package let name: String
  /// Limit on the 99th percentile of the time to the first token, milliseconds.
  package let timeToFirstToken: Int
  /// Limit on the 99th percentile of the time per output token, milliseconds.
  package let timePerOutputToken: Int

  private init(_ name: String, _ timeToFirstToken: Int, _ timePerOutputToken: Int) {
    self.name = "mlperf:\(name)"
    self.timeToFirstToken = timeToFirstToken
    self.timePerOutputToken = timePerOutputToken
  }

  /// Where the limits are from, in a few words.
  package static let source = "MLPerf Inference rules (ac93e89)"

  /// Every preset; those without a suffix are of the server scenario.
  package static let all = [
    SLOPreset("llama2-70b", 2000, 200), SLOPreset("llama2-70b-interactive", 450, 40),
    SLOPreset("llama3.1-8b", 2000, 100), SLOPreset("llama3.1-8b-interactive", 500, 30),
    SLOPreset("llama3.1-405b", 6000, 175), SLOPreset("llama3.1-405b-interactive", 4500, 80),
    SLOPreset("mixtral-8x7b", 2000, 200),
    SLOPreset("deepseek-r1", 2000, 80), SLOPreset("deepseek-r1-interactive", 1500, 15),
    SLOPreset("gpt-oss-120b", 3000, 80), SLOPreset("gpt-oss-120b-interactive", 2000, 20),
  ]
}
