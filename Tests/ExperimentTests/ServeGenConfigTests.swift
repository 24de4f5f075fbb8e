import Experiment
import Files
import Metrics
import TestSupport
import Testing
import Units
import Workload

@Suite struct ServeGenConfigTests {
  private let start = "model: llama-3-8b\ncluster: {gpu: a100-80gb-sxm}\nworkload:\n"

  @Test func `every key is kept in the effective configuration`() throws {
    let yaml =
      start + """
          servegen:
            {data: d, category: language, model: m, start: 2 h, duration: 10 min, clients: 3}
          limit: 7
          rate: 2.5
        """
    let config = try ExperimentConfig.read(yaml, file: "/runs/my.yaml")
    let first = config.effectiveYAML(ResolvedConfig(), in: "/runs/out")
    for line in [
      "    data: ../d\n", "    category: language\n", "    model: m\n", "    start: 2 h\n",
      "    duration: 600 s\n", "    clients: 3\n", "  limit: 7\n", "  rate: 2.5\n",
    ] {
      #expect(first.contains(line), "\(line)")
    }
    let again = try ExperimentConfig.read(first, file: "/runs/out/config.effective.yaml")
    #expect(again.effectiveYAML(ResolvedConfig(), in: "/runs/out") == first)
    let least = try ExperimentConfig.read(start + "  servegen: {data: d}\n", file: "/runs/my.yaml")
    let written = least.effectiveYAML(ResolvedConfig(), in: "/runs/out")
    #expect(written.contains("    duration: 1 h\n") || written.contains("    duration: 60 min\n"))
  }

  @Test func `what does not belong to it is refused`() {
    #expect(
      fault(start + "  servegen: {data: d}\n  trace: t.csv\n")
        == "my.yaml:5: workload.trace stands beside servegen (my.yaml:4); keep one of them")
    #expect(
      fault(start + "  servegen: {data: d}\n  speedup: 2\n")
        == "my.yaml:5: workload.speedup stands beside servegen (my.yaml:4); keep one of them")
    #expect(
      fault(start + "  servegen: {duration: 1 h}\n").contains("workload.servegen.data is missing"))
    #expect(
      fault(start + "  servegen: {data: d, durration: 1 h}\n").contains(
        "did you mean \"duration\"?"))
    #expect(
      fault(start + "  servegen: {data: d, duration: 200 d}\n")
        == "my.yaml:4: workload.servegen.duration is above 100 d")
  }

  @Test func `its requests are those of a run, limited and named by their hash`() throws {
    let directory = try TestDirectory()
    _ = try directory.write("0,1,1,Gamma,1,1\n", to: "data/language/m/chunk-0-trace.csv")
    _ = try directory.write(
      #"{"0": {"input_tokens": "{40: 1.0}", "output_tokens": "{3: 1.0}"}}"#,
      to: "data/language/m/chunk-0-dataset.json")
    let yaml = try directory.write(
      start + "  servegen: {data: data, duration: 10 min}\n", to: "e.yaml")
    let whole = try Assembly(try ExperimentConfig.load(yaml)).workload()
    #expect(whole.requests.count == 600)
    #expect(whole.report?.format == "servegen")
    let few = try Assembly(
      try ExperimentConfig.load(yaml, overrides: [try Override("workload.limit=9")])
    ).workload()
    #expect(few.requests.arrival == Array(whole.requests.arrival.prefix(9)))
    #expect(few.report?.contentHash == whole.report?.contentHash)
    let valid = try #require(try Binary.martlet(["validate", "e.yaml"], in: directory))
    #expect(valid.code == 0)
    _ = try directory.write("0,1,1,Gama,1,1\n", to: "data/language/m/chunk-0-trace.csv")
    let invalid = try #require(try Binary.martlet(["validate", "e.yaml"], in: directory))
    #expect(invalid.code == 2)
    #expect(invalid.errors.contains("chunk-0-trace.csv:1: unknown pattern \"Gama\""))
  }
}
