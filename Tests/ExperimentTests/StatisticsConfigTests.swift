import Experiment
import Files
import Foundation
import Metrics
import TestSupport
import Testing
import Units

@Suite struct StatisticsConfigTests {
  private let generated = """
    model: llama-3-8b
    cluster: {gpu: a100-80gb-sxm}
    workload:
      generate:
        requests: 60
        arrivals: {process: fixed, rate: 10}
        input_tokens: {distribution: fixed, value: 50}
        output_tokens: {distribution: fixed, value: 8}

    """

  private func assembling(_ yaml: String) -> String {
    message { _ = try Assembly(try ExperimentConfig.read(yaml, file: "my.yaml")) }
  }

  private func run(_ yaml: String) throws -> Execution {
    let config = try ExperimentConfig.read(yaml, file: "my.yaml")
    var warnings = Warnings(to: { _ in })
    return try Assembly(config).execute(
      exactSteps: false, clock: { 0 }, warnings: &warnings, progress: { _ in })
  }

  @Test func `defaults measure everything in twenty batches at 95 %`() throws {
    let config = try ExperimentConfig.read(least, file: "my.yaml")
    #expect(config.statistics.warmup == nil && config.statistics.warmupRequests == nil)
    #expect((config.statistics.batches, config.statistics.confidence) == (20, 0.95))
    #expect(config.cluster.power == nil && config.cluster.pricePerGPUHour == nil)
    let other = try ExperimentConfig.read(full, file: "my.yaml")
    #expect(other.statistics.warmup?.value == Seconds(90))
    #expect((other.statistics.batches, other.statistics.confidence) == (10, 0.9))
    #expect(other.cluster.pricePerGPUHour == 2.5)
    #expect(other.cluster.power?.busy?.value == Watts(650))
    #expect(other.cluster.power?.pue == 1.25)
  }

  @Test(arguments: [
    (
      "statistics: {warmup: 60 s, warmup_requests: 5}",
      "my.yaml:4: statistics.warmup stands beside warmup_requests (my.yaml:4); keep one of them"
    ),
    (
      "statistics: {warm_up: 60 s}",
      #"my.yaml:4: unknown key "warm_up" (did you mean "warmup"?); known: warmup, "#
        + "warmup_requests, batches, confidence"
    ),
    (
      "statistics: {warmup: 101 d}", "my.yaml:4: statistics.warmup is above 100 d"
    ),
    (
      "statistics: {warmup_requests: -1}",
      "my.yaml:4: statistics.warmup_requests -1 is out of range; write a whole number from 0 to "
        + "2147483647"
    ),
    (
      "statistics: {batches: 4}",
      "my.yaml:4: statistics.batches 4 is out of range; write a whole number from 5 to 1000"
    ),
    (
      "statistics: {confidence: 1}",
      "my.yaml:4: statistics.confidence 1 is out of range; write a number above 0 and below 1"
    ),
  ])
  func `bad statistics are refused`(lines: String, expected: String) {
    #expect(fault(least + lines + "\n") == expected)
  }

  @Test(arguments: [
    (
      "{pue: 0.9}", "pue 0.9 is below 1: a building draws at least what its GPUs draw"
    ),
    (
      "tdp", "cluster.power: is tdp; write catalogue, or {idle: 100 W, busy: 650 W, pue: 1.2}"
    ),
    (
      "{busy: 650}",
      "cluster.power.busy \"650\" has no unit; write a number with its unit, such as 25 kW "
        + "(units: W, kW)"
    ),
  ])
  func `bad power is refused`(value: String, expected: String) {
    #expect(fault(least, "cluster.power=\(value)").hasSuffix(expected))
  }

