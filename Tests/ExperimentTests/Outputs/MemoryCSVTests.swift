import Experiment
import Files
import FoundationEssentials
import Metrics
import TestSupport
import Testing
import Units

/// `smallRecord`, whose instances of two GPUs share a bus: two transfers out, one of which waits
/// for the other, and one in that the run's end leaves open.
func tieredRecord() -> RunRecord {
  var record = smallRecord()
  func lane(_ number: Int, _ direction: LinkRecord.Direction, busy: Int64) -> LinkRecord {
    LinkRecord(
      fabric: 0, lane: number, link: "bus, \"wide\"", direction: direction, instances: 2,
      touchesHBM: true, busy: Int128(busy), causes: LinkRecord.causeNames.map { _ in .init() })
  }
  var (out, back) = (lane(0, .outward, busy: second), lane(1, .inward, busy: 0))
  out.causes[0].transfers = 1
  out.causes[0].bytes = 3_000
  out.causes[0].copies = 30
  out.causes[2].bytes = 500
  out.causes[2].copies = 5
  out.causes[2].cancelledTransfers = 1
  out.causes[2].cancelledBytes = 500
  out.causes[2].waiting = Int128(750 * millisecond)
  back.causes[1].waiting = 0
  func transfer(
    _ lane: Int, _ cause: Int, _ instance: Int32, _ times: [Int64],
    _ outcome: TransferRecord.Outcome
  ) -> TransferRecord {
    TransferRecord(
      fabric: 0, lanes: [lane], cause: cause, instance: instance, tag: 7, bytes: 1_000, copies: 10,
      submitted: instant(times[0] * millisecond), started: instant(times[1] * millisecond),
      ended: instant(times[2] * millisecond), outcome: outcome)
  }
  var unmoved = transfer(0, 2, 1, [1, 1, 2], .cancelled)
  unmoved.started = .never
  record.memory = MemoryRecord(
    links: [out, back], tiers: [TierDescription(name: "dram", blocks: 40, bytesPerBlock: 2_000)],
    gpus: 2, transfers: 1, copies: 30, waiting: [0, 0, 750_000_000_000, 0, 0, 0, 0, 0],
    log: [
      transfer(0, 0, 0, [0, 0, 750], .landed), transfer(0, 2, 1, [0, 750, 1_000], .cancelled),
      transfer(0, 4, 1, [400, 500, 600], .landed), unmoved,
      transfer(1, 1, 1, [3_000, 3_500, 4_000], .unfinished),
    ], end: record.end)
  var series = TimeSeries(width: second, instances: 2, tiers: 1)
  for row in 0..<Int32(4) {
    var use = TierUse()
    (use.swapped, use.kept, use.contexts, use.cached) = (row, 1, 2, 3)
    series.append(
      TimeSeries.Row(running: 1, waiting: 0, blocks: 0, counts: RunTotals()), tiers: [use])
  }
  record.series = series
  return record
}

@Suite struct MemoryCSVTests {
  private func row(_ sink: MemorySink, _ file: String, _ number: Int) throws -> [String: String] {
    let rows = table(sink.text(file))
    return try #require(rows.indices.contains(number) ? rows[number] : nil)
  }

  @Test func `a lane is a row with its shares, rates and causes`() throws {
    let sink = everything(of: tieredRecord())
    let out = try row(sink, "links.csv", 0)
    let expected = [
      "fabric_id": "0", "lane_id": "0", "link": "bus, wide", "direction": "out",
      "instances": "2", "gpus": "2", "transfers": "1", "copies": "35", "bytes": "3500",
      "cancelled_transfers": "1", "cancelled_bytes": "500", "busy_s": "1.000000000000",
      // Of 4 s; 3,500 B in 1 s.
      "busy_share": "0.25", "mean_bandwidth": "3500.0", "waiting_s": "0.750000000000",
      "swap_out_transfers": "1", "swap_out_bytes": "3000", "swap_out_cancelled_bytes": "0",
      "swap_out_waiting_s": "0.000000000000", "context_out_transfers": "0",
      "context_out_bytes": "500", "context_out_cancelled_bytes": "500",
      "context_out_waiting_s": "0.750000000000", "load_bytes": "0",
    ]
    for (column, value) in expected { #expect(out[column] == value, "\(column)") }
    let back = try row(sink, "links.csv", 1)
    #expect(back["direction"] == "in" && back["busy_share"] == "0.0")
    #expect(back["mean_bandwidth"]?.isEmpty == true)
    #expect(sink.lines("links.csv")[1].hasPrefix("0,0,\"bus, \"\"wide\"\"\",out,2,2,1,"))
  }

  @Test func `a tier is a row for each instance and bucket`() {
    #expect(
      everything(of: tieredRecord()).lines("tiers.csv") == [
        "time_s,instance_id,tier,capacity_blocks,used_blocks,swapped_blocks,kept_blocks,"
          + "context_blocks,cached_blocks,used_bytes,usage_perc",
        "1.000000000000,0,dram,40,6,0,1,2,3,12000,0.150000",
        "1.000000000000,1,dram,40,7,1,1,2,3,14000,0.175000",
        "2.000000000000,0,dram,40,8,2,1,2,3,16000,0.200000",
        "2.000000000000,1,dram,40,9,3,1,2,3,18000,0.225000",
      ])
  }

