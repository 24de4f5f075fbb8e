public import Units

/// One kind of GPU: what its data sheet promises.
///
/// Peaks are dense (no sparsity). Zero means "none or not known", except for the memory, its
/// bandwidth and the 16-bit peak, which every GPU has.
public struct GPU: Sendable, Equatable {
  /// Name in lower case with hyphens, such as `a100-80gb-sxm`.
  public var name: String
  /// HBM or GDDR capacity; sizes on data sheets are binary (80 GiB).
  public var memory: Bytes
  /// Peak memory bandwidth (decimal).
  public var bandwidth: BytesPerSecond
  /// Peak of bfloat16 or half precision on tensor cores, 32-bit accumulation.
  public var bf16: FLOPsPerSecond
  /// Peak of single precision outside the tensor cores.
  public var fp32 = FLOPsPerSecond(0)
  /// Peak of TensorFloat-32.
  public var tf32 = FLOPsPerSecond(0)
  /// Peak of 8-bit floating point; zero when the hardware lacks it.
  public var fp8 = FLOPsPerSecond(0)
  /// Peak of 8-bit integers.
  public var int8 = FLOPsPerSecond(0)
  /// Peak of 4-bit floating point.
  public var fp4 = FLOPsPerSecond(0)
  /// Size of the last-level cache that all multiprocessors share (decimal, as on data sheets);
  /// costs take 40 MB where it is not known.
  public var l2 = Bytes(0)
  /// Streaming multiprocessors (AMD: compute units).
  public var multiprocessors = 0
  /// Clock of the multiprocessors at which the peaks are quoted.
  public var clock = Hertz(1.7e9)
  /// Generation of the chip; nil when it is not known.
  public var architecture: Architecture?
  /// NVLink (AMD: Infinity Fabric) bandwidth in one direction; zero when there is none.
  public var nvlink = BytesPerSecond(0)
  /// GPUs that `nvlink` joins all to all: 8 on SXM boards, 2 with a bridge.
  public var nvlinkGroup = 0
  /// Bandwidth to the host in one direction, as the bus generation promises.
  public var hostLink = BytesPerSecond(31.5e9)
  /// Thermal design power.
  public var tdp = Watts(0)
  /// Draw of an idle board.
  public var idle = Watts(0)

  /// A GPU with the three figures that every GPU has and stated defaults for the rest:
  /// PCIe 4.0 x16 to the host, no NVLink, nothing else known.
  public init(name: String, memory: Bytes, bandwidth: BytesPerSecond, bf16: FLOPsPerSecond) {
    self.name = name
    self.memory = memory
    self.bandwidth = bandwidth
    self.bf16 = bf16
  }

  /// Generations of chips, in the order in which they came out.
  public enum Architecture: String, Sendable, CaseIterable {
    /// V100.
    case volta
    /// T4.
    case turing
    /// A100, A10, A40.
    case ampere
    /// L40S, L4, RTX 4090.
    case ada
    /// H100, H200.
    case hopper
    /// B200, RTX PRO 6000.
    case blackwell
    /// MI300X.
    case cdna3
  }

  /// The arithmetic peak for weights in `precision`.
  ///
  /// A GPU without 8-bit floating point unpacks 8-bit weights and computes in 16 bits.
  public func peak(_ precision: Precision) -> FLOPsPerSecond {
    precision == .fp8 && fp8.value > 0 ? fp8 : bf16
  }

  /// The GPU of the catalogue with that name, nil when there is none.
  public static func named(_ name: String) -> GPU? { all.first { $0.name == name } }

  /// Every GPU of the catalogue.
  ///
  /// **The one line to add when you add a GPU.**
  public static let all: [GPU] = [
    a100PCIe40, a100PCIe80, a100SXM40, a100SXM80, h100SXM, h100PCIe, h200, b200, mi300x, l40s, l40,
    l4, rtx4090, a10, a40, rtxA6000, rtx6000Ada, v100, t4, rtxPro6000Server, a10g,
  ]
}

extension GPU {
  /// A catalogue entry in the units of data sheets.
  ///
  /// Memory in GiB, L2 in MB, rates in GB/s, TFLOP/s (int8: TOP/s), clock in GHz, power in watts.
  init(
    _ name: String, memory: Double, bandwidth: Double, bf16: Double, fp32: Double = 0,
    tf32: Double = 0, fp8: Double = 0, int8: Double = 0, fp4: Double = 0, l2: Double = 0,
    multiprocessors: Int = 0, clock: Double, _ architecture: Architecture, nvlink: Double = 0,
    nvlinkGroup: Int = 0, hostLink: Double,
    tdp: Double = 0, idle: Double = 0
  ) {
    self.init(
      name: name, memory: Bytes(memory * 0x1p30), bandwidth: BytesPerSecond(bandwidth * 1e9),
      bf16: FLOPsPerSecond(bf16 * 1e12))
    self.fp32 = FLOPsPerSecond(fp32 * 1e12)
    self.tf32 = FLOPsPerSecond(tf32 * 1e12)
    self.fp8 = FLOPsPerSecond(fp8 * 1e12)
    self.int8 = FLOPsPerSecond(int8 * 1e12)
    self.fp4 = FLOPsPerSecond(fp4 * 1e12)
    self.l2 = Bytes(l2 * 1e6)
    self.multiprocessors = multiprocessors
    self.clock = Hertz(clock * 1e9)
    self.architecture = architecture
    self.nvlink = BytesPerSecond(nvlink * 1e9)
    self.nvlinkGroup = nvlinkGroup
    self.hostLink = BytesPerSecond(hostLink * 1e9)
    self.tdp = Watts(tdp)
    self.idle = Watts(idle)
  }
}
