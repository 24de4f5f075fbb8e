import Foundation
import Report
import TestSupport
import Testing

@Suite struct RunMemoryTests {
  private let links = """
    fabric_id,lane_id,link,direction,instances,gpus,transfers,copies,bytes,busy_s,busy_share,\
    mean_bandwidth,waiting_s,swap_out_bytes,swap_out_cancelled_bytes,context_out_bytes
    0,0,bus<1>,out,1,2,3,30,2000000000,2,0.2,1000000000,0.5,1500000000,9,500000000
    1,0,bus<1>,out,1,2,1,10,1000000000,1,0.1,1000000000,0.25,1000000000,0,0
    0,1,bus<1>,in,1,2,0,0,0,0,0,,0,0,0,0

    """
  private let tiers = """
    time_s,instance_id,tier,capacity_blocks,used_blocks,swapped_blocks,kept_blocks,\
    context_blocks,cached_blocks
    1,0,dram,40,10,10,0,0,0
    1,1,dram,40,30,30,0,0,0
    2,0,dram,40,0,0,0,0,0
    2,1,dram,40,0,0,0,0,0

    """

  private func page(_ files: [(name: String, text: String)]) throws -> ReportPage {
    let directory = try runDirectory(files)
    return try withExtendedLifetime(directory) { try ReportPage(of: directory.path) }
  }

  @Test func `lanes of one kind are one row, all GPUs added up`() throws {
    let text = String(decoding: try page([("links.csv", links)]).bytes, as: UTF8.self)
    #expect(text.contains("<h2>Links and tiers</h2>"))
    let cells = [
      "out", "2", "4", "40", "6", "15", "1", "0.75", "swap_out 83.3 %, context_out 16.7 %",
    ]
    let row = text.components(separatedBy: "bus&lt;1&gt;</th>")[1].components(separatedBy: "</tr>")[
      0]
    for cell in cells { #expect(row.contains(">\(cell)</td>"), "\(cell) in \(row)") }
    #expect(!text.contains("cancelled 0"))
  }

  @Test func `tiers are drawn over time, instances together`() throws {
    guard hasGnuplot else { return print("skipped: there is no gnuplot") }
    let text = String(
      decoding: try page([("links.csv", links), ("tiers.csv", tiers)]).bytes, as: UTF8.self)
    #expect(text.contains("<h3>dram in use</h3>"))
    // 40 of 80 blocks, then none.
    #expect(text.contains("in use: 2 points, 0 to 50"))
    #expect(text.contains("swapped out"))
    #expect(!text.contains("prefix cache"), "what is never there has no line")
  }

  @Test func `a run without tiers has no such section, a torn file is an error`() throws {
    #expect(!String(decoding: try page([]).bytes, as: UTF8.self).contains("Links and tiers"))
    #expect(throws: (any Error).self) { try page([("links.csv", "link,direction\n1\n")]) }
    #expect(throws: (any Error).self) { try page([("tiers.csv", "time_s,tier\n1,dram\n")]) }
  }
}
