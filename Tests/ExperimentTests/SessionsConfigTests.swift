import Experiment
import Files
import Foundation
import Metrics
import TestSupport
import Testing
import Units

@Suite struct SessionsConfigTests {
  @Test(arguments: [
    (
      "workload.generate.sessions.turns=null",
      "sessions.turns: has no value; write turns: {distribution"
    ),
    ("workload.generate.sessions.think_time=5", "think_time: \"5\" has no unit"),
    ("workload.generate.sessions.think_time=-5 s", "think_time: -5 s is out of range"),
    (
      "workload.generate.sessions.think_time={distribution: exponential, mean: 5}",
      "think_time.mean \"5\" has no unit"
    ),
    (
      "workload.generate.sessions.think_time={distribution: zipf, exponent: 1, max: 3}",
      "unknown distribution \"zipf\"; known: fixed, uniform, exponential"
    ),
    (
      "workload.generate.sessions.at_max_context=stop",
      "unknown value of workload.generate.sessions.at_max_context \"stop\"; known: end, restart"
    ),
    (
      "workload.generate.sessions.tools={probability: 0.5, duration: 1 s}",
      "tools.input_tokens is missing"
    ),
    (
      "workload.generate.sessions.forks={probability: 2}",
      "forks.probability 2 is out of range; write a number above 0 and at most 1"
    ),
    (
      "workload.generate.sessions.prefixes={count: 3}",
      "prefixes: is a mapping; write a list of levels"
    ),
    (
      "workload.generate.sessions.turn={distribution: fixed, value: 3}",
      "unknown key \"turn\" (did you mean \"turns\"?)"
    ),
    ("workload.generate.requests=10", "sessions.count stands beside requests"),
    (
      "workload.generate.max_total_tokens=100",
      "max_total_tokens: means nothing to sessions; write workload.generate.sessions.max_context"
    ),
    (
      "workload.generate.arrivals={process: closed, concurrency: 3}",
      "workload.generate.arrivals: (closed) releases requests by itself and has no sessions"
    ),
    (
      "workload.sessions=shut",
      "unknown way of workload.sessions \"shut\"; known: open, closed"
    ),
    (
      "workload.think_time=3 s",
      "belongs to a trace, not to generate; write workload.generate.sessions.think_time"
    ),
  ])
  func `sessions that make no sense are refused in their line`(change: String, message: String) {
    let found = fault(chats, change)
    #expect(found.contains(message), "\(found)")
  }

