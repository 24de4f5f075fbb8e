extension GPU {
  /// MI300X 192 GB.
  ///
  /// Source: AMD MI300X data sheet. L2 without the 256 MB memory-side cache; Infinity Fabric of
  /// 7 × 64 GB/s per direction and idle power unverified.
  public static let mi300x = GPU(
    "mi300x", memory: 192, bandwidth: 5300, bf16: 1307, fp32: 163.4, tf32: 653.7, fp8: 2615,
    int8: 2615, l2: 32, multiprocessors: 304, clock: 2.1, .cdna3, nvlink: 448, nvlinkGroup: 8,
    hostLink: 63, tdp: 750,
    idle: 140)
}
