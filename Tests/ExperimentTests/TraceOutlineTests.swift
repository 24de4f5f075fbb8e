import Experiment
import Files
import Foundation
import Metrics
import TestSupport
import Testing
import Units

/// How the turns of a trace arrive, and who says so.
@Suite struct TraceOutlineTests {
  /// The second turn of `a` is known by its delay alone.
  private let delays = """
    {"timestamp": 0, "input_length": 50, "output_length": 30, "session_id": "a"}
    {"delay": 1000, "input_length": 90, "output_length": 30, "session_id": "a"}
    {"timestamp": 2000, "input_length": 50, "output_length": 30, "session_id": "b"}

    """
  /// Turns with times; how long after the first the second came is not known.
  private let timed = """
    {"chat_id": 1, "parent_chat_id": -1, "timestamp": 0.0, "input_length": 50, \
    "output_length": 30, "type": "text", "turn": 1, "hash_ids": [0]}
    {"chat_id": 2, "parent_chat_id": 1, "timestamp": 0.25, "input_length": 90, \
    "output_length": 30, "type": "text", "turn": 2, "hash_ids": [0]}

    """
  private let plain = """
    {"timestamp": 0, "input_length": 50, "output_length": 30}
    {"timestamp": 10, "input_length": 50, "output_length": 30}

    """

  private func assembly(_ rows: String, _ keys: String) throws -> (Assembly, TestDirectory) {
    let directory = try TestDirectory()
    _ = try directory.write(rows, to: "t.jsonl")
    let yaml = """
      model: llama-3-8b
      cluster: {gpu: a100-80gb-sxm}
      workload: {trace: t.jsonl\(keys)}

      """
    let path = try directory.write(yaml, to: "e.yaml")
    return (try Assembly(try ExperimentConfig.read(yaml, file: path)), directory)
  }

  private func run(_ rows: String, _ keys: String) throws -> (Execution, [String]) {
    let (assembly, directory) = try assembly(rows, keys)
    return try withExtendedLifetime(directory) {
      var said: [String] = []
      var warnings = Warnings { said.append($0) }
      let execution = try assembly.execute(
        exactSteps: false, clock: { 0 }, warnings: &warnings, progress: { _ in })
      return (execution, said)
    }
  }

  private func value(_ key: String, _ execution: Execution) -> SummaryValue? {
    execution.summary.fields.first { $0.key == key }?.value
  }

  private func recorded(_ rows: String, _ keys: String) throws -> [Double] {
    let (assembly, directory) = try assembly(rows, keys)
    return try withExtendedLifetime(directory) {
      try assembly.recordedWorkload().requests.arrival.map { Double($0.picoseconds) * 1e-12 }
    }
  }

  @Test func `requests whose times only a run knows are not written as if they had some`() throws {
    let said = message { _ = try recorded(delays, "") }
    #expect(
      said.contains("e.yaml:3: workload.trace has turns that are recorded by their delays alone")
        && said.contains("martlet trace convert keeps the delays")
        && said.contains("sessions: open"), "\(said)")
    #expect(
      message { _ = try recorded(delays, ", sessions: closed") }
        .contains("workload.sessions makes a closed loop, whose arrival times depend on"))
    #expect(
      message { _ = try recorded(plain, ", concurrency: 2") }
        .contains("workload.concurrency makes a closed loop"))
    // Who asks for open turns gets times, as if answers took none, and reads them back as such.
    let (open, directory) = try assembly(delays, ", sessions: open")
    try withExtendedLifetime(directory) {
      let requests = try open.recordedWorkload().requests
      #expect(requests.arrival.map(\.seconds.value) == [0, 1, 2] && !requests.hasUntimedTurns)
    }
    #expect(try recorded(timed, "") == [0, 0.25])
    #expect(try recorded(plain, "") == [0, 0.01])
  }

  @Test func `the rate asked for is that of open requests, however sessions came to be closed`()
    throws
  {
    let (left, _) = try run(delays, ", rate: 5")
    let (written, _) = try run(delays, ", rate: 5, sessions: closed")
    #expect(left.summary.requestRate == written.summary.requestRate)
    // Two sessions start within 2/5 s, but the second turn waits for a second.
    #expect(try #require(left.summary.requestRate) < 3)
    let (open, _) = try run(timed, ", rate: 5")
    #expect(open.summary.requestRate == 5)
    #expect(value("sessions", left) == .text("closed") && value("sessions", open) == .text("open"))
  }

  @Test func `a key that no turn would heed is refused`() throws {
    for (rows, keys, fault) in [
      (
        timed, ", think_time: 100 s",
        "e.yaml:3: workload.think_time means nothing: the trace has times for its turns, so its "
          + "sessions are open; write sessions: closed beside it, or leave it out"
      ),
      (
        plain, ", think_time: 1 s",
        "e.yaml:3: workload.think_time is a delay of turns, but the trace names no sessions: "
      ),
      (plain, ", sessions: open", "e.yaml:3: workload.sessions is open, but the trace names no"),
      (plain, ", sessions: closed", "e.yaml:3: workload.sessions is closed, but the trace names"),
      (
        timed, ", sessions: closed",
        "workload.think_time is missing: the trace does not say how long after the turn before "
          + "1 of 1 turns came"
      ),
    ] {
      let said = message { _ = try run(rows, keys) }
      #expect(said.contains(fault), "\(said)")
    }
    let start = "model: m\ncluster: {gpu: g}\nworkload:\n  trace: t\n  concurrency: 3\n"
    for key in ["sessions: open", "sessions: closed", "think_time: 1 s", "session_gap: 1 s"] {
      let said = fault(start + "  \(key)\n")
      #expect(
        said.hasPrefix("my.yaml:6: workload.\(key.prefix { $0 != ":" }) ")
          && said.contains("stands beside concurrency (my.yaml:5)"), "\(said)")
    }
  }

  @Test func `a closed loop of requests ignores their sessions and says so`() throws {
    let (execution, said) = try run(timed, ", concurrency: 2")
    #expect(
      said.contains {
        $0.hasSuffix(
          "its sessions are ignored: workload.concurrency releases "
            + "requests in the order of the file")
      }, "\(said)")
    #expect(value("sessions", execution) == .undefined)
    #expect(value("num_sessions", execution) == .undefined)
    #expect(execution.record.requests.arrival == [.zero, .zero])
    let (_, silent) = try run(plain, ", concurrency: 2")
    #expect(!silent.contains { $0.contains("sessions") })
  }
}
