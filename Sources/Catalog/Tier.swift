public import Units

/// A place under HBM where KV blocks can lie.
public struct Tier: Sendable, Equatable {
  /// What a tier is made of.
  public enum Kind: String, Sendable, CaseIterable {
    /// Host memory, local or behind CXL.
    case memory
    /// Flash behind NVMe.
    case ssd
    /// Memory of other nodes, by RDMA.
    case remote
  }

  /// Name in lower case with hyphens, such as `nvme-gen4-x4`.
  public var name: String
  /// What it is made of.
  public var kind: Kind
  /// Sustained reading, as measured where known, else as specified.
  public var read: BytesPerSecond
  /// Sustained writing; that of reading where no source tells them apart.
  public var write: BytesPerSecond
  /// Time of a small access; zero when not known.
  public var latency: Seconds
  /// Accesses that proceed at the same time.
  public var queueDepth: Int
  /// Time that each of many accesses takes besides its bytes: latency / queueDepth for flash, the
  /// time to issue one for remote memory, none for memory, where copies cost their own time.
  public var perAccess: Seconds
  /// Whether accesses are issued while the bytes of others move, so that the slower of the two
  /// decides: a lane of `perAccess` without bytes, pipelined into one of bytes; else they add up.
  public var issuesAhead: Bool { kind == .remote }

  /// A tier in the units of data sheets: GB/s and µs; accesses of flash share their latency.
  init(
    _ name: String, _ kind: Kind, read: Double, write: Double, latency: Double,
    queueDepth: Int = 1, perAccess: Double? = nil
  ) {
    self.name = name
    self.kind = kind
    self.read = BytesPerSecond(read * 1e9)
    self.write = BytesPerSecond(write * 1e9)
    self.latency = Seconds(latency * 1e-6)
    self.queueDepth = queueDepth
    let shared = kind == .ssd ? latency / Double(queueDepth) : 0
    self.perAccess = Seconds((perAccess ?? shared) * 1e-6)
  }

  /// The tier of the catalogue with that name, nil when there is none.
  public static func named(_ name: String) -> Tier? { all.first { $0.name == name } }

  /// Every tier of the catalogue.
  public static let all: [Tier] = [
    // Channels × transfer rate × 8 bytes, of which 0.8 is reached; latencies unverified.
    Tier("ddr4-2666-x6", .memory, read: 128 * 0.8, write: 128 * 0.8, latency: 0.09),
    Tier("ddr5-4800-x8", .memory, read: 307 * 0.8, write: 307 * 0.8, latency: 0.11),
    Tier("ddr5-6400-x12", .memory, read: 614 * 0.8, write: 614 * 0.8, latency: 0.12),
    // Micron CZ120 press figures, reads and writes 2 : 1; unverified.
    Tier("cxl-2.0-x8", .memory, read: 36, write: 36, latency: 0.25),
    // bytedance/eurosys24-artifacts (Intel MLC): an ASIC expander saturated by reads, local.
    Tier("cxl-2.0-x16", .memory, read: 47.7, write: 47.7, latency: 0.25),
    // Vendor data sheets, 4 KB random reads for the latency; depth as of the D7-P5520; unverified.
    Tier("nvme-gen3-x4", .ssd, read: 3.2, write: 3.2, latency: 90, queueDepth: 16),
    Tier("nvme-gen4-x4", .ssd, read: 7, write: 7, latency: 70, queueDepth: 16),
    Tier("nvme-gen5-x4", .ssd, read: 13, write: 13, latency: 55, queueDepth: 16),
    // Solidigm: GPUDirect on GH200, 64 KiB to 4 MiB, fitted depth; writes and latency: data sheet,
    // unverified.
    Tier("solidigm-d7-p5520", .ssd, read: 7.1, write: 4.2, latency: 75, queueDepth: 16),
    // DeepSpeed DeepNVMe: a quarter of what RAID0 of four reaches; latency unverified.
    Tier("azure-nc96ads-nvme", .ssd, read: 2.5, write: 1.25, latency: 70, queueDepth: 16),
    // Flash inside a computational SSD: InstInfer, 8 channels; KV read at decode, write at prefill.
    Tier("csd-internal", .ssd, read: 7.66, write: 3.78, latency: 70, queueDepth: 16),
    // Mooncake on p5en, 16 EFA of 200 Gb/s for 8 GPUs: least squares over 64 KiB to 2 MiB.
    Tier("efa-p5en-node", .remote, read: 297, write: 350, latency: 0, perAccess: 0.67),
  ]
}
