import Experiment
import Files
import Metrics
import Units

/// Files kept in memory, and the longest piece in which they came.
struct MemorySink: OutputSink {
  var files: [(name: String, bytes: [UInt8])] = []
  var longestPiece = 0
  var ended = 0

  mutating func begin(_ name: String) throws(Never) { files.append((name, [])) }
  mutating func write(_ bytes: UnsafeRawBufferPointer) throws(Never) {
    files[files.count - 1].bytes.append(contentsOf: bytes)
    longestPiece = max(longestPiece, bytes.count)
  }
  mutating func end() throws(Never) { ended += 1 }

  func text(_ name: String) -> String {
    files.first { $0.name == name }.map { String(decoding: $0.bytes, as: UTF8.self) } ?? ""
  }
  func lines(_ name: String) -> [String] {
    text(name).split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
  }
}

/// A sink that fails after some writes.
struct FullSink: OutputSink {
  struct Full: Error {}
  var room: Int
  mutating func begin(_ name: String) throws(Full) {}
  mutating func write(_ bytes: UnsafeRawBufferPointer) throws(Full) {
    room -= bytes.count
    if room < 0 { throw Full() }
  }
  mutating func end() throws(Full) {}
}

let millisecond: Int64 = 1_000_000_000
let second: Int64 = 1_000_000_000_000

func instant(_ picoseconds: Int64) -> Instant { Instant(picoseconds: picoseconds) }

let description = RunDescription(
  model: "opt-13b", gpu: "a100", scheduler: "vllm-v0", toolVersion: "0.1")

/// Five requests on two instances: one ordinary, one of a single token, one rejected, one stopped
/// after its first token and one never scheduled.
func smallRecord() -> RunRecord {
  var table = RequestTable()
  table.append(at: instant(0), prompt: 512, output: 4)
  table.append(at: instant(1), prompt: 7, output: 1)
  table.append(at: instant(second), prompt: 99_999, output: 128)
  table.append(at: instant(2 * second), prompt: 30, output: 9)
  table.append(at: instant(3 * second), prompt: 31, output: 10)
  table.prepareRun()
  table.instance = [0, 1, -1, 1, 0]
  table.isRejected[2] = true
  (table.firstScheduled[0], table.firstToken[0]) = (instant(5), instant(25 * millisecond))
  table.finished[0] = instant(125 * millisecond)
  (table.longestGap[0], table.preemptedTime[0]) = (60 * millisecond, 40 * millisecond)
  (table.preemptions[0], table.recomputed[0]) = (1, 513)
  (table.firstScheduled[1], table.firstToken[1]) = (instant(1), instant(7 * millisecond))
  table.finished[1] = instant(7 * millisecond)
  (table.firstScheduled[3], table.firstToken[3]) = (instant(2 * second), instant(2 * second + 8))

  var recorders = [Recorder(logsSteps: true), Recorder(logsSteps: true)]
  for gap in [20, 20, 60] { recorders[0].gaps.add(Int64(gap) * millisecond, weight: 1) }
  addStep(&recorders[0], 0, 5, 25 * millisecond, prefill: 512, bound: 0)
  addStep(&recorders[0], 1, 25 * millisecond, 45 * millisecond, decode: 1, bound: 1)
  addStep(&recorders[1], 0, 1, 7 * millisecond, prefill: 7, bound: 3)
  addStep(&recorders[1], 1, 25 * millisecond, 26 * millisecond, decode: 1, bound: 2)
  recorders[0].totals.preemptions = 1
  recorders[0].totals.peakBlocks = 33

  var series = TimeSeries(width: second, instances: 2)
  for bucket in 0..<2 {
    for instance in 0..<2 {
      var counts = RunTotals()
      counts.generatedTokens = bucket == 0 ? 4 - 3 * Int64(instance) : 0
      counts.promptTokens = 512
      counts.finished = 1
      let blocks = Int32(33 * (1 - instance))
      series.append(
        TimeSeries.Row(running: 1, waiting: Int32(bucket), blocks: blocks, counts: counts))
    }
  }
  return RunRecord(
    requests: table, recorders: recorders, series: series, end: instant(4 * second), arrivals: 5,
    copies: 0, sampleEvents: 2, blocks: 96, tokensPerBlock: 16, stop: nil)
}

private func addStep(
  _ recorder: inout Recorder, _ step: Int64, _ start: Int64, _ end: Int64, prefill: Int32 = 0,
  decode: Int32 = 0, bound: UInt8
) {
  recorder.totals.steps += 1
  recorder.steps?.step.append(step)
  recorder.steps?.start.append(instant(start))
  recorder.steps?.end.append(instant(end))
  recorder.steps?.running.append(1)
  recorder.steps?.waiting.append(0)
  recorder.steps?.prefillTokens.append(prefill)
  recorder.steps?.decodeTokens.append(decode)
  recorder.steps?.blocks.append(32)
  recorder.steps?.bound.append(bound)
}

/// Every file of a record.
func everything(
  of record: RunRecord, targets: ServiceLevel = ServiceLevel()
) -> MemorySink {
  var described = description
  described.targets = targets
  var choice = OutputChoice()
  (choice.steps, choice.timeline) = (true, true)
  var sink = MemorySink()
  writeOutputs(of: record, Summary(record, described), choice, to: &sink)
  return sink
}
