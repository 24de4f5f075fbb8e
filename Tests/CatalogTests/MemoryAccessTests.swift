import Catalog
import Testing
import Units

@Suite struct MemoryAccessTests {
  private struct Row {
    let access: MemoryAccess
    let initiator: String
    let threads: Int
    let measured: Double
    /// Percent.
    var error: Double { (access.bandwidth(threads: threads).value / measured - 1) * 100 }
    /// One thread moves more than a core can have in flight (20 GB/s × 244 ns are 76 lines of 64
    /// bytes; two threads move less): the rows measure a cache.
    var isCached: Bool {
      guard threads == 1 else { return false }
      return access.device == .cxl
        ? !access.isRemote : access.isRemote && access.traffic == .reads
    }
    /// Threads of three of a socket's four domains, or of two sockets, write to one domain's DRAM.
    var isFromEverywhere: Bool {
      access.device == .ddr5 && access.traffic == .mixed && initiator == "m" && threads >= 32
    }
  }

  private func rows() throws -> [Row]? {
    guard let table = Shared.rows("data/fidelity/cxl_mlc_eurosys24.csv") else { return nil }
    return try table.map { row in
      let (device, initiator) = (row["server"] ?? "", row["initiator"] ?? "")
      let remote = device == "cxl" ? ["d2", "d3"] : ["d4", "d5", "d6", "d7"]
      let traffic = row["traffic"] == "read only" ? "reads" : "mixed"
      let access = try #require(
        MemoryAccess.all.first {
          $0.device.rawValue == device && $0.isRemote == remote.contains(initiator)
            && $0.traffic.rawValue == traffic
            && $0.isSequential == (row["pattern"] == "sequential")
        })
      return Row(
        access: access, initiator: initiator, threads: try #require(Int(row["threads"] ?? "")),
        measured: Shared.number(row["peak_GBps"]) * 1e9)
    }
  }

  private func median(_ rows: [Row]) -> Double {
    let sizes = rows.map { abs($0.error) }.sorted()
    return sizes.isEmpty ? 0 : sizes[sizes.count / 2]
  }

  @Test func `saturated memory is as measured within 15 percent`() throws {
    guard let rows = try rows() else { return }
    let saturated = rows.filter { $0.threads >= 12 && !$0.isFromEverywhere }
    #expect(saturated.count == 162)
    for row in saturated {
      #expect(abs(row.error) <= 15, "\(row)")
    }
    for device in MemoryAccess.Device.allCases {
      let worst = saturated.filter { $0.access.device == device }.map { abs($0.error) }.max() ?? 0
      print("saturated \(device): at most \(worst) %")
    }
    for row in rows where row.isFromEverywhere {
      #expect(row.error > 5 && row.error < 25, "\(row)")
    }
  }

  @Test(arguments: MemoryAccess.Device.allCases)
  func `memory by number of threads is as measured in the median`(
    _ device: MemoryAccess.Device
  ) throws {
    guard let rows = try rows()?.filter({ $0.access.device == device }) else { return }
    let sound = rows.filter { !$0.isCached }
    let off = sound.filter { abs($0.error) > 15 }
    print("\(device): \(rows.count) rows, median \(median(rows)) %; without cached rows")
    print("\(sound.count), \(median(sound)) %, \(off.count) beyond 15 %")
    #expect(median(rows) <= 5 && off.count * 50 <= sound.count)
    for row in rows where row.isCached { #expect(row.error < -25, "\(row)") }
  }

  @Test func `cards interleaved multiply what they reach together`() throws {
    let access = try #require(MemoryAccess.all.first)
    let many = access.bandwidth(threads: 10_000).value
    #expect(abs(many / access.saturated.value - 1) < 1e-3)
    #expect(abs(access.bandwidth(threads: 10_000, cards: 2).value / many - 2) < 1e-2)
    // One thread is limited by itself.
    #expect(access.bandwidth(threads: 1, cards: 4).value <= access.perThread.value)
    #expect(access.bandwidth(threads: 1).value > 0.98 * access.perThread.value)
  }
}
