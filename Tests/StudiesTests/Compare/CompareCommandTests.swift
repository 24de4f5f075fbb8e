import Foundation
import Studies
import TestSupport
import Testing

/// `martlet compare` as scripts meet it.
@Suite struct CompareCommandTests {
  private func compare(
    _ arguments: String..., in directory: TestDirectory
  ) throws -> Binary.Outcome {
    try #require(try Binary.martlet(["compare"] + arguments, in: directory))
  }

  /// a.yaml, and b.yaml whose prompts cost 3 % more, with their results in a and b.
  private func runs() throws -> TestDirectory {
    let directory = try TestDirectory()
    for (name, price) in [("a", "100 us"), ("b", "103 us")] {
      _ = try directory.write(smallExperiment(prefill: price), to: "\(name).yaml")
      let run = try Binary.martlet(
        ["run", "\(name).yaml", "--out", name, "--quiet"], in: directory)
      #expect(run?.code == 0)
    }
    return directory
  }

  @Test func `worse exits with 1, not worse with 0, a fault of usage with 2`() throws {
    let directory = try runs()
    let worse = try compare("a", "b", in: directory)
    #expect(worse.code == 1 && worse.output.contains("WORSE: "), "\(worse.errors)")
    #expect(worse.errors == "")
    let better = try compare("b", "a", in: directory)
    #expect(better.code == 0 && better.output.contains("not worse"))
    for wrong in [["a", "c"], ["a", "b", "--metrics", "x"], ["a"], ["a.yaml"], ["a", "b", "c"]] {
      let outcome = try #require(try Binary.martlet(["compare"] + wrong, in: directory))
      #expect(outcome.code == 2 && outcome.output == "", "\(wrong): \(outcome.errors)")
    }
  }

