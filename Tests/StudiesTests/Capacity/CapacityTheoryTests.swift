import Experiment
import Files
import Foundation
import Metrics
import TestSupport
import Testing
import Units
import Workload

@testable import Studies

/// Searches whose answers are known by theory or by trying everything.
@Suite struct CapacityTheoryTests {
  private static let root =
    "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/")

  private func answer(
    _ question: CapacityQuestion, jobs: Int = 2
  ) throws -> CapacityAnswer {
    let runner = CapacityRunner(
      try CapacityPlan(question), jobs: jobs, clock: { 0 }, report: { _ in })
    return try runner.run()
  }

  /// The summary of one run, as `martlet run` makes it.
  private func simulate(
    _ file: String, _ overrides: [Override], seed: UInt64?
  ) throws -> Summary {
    let config = try ExperimentConfig.load(file, overrides: overrides, seed: seed)
    var warnings = Warnings { _ in }
    return try Assembly(config).execute(
      exactSteps: false, clock: { 0 }, warnings: &warnings, progress: { _ in }
    ).summary
  }

  private func mD1(requests: Int, slo: String) throws -> CapacityQuestion {
    var question = CapacityQuestion("\(Self.root)/Workloads/m-d-1.yaml", vary: "workload.rate")
    question.overrides = [try Override("workload.generate.requests=\(requests)")]
    question.slo = slo
    return question
  }

  /// Waiting W = ρ D / (2 (1 − ρ)) (Pollaczek and Khinchin) gives ρ = 2 W / (D + 2 W); D is 10 ms.
  @Test(
    .enabled(if: !isDebug, "skipped: 1 M requests a probe, release only"),
    arguments: [1.25, 5, 11.67])
  func `the largest rate of M-D-1 is that of the closed form within the tolerance`(
    wait: Double
  ) throws {
    let expected = 2 * wait / (10 + 2 * wait) / 0.010
    let answer = try answer(mD1(requests: 1_000_000, slo: "mean_queue_time_ms<=\(wait)"))
    let (found, failing) = (answer.value ?? 0, answer.failingValue ?? 0)
    print(
      "M/D/1: W \(wait) ms, closed form \(expected), found \(found), failing \(failing),",
      "\(answer.probeCount) probes")
    #expect(abs(found / expected - 1) <= 0.01, "found \(found), expected \(expected)")
    #expect(answer.probeCount < 20 && failing / found <= 1.01)
  }

  @Test func `the answer meets and the value beyond it fails, whatever is asked`() throws {
    // A fixed sequence of limits from 0.3 to 60 ms of waiting and queues from idle to full.
    for step in 0..<(isDebug ? 6 : 40) {
      let limit = 0.3 * pow(200, Double(step * 37 % 40) / 40)
      var question = try mD1(requests: 2_000, slo: "p99_queue_time_ms<=\(limit)")
      question.tolerance = [0.01, 0.03, 0.002][step % 3]
      question.seed = UInt64(step)
      let answer = try answer(question)
      let (found, failing) = (try #require(answer.value), try #require(answer.failingValue))
      #expect(failing > found && failing <= found * (1 + question.tolerance) * 1.000001)
      for (rate, isMet) in [(found, true), (failing, false)] {
        let setting = try Override("workload.rate=\(rate)")
        let summary = try simulate(
          question.experiment, question.overrides + [setting], seed: question.seed)
        let wait = Double(summary.queueTime?.p99 ?? 0) * 1e-9
        #expect((wait <= limit && summary.verdict.kind != .overloaded) == isMet, "\(rate) \(wait)")
      }
    }
  }

  private let small = """
    model: llama-3-8b
    cluster: {gpu: a100-80gb-sxm}
    workload:
      generate:
        requests: 400
        arrivals: {process: gamma, rate: 60, cv: 1.5}
        input_tokens: {distribution: lognormal, mean: 200, cv: 1, max: 1000}
        output_tokens: {distribution: exponential, mean: 20, max: 100}
    slo: {ttft_ms: 100, tpot_ms: 20}
    """

  @Test(arguments: [
    "p99_ttft_ms<=120,p99_tpot_ms<=20", "slo_attainment>=0.95", "mean_tpot_ms<=14",
    "p50_e2el_ms<=300",
  ])
  func `the fewest instances are those of trying each number`(slo: String) throws {
    let directory = try TestDirectory()
    var question = CapacityQuestion(
      try directory.write(small, to: "small.yaml"), vary: "cluster.instances")
    (question.slo, question.acceptsOverload) = (slo, true)
    let terms = try SLOTerm.list(slo)
    func meets(_ instances: Int) throws -> Bool {
      let setting = try Override("cluster.instances=\(instances)")
      let fields = try simulate(question.experiment, [setting], seed: nil).fields
      return terms.allSatisfy { term in
        guard let text = fields.first(where: { $0.key == term.metric })?.value.cell,
          let value = Double(text)
        else { return false }
        return term.comparison == .atMost ? value <= term.limit : value >= term.limit
      }
    }
    let fewest = try #require(try (1...64).first { try meets($0) })
    for start in [1, 5, 40] {
      question.overrides = [try Override("cluster.instances=\(start)")]
      let answer = try answer(question)
      #expect(answer.value == Double(fewest), "from \(start)")
      #expect(answer.failingValue == (fewest > 1 ? Double(fewest - 1) : nil))
    }
  }

  @Test(arguments: [
    "{process: poisson, rate: 4}", "{process: gamma, rate: 4, cv: 2.5}",
    "{process: fixed, rate: 4}",
  ])
  func `two rates see the same draws, their gaps scaled, and the same lengths`(arrivals: String)
    throws
  {
    let directory = try TestDirectory()
    let yaml = small.replacingOccurrences(
      of: "{process: gamma, rate: 60, cv: 1.5}", with: arrivals)
    let plan = try CapacityPlan(
      CapacityQuestion(try directory.write(yaml, to: "small.yaml"), vary: "workload.rate"))
    func requests(_ rate: Double) throws -> RequestTable {
      try Assembly(try plan.config(at: rate, seed: 7)).workload().requests
    }
    let (slow, fast) = (try requests(2.5), try requests(10))
    #expect(slow.count == 400 && slow.prompt == fast.prompt && slow.output == fast.output)
    for row in 1..<slow.count {
      let long = slow.arrival[row] - slow.arrival[row - 1]
      let short: Int64 = fast.arrival[row] - fast.arrival[row - 1]
      // Each gap is rounded to a picosecond once.
      #expect(abs(long - 4 * short) <= 5, "request \(row): \(long), \(short)")
    }
  }

  @Test func `the answer and every file are the same whatever the jobs`() throws {
    let directory = try TestDirectory()
    var question = CapacityQuestion(
      try directory.write(small, to: "small.yaml"), vary: "workload.rate")
    (question.slo, question.seeds) = ("p99_ttft_ms<=150", [1, 2, 3])
    let (one, three) = (try answer(question, jobs: 1), try answer(question, jobs: 3))
    #expect(one.csv == three.csv && one.json.text == three.json.text)
    #expect(one.csv.split(separator: "\n").count == one.probeCount + 1)
  }

  @Test func `the mean of several seeds must meet, its interval is Student's`() throws {
    var question = try mD1(requests: 500, slo: "mean_queue_time_ms<=5")
    question.seeds = try SeedList("10-13").seeds
    let answer = try answer(question)
    let best = try #require(answer.best)
    #expect(best.runs.map(\.seed) == [10, 11, 12, 13])
    let waits = best.runs.compactMap { $0.summary.number(of: "mean_queue_time_ms") }
    let mean = waits.reduce(0, +) / 4
    #expect(abs((best.readings[0].mean ?? 0) - mean) < 1e-9 && mean <= 5)
    // t for 3 degrees of freedom at 97.5 % is 3.1824; four values: the deviation over √4.
    let deviation = (waits.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 3).squareRoot()
    let width = try #require(best.readings[0].halfWidth)
    #expect(abs(width - 3.182446 * deviation / 2) < 1e-5 * width)
    #expect(waits.contains { $0 > 5 } && waits.contains { $0 < 5 })
  }
}
