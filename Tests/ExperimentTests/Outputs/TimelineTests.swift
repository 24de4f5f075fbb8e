import Experiment
import Files
import FoundationEssentials
import Metrics
import Testing

@Suite struct TimelineTests {
  struct Trace: Decodable {
    struct Event: Decodable {
      let name: String
      let ph: String
      let pid: Int
      let tid: Int?
      let ts: Double?
      let dur: Double?
    }
    let traceEvents: [Event]
  }

  static func events(_ record: RunRecord) throws -> [Trace.Event] {
    let bytes = everything(of: record).text("timeline.json").utf8
    return try JSONDecoder().decode(Trace.self, from: Data(bytes)).traceEvents
  }

  @Test func `spans of a request join from arrival to finish`() throws {
    let spans = try Self.events(smallRecord()).filter { $0.ph == "X" && $0.tid == 0 }
    #expect(spans.map(\.name) == ["queue", "prefill", "decode"])
    #expect(spans.map(\.ts) == [0, 0.000005, 25_000])  // µs
    #expect(spans.map(\.dur) == [0.000005, 24_999.999995, 100_000])
    #expect(spans.allSatisfy { $0.pid == 0 })
  }

  @Test func `unfinished requests are drawn to the end, rejected ones not at all`() throws {
    let spans = try Self.events(smallRecord()).filter { $0.ph == "X" }
    #expect(!spans.contains { $0.tid == 2 })
    #expect(spans.filter { $0.tid == 1 }.map(\.name) == ["queue", "prefill"])
    let last = try #require(spans.last { $0.tid == 3 })
    #expect(last.name == "decode")
    #expect((last.ts ?? 0) + (last.dur ?? 0) == 4e6)
    #expect(spans.filter { $0.tid == 4 }.map(\.dur) == [1e6])
  }

  @Test func `instances are named and counters follow the time series`() throws {
    let events = try Self.events(smallRecord())
    #expect(events.filter { $0.ph == "M" }.map(\.pid) == [0, 1])
    let counters = events.filter { $0.ph == "C" && $0.name == "requests" }
    #expect(counters.map(\.ts) == [1e6, 1e6, 2e6, 2e6])
  }
}