  @Test func `power that the catalogue does not know must be written`() {
    func answer(_ power: String, gpu: String = "a10g") -> String {
      assembling(
        generated.replacingOccurrences(
          of: "{gpu: a100-80gb-sxm}", with: "{gpu: \(gpu), power: \(power)}"))
    }
    #expect(
      answer("catalogue")
        == "my.yaml:2: cluster.power has no idle, and the catalogue knows no idle draw of a10g; "
        + "write idle: … W")
    #expect(answer("{idle: 20 W}").contains("no busy, and the catalogue knows no design power"))
    #expect(answer("{idle: 20 W, busy: 150 W}") == "")
    #expect(answer("catalogue", gpu: "h100-80gb-sxm") == "")
    #expect(answer("{busy: 60 W}", gpu: "h100-80gb-sxm").hasSuffix("has idle 70 W above busy 60 W"))
  }

  @Test func `a warm-up that leaves nothing is refused as soon as that is known`() throws {
    #expect(
      assembling(generated + "statistics: {warmup_requests: 60}\n")
        == "my.yaml:9: statistics.warmup_requests 60 leaves nothing to measure: the run has 60 "
        + "requests")
    let timed = generated.replacingOccurrences(of: "requests: 60", with: "duration: 6 s")
    #expect(
      assembling(timed + "statistics: {warmup: 6 s}\n")
        == "my.yaml:9: statistics.warmup 6 s leaves nothing to measure: requests arrive for 6 s")
    #expect(
      message { _ = try run(generated + "statistics: {warmup: 1 min}\n") }
        == "my.yaml:9: statistics.warmup 60 s leaves nothing to measure: the last request arrives "
        + "5.900 s after the first")
    #expect(message { _ = try run(generated + "statistics: {warmup: 5900 ms}\n") } == "")
    let loop = generated.replacingOccurrences(
      of: "process: fixed, rate: 10", with: "process: closed, concurrency: 2")
    let late = message { _ = try run(loop + "statistics: {warmup: 1 h}\n") }
    #expect(late.hasPrefix("my.yaml:9: statistics.warmup 1 h leaves nothing to measure: the last "))
  }

  @Test func `a run counts, prices and powers what the block says`() throws {
    let summary = try run(
      generated.replacingOccurrences(
        of: "sxm}", with: "sxm, price_per_gpu_hour: 3, power: catalogue}")
        + "statistics: {warmup: 2 s, batches: 5, confidence: 0.9}\n"
    ).summary
    // Ten a second from 0: those at 0 … 1.9 s are cut.
    #expect((summary.warmupRequests, summary.measured, summary.completed) == (20, 40, 40))
    #expect(summary.description.intervals.batches == 5)
    #expect(summary.description.intervals.confidence == 0.9)
    #expect(summary.description.power == PowerDraw(idle: Watts(60), busy: Watts(400)))
    let hours = try #require(summary.gpuHours)
    #expect(summary.totalCost == 3 * hours)
    let draw = try #require(summary.energy) / (hours * 3600)
    #expect(draw > 60 && draw < 400)
    #expect(summary.intervals.ttft.mean == nil)  // eight a batch
  }

  @Test func `the effective configuration says what the catalogue draws`() throws {
    let config = try ExperimentConfig.read(
      generated.replacingOccurrences(of: "sxm}", with: "sxm, power: {pue: 1.2}}"), file: "my.yaml")
    let yaml = config.effectiveYAML(try Assembly(config).resolved, in: ".")
    #expect(
      yaml.contains(
        """
          power:
            idle: null  # the GPU's: 60 W
            busy: null  # the GPU's TDP: 400 W
            pue: 1.2

        """))
    let again = try ExperimentConfig.read(yaml, file: "config.effective.yaml")
    #expect(again.effectiveYAML(try Assembly(again).resolved, in: ".") == yaml)
    func hash(_ text: String) throws -> String {
      let config = try ExperimentConfig.read(text, file: "my.yaml")
      return try config.configHash(try Assembly(config).resolved)
    }
    let plain = try hash(generated)
    for setting in ["warmup: 1 s", "warmup_requests: 2", "batches: 9", "confidence: 0.5"] {
      #expect(try hash(generated + "statistics: {\(setting)}\n") != plain, "\(setting)")
    }
  }
}