  @Test func `a long answer leaves out what is the same, and nothing that is unclear`() throws {
    let directory = try TestDirectory()
    func rows(_ unclear: [String]) -> [SweepRow] {
      (1...60).flatMap { point in
        unclear.enumerated().map { seed, p99 in
          SweepRow(scheduler: "s\(point)", seed: seed, p99: point == 7 ? p99 : "10")
        }
      }
    }
    _ = try directory.write(sweepTable(rows(["10", "11", "12"])), to: "a.csv")
    _ = try directory.write(sweepTable(rows(["11", "10", "12"])), to: "b.csv")
    let outcome = try compare("a.csv", "b.csv", in: directory)
    #expect(outcome.code == 0 && outcome.errors == "")
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count { $0.hasSuffix(" unclear") } == 1)
    #expect(lines.contains { $0.hasPrefix("s7 ") && $0.contains("p99_ttft_ms") })
    #expect(lines.contains("and 179 that are the same"), "\(outcome.output)")
    #expect(lines.last == "not worse (1 unclear)")
  }

  @Test func `a metric that was asked for and is missing exits with 1 and says so`() throws {
    let directory = try runs()
    _ = try directory.write(
      try String(contentsOfFile: "\(directory.path)/a/summary.json", encoding: .utf8)
        .replacing(#/"p99_ttft_ms": [0-9.]+/#, with: "\"p99_ttft_ms\": null"), to: "c.json")
    let wanted = ["--metrics", "p99_ttft_ms,failed"]
    for pair in [["a", "c.json"], ["c.json", "a"]] {
      let outcome = try #require(
        try Binary.martlet(["compare"] + pair + wanted, in: directory))
      #expect(outcome.code == 1 && outcome.errors == "")
      #expect(outcome.output.hasSuffix("\nMISSING: p99_ttft_ms\n"), "\(outcome.output)")
      #expect(outcome.output.contains("MISSING: undefined in \(pair[0] == "a" ? "B" : "A")\n"))
      #expect(try Binary.martlet(["compare"] + pair, in: directory)?.code == 0)
    }
  }

  @Test func `a run, its summary.json and its experiment are the same`() throws {
    let directory = try runs()
    for name in ["a", "a/summary.json", "a.yaml"] {
      let same = try compare("a", name, "--json", "--tolerance", "0%", in: directory)
      let found = try decoded(ComparedJSON.self, from: same.output)
      #expect(same.code == 0 && found.rows.count > 9, "\(same.errors)")
      #expect(found.rows.allSatisfy { $0.method == "exact" && $0.relativeDifference == 0 })
      // Requests are known of directories and of experiments.
      let interval = found.row("mean_ttft_ms")?.relativeLow
      #expect((interval == nil) == name.hasSuffix(".json"))
    }
  }

  @Test func `differences of requests give means an interval that contains the difference`() throws
  {
    let directory = try runs()
    let outcome = try compare("a", "b", "--json", in: directory)
    let found = try decoded(ComparedJSON.self, from: outcome.output)
    let row = try #require(found.row("mean_ttft_ms"))
    let (low, high) = (try #require(row.relativeLow), try #require(row.relativeHigh))
    let share = try #require(row.relativeDifference)
    #expect(low < share && share < high && low > 0)
    // The middle is the mean difference of the requests, which is the difference of the means.
    #expect(((low + high) / 2 - share).magnitude < 1e-6)
    #expect(found.row("p99_ttft_ms")?.relativeLow == nil)
    let text = try compare("a", "b", "--confidence", "95%", in: directory).output
    #expect(
      text.contains("exact; intervals of means over their requests: 95 % each\n"), "\(text)")
    // Without requests there are no intervals to speak of.
    let bare = try compare("a", "b/summary.json", in: directory).output
    #expect(bare.contains("exact\n") && !bare.contains("intervals"), "\(bare)")
  }

  @Test(arguments: [
    ("notes.txt", "hello", "is none of what can be compared"),
    ("x.json", "{\"a\": 1}", "neither a summary.json nor a result of vllm bench serve"),
    ("x.json", "[1]", "no JSON object"), ("x.csv", "a,b\n1,2\n", "columns of a sweep.csv"),
    ("x.csv", sweepTable([]), "has no rows"),
    ("x.csv", "seed,status,k,failed\n1,ok,2,0\n", "columns of a sweep.csv in order"),
    ("x.yaml", "base: {}\nexpect: {failed: 0}\n", "is a scenario"),
    ("dir/file", "", "neither summary.json nor sweep.csv"),
  ])
  func `anything else is named, with what would be right`(
    name: String, text: String, fault: String
  ) throws {
    let directory = try runs()
    _ = try directory.write(text, to: name)
    let target = name.hasPrefix("dir/") ? "dir" : name
    let outcome = try compare("a", target, in: directory)
    #expect(outcome.code == 2 && outcome.errors.hasPrefix("error: \(target)"), "\(outcome.errors)")
    #expect(outcome.errors.contains(fault), "\(outcome.errors)")
  }

  @Test(arguments: ["-9000000000.000000000", "9300000000.000000000", "1.5"])
  func `a time that no run has is refused with its line`(time: String) throws {
    let directory = try runs()
    let path = "\(directory.path)/b/requests.csv"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    var lines = text.split(separator: "\n").map(String.init)
    let column = try #require(lines[0].split(separator: ",").firstIndex(of: "ttft_ms"))
    var cells = lines[2].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    cells[column] = time
    lines[2] = cells.joined(separator: ",")
    _ = try directory.write(lines.joined(separator: "\n") + "\n", to: "b/requests.csv")
    let outcome = try compare("a", "b", in: directory)
    #expect(outcome.code == 2)
    #expect(
      outcome.errors.hasPrefix("error: b/requests.csv:3: ttft_ms is \"\(time)\""),
      "\(outcome.errors)")
  }

  @Test func `a table of the comparison is written with its columns`() throws {
    let directory = try runs()
    let outcome = try compare("a", "b", "--out", "c", in: directory)
    #expect(outcome.output.contains("wrote c/{compare.csv,columns.json}"))
    let rows = table(try String(contentsOfFile: "\(directory.path)/c/compare.csv", encoding: .utf8))
    #expect(rows.contains { $0["metric"] == "mean_ttft_ms" && $0["verdict"] == "worse" })
    let columns = try String(contentsOfFile: "\(directory.path)/c/columns.json", encoding: .utf8)
    for name in rows[0].keys { #expect(columns.contains("\"\(name)\": {"), "\(name)") }
    #expect(try compare("a", "b", "--out", "c", in: directory).code == 2)
    #expect(try compare("a", "b", "--out", "c", "--force", in: directory).code == 1)
  }

  // MARK: - Measured runs

  /// A result of `vllm bench serve`: our own keys and the lists of --save-detailed.
  private func bench(ttft: Double, peak: Int) -> String {
    """
    {"date": "20260101-000000", "endpoint_type": "vllm", "model_id": "meta-llama/Meta-Llama-3-8B",
     "num_prompts": 300, "request_rate": 15.0, "burstiness": 1.0, "max_concurrency": null,
     "duration": 19.5, "completed": 300, "failed": 0, "request_throughput": 15.0,
     "output_throughput": 290.0, "mean_ttft_ms": \(ttft), "p99_ttft_ms": NaN, "p99_tpot_ms": "fast",
     "max_concurrent_requests": \(peak), "rtfx": 0.0,
     "input_lens": [1, 2], "itls": [[0.1, 0.2], []], "errors": ["a \\" ] \\\\", ""],
     "generated_texts": ["{[", "x"]}
    """
  }

  @Test func `a measured run is compared key by key, whichever comes first`() throws {
    let directory = try runs()
    let own = try decoded(
      Means.self,
      from: try String(
        contentsOfFile: "\(directory.path)/a/summary.json", encoding: .utf8))
    _ = try directory.write(bench(ttft: own.meanTtftMs / 1.2, peak: 8), to: "bench.json")
    for pair in [["a.yaml", "bench.json"], ["bench.json", "a"]] {
      let outcome = try #require(try Binary.martlet(["compare"] + pair, in: directory))
      #expect(outcome.code == 0, "\(outcome.errors)")
      let lines = outcome.output.split(separator: "\n")
      let line = try #require(lines.first { $0.hasPrefix("mean_ttft_ms") })
      #expect(line.contains("+20.0 %") && line.hasSuffix("outside the usual ±10 %"), "\(line)")
      let only = try #require(lines.first { $0.hasPrefix("only simulated: ") })
      #expect(only.contains("p99_itl_ms") && !only.contains("p99_ttft_ms"), "\(only)")
      #expect(
        lines.contains("note: no number in bench.json: p99_ttft_ms \"NaN\", p99_tpot_ms \"fast\""))
      #expect(!outcome.output.contains("max_num_seqs"))
    }
    let gate = { (limit: String) in
      try self.compare(
        "a", "bench.json", "--tolerance", "mean_ttft_ms=\(limit)", in: directory
      ).code
    }
    #expect(try gate("15%") == 1 && gate("25%") == 0)
    for (flag, value) in [("--metrics", "p99_ttft_ms"), ("--tolerance", "p99_ttft_ms=5%")] {
      let missing = try compare("a", "bench.json", flag, value, in: directory)
      #expect(missing.code == 1 && missing.output.contains("MISSING: not measured\n"))
    }
  }

  @Test func `a measured peak above max_num_seqs is pointed out`() throws {
    let directory = try TestDirectory()
    _ = try directory.write(
      smallExperiment().replacing(
        "engine: {", with: "engine: {scheduler: {name: vllm-v0, max_num_seqs: 16}, "), to: "a.yaml")
    _ = try directory.write(bench(ttft: 30, peak: 17), to: "bench.json")
    let outcome = try compare("a.yaml", "bench.json", in: directory)
    #expect(
      outcome.output.contains("note: the measured run peaked at 17 concurrent requests"),
      "\(outcome.output + outcome.errors)")
    _ = try directory.write(bench(ttft: 30, peak: 16), to: "bench.json")
    #expect(try !compare("a.yaml", "bench.json", in: directory).output.contains("peaked"))
  }

  // MARK: - Variants

  @Test func `variants are compared with the first, star by star`() throws {
    let directory = try TestDirectory()
    _ = try directory.write(smallExperiment(rate: 1, requests: 100), to: "a.yaml")
    let outcome = try compare(
      "a.yaml", "--vary", "engine.cost.decode_step=5 ms,6 ms", "--vary",
      "engine.scheduler=vllm-v1,{name: vllm-v1, max_num_seqs: 99}", "--seeds", "5", "--metrics",
      "mean_tpot_ms,failed", "--out", "out", in: directory)
    #expect(outcome.code == 0, "\(outcome.errors)")
    let lines = outcome.output.split(separator: "\n")
    #expect(lines[1].hasPrefix("5 ms") && !lines[1].contains("%"))
    #expect(lines[3].hasPrefix("6 ms") && lines[3].contains(" %*)"), "\(lines[3])")
    let rows = table(
      try String(contentsOfFile: "\(directory.path)/out/compare.csv", encoding: .utf8))
    #expect(rows.count == 8 && rows.allSatisfy { $0["runs"] == "5" })
    // No request of this load waits for a sequence: the limit of 99 changes nothing.
    #expect(rows[2]["relative_difference"] == "0.0" && rows[2]["differs"] == "0")
    #expect(rows[4]["differs"] == "1" && rows[4]["method"] == "paired")
    let sweep = table(
      try String(contentsOfFile: "\(directory.path)/out/sweep.csv", encoding: .utf8))
    #expect(sweep.count == 20)
    // The table of all runs is that of the same sweep.
    #expect(try compare("out", "out/sweep.csv", in: directory).code == 0)
    let means = sweep.prefix(5).compactMap { $0["mean_tpot_ms"].flatMap(Double.init) }
    let mean = try #require(rows[0]["mean"].flatMap(Double.init))
    #expect((means.reduce(0, +) / 5 - mean).magnitude < 1e-9)
  }

  @Test func `variants that cannot run end with 3, like points of a sweep`() throws {
    let directory = try TestDirectory()
    _ = try directory.write(smallExperiment(), to: "a.yaml")
    let outcome = try compare(
      "a.yaml", "--vary", "model=llama-3-8b,llama-3.1-405b", "--seeds", "2", in: directory)
    #expect(outcome.code == 3 && outcome.output.contains("2 of 2 failed"), "\(outcome.output)")
  }

  @Test(arguments: ["inf", "nan", "99x", "-4"])
  func `a sweep with a number that is none is refused with its line`(number: String) throws {
    let directory = try TestDirectory()
    let good = sweepTable([SweepRow(seed: 1, p99: "10"), SweepRow(seed: 2, p99: "11")])
    let bad = sweepTable([SweepRow(seed: 1, p99: "10"), SweepRow(seed: 2, p99: number)])
    _ = try directory.write(good, to: "good.csv")
    _ = try directory.write(bad, to: "bad.csv")
    #expect(try compare("good.csv", "good.csv", in: directory).code == 0)
    let outcome = try compare("good.csv", "bad.csv", in: directory)
    #expect(outcome.code == 2, "\(outcome.output)")
    #expect(
      outcome.errors
        == "error: bad.csv:3: p99_ttft_ms is \"\(number)\"; write a finite number from 0\n")
  }

  @Test(arguments: [
    (["--vary", "engine.cost.decode_step"], "--vary engine.cost.decode_step: is no variation"),
    (["--vary", "engine.shceduler=a,b"], "unknown key \"shceduler\""),
    (["--vary", "router=x", "--vary", "router=y"], "stands twice"),
    (["--vary", "router=round-robin", "--seeds", "0"], "--seeds"),
    (["--vary", "router=round-robin", "--seeds", "3-"], "--seeds"),
    (["--vary", "seed=1,2"], "seed is varied by"),
    (["b.yaml", "--vary", "router=x"], "leave B out"),
  ])
  func `a variation that means nothing is refused`(flags: [String], fault: String) throws {
    let directory = try TestDirectory()
    _ = try directory.write(smallExperiment(), to: "a.yaml")
    let outcome = try #require(try Binary.martlet(["compare", "a.yaml"] + flags, in: directory))
    #expect(outcome.code == 2 && outcome.errors.contains(fault), "\(outcome.errors)")
  }
}

private struct Means: Decodable {
  let meanTtftMs: Double
}
