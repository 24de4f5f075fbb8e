import Metrics
import Units

/// A small generator of its own, so that these tests need no other room (SplitMix64).
struct TestRandom {
  var state: UInt64
  /// The seed is mixed first: neighbouring states would give one stream, shifted by a number.
  init(_ seed: UInt64) {
    state = seed
    state = next() ^ seed << 32
  }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
  mutating func below(_ n: Int64) -> Int64 { Int64(next() % UInt64(n)) }
  /// Exponential of mean 1: −ln U with ln from the binary exponent and an artanh series, since
  /// these tests import no libm; good to 10⁻⁵.
  mutating func exponential() -> Double {
    let word = next() | 1
    let zeros = word.leadingZeroBitCount
    let x = Double(word << UInt64(zeros)) * 0x1p-64  // in [½, 1)
    let y = (x - 1) / (x + 1)
    let log = 2 * (y + y * y * y / 3 + y * y * y * y * y / 5 + y * y * y * y * y * y * y / 7)
    return Double(zeros) * 0.693_147_180_559_945_3 - log
  }
}

let millisecond: Int64 = 1_000_000_000
let second: Int64 = 1_000_000_000_000

/// What one request of a hand-made record went through, in picoseconds; nil = never.
struct Event {
  var arrival: Int64
  var scheduled: Int64?
  var first: Int64?
  var finish: Int64?
  var prompt: Int32 = 10
  var output: Int32 = 5
  var instance: Int32 = 0
  var isRejected = false
}

func instant(_ picoseconds: Int64?) -> Instant {
  picoseconds.map(Instant.init(picoseconds:)) ?? .never
}

func record(
  _ events: [Event], instances: Int = 1, series: TimeSeries? = nil, stop: String? = nil,
  recorders: [Recorder]? = nil
) -> RunRecord {
  var table = RequestTable()
  for event in events {
    table.append(at: instant(event.arrival), prompt: event.prompt, output: event.output)
  }
  table.prepareRun()
  for (row, event) in events.enumerated() {
    table.firstScheduled[row] = instant(event.scheduled)
    table.firstToken[row] = instant(event.first)
    table.finished[row] = instant(event.finish)
    table.instance[row] = event.instance
    table.isRejected[row] = event.isRejected
  }
  let end = events.flatMap { [$0.arrival, $0.finish ?? 0] }.max() ?? 0
  return RunRecord(
    requests: table, recorders: recorders ?? Array(repeating: Recorder(), count: instances),
    series: series, end: instant(end), arrivals: events.count, copies: 0, sampleEvents: 0,
    blocks: 100, tokensPerBlock: 16, stop: stop)
}

let plain = RunDescription(model: "m", gpu: "g", scheduler: "s", toolVersion: "0")
