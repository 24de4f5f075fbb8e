import Foundation
import Studies
import TestSupport
import Testing

/// Comparisons of made-up tables, where the right answer is known.
@Suite struct ComparisonTests {
  private let values = [80.0, 95, 101, 77, 120]

  /// a.csv and b.csv with one row a seed.
  private func tables(_ a: [SweepRow], _ b: [SweepRow]) throws -> TestDirectory {
    let directory = try TestDirectory()
    _ = try directory.write(sweepTable(a), to: "a.csv")
    _ = try directory.write(sweepTable(b), to: "b.csv")
    return directory
  }

  private func rows(
    _ factor: Double = 1, from seed: Int = 1, _ values: [Double]? = nil
  ) -> [SweepRow] {
    (values ?? self.values).enumerated().map { i, value in
      SweepRow(
        seed: seed + i, p99: "\(factor * value)", throughput: "\((100 + value) / factor)")
    }
  }

  @Test func `values 3 % larger at each of five seeds are worse, by 3 %`() throws {
    let found = try tables(rows(), rows(1.03)).compared("a.csv", "b.csv")
    let row = try #require(found.row("p99_ttft_ms"))
    #expect(found.verdict == "worse" && row.verdict == "worse" && row.method == "paired")
    #expect(row.runsA == 5 && row.runsB == 5)
    let share = try #require(row.relativeDifference)
    #expect((share - 0.03).magnitude < 1e-9)
    #expect(found.row("output_throughput")?.verdict == "worse")
    // p99_ttft_ms and output_throughput have intervals, each with half of 1 %.
    #expect(found.intervals == 2)
    #expect(try #require(row.intervalConfidence) == 0.995)
  }

  @Test func `an improvement is none the worse`() throws {
    let found = try tables(rows(1.03), rows()).compared("a.csv", "b.csv")
    #expect(found.verdict == "not worse")
    #expect(found.row("p99_ttft_ms")?.verdict == "better")
    #expect(found.row("output_throughput")?.verdict == "better")
  }

  @Test func `a tolerance forgives what lies within it`() throws {
    let directory = try tables(rows(), rows(1.03))
    func verdicts(_ tolerances: String...) throws -> [String?] {
      let found = try directory.compared("a.csv", "b.csv", tolerances: tolerances)
      return ["p99_ttft_ms", "output_throughput"].map { found.row($0)?.verdict }
    }
    #expect(try verdicts("p99_ttft_ms=4%") == ["same", "worse"])
    #expect(try verdicts("4%") == ["same", "same"])
    #expect(try verdicts("4%", "output_throughput=1%") == ["same", "worse"])
    // In milliseconds the differences are 2.31 to 3.6, mean 2.838; their interval is far below 50.
    #expect(try verdicts("p99_ttft_ms=50") == ["same", "worse"])
    #expect(try verdicts("p99_ttft_ms=0.1") == ["worse", "worse"])
  }

