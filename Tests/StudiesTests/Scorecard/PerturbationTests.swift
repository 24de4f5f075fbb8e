import Experiment
import Files
import TestSupport
import Testing

@testable import Studies

@Suite struct PerturbationTests {
  private func run(
    _ text: String, _ perturbation: Perturbation?
  ) throws -> (ttft: Double, tpot: Double) {
    let directory = try TestDirectory()
    let file = try directory.write(text, to: "e.yaml")
    let config = try ExperimentConfig.read(text, file: file, overrides: [], seed: nil)
    let settings = try perturbation?.settings(for: config) ?? []
    let changed = try ExperimentConfig.read(
      text, file: file, overrides: try settings.map { try Override($0) }, seed: nil)
    var warnings = Warnings { _ in }
    let end = try Assembly(changed).execute(
      sharing: nil, clock: { 0 }, warnings: &warnings, goesOn: { _ in true })
    let run = try #require(end)
    let summary = SweepTable.values(run.summary)
    func number(_ name: String) throws -> Double {
      let index = try #require(SweepTable.valueNames.firstIndex(of: name))
      return try #require(Double(summary[index].cell))
    }
    return (try number("mean_ttft_ms"), try number("mean_tpot_ms"))
  }

  private func text(_ engine: String) -> String {
    """
    model: llama-3-8b
    cluster: {gpu: a100-80gb-sxm}
    engine: {\(engine)}
    workload:
      generate:
        requests: 3
        arrivals: {process: closed, concurrency: 1}
        input_tokens: {distribution: fixed, value: 4000}
        output_tokens: {distribution: fixed, value: 50}
    """
  }

  @Test func `linear prices change by the factor, each with its kind`() throws {
    let text = text("cost: {name: linear, prefill_token: 1 us, decode_step: 5 ms}, profile: none")
    for factor in [0.8, 1.2] {
      let slow = try run(text, Perturbation(kind: .compute, factor: factor))
      #expect(abs(slow.ttft - 4 * factor) < 1e-6 && abs(slow.tpot - 5) < 1e-6)
      let wide = try run(text, Perturbation(kind: .memory, factor: factor))
      #expect(abs(wide.ttft - 4) < 1e-6 && abs(wide.tpot - 5 * factor) < 1e-6)
    }
    #expect(try run(text, Perturbation(kind: .host, factor: 1.2)) == run(text, nil))
  }

  @Test(arguments: ["roofline", "calibrated"])
  func `prompts follow the GPU's peaks, decodes its bandwidth`(cost: String) throws {
    let text = text("cost: \(cost), profile: none")
    let base = try run(text, nil)
    for factor in [0.8, 1.2] {
      let compute = try run(text, Perturbation(kind: .compute, factor: factor))
      let memory = try run(text, Perturbation(kind: .memory, factor: factor))
      // Parts of both have a bound of the other kind.
      #expect(abs(compute.ttft / base.ttft - factor) < 0.06, "\(compute) \(base)")
      #expect(abs(memory.tpot / base.tpot - factor) < 0.06, "\(memory) \(base)")
      #expect(abs(compute.tpot / base.tpot - 1) < 0.02 && abs(memory.ttft / base.ttft - 1) < 0.06)
    }
  }

  @Test func `the host's time changes by the factor`() throws {
    let text = text("cost: roofline, profile: {name: none, host_time: 10 ms}")
    let (base, slow) = (
      try run(text, nil), try run(text, Perturbation(kind: .host, factor: 1.2))
    )
    #expect(abs(slow.tpot - base.tpot - 2) < 1e-6)
  }
}