  @Test func `only runs with tiers have the files, and columns json has each column`() throws {
    let names = everything(of: tieredRecord()).files.map(\.name)
    #expect(
      names == [
        "summary.json", "columns.json", "requests.csv", "timeseries.csv", "tiers.csv", "links.csv",
        "steps.csv", "timeline.json",
      ])
    #expect(!everything(of: smallRecord()).files.contains { $0.name == "links.csv" })
    let sink = everything(of: tieredRecord())
    typealias Entries = [String: [String: [String: String]]]
    let catalog = try JSONDecoder().decode(Entries.self, from: Data(sink.text("columns.json").utf8))
    for file in ["links.csv", "tiers.csv"] {
      let header = sink.lines(file)[0].split(separator: ",").map(String.init)
      #expect(Set(header) == Set((catalog[file] ?? [:]).keys), "\(file)")
    }
    let keys = try #require(catalog["summary.json"]).keys
    for key in ["copy_stall_share", "link_bus,_\"wide\"_out_bytes"] { #expect(keys.contains(key)) }
    #expect(sink.lines("summary.json").count == keys.count + 2)
    let plain = try JSONDecoder().decode(
      Entries.self, from: Data(everything(of: smallRecord()).text("columns.json").utf8))
    #expect(plain.keys.sorted() == ["requests.csv", "steps.csv", "summary.json", "timeseries.csv"])
    #expect(plain["summary.json"]?["copy_stall_share"] == nil)
    var choice = OutputChoice()
    (choice.links, choice.timeseries) = (false, false)
    var few = MemorySink()
    let record = tieredRecord()
    writeOutputs(of: record, Summary(record, description), choice, to: &few)
    #expect(few.files.map(\.name) == ["summary.json", "columns.json", "requests.csv"])
  }

  @Test func `the console has one line on links`() {
    var record = tieredRecord()
    record.totals.busyTime = Int128(3 * second)
    record.totals.copyStallTime = Int128(second)
    let lines = Summary(record, description).consoleBlock.split(separator: "\n")
    let line = lines.first { $0.hasPrefix("links: ") }
    let expected =
      "links: bus, \"wide\" out 0.01 MB (25 % busy), in 0.00 MB (0 % busy); "
      + "stalled on copies 25 %"
    #expect(line.map(String.init) == expected)
    #expect(lines.last?.hasPrefix("verdict: ") == true)
    #expect(!Summary(smallRecord(), description).consoleBlock.contains("links: "))
  }

  struct Trace: Decodable {
    struct Event: Decodable {
      struct Arguments: Decodable {
        let name: String?
        let instance: Int?
        let bytes: Int?
        let queuedUs: Double?
        let cancelled: Bool?
        let unfinished: Bool?
      }
      let name: String
      let ph: String
      let pid: Int
      let tid: Int?
      let ts: Double?
      let dur: Double?
      let args: Arguments?
    }
    let traceEvents: [Event]
  }

