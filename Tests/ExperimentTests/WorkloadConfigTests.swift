import Experiment
import Files
import Kernel
import TestSupport
import Testing

@Suite struct WorkloadConfigTests {
  private let start = "model: m\ncluster: {gpu: g}\nworkload:\n"

  private func fault(generate lines: String) -> String {
    ExperimentTests.fault(start + "  generate:\n" + lines)
  }

  @Test func `a workload is either a trace or generated`() {
    #expect(
      ExperimentTests.fault(start + "  trace: a.csv\n  generate: {requests: 1}\n")
        == "my.yaml:4: workload.trace stands beside generate (my.yaml:5); keep one of them")
    #expect(
      ExperimentTests.fault(start + "  speedup: 3\n  generate: {requests: 1}\n")
        == "my.yaml:4: workload.speedup belongs to a trace, not to generate")
    #expect(
      ExperimentTests.fault(start + "  limit: 3\n")
        == "my.yaml:4: workload.trace is missing; write trace: FILE, or generate: …")
  }

  @Test func `a rate beside generate is that of its arrivals`() throws {
    func config(_ arrivals: String, _ pace: String) throws -> ExperimentConfig {
      try .read(
        start + """
            \(pace)
            generate:
              requests: 9
              arrivals: {\(arrivals)}
              input_tokens: {distribution: fixed, value: 5}
              output_tokens: {distribution: fixed, value: 5}
          """, file: "my.yaml")
    }
    for (arrivals, changed) in [
      ("process: poisson, rate: 4", "process: poisson, rate: 9.5"),
      ("process: gamma, rate: 4, cv: 2", "process: gamma, rate: 9.5, cv: 2"),
      ("process: fixed, rate: 4", "process: fixed, rate: 9.5"),
      ("process: diurnal, rate: 4, amplitude: 0.5", "process: diurnal, rate: 9.5, amplitude: 0.5"),
      // The mean is (4 · 10 + 1 · 30) / 40.
      (
        "process: mmpp, on_rate: 4, off_rate: 1, on_time: 10 s, off_time: 30 s",
        "process: mmpp, on_rate: \(4 * (9.5 / 1.75)), off_rate: \(9.5 / 1.75), on_time: 10 s, "
          + "off_time: 30 s"
      ),
    ] {
      let written = try config(arrivals, "rate: 9.5").effectiveYAML(ResolvedConfig(), in: ".")
      #expect(written == (try config(changed, "").effectiveYAML(ResolvedConfig(), in: ".")))
      #expect(
        written != (try config(arrivals, "rate: null").effectiveYAML(ResolvedConfig(), in: ".")))
    }
    #expect(
      message { _ = try config("process: burst", "rate: 3") }
        == "my.yaml:4: workload.rate means nothing to a burst (my.yaml:7), which arrives at once")
    #expect(
      message { _ = try config("process: closed, concurrency: 3", "rate: 3") }
        == "my.yaml:4: workload.rate means nothing to a closed loop (my.yaml:7), whose pace the "
        + "system sets; write workload.generate.arrivals.concurrency")
    #expect(
      message { _ = try config("process: fixed, rate: 4", "rate: 0") }
        == "my.yaml:4: workload.rate 0 is out of range; write a number above 0")
  }

  @Test(arguments: [
    ("limit: 0", "workload.limit 0 is out of range; write a whole number from 1 to 2147483647"),
    ("speedup: 0", "workload.speedup 0 is out of range; write a number above 0"),
    ("rate: -2", "workload.rate -2 is out of range; write a number above 0"),
    ("rate: .inf", "workload.rate \".inf\" is not a number; write one above 0"),
  ])
  func `a trace is not replayed at an absurd pace`(line: String, message: String) {
    #expect(
      ExperimentTests.fault(start + "  trace: t\n  \(line)\n") == "my.yaml:5: \(message)")
  }

  @Test func `arrivals name their process and its parameters only`() {
    let lengths = "    input_tokens: {distribution: fixed, value: 1}\n"
    let start = lengths + "    requests: 2\n    arrivals: "
    #expect(
      fault(generate: start + "{process: burst, rate: 4}\n")
        == "my.yaml:7: unknown key \"rate\"; known: process")
    #expect(
      fault(generate: start + "{process: mmpp, on_rate: 4}\n")
        == "my.yaml:7: workload.generate.arrivals.on_time is missing; write on_time: 10 s")
    #expect(
      fault(generate: start + "{process: diurnal, rate: 4, amplitude: 1.5}\n")
        == "my.yaml:7: workload.generate.arrivals.amplitude 1.5 is out of range; "
        + "write a number above 0 and at most 1")
    #expect(
      fault(generate: start + "{process: poison}\n")
        == "my.yaml:7: unknown process \"poison\" (did you mean \"poisson\"?); "
        + "known: poisson, gamma, fixed, burst, closed, mmpp, diurnal")
    #expect(
      fault(generate: start + "{process: poisson}\n")
        == "my.yaml:7: workload.generate.arrivals.rate is missing; write a number above 0")
    #expect(
      fault(generate: start + "burst\n")
        == "my.yaml:7: workload.generate.arrivals is \"burst\"; "
        + "write a mapping with process (poisson, gamma, fixed, burst, closed, mmpp, diurnal)")
  }

  @Test(arguments: [
    ("{distribution: normal}", "unknown distribution \"normal\"; known: fixed, uniform, "),
    (
      "{distribution: fixed}",
      "workload.generate.input_tokens.value is missing; write a number above 0"
    ),
    (
      "{distribution: fixed, mean: 3}",
      "unknown key \"mean\"; known: distribution, value, min, max"
    ),
    (
      "{distribution: gamma, mean: -3, cv: 1}",
      "workload.generate.input_tokens.mean -3 is out of range; write a number above 0"
    ),
    ("{distribution: pareto, mean: 9, shape: 1}", "workload.generate.input_tokens (pareto): shape"),
    (
      "{distribution: uniform, min: 9, max: 3}",
      "workload.generate.input_tokens (uniform): min 9.0 is above max 3.0"
    ),
    (
      "{distribution: exponential, mean: 9, min: 9, max: 3}",
      "workload.generate.input_tokens (exponential): min 9.0 is above max 3.0"
    ),
    ("{distribution: zipf, exponent: 1}", "workload.generate.input_tokens.max is missing; "),
    ("512", "workload.generate.input_tokens is \"512\"; write a mapping with distribution"),
  ])
  func `lengths that no distribution has are refused in their line`(text: String, message: String) {
    let found = fault(
      generate: "    requests: 2\n    arrivals: {process: burst}\n    input_tokens: \(text)\n"
        + "    output_tokens: {distribution: fixed, value: 1}\n")
    #expect(found.hasPrefix("my.yaml:7: \(message)"))
  }

  @Test func `a generated workload ends by count or by time, not by both`() {
    let rest = "    arrivals: {process: burst}\n"
    #expect(
      fault(generate: rest)
        == "my.yaml:5: workload.generate.requests is missing; "
        + "write requests: 1000, or duration: 3600 s")
    #expect(
      fault(generate: "    requests: 3\n    duration: 1 s\n" + rest)
        == "my.yaml:6: workload.generate.duration stands beside requests; keep one of them")
    #expect(
      fault(generate: "    duration: 1 s\n" + rest)
        == "my.yaml:5: workload.generate.duration never ends a burst; write requests")
  }

  @Test(arguments: [
    ("concurrency: 0", ".concurrency 0 is out of range; write a whole number from 1 to 2147483647"),
    ("concurrency: -3", ".concurrency -3 is out of range; write a whole number from 1 to 2147"),
    ("concurrency: 2.5", ".concurrency \"2.5\" is not a whole number; write a whole number"),
    ("concurrency: many", ".concurrency \"many\" is not a whole number; write a whole number"),
    ("concurrency: null", ".concurrency has no value; write a whole number above 0"),
  ])
  func `a closed loop has at least one request in flight`(line: String, message: String) {
    let rest = "    requests: 9\n"
    let generated = fault(generate: rest + "    arrivals: {process: closed, \(line)}\n")
    #expect(generated.hasPrefix("my.yaml:6: workload.generate.arrivals\(message)"))
    guard !line.contains("null") else { return }
    let replayed = ExperimentTests.fault(start + "  trace: t\n  \(line)\n")
    #expect(replayed.hasPrefix("my.yaml:5: workload\(message)"))
  }

  @Test func `a generated closed loop ends by count and has no rate`() {
    let process = "    arrivals: {process: closed, concurrency: 8}\n"
    #expect(
      fault(generate: "    duration: 9 s\n" + process)
        == "my.yaml:5: workload.generate.duration does not end a closed loop, whose pace the "
        + "system sets; write requests")
    #expect(
      fault(generate: process)
        == "my.yaml:5: workload.generate.requests is missing; "
        + "write requests: 1000, or duration: 3600 s")
    #expect(
      fault(generate: "    requests: 9\n    arrivals: {process: closed, rate: 8}\n")
        == "my.yaml:6: unknown key \"rate\"; known: process, concurrency")
    #expect(
      fault(generate: "    requests: 9\n    arrivals: {process: closed}\n")
        == "my.yaml:6: workload.generate.arrivals.concurrency is missing; "
        + "write a whole number above 0")
  }

  @Test func `a trace is replayed at a pace or at a concurrency, not at both`() {
    let trace = start + "  trace: t\n  concurrency: 8\n"
    for pace in ["rate", "speedup"] {
      #expect(
        ExperimentTests.fault(trace + "  \(pace): 2\n")
          == "my.yaml:6: workload.\(pace) stands beside concurrency (my.yaml:5), "
          + "which ignores recorded times; keep one of them")
    }
    #expect(ExperimentTests.fault(trace + "  speedup: 1\n  rate: null\n  limit: 5\n") == "")
    #expect(
      ExperimentTests.fault(start + "  concurrency: 8\n  generate: {requests: 1}\n")
        == "my.yaml:4: workload.concurrency belongs to a trace, not to generate; "
        + "write workload.generate.arrivals.concurrency")
  }
}
