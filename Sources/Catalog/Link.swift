public import Units

/// A way for bytes to travel between devices.
public struct Link: Sendable, Equatable {
  /// Name in lower case with hyphens, such as `pcie-4.0-x16`.
  public var name: String
  /// Bandwidth in one direction, as specified.
  public var bandwidth: BytesPerSecond
  /// Bandwidth of bulk copies in one direction, as measured; zero when not known.
  public var achieved: BytesPerSecond
  /// Time of a small transfer; zero when not known.
  public var latency: Seconds

  /// A link in the units of data sheets: GB/s and µs.
  init(_ name: String, _ bandwidth: Double, achieved: Double = 0, latency: Double = 0) {
    self.name = name
    self.bandwidth = BytesPerSecond(bandwidth * 1e9)
    self.achieved = BytesPerSecond(achieved * 1e9)
    self.latency = Seconds(latency * 1e-6)
  }

  /// The link of the catalogue with that name, nil when there is none.
  public static func named(_ name: String) -> Link? { all.first { $0.name == name } }

  /// Every link of the catalogue.
  public static let all: [Link] = [
    // PCI-SIG specification; achieved: bam issue 54.
    Link("pcie-3.0-x16", 15.75, achieved: 12, latency: 1.5),
    // PCI-SIG specification; achieved: nvbandwidth issue 42 (A100 SXM4).
    Link("pcie-4.0-x16", 31.5, achieved: 25, latency: 1.5),
    // PCI-SIG specification; achieved: nvbandwidth issue 24 (H100); latency per descriptor.
    Link("pcie-5.0-x16", 63, achieved: 53, latency: 12.9),
    // aiconfigurator system tables.
    Link("pcie-6.0-x16", 128),
    // NVIDIA A100 data sheet; achieved: nvbandwidth README; latency: LLMCompass.
    Link("nvlink-3", 300, achieved: 276, latency: 8.92),
    // NVIDIA H100 data sheet; achieved: NCCL issue 1264; latency: calculon.
    Link("nvlink-4", 450, achieved: 380, latency: 10),
    // aiconfigurator system tables.
    Link("nvlink-5", 900, latency: 10),
    // NVIDIA GH200 data sheet; nvbandwidth issue 41: copies by kernels collapse above 20 GB.
    Link("nvlink-c2c", 450),
    // aiconfigurator system tables; achieved: 0.9 of it (calculon).
    Link("infiniband-hdr-200", 25, achieved: 22.5, latency: 20),
    Link("infiniband-ndr-400", 50, achieved: 45, latency: 20),
    // aiconfigurator system tables.
    Link("infiniband-xdr-800", 100, latency: 5),
  ]
}
