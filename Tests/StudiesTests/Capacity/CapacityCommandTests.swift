import Foundation
import TestSupport
import Testing

/// `martlet capacity` as scripts meet it.
@Suite struct CapacityCommandTests {
  /// One server with a fixed service of 10 ms.
  private let queue = """
    name: queue
    model: llama-3-8b
    cluster: {gpu: a100-80gb-sxm}
    engine: {scheduler: {name: vllm-v0, max_num_seqs: 1}, cost: {name: linear, prefill_token: 1 ms}}
    workload:
      generate:
        requests: 600
        arrivals: {process: poisson, rate: 20}
        input_tokens: {distribution: fixed, value: 10}
        output_tokens: {distribution: fixed, value: 1}

    """

  private func directory(_ yaml: String? = nil) throws -> TestDirectory {
    let directory = try TestDirectory()
    _ = try directory.write(yaml ?? queue, to: "e.yaml")
    return directory
  }

  private func capacity(
    _ arguments: [String], in directory: TestDirectory
  ) throws -> Binary.Outcome {
    try #require(try Binary.martlet(["capacity", "e.yaml"] + arguments, in: directory))
  }

  private struct Answer: Decodable {
    struct Probe: Decodable {
      let probe: Int
      let value: Double
      let meets: Bool
    }
    struct Term: Decodable {
      let metric: String
      let value: Double?
      let valueFailing: Double?
    }
    let outcome: String
    let searchEnd: String
    let value: Double?
    let lowestFailing: Double?
    let binding: String?
    let slo: [Term]
    let probes: [Probe]
    let notes: [String]
  }

  @Test func `goodput at an attainment is that of the measured requests of a trace`() throws {
    // One at a time, 100 ms each in time for 150 ms, a second apart at a mean rate of 209 / 479;
    // 30 before them miss it at any rate. Ten times as fast is the most.
    let rows =
      (0..<30).map { "\(10 * $0),200,1\n" } + (0..<180).map { "\(300 + $0),100,1\n" }
    let directory = try directory(
      """
      model: llama-3-8b
      cluster: {gpu: a100-80gb-sxm}
      engine:
        scheduler: {name: vllm-v1, max_num_seqs: 1}
        cost: {name: linear, prefill_token: 1 ms}
      workload: {trace: trace.csv}
      slo: {ttft_ms: 150}

      """)
    _ = try directory.write(
      "arrived_at,num_prefill_tokens,num_decode_tokens\n" + rows.joined(), to: "trace.csv")
    let search = ["--slo", "slo_attainment>=0.9", "--vary", "workload.rate", "--json"]
    let cut = try capacity(search + ["--set", "statistics.warmup_requests=30"], in: directory)
    let value = try #require(try decoded(Answer.self, from: cut.output).value)
    #expect(abs(value / (10 * 209 / 479) - 1) < 0.01)
    let whole = try decoded(Answer.self, from: try capacity(search, in: directory).output)
    #expect(whole.outcome == "nothing_meets")
    #expect(whole.slo[0].valueFailing == 180.0 / 210)
  }

  @Test func `the instances of a pool can be varied`() throws {
    // Half of 20 a second to one server of 10 ms, the rest round robin: two wait less than one.
    let pools = "{pools: [{gpu: a100-80gb-sxm}, {name: b, gpu: a100-80gb-sxm, instances: 3}]}"
    let directory = try directory(
      queue.replacingOccurrences(of: "{gpu: a100-80gb-sxm}", with: pools))
    let outcome = try capacity(
      [
        "--slo", "mean_queue_time_ms<=1", "--vary", "cluster.pools.1.instances", "--fewest",
        "--json",
      ], in: directory)
    let answer = try decoded(Answer.self, from: outcome.output)
    #expect(answer.value == 1, "\(outcome.errors)")
    #expect(answer.probes.map(\.value).contains(3))
  }

  private let waiting = ["--slo", "mean_queue_time_ms<=5", "--vary", "workload.rate"]

