import Metrics
import Testing
import Units

/// Two instances of two GPUs, each with a bus of its own, and a drive that both share.
func tieredRecord() -> RunRecord {
  func lane(
    _ fabric: Int, _ number: Int, _ link: String, _ direction: LinkRecord.Direction,
    isNear: Bool, busy: Int64, bytes: Int64
  ) -> LinkRecord {
    var causes = LinkRecord.causeNames.map { _ in LinkRecord.Cause() }
    causes[0].bytes = bytes
    causes[0].transfers = 1
    causes[0].waiting = Int128(busy / 4)
    causes[2].bytes = isNear ? 10 : 1
    causes[0].bytes -= causes[2].bytes
    return LinkRecord(
      fabric: fabric, lane: number, link: link, direction: direction, instances: 1,
      touchesHBM: isNear, busy: Int128(busy), causes: causes)
  }
  var recorder = Recorder()
  recorder.totals.busyTime = Int128(3 * second)
  recorder.totals.copyStallTime = Int128(1 * second)
  recorder.totals.swappedTime = Int128(2 * second)
  recorder.totals.swappedWait = Int128(5 * second)
  recorder.totals.swapInWait = Int128(millisecond)
  recorder.totals.contextInWait = Int128(2 * millisecond)
  var run = record(
    [Event(arrival: 0, scheduled: 0, first: second, finish: 4 * second)], instances: 2,
    recorders: [recorder, Recorder()])
  run.memory = MemoryRecord(
    links: [
      lane(0, 0, "bus", .outward, isNear: true, busy: 2 * second, bytes: 100),
      lane(0, 1, "bus", .inward, isNear: true, busy: 0, bytes: 0),
      lane(0, 2, "my drive", .both, isNear: false, busy: second, bytes: 7),
      lane(1, 0, "bus", .outward, isNear: true, busy: second, bytes: 50),
      lane(1, 1, "bus", .inward, isNear: true, busy: second, bytes: 1),
    ], tiers: [], gpus: 2, transfers: 3, copies: 40, waiting: [5, 6, 0, 0, 0, 0, 0, 0], log: [],
    end: run.end)
  return run
}

@Suite struct MemorySummaryTests {
  private let summary = Summary(tieredRecord(), plain)

  private func value(_ key: String) -> SummaryValue? {
    summary.fields.first { $0.key == key }?.value
  }

  @Test func `lanes of one name are added up over instances and GPUs`() throws {
    let memory = try #require(summary.memory)
    #expect(memory.links.map(\.link) == ["bus", "bus", "my drive"])
    #expect(memory.links.map(\.bytes) == [300, 2, 14])
    // Of 4 s: (2 + 1) / 2 lanes, (0 + 1) / 2 and 1 / 1.
    #expect(memory.links.map(\.busyShare) == [0.375, 0.125, 0.25])
    #expect(memory.hostBusyShare == 4.0 / 16)
    #expect(value("link_bus_out_bytes") == .integer(300))
    #expect(value("link_my_drive_busy_share") == .number(0.25))
    #expect(value("pcie_util") == .number(0.25))
  }

  @Test func `stalls are a share of the time that engines worked`() {
    #expect(value("copy_stall_s") == .seconds(second))
    #expect(value("copy_stall_share") == .number(0.25))
    #expect(value("copy_waiting_s") == .seconds(11))
    #expect(value("num_transfers") == .integer(3))
    #expect(value("num_copies") == .integer(40))
    // Of two GPUs, over the four lanes that end at HBM.
    #expect(value("context_out_bytes") == .integer(2 * 4 * 10))
    #expect(value("context_in_bytes") == .integer(0))
    #expect(value("swapped_time_s") == .seconds(2 * second))
    #expect(value("swapped_wait_s") == .seconds(5 * second))
    #expect(value("swap_in_wait_s") == .seconds(millisecond))
    #expect(value("context_in_wait_s") == .seconds(2 * millisecond))
  }

  @Test func `keys of tiers stand between the others, each with its entry`() {
    let keys = summary.fields.map(\.key)
    #expect(summary.columns.map(\.name) == keys)
    #expect(Set(keys).count == keys.count)
    #expect(keys.count == ColumnCatalog.everySummary.count + 6)
    #expect(summary.commonFields.map(\.key) == ColumnCatalog.summary.map(\.name))
    #expect(summary.memoryFields.map(\.key) == ColumnCatalog.memory.map(\.name))
  }

  @Test func `a run without tiers has none of them`() {
    let without = Summary(record([]), plain)
    #expect(without.memory == nil)
    #expect(without.fields.map(\.key) == ColumnCatalog.summary.map(\.name))
    #expect(without.columns == ColumnCatalog.summary)
    #expect(without.memoryFields.map(\.key) == ColumnCatalog.memory.map(\.name))
    #expect(without.memoryFields.allSatisfy { $0.value == .undefined })
    #expect(without.fields.first { $0.key == "pcie_util" }?.value == .undefined)
  }
}
