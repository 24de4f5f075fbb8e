import Catalog
import FoundationEssentials
import Memory
import TestSupport
import Testing
import Units

/// Lanes of the catalogue's figures against bandwidths that were measured.
@Suite struct FabricMeasuredTests {
  /// The rows of a table of the shared measurements; nil, said once, when it is absent.
  private func rows(_ name: String) -> [[String: String]]? {
    let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    guard let data = FileManager.default.contents(atPath: "/\(root)/shared/data/fidelity/\(name)")
    else {
      print("skipped: ../shared/data/fidelity/\(name) is absent")
      return nil
    }
    return table(String(decoding: data, as: UTF8.self))
  }

  private func number(_ row: [String: String], _ column: String) throws -> Double {
    try #require(Double(row[column] ?? ""), "\(column)")
  }

  /// Bytes per second of `copies` copies of `size` bytes over `lanes` one after the other.
  private func speed(
    _ lanes: [Lane], size: Double, copies: Int64, isPipelined: Bool = true
  ) -> Double {
    var fabric = Fabric(lanes, routes: [Route(Array(lanes.indices), isPipelined: isPipelined)])
    let bytes = Int64(size) * copies
    fabric.submit(
      Transfer(.load, tag: 0, isOut: false, blocks: 1, bytes: bytes, copies: copies), route: 0,
      at: .zero)
    let end = fabric.next
    var landed: [Transfer] = []
    fabric.advance(to: end, landed: &landed)
    #expect(landed.count == 1)
    return Double(bytes) / end.seconds.value
  }

  private func percentile(_ sizes: [Double], _ share: Double) -> Double {
    let (list, place) = (sizes.sorted(), share * Double(sizes.count - 1))
    let (low, high) = (list[Int(place)], list[min(Int(place) + 1, list.count - 1)])
    return low + (high - low) * (place - place.rounded(.down))
  }

  private func percent(_ value: Double) -> Double { (value * 10).rounded() / 10 }

  @Test(arguments: [(CopyMethod.memcpy, "cudaMemcpyAsync"), (.kernel, "custom_kernel")])
  func `copies by size of a block`(_ method: CopyMethod, name: String) throws {
    guard let rows = rows("copy_bandwidth_h2d.csv")?.filter({ $0["method"] == name }) else {
      return
    }
    #expect(rows.count == 13)
    let link = try #require(Link.named("pcie-5.0-x16"))
    let lane = Lane("in", bandwidth: method.bandwidth(over: link), perCopy: method.perCopy)
    let errors = try rows.map { row in
      let speed = speed(
        [lane], size: try number(row, "block_bytes"), copies: Int64(try number(row, "n_blocks")))
      return abs(speed / (try number(row, "gbps") * 1e9) - 1) * 100
    }
    let (median, p90) = (percentile(errors, 0.5), percentile(errors, 0.9))
    print("\(name): \(percent(median)) / \(percent(p90)) %")
    #expect(median <= 2 && p90 <= 8)
  }

  /// A lane of `count` striped devices of `tier`.
  private func lane(_ tier: Tier, isWrite: Bool, count: Double = 1) -> Lane {
    Lane(
      tier.name, bandwidth: (isWrite ? tier.write : tier.read) * count,
      perCopy: tier.perAccess * (1 / count))
  }

  @Test func `SSDs by themselves, striped, past and through host memory`() throws {
    guard let rows = rows("storage_bandwidth.csv") else { return }
    let solidigm = try #require(Tier.named("solidigm-d7-p5520"))
    let azure = try #require(Tier.named("azure-nc96ads-nvme"))
    // GH200: bounces pass NVLink-C2C; an A100's pass PCIe 4.0.
    let chip = try #require(Link.named("nvlink-c2c")).bandwidth
    let bus = try #require(Link.named("pcie-4.0-x16")).achieved
    #expect(rows.count == 16)
    var worst = 0.0
    for row in rows {
      let (device, method) = (row["device"] ?? "", row["method"] ?? "")
      let isWrite = row["op"] == "write"
      let isBounced = method.contains("via CPU bounce")
      let isSolidigm = device.hasPrefix("Solidigm")
      var lanes = [lane(isSolidigm ? solidigm : azure, isWrite: isWrite, count: isSolidigm ? 1 : 4)]
      if !method.hasPrefix("CPU buffer") {
        lanes.append(Lane("link", bandwidth: isSolidigm ? chip : bus))
      }
      let found = speed(
        lanes, size: try number(row, "block_bytes"), copies: 1_000, isPipelined: !isBounced)
      let error = (found / (try number(row, "gbps") * 1e9) - 1) * 100
      worst = max(worst, abs(error))
      #expect(abs(error) <= 15, "\(device) \(method): \(error) %")
    }
    print("SSD rows: at most \(percent(worst)) %")
  }

  @Test func `remote memory by size of a message`() throws {
    guard let rows = rows("rdma_transfer_p5en.csv") else { return }
    let tier = try #require(Tier.named("efa-p5en-node"))
    #expect(tier.issuesAhead)
    var worst = 0.0
    let rowsOfGPUs = rows.filter { $0["config"]?.hasPrefix("GPU-GPU") == true }
    #expect(rowsOfGPUs.count == 6)
    for row in rowsOfGPUs {
      for (isWrite, column) in [(true, "write_gbps"), (false, "read_gbps")] {
        // Messages are issued while others move.
        let lanes = [
          Lane("issue", bandwidth: BytesPerSecond(.infinity), perCopy: tier.perAccess),
          Lane("wire", bandwidth: isWrite ? tier.write : tier.read),
        ]
        let found = speed(lanes, size: try number(row, "block_bytes"), copies: 1_000)
        let error = (found / (try number(row, column) * 1e9) - 1) * 100
        worst = max(worst, abs(error))
        #expect(abs(error) <= 10, "\(column) \(row["block_bytes"] ?? ""): \(error) %")
      }
    }
    print("RDMA rows: at most \(percent(worst)) %")
  }
}