  @Test func `the answer, its files and its JSON agree, and martlet run finds the same`() throws {
    let directory = try directory()
    let text = try capacity(waiting + ["--out", "one"], in: directory)
    #expect(text.code == 0 && text.errors.isEmpty, "\(text.errors)")
    let json = try capacity(waiting + ["--json", "--out", "two", "--jobs", "1"], in: directory)
    let answer = try decoded(Answer.self, from: json.output)
    for file in ["capacity.json", "capacity.csv", "columns.json"] {
      #expect(directory.text(of: "one/\(file)") == directory.text(of: "two/\(file)"))
    }
    #expect(json.output == directory.text(of: "one/capacity.json"))
    let value = try #require(answer.value)
    #expect(text.output.hasPrefix("max rate \(value) req/s (\(answer.probes.count) runs). "))
    #expect(text.output.contains(". Binding: mean_queue_time_ms 4.9"))
    #expect(text.output.contains(" Next limit: step time (busy "))
    #expect(text.output.hasSuffix("wrote one/{capacity.json,capacity.csv,columns.json}\n"))
    #expect(answer.outcome == "found" && answer.searchEnd == "closed")
    #expect(answer.binding == "mean_queue_time_ms" && answer.notes.isEmpty)
    let rows = table(directory.text(of: "one/capacity.csv"))
    #expect(rows.map { $0["workload.rate"].flatMap(Double.init) } == answer.probes.map(\.value))
    let best = try #require(rows.first { $0["workload.rate"] == "\(value)" })
    #expect(best["meets"] == "1" && best["verdict"] == "STABLE")
    let columns = try #require(
      try JSONSerialization.jsonObject(with: Data(directory.text(of: "one/columns.json").utf8))
        as? [String: [String: Any]])
    #expect(columns["capacity.csv"].map { Set($0.keys) } == Set(rows[0].keys))
    let run = try Binary.martlet(
      ["run", "e.yaml", "--json", "--set", "workload.rate=\(value)"], in: directory)
    for key in ["mean_queue_time_ms", "busy_share", "request_throughput"] {
      #expect(run?.output.contains("\"\(key)\": \(best[key] ?? "-"),") == true, "\(key)")
    }
  }

  @Test func `a trace is rescaled, and its speedup finds the same load`() throws {
    var span: [Double] = []
    for row in 0..<300 {
      let hundredths: Int = row * 10 + (row * 53) % 7
      span.append(Double(hundredths) / 100)
    }
    let lines = span.map { "\($0),10,1\n" }.joined()
    let trace = queue.split(separator: "\n").prefix(4).joined(separator: "\n")
    let directory = try directory(trace + "\nworkload: {trace: t.csv}\n")
    _ = try directory.write(
      "arrived_at,num_prefill_tokens,num_decode_tokens\n" + lines, to: "t.csv")
    let slo = ["--slo", "p90_queue_time_ms<=12", "--json", "--accept-overloaded"]
    let rate = try decoded(
      Answer.self, from: capacity(slo + ["--vary", "workload.rate"], in: directory).output)
    let speed = try decoded(
      Answer.self, from: capacity(slo + ["--vary", "workload.speedup"], in: directory).output)
    // 299 gaps; the file's order is not that of time, its first and last are.
    let length: Double = (span.max() ?? 0) - (span.min() ?? 0)
    let recorded: Double = 299 / length
    let (a, b): (Double, Double) = (rate.value ?? 0, speed.value ?? 1)
    let quotient = a / b / recorded
    #expect(abs(quotient - 1) <= 0.021, "\(quotient)")
    let warned = try capacity(slo + ["--vary", "workload.rate", "--seeds", "2"], in: directory)
    #expect(warned.errors.contains("a trace is the same for every seed"))
  }

  @Test func `no rate meets: exit code 1 and the best probe`() throws {
    let directory = try directory()
    let never = try capacity(
      ["--slo", "p99_ttft_ms<=9", "--vary", "workload.rate"], in: directory)
    #expect(never.code == 1)
    #expect(never.output.hasPrefix("no value of workload.rate meets the SLOs ("))
    // One request alone takes 10 ms.
    #expect(never.output.contains(" req/s fails: p99_ttft_ms 10 of 9\n"), "\(never.output)")
    let range = try capacity(waiting + ["--min", "70", "--max", "80", "--json"], in: directory)
    let answer = try decoded(Answer.self, from: range.output)
    #expect(range.code == 1 && answer.outcome == "nothing_meets" && answer.value == nil)
    #expect(answer.probes.map(\.value) == [70])
  }

  @Test func `the watchdog ends with 4 when nothing meets`() throws {
    let stuck = queue.replacingOccurrences(of: "1 ms", with: "3 d")
    let outcome = try capacity(waiting, in: try directory(stuck))
    #expect(outcome.code == 4, "\(outcome.code) \(outcome.output) \(outcome.errors)")
    #expect(outcome.output.contains("106 days"), "\(outcome.output)")
  }

  @Test func `a rate of sessions is one`() throws {
    let chats = queue.replacingOccurrences(
      of: "requests: 600",
      with: "sessions: {count: 200, turns: {distribution: fixed, value: 3}, think_time: 1 s}")
    let outcome = try capacity(waiting, in: try directory(chats))
    #expect(outcome.code == 0)
    #expect(outcome.output.contains(" sessions/s ("), "\(outcome.output)\(outcome.errors)")
  }

  @Test func `a range that meets to its end is a lower bound, and says so`() throws {
    let outcome = try capacity(waiting + ["--max", "30"], in: try directory())
    #expect(outcome.code == 0 && outcome.output.hasPrefix("max rate 30 req/s (2 runs). "))
    #expect(outcome.output.contains("No limit was found, the closest is mean_queue_time_ms "))
    #expect(outcome.output.contains("note: the end of the range meets"))
  }

  @Test func `an overloaded run does not meet, and the answer says that the verdict decided`()
    throws
  {
    let even = queue.replacingOccurrences(of: "poisson", with: "fixed")
    let directory = try directory(even)
    let loose = [
      "--slo", "mean_queue_time_ms<=100000", "--vary", "workload.rate", "--json",
    ]
    let strict = try decoded(Answer.self, from: capacity(loose, in: directory).output)
    #expect(strict.binding == "verdict")
    // The server carries 100 a second; a backlog that grows by 2 % of the arrivals is allowed.
    #expect((100.9...102.1).contains(strict.value ?? 0), "\(strict.value ?? 0)")
    #expect(strict.notes.contains { $0.hasPrefix("the verdict decides, not an SLO; ") })
    let lax = try decoded(
      Answer.self, from: capacity(loose + ["--accept-overloaded"], in: directory).output)
    #expect((lax.value ?? 0) > 1000 && lax.searchEnd == "unlimited")
  }

  @Test func `without conditions 99 % of the requests must meet the experiment's own`() throws {
    let directory = try directory(queue + "slo: {ttft_ms: 40}\n")
    let own = try capacity(["--vary", "workload.rate"], in: directory)
    #expect(own.code == 0 && own.output.contains("Binding: slo_attainment 0.99"), "\(own.output)")
    #expect(own.output.contains("note: SLO slo_attainment>=0.99 of the experiment's own targets"))
    let same = try capacity(
      ["--vary", "workload.rate", "--slo", "slo_attainment>=0.99", "--json"], in: directory)
    let value = try decoded(Answer.self, from: same.output).value ?? 0
    #expect(own.output.hasPrefix("max rate \(value) req/s"))
  }

  @Test func `concurrency and other numbers are searched in their direction`() throws {
    let loop = queue.replacingOccurrences(of: "poisson, rate: 20", with: "closed, concurrency: 2")
    let directory = try directory(loop)
    // N clients at one server of 10 ms: after the start each waits (N - 1) services.
    let clients = try capacity(
      ["--vary", "workload.generate.arrivals.concurrency", "--slo", "max_queue_time_ms<=75"],
      in: directory)
    #expect(clients.output.hasPrefix("max 8 in flight ("), "\(clients.output + clients.errors)")
    let tokens = try capacity(
      [
        "--vary", "workload.generate.input_tokens.value", "--largest", "--slo",
        "max_ttft_ms<=46.5",
      ], in: directory)
    // Two clients, 1 ms a token: twice the service.
    #expect(tokens.output.hasPrefix("max workload.generate.input_tokens.value 23 ("))
  }

  @Test(arguments: [
    (["--slo", "p99_ttft_ms<=5"], "Missing expected argument '--vary <key>'"),
    (["--vary", "workload.rate"], "--slo: is missing, and e.yaml has no block slo; write --slo"),
    (
      ["--vary", "workload.rat", "--slo", "p99_ttft_ms<=5"],
      "--vary: unknown key to vary \"workload.rat\" (did you mean \"workload.rate\"?); known: "
    ),
    (
      ["--vary", "engine.block", "--largest", "--slo", "p99_ttft_ms<=5"],
      "--vary engine.block: is no number above 0 in the experiment"
    ),
    (
      ["--vary", "workload.rate", "--fewest", "--slo", "p99_ttft_ms<=5"],
      "--fewest: of workload.rate is no limit: more of it is harder"
    ),
    (
      ["--vary", "workload.speedup", "--slo", "p99_ttft_ms<=5"],
      "--vary workload.speedup: belongs to a trace, not to generate"
    ),
    (
      [
        "--vary", "workload.rate", "--slo", "p99_ttft_ms<=5", "--set",
        "workload.generate.arrivals={process: burst}",
      ], "workload.rate: means nothing to a burst"
    ),
    (
      ["--vary", "workload.rate", "--slo", "slo_attainment>=0.9"],
      "--slo: slo_attainment needs targets, and e.yaml has no block slo"
    ),
    (
      ["--vary", "workload.rate", "--slo", "p99_tpot_ms<=5"],
      "--slo: p99_tpot_ms is not defined for these requests (population: completed measured"
    ),
    (["--vary", "workload.rate", "--slo", "p99_ttft_ms<=5s"], "so \"5s\" is no limit"),
    (["--vary", "workload.rate", "--slo", "a<=5"], "--slo: unknown metric \"a\""),
    (
      ["--vary", "workload.rate", "--slo", "p99_ttft_ms<=5", "--tolerance", "90%"],
      "--tolerance: 90% is out of range"
    ),
    (
      ["--vary", "workload.rate", "--slo", "p99_ttft_ms<=5", "--min", "9", "--max", "8"],
      "--min: 9 is above --max 8"
    ),
    (
      ["--vary", "workload.rate", "--slo", "p99_ttft_ms<=5", "--min", "nan"],
      "--min: nan is no value of workload.rate"
    ),
    (
      ["--vary", "cluster.instances", "--slo", "p99_ttft_ms<=5", "--max", "2.5"],
      "--max: 2.5 is no value of cluster.instances; write a whole number from 1 to 1000000"
    ),
    (
      ["--vary", "workload.rate", "--slo", "p99_ttft_ms<=5", "--seeds", "0"], "--seeds: \"0\" is no"
    ),
    (
      ["--vary", "workload.rate", "--slo", "p99_ttft_ms<=5", "--seeds", "3", "--seed", "2"],
      "--seed and --seeds exclude each other"
    ),
    (["--vary", "workload.rate", "--slo", "p99_ttft_ms<=5", "--jobs", "0"], "--jobs 0 must be"),
    (
      ["--vary", "workload.rate", "--slo", "p99_ttft_ms<=5", "--fewest", "--largest"],
      "--largest and --fewest exclude each other"
    ),
    (
      ["--vary", "workload.rate", "--slo", "p99_ttft_ms<=5", "--set", "model=llama-3.1-405b"],
      "does not fit"
    ),
    (
      ["--vary", "workload.rate", "--slo", "p99_ttft_ms<=5", "--out", "no/where"],
      "no/where: cannot be written: there is no directory no"
    ),
  ])
  func `a fault of usage ends with 2, before or without an answer`(
    arguments: [String], fault: String
  ) throws {
    let directory = try directory()
    let outcome = try capacity(arguments, in: directory)
    #expect(outcome.code == 2 && outcome.output.isEmpty, "\(outcome.code) \(outcome.output)")
    #expect(outcome.errors.contains(fault), "\(outcome.errors)")
    #expect(try directory.names == ["e.yaml"])
  }

  @Test func `interrupted, it leaves nothing and ends with 130`() throws {
    let directory = try directory(queue.replacingOccurrences(of: "600", with: "3000000"))
    let outcome = try #require(
      try Binary.martlet(
        ["capacity", "e.yaml", "--out", "out"] + waiting, in: directory,
        signal: (SIGINT, when: { Foundation.Thread.sleep(forTimeInterval: 0.7) })))
    #expect(outcome.code == 130 && outcome.output.isEmpty)
    #expect(try directory.names == ["e.yaml"])
  }
}