  @Test func `a trace is closed in one way only`() {
    let start = "model: m\ncluster: {gpu: g}\nworkload:\n  trace: t\n"
    #expect(
      fault(start + "  concurrency: 3\n  sessions: closed\n")
        == "my.yaml:6: workload.sessions closed stands beside concurrency (my.yaml:5), which "
        + "releases requests by itself; keep one of them")
    #expect(
      fault(start + "  sessions: open\n  think_time: 3 s\n")
        == "my.yaml:6: workload.think_time means nothing to open sessions (my.yaml:5)")
    #expect(fault(start + "  sessions: closed\n  think_time: 3 s\n") == "")
    let alone = closedLoop.replacing("workload:\n", with: "workload:\n  sessions: open\n")
    #expect(
      fault(alone)
        == "my.yaml:5: workload.sessions has no sessions to rule; "
        + "write workload.generate.sessions")
  }

  /// Three requests of a trace: the third follows the first.
  private func table(untimed: Bool, delay: Int64 = -1) -> RequestTable {
    var table = RequestTable()
    var turns = SessionTurns()
    for (row, parent) in [-1, -1, 0].enumerated() {
      let time = Instant(picoseconds: Int64(row) * 1_000_000)
      table.append(at: time, prompt: 9, output: 9)
      turns.append(
        session: Int32(row % 2), turn: parent < 0 ? 1 : 2, parent: Int32(parent),
        delay: parent < 0 ? -1 : delay, isUntimed: untimed && parent >= 0)
    }
    table.turns = turns
    return table
  }

  private func ruled(_ table: RequestTable, _ keys: String) throws -> RequestTable {
    let yaml = least.replacing("{trace: trace.csv}", with: "{trace: trace.csv\(keys)}")
    let assembly = try Assembly(try ExperimentConfig.read(yaml, file: "my.yaml"))
    guard case .trace(let trace) = assembly.config.workload else { return table }
    var table = table
    try assembly.rule(trace, &table)
    return table
  }

  @Test func `turns of a trace arrive as recorded, and without times after the turn before`()
    throws
  {
    #expect(!(try ruled(table(untimed: false), "").closesSessions))
    #expect(!(try ruled(table(untimed: false), ", sessions: open").closesSessions))
    let closed = try ruled(table(untimed: true, delay: 7), "")
    #expect(closed.closesSessions && closed.turns?.delay == [-1, -1, 7])
    let chosen = try ruled(table(untimed: false, delay: 7), ", sessions: closed")
    #expect(chosen.closesSessions && chosen.arrival[2] == .never)
    // What the trace knows stays, the rest is the think time.
    let filled = try ruled(table(untimed: true), ", think_time: 2 s")
    #expect(filled.turns?.delay == [-1, -1, 2_000_000_000_000])
    let known = try ruled(table(untimed: true, delay: 7), ", think_time: 2 s")
    #expect(known.turns?.delay == [-1, -1, 7])
    let drawn = ", think_time: {distribution: exponential, mean: 2 s}"
    let first = try ruled(table(untimed: true), drawn)
    #expect(first.turns == (try ruled(table(untimed: true), drawn).turns))
    #expect(try #require(first.turns?.delay[2]) > 0)
  }

  @Test func `a trace whose turns cannot arrive says what is missing`() throws {
    #expect(
      message { _ = try ruled(table(untimed: true), "") }
        == "my.yaml:3: workload.think_time is missing: the trace does not say how long after the "
        + "turn before 1 of 1 turns came; write think_time: 10 s, or a distribution")
    #expect(!(try ruled(table(untimed: true), ", sessions: open").closesSessions))
    var plain = RequestTable()
    plain.append(at: .zero, prompt: 1, output: 1)
    #expect(
      message { _ = try ruled(plain, ", sessions: closed") }
        == "my.yaml:3: workload.sessions is closed, but the trace names no sessions: trace.csv")
    #expect(!(try ruled(plain, "").closesSessions))
  }

  @Test func `requests of sessions have their session and turn in the files`() throws {
    let assembly = try Assembly(try ExperimentConfig.read(chats, file: "my.yaml"))
    var warnings = Warnings(to: { _ in })
    let execution = try assembly.execute(
      exactSteps: false, clock: { 0 }, warnings: &warnings, progress: { _ in })
    var sink = MemorySink()
    writeOutputs(of: execution.record, execution.summary, OutputChoice(), to: &sink)
    let rows = sink.lines("requests.csv").dropFirst().map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    // The requests of a session come one after the other: its turns ascend from 1.
    var last: [String: Int] = [:]
    var finish: [String: String] = [:]
    for row in rows {
      let turn = try #require(Int(row[2]))
      #expect(turn == last[row[1], default: 0] + 1)
      last[row[1]] = turn
      if turn > 1, let ended = finish[row[1]], let end = Double(ended) {
        #expect(abs((Double(row[4]) ?? 0) - end - 0.5) < 1e-9)
      }
      finish[row[1]] = row[7]
    }
    #expect(last.count == 30 && Set(last.keys) == Set((0..<30).map(String.init)))
    let arrivals = rows.compactMap { Double($0[4]) }
    #expect(arrivals == arrivals.sorted() && arrivals.count == rows.count)
    func value(_ key: String) -> SummaryValue? {
      execution.summary.fields.first { $0.key == key }?.value
    }
    #expect(value("sessions") == .text("closed") && value("num_sessions") == .integer(30))
    #expect(value("num_followups") == .integer(Int64(rows.count - 30)))
    #expect(execution.summary.requestRate.map { $0 > 0 && $0.isFinite } == true)
  }

  @Test func `sessions write the same bytes leaping or not, and again from their own file`() throws
  {
    let directory = try TestDirectory()
    _ = try directory.write(chats, to: "chats.yaml")
    let run = ["run", "chats.yaml", "--quiet", "--out"]
    guard let outcome = try Binary.martlet(run + ["one"], in: directory) else { return }
    #expect(outcome.code == 0, "\(outcome.errors)")
    _ = try Binary.martlet(run + ["two", "--exact-steps"], in: directory)
    _ = try Binary.martlet(
      ["run", "one/config.effective.yaml", "--quiet", "--out", "three"], in: directory)
    for name in ["two", "three"] {
      for file in ["requests.csv", "timeseries.csv", "config.effective.yaml", "columns.json"] {
        let expected = try String(contentsOfFile: directory.path + "/one/\(file)", encoding: .utf8)
        let found = try String(contentsOfFile: directory.path + "/\(name)/\(file)", encoding: .utf8)
        #expect(found == expected, "\(name)/\(file)")
      }
    }
    let refused = try Binary.martlet(
      ["trace", "generate", "chats.yaml", "-o", "t.csv"], in: directory)
    #expect(refused?.code == 2)
    #expect(refused?.errors.contains("write workload.sessions: open") == true)
    let written = try Binary.martlet(
      ["trace", "generate", "chats.yaml", "-o", "t.csv", "--set", "workload.sessions=open"],
      in: directory)
    #expect(written?.code == 0, "\(written?.errors ?? "")")
  }
}
