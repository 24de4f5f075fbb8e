import Catalog
import Testing
import Units

@Suite struct HostTierTests {
  @Test(arguments: [
    ("v100-32gb-sxm", "pcie-3.0-x16"), ("a100-80gb-sxm", "pcie-4.0-x16"), ("a10", "pcie-4.0-x16"),
    ("h100-80gb-sxm", "pcie-5.0-x16"), ("b200-sxm", "pcie-5.0-x16"), ("mi300x", "pcie-5.0-x16"),
  ])
  func `a GPU takes the bus of its generation`(gpu: String, bus: String) throws {
    let gpu = try #require(GPU.named(gpu))
    #expect(gpu.hostBus.name == bus)
    #expect(gpu.hostBus == Link.named(bus))
  }

  @Test func `a bus that the catalogue lacks reaches four fifths`() throws {
    var gpu = try #require(GPU.named("a10"))
    gpu.hostLink = BytesPerSecond(20e9)
    #expect(gpu.hostBus.name == "host-link")
    #expect(gpu.hostBus.bandwidth == BytesPerSecond(20e9))
    #expect(gpu.hostBus.bulk == BytesPerSecond(16e9))
  }

  @Test func `copies in bulk reach what was measured`() throws {
    #expect(try #require(Link.named("pcie-4.0-x16")).bulk == BytesPerSecond(25e9))
    #expect(try #require(Link.named("pcie-6.0-x16")).bulk == BytesPerSecond(128e9 * 0.8))
  }

  /// FIT.md §5: 3.43 µs and 0.2 µs besides the bytes.
  @Test func `a copy costs what was fitted`() {
    #expect(CopyMethod.memcpy.perCopy == Seconds(3.43e-6))
    #expect(CopyMethod.kernel.perCopy == Seconds(0.2e-6))
  }

  @Test func `every tier but DRAM has devices, among them its standard`() {
    #expect(TierLevel.allCases.map(\.rawValue) == ["dram", "cxl", "ssd", "remote"])
    #expect(TierLevel.dram.devices.isEmpty)
    #expect(TierLevel.dram.standard == nil)
    let names = TierLevel.allCases.map { $0.standard?.name ?? "-" }
    #expect(names == ["-", "cxl-2.0-x8", "nvme-gen4-x4", "infiniband-hdr-200"])
    #expect(TierLevel.ssd.devices.allSatisfy { Tier.named($0.name)?.kind == .ssd })
    #expect(!TierLevel.remote.devices.contains { $0.name.hasPrefix("pcie") })
    #expect(!TierLevel.remote.devices.contains { $0.name.hasPrefix("nvlink") })
  }
}