  private static func events(_ bytes: Data) throws -> [Trace.Event] {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Trace.self, from: bytes).traceEvents
  }

  @Test func `lanes are tracks, and what moves at once lies side by side`() throws {
    let text = everything(of: tieredRecord()).text("timeline.json")
    let events = try Self.events(Data(text.utf8))
      .filter { $0.pid == 2 }
    let names = events.filter { $0.ph == "M" }
    #expect(names.map(\.name) == ["process_name", "thread_name", "thread_name", "thread_name"])
    #expect(
      names.map(\.args?.name) == [
        "links 0", "bus, \"wide\" out", "bus, \"wide\" in", "bus, \"wide\" out, beside 1",
      ])
    #expect(names.map(\.tid) == [0, 0, 1, 2])
    let slices = events.filter { $0.ph == "X" }
    #expect(slices.map(\.name) == ["swap_out", "store", "context_out", "swap_in"])
    #expect(slices.map(\.tid) == [0, 2, 0, 1])
    #expect(slices.map(\.ts) == [0, 500e3, 750e3, 3_500e3])
    #expect(slices.map(\.dur) == [750e3, 100e3, 250e3, 500e3])
    #expect(slices.map(\.args?.queuedUs) == [0, 100e3, 750e3, 500e3])
    #expect(slices.map { $0.args?.cancelled ?? false } == [false, false, true, false])
    #expect(slices.map { $0.args?.unfinished ?? false } == [false, false, false, true])
  }

  /// Two instances of two GPUs on one switch that swap under pressure.
  private let pressed = """
    name: pressed
    model: llama-3-8b
    cluster:
      gpu: a100-80gb-sxm
      instances: 2
      tensor_parallel: 2
      memory: {dram: {capacity: 8 GiB, gpus_per_link: 4}}
    engine:
      scheduler: vllm-v0
      preemption: swap
      kv_pool_tokens: 2000
      max_model_len: 2000
    workload:
      generate:
        requests: 60
        arrivals: {process: poisson, rate: 30}
        input_tokens: {distribution: lognormal, mean: 200, cv: 1, max: 1000}
        output_tokens: {distribution: exponential, mean: 80, max: 900}
    output: {timeline: true}

    """

  private func files(_ yaml: String, exactSteps: Bool) throws -> (MemorySink, Summary) {
    let assembly = try Assembly(try ExperimentConfig.read(yaml, file: "my.yaml"))
    var warnings = Warnings(to: { _ in })
    let execution = try assembly.execute(
      exactSteps: exactSteps, clock: { 0 }, warnings: &warnings, progress: { _ in })
    var sink = MemorySink()
    var choice = OutputChoice()
    (choice.timeline, choice.instances) = (true, assembly.writesInstances)
    writeOutputs(of: execution.record, execution.summary, choice, to: &sink)
    let own = Set(sink.files.map(\.name) + ["config.effective.yaml"])
    #expect(Set(execution.files) == own)
    return (sink, execution.summary)
  }

  @Test func `a run that swaps keeps its bytes, in every file, leaping or not`() throws {
    let (sink, summary) = try files(pressed, exactSteps: false)
    let (exact, _) = try files(pressed, exactSteps: true)
    for (one, two) in zip(sink.files, exact.files) {
      #expect(one.bytes == two.bytes, "\(one.name)")
    }
    let rows = table(sink.text("links.csv"))
    #expect(rows.map { $0["direction"] } == ["out", "in"], "one switch")
    func sum(_ columns: String...) -> Int64 {
      rows.reduce(0) { sum, row in
        sum + columns.reduce(0) { $0 + (Int64(row[$1] ?? "") ?? 0) }
      }
    }
    // Two GPUs, each with its half.
    #expect(summary.totals.swapOutBytes > 0)
    #expect(2 * sum("swap_out_bytes", "context_out_bytes") == summary.totals.swapOutBytes)
    #expect(2 * sum("swap_in_bytes", "context_in_bytes") == summary.totals.swapInBytes)
    #expect(sum("bytes") == LinkRecord.causeNames.reduce(0) { $0 + sum("\($1)_bytes") })
    for row in rows {
      let share = try #require(row["busy_share"].flatMap { Double($0) })
      #expect(share > 0 && share <= 1)
      let waits = LinkRecord.causeNames.compactMap { Double(row["\($0)_waiting_s"] ?? "") }
      let waiting = try #require(row["waiting_s"].flatMap { Double($0) })
      #expect(abs(waits.reduce(0, +) - waiting) < 1e-9)
    }
    for row in table(sink.text("tiers.csv")) {
      let parts = ["swapped", "kept", "context", "cached"].compactMap {
        Int(row["\($0)_blocks"] ?? "")
      }
      #expect(row["used_blocks"] == "\(parts.reduce(0, +))")
    }
  }

  @Test func `slices of a lane in order of arrival do not overlap`() throws {
    let (sink, summary) = try files(pressed, exactSteps: false)
    let bytes = Data(sink.text("timeline.json").utf8)
    let events = try Self.events(bytes)
    let slices = events.filter { $0.pid == 2 && $0.ph == "X" }
    #expect(
      Int64(slices.count)
        == summary.fields.compactMap {
          if $0.key == "num_transfers", case .integer(let count) = $0.value { return count }
          return nil
        }.first)
    // One process and two lanes, so none lies beside another.
    #expect(events.filter { $0.pid == 2 && $0.ph == "M" }.count == 3)
    for track in [0, 1] {
      let own = slices.filter { $0.tid == track }
      #expect(own.count > 3)
      for (a, b) in zip(own, own.dropFirst()) {
        #expect((a.ts ?? 0) + (a.dur ?? 0) <= (b.ts ?? 0) + 1e-3)
      }
    }
  }

  @Test func `links have a key of their own, written only where there are tiers`() throws {
    let config = try ExperimentConfig.read(pressed, file: "my.yaml")
    #expect(config.output.links)
    let yaml = config.effectiveYAML(ResolvedConfig(), in: ".")
    #expect(yaml.hasSuffix("  timeseries: true\n  links: true\n  timeline: true\n"))
    let none = try ExperimentConfig.read(
      pressed, file: "my.yaml", overrides: [try Override("output.links=false")])
    #expect(none.effectiveYAML(ResolvedConfig(), in: ".").contains("  links: false\n"))
    let plain = try ExperimentConfig.read(least + "output: {links: false}\n", file: "my.yaml")
    #expect(!plain.effectiveYAML(ResolvedConfig(), in: ".").contains("links"))
  }
}