  @Test func `a spread that hides the difference keeps it from being worse`() throws {
    let noisy = zip([1.2, 0.9, 1.1, 0.95, 1.15], values).map { $0 * $1 }
    let found = try tables(rows(), rows(1, noisy)).compared("a.csv", "b.csv")
    let row = try #require(found.row("p99_ttft_ms"))
    #expect(row.verdict == "unclear" && found.verdict == "not worse")
    let (low, high) = (try #require(row.relativeLow), try #require(row.relativeHigh))
    #expect(low < 0 && high > 0.05)
  }

  @Test func `it is the same when the whole interval lies within the tolerance, else unclear`()
    throws
  {
    let noisy = zip([1.02, 0.98, 1.01, 0.97, 1.02], values).map { $0 * $1 }
    let directory = try tables(rows(), rows(1, noisy))
    func verdict(_ tolerance: String) throws -> String? {
      try directory.compared("a.csv", "b.csv", tolerances: [tolerance]).row("p99_ttft_ms")?.verdict
    }
    // The logarithms of the quotients: mean -0.000222, standard error 0.010533; t at 99.75 % for
    // 4 degrees of freedom is 5.5976, so the interval is -5.75 % to 6.05 %.
    #expect(try verdict("p99_ttft_ms=6.1%") == "same")
    #expect(try verdict("p99_ttft_ms=6.0%") == "unclear")
    #expect(try verdict("p99_ttft_ms=5.7%") == "unclear")
  }

  @Test func `other seeds are independent runs, as are the same seeds with other tokens`() throws {
    let directory = try tables(rows(), rows(1.5, from: 6))
    let row = try #require(try directory.compared("a.csv", "b.csv").row("p99_ttft_ms"))
    #expect(row.method == "welch" && row.runsB == 5)
    let other = sweepTable(rows()).split(separator: "\n").map { $0 + "\n" }.joined()
    _ = try directory.write(other.replacing(",500,", with: ",501,"), to: "b.csv")
    #expect(try directory.compared("a.csv", "b.csv").row("p99_ttft_ms")?.method == "welch")
  }

  @Test func `what no seed moves is compared as it is, with 1 % of tolerance`() throws {
    func same(_ value: Double, _ trace: String = "f00d") -> [SweepRow] {
      (1...3).map { SweepRow(seed: $0, p99: "\(value)", trace: trace) }
    }
    #expect(try tables(same(100), same(100.9)).compared("a.csv", "b.csv").verdict == "not worse")
    let found = try tables(same(100), same(101.1)).compared("a.csv", "b.csv")
    #expect(found.row("p99_ttft_ms")?.verdict == "worse")
    #expect(found.row("p99_ttft_ms")?.method == "exact")
    #expect(found.intervals == 0)
  }

  @Test func `one run each over the same arrivals is exact, over others it is not judged`() throws {
    let directory = try tables([SweepRow(p99: "100")], [SweepRow(p99: "102")])
    #expect(try directory.compared("a.csv", "b.csv").row("p99_ttft_ms")?.verdict == "worse")
    _ = try directory.write(sweepTable([SweepRow(seed: 2, p99: "150")]), to: "b.csv")
    let fault = message { _ = try directory.compared("a.csv", "b.csv") }
    #expect(fault.contains("nothing") && fault.contains("other arrivals"), "\(fault)")
    // A tolerance says that the difference itself decides.
    let given = try directory.compared("a.csv", "b.csv", tolerances: ["p99_ttft_ms=20%"])
    #expect(given.row("p99_ttft_ms")?.verdict == "worse")
    #expect(given.row("output_throughput")?.verdict == "not judged")
    #expect(given.notes.contains { $0.contains("cannot be told from chance") })
  }

  @Test func `one run each over other arrivals is judged by the intervals of their summaries`()
    throws
  {
    let directory = try TestDirectory()
    func summary(_ mean: Double, seed: Int, reliable: Bool = true) -> String {
      // Student's t at 97.5 % for 19 degrees of freedom is 2.0930: the standard error is 1.
      """
      {"config_hash": "a", "tool_version": "1", "num_prompts": 10, "request_rate": \(seed),
       "failed": 0, "seed": \(seed), "trace_hash": null, "mean_ttft_ms": \(mean),
       "mean_ttft_ms_ci": 2.0930240544, "ci_confidence": 0.95, "ci_batches": 20,
       "ci_reliable": \(reliable)}
      """
    }
    _ = try directory.write(summary(100, seed: 1), to: "a.json")
    _ = try directory.write(summary(110, seed: 2, reliable: false), to: "b.json")
    let found = try directory.compared("a.json", "b.json")
    let row = try #require(found.row("mean_ttft_ms"))
    #expect(row.method == "within_runs" && row.verdict == "worse" && found.intervals == 1)
    // 10 ± √2 t, and t at 99.5 % for 38 degrees of freedom is 2.7116.
    #expect((try #require(row.relativeLow) - 0.061652).magnitude < 1e-5)
    #expect((try #require(row.relativeHigh) - 0.138348).magnitude < 1e-5)
    #expect(found.notes.contains { $0.contains("batch means of B are correlated") })
    #expect(found.notes.contains { $0.contains("request_rate is 1 in A, 2 in B") })
    _ = try directory.write(summary(103, seed: 2), to: "b.json")
    #expect(try directory.compared("a.json", "b.json").verdict == "not worse")
  }

  @Test(arguments: [
    ("1e30", "0.95", false), ("1001", "0.95", false), ("4", "0.95", false),
    ("20", "0.9999999999999999", false), ("20", "1e-320", false), ("20", "0.3", false),
    ("1000", "0.9999", true), ("5", "0.5", true),
  ])
  func `an interval that no run has counts as none`(
    batches: String, level: String, isOne: Bool
  ) throws {
    let directory = try TestDirectory()
    for seed in [1, 2] {
      _ = try directory.write(
        """
        {"config_hash": "a", "tool_version": "1", "num_prompts": 10, "request_rate": 1,
         "failed": 0, "seed": \(seed), "trace_hash": null, "mean_ttft_ms": 10,
         "mean_ttft_ms_ci": 1, "ci_confidence": \(level), "ci_batches": \(batches)}
        """, to: "\(seed).json")
    }
    let found = try directory.compared("1.json", "2.json", tolerances: ["mean_ttft_ms=1%"])
    #expect(found.row("mean_ttft_ms")?.method == (isOne ? "within_runs" : "bare"))
  }

  @Test func `values whose spread is beyond all numbers are not judged`() throws {
    func row(_ seed: Int, _ p99: String) -> SweepRow { SweepRow(seed: seed, p99: p99) }
    let found = try tables([row(1, "1e200"), row(2, "0")], [row(1, "1"), row(2, "2")])
      .compared("a.csv", "b.csv")
    #expect(found.row("p99_ttft_ms")?.verdict == "not judged")
    #expect(found.row("p99_ttft_ms")?.reason == "beyond what can be computed")
  }

  @Test func `several seeds against one run are paired where the seed is the same`() throws {
    let directory = try tables(rows(), [SweepRow(seed: 3, p99: "110")])
    let row = try #require(try directory.compared("a.csv", "b.csv").row("p99_ttft_ms"))
    // Seed 3 has 101.
    #expect(row.method == "exact" && row.verdict == "worse" && row.runsA == 1)
    _ = try directory.write(sweepTable([SweepRow(seed: 9, p99: "110")]), to: "b.csv")
    #expect(message { _ = try directory.compared("a.csv", "b.csv") }.contains("several seeds"))
  }

  @Test func `cells that are empty are left out, and said`() throws {
    var b = rows(1.03)
    b[1].p99 = ""
    b[2].p99 = ""
    let found = try tables(rows(), b).compared("a.csv", "b.csv")
    #expect(found.row("p99_ttft_ms")?.runsB == 3)
    #expect(found.row("p99_ttft_ms")?.verdict == "worse")
    b = b.map { SweepRow(seed: $0.seed, p99: "", throughput: $0.throughput) }
    let without = try tables(rows(), b).compared("a.csv", "b.csv")
    #expect(without.onlyInA == ["p99_ttft_ms"])
    #expect(without.row("p99_ttft_ms")?.verdict == "not judged")
    #expect(without.row("p99_ttft_ms")?.reason == "undefined in B")
  }

  @Test(arguments: [("a.csv", "b.csv", "B"), ("b.csv", "a.csv", "A")])
  func `a metric that was asked for and one side lacks is missing`(
    first: String, second: String, side: String
  ) throws {
    let without = rows().map { SweepRow(seed: $0.seed, p99: "", throughput: $0.throughput) }
    let directory = try tables(rows(), without)
    for (metrics, tolerances) in [
      ("p99_ttft_ms,output_throughput", []), ("p99_ttft_ms", []), (nil, ["p99_ttft_ms=5%"]),
    ] as [(String?, [String])] {
      let found = try directory.compared(first, second, tolerances: tolerances, metrics: metrics)
      #expect(found.verdict == "missing" && found.row("p99_ttft_ms")?.verdict == "missing")
      #expect(found.row("p99_ttft_ms")?.reason == "undefined in \(side)")
    }
    let others = try directory.compared(first, second, metrics: "output_throughput")
    #expect(others.verdict == "not worse")
  }

  @Test func `a run that fails in B alone is worse, its other seeds are still paired`() throws {
    var b = rows()
    b[4].status = "failed"
    b[4].p99 = ""
    b[4].throughput = ""
    let found = try tables(rows(), b).compared("a.csv", "b.csv")
    #expect(found.verdict == "worse" && found.row("failed_runs")?.verdict == "worse")
    #expect(found.row("p99_ttft_ms")?.runsA == 4 && found.row("p99_ttft_ms")?.verdict == "same")
    let back = try tables(b, rows()).compared("a.csv", "b.csv")
    #expect(back.verdict == "not worse" && back.row("failed_runs")?.verdict == "better")
    let both = try tables(b, b).compared("a.csv", "b.csv")
    #expect(both.row("failed_runs")?.verdict == "same")
  }

  @Test func `sides none of whose runs ended well are an error, unless only B's failed`() throws {
    let failed = rows().map { SweepRow(seed: $0.seed, p99: "", throughput: "", status: "failed") }
    for (a, b) in [(failed, failed), (failed, rows())] {
      let directory = try tables(a, b)
      let fault = message { _ = try directory.compared("a.csv", "b.csv") }
      #expect(fault.contains("nothing to compare"), "\(fault)")
    }
    let found = try tables(rows(), failed).compared("a.csv", "b.csv")
    #expect(found.verdict == "worse" && found.row("failed_runs")?.verdict == "worse")
  }

  @Test func `points are matched by their keys, and what has no partner is named`() throws {
    func two(_ names: [String], _ factor: Double) -> [SweepRow] {
      names.flatMap { name in
        rows(factor).map { row in
          var row = row
          row.scheduler = name
          return row
        }
      }
    }
    // The order of the points does not matter.
    let directory = try tables(
      two(["vllm-v1", "vllm-v0", "orca-max"], 1),
      two(["vllm-v0", "vllm-v1", "orca-pow2"], 1))
    let found = try directory.compared("a.csv", "b.csv")
    #expect(found.rows.count { $0.metric == "p99_ttft_ms" } == 2)
    // B lost a point.
    #expect(found.verdict == "worse" && found.rows.filter { $0.verdict == "worse" }.count == 1)
    #expect(found.row("missing_points")?.verdict == "worse")
    _ = try directory.write(sweepTable(two(["vllm-v1", "vllm-v0"], 1)), to: "less.csv")
    #expect(try directory.compared("less.csv", "b.csv").verdict == "not worse")
    #expect(found.notes.contains { $0.contains("a.csv: the point engine.scheduler=orca-max") })
    #expect(found.notes.contains { $0.contains("b.csv: the point engine.scheduler=orca-pow2") })
    let none = try tables(two(["vllm-v1"], 1), two(["vllm-v0"], 1))
    #expect(message { _ = try none.compared("a.csv", "b.csv") }.contains("no point in common"))
  }

  @Test func `a key that one side varies alone is refused when it has several values`() throws {
    let a = rows() + rows().map { SweepRow(scheduler: "vllm-v0", seed: $0.seed, p99: $0.p99) }
    let directory = try tables(a, rows())
    let text = sweepTable(rows()).replacing("engine.scheduler,", with: "")
      .replacing(",vllm-v1,", with: ",")
    _ = try directory.write(text, to: "b.csv")
    let fault = message { _ = try directory.compared("a.csv", "b.csv") }
    #expect(fault.contains("varies engine.scheduler and"), "\(fault)")
    _ = try directory.write(sweepTable(rows()), to: "a.csv")
    #expect(try directory.compared("a.csv", "b.csv").verdict == "not worse")
  }

  /// A search among all runs for each takes 42 s of the debug build, a look-up 2 s.
  @Test func `the time of a comparison grows as its runs do`() throws {
    let many = (1...15_000).map { SweepRow(seed: $0, p99: "\(100 + $0 % 7)") }
    let directory = try tables(many, many.reversed())
    // Of this thread alone: other tests and processes run beside it.
    func seconds() -> Double {
      var time = timespec()
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
      return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
    }
    let start = seconds()
    let found = try directory.compared("a.csv", "b.csv")
    #expect(seconds() - start < 8)
    #expect(found.row("p99_ttft_ms")?.runsA == 15_000)
    #expect(found.row("p99_ttft_ms")?.verdict == "same")
  }

  @Test func `a row that stands twice counts once, unless it says something else`() throws {
    let directory = try tables(rows() + [rows()[0]], rows())
    #expect(try directory.compared("a.csv", "b.csv").row("p99_ttft_ms")?.runsA == 5)
    _ = try directory.write(sweepTable(rows() + [rows(2)[0]]), to: "a.csv")
    #expect(message { _ = try directory.compared("a.csv", "b.csv") }.contains("a.csv:7"))
  }

  @Test func `metrics without a direction are shown and not judged`() throws {
    let directory = try tables(rows(), rows(1.03))
    let found = try directory.compared(
      "a.csv", "b.csv", metrics: "total_input_tokens,output_throughput")
    #expect(found.row("total_input_tokens")?.verdict == "not judged")
    #expect(found.rows.map(\.metric) == ["total_input_tokens", "output_throughput"])
    #expect(found.intervals == 1)
    let fault = message { _ = try directory.compared("a.csv", "b.csv", metrics: "p99_tttf_ms") }
    #expect(fault.contains("did you mean \"p99_ttft_ms\""), "\(fault)")
  }

  @Test(arguments: [
    ("p99_ttft_ms=2%%", "none"), ("=2%", "unknown metric"), ("p99_ttft_ms=-1%", "none"),
    ("5", "for all"), ("a=1%=2", "none"), ("p99_ttft_ms", "none"),
  ])
  func `a tolerance that means nothing is refused`(text: String, fault: String) throws {
    let directory = try tables(rows(), rows())
    let message = message { _ = try directory.compared("a.csv", "b.csv", tolerances: [text]) }
    #expect(message.hasPrefix("--tolerance") && message.contains(fault), "\(message)")
  }

  @Test(arguments: ["", "99", "100%", "0.99", "40%", "x%", "99.99999999999999%", "99.99995%"])
  func `a confidence is a share from a half to one`(text: String) throws {
    let directory = try tables(rows(), rows())
    #expect(
      message { _ = try directory.compared("a.csv", "b.csv", confidence: text) }
        .hasPrefix("--confidence"))
  }
}
