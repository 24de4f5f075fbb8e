extension GPU {
  /// A100 40 GB on a PCIe board.
  ///
  /// Source: NVIDIA A100 data sheet; NVLink only as a bridge of a pair. Idle power unverified.
  public static let a100PCIe40 = GPU(
    "a100-40gb-pcie", memory: 40, bandwidth: 1555, bf16: 312, fp32: 19.5, tf32: 156, int8: 624,
    l2: 40, multiprocessors: 108, clock: 1.41, .ampere, nvlink: 300, nvlinkGroup: 2, hostLink: 31.5,
    tdp: 250, idle: 35)

  /// A100 80 GB on a PCIe board.
  ///
  /// Source: NVIDIA A100 data sheet; NVLink only as a bridge of a pair. Idle power unverified.
  public static let a100PCIe80 = GPU(
    "a100-80gb-pcie", memory: 80, bandwidth: 1935, bf16: 312, fp32: 19.5, tf32: 156, int8: 624,
    l2: 40, multiprocessors: 108, clock: 1.41, .ampere, nvlink: 300, nvlinkGroup: 2, hostLink: 31.5,
    tdp: 300, idle: 45)

  /// A100 40 GB on an SXM4 board.
  ///
  /// Source: NVIDIA A100 data sheet. Idle power unverified.
  public static let a100SXM40 = GPU(
    "a100-40gb-sxm", memory: 40, bandwidth: 1555, bf16: 312, fp32: 19.5, tf32: 156, int8: 624,
    l2: 40, multiprocessors: 108, clock: 1.41, .ampere, nvlink: 300, nvlinkGroup: 8, hostLink: 31.5,
    tdp: 400, idle: 50)

  /// A100 80 GB on an SXM4 board.
  ///
  /// Source: NVIDIA A100 data sheet. Idle power unverified.
  public static let a100SXM80 = GPU(
    "a100-80gb-sxm", memory: 80, bandwidth: 2039, bf16: 312, fp32: 19.5, tf32: 156, int8: 624,
    l2: 40, multiprocessors: 108, clock: 1.41, .ampere, nvlink: 300, nvlinkGroup: 8, hostLink: 31.5,
    tdp: 400, idle: 60)

  /// H100 80 GB on an SXM5 board.
  ///
  /// Source: NVIDIA H100 data sheet. Idle power unverified.
  public static let h100SXM = GPU(
    "h100-80gb-sxm", memory: 80, bandwidth: 3350, bf16: 989, fp32: 67, tf32: 494.5, fp8: 1979,
    int8: 1979, l2: 50, multiprocessors: 132, clock: 1.83, .hopper, nvlink: 450, nvlinkGroup: 8,
    hostLink: 63, tdp: 700,
    idle: 70)

  /// H100 80 GB on a PCIe board.
  ///
  /// Source: NVIDIA H100 data sheet; NVLink only as a bridge of a pair. Multiprocessors and idle
  /// power unverified.
  public static let h100PCIe = GPU(
    "h100-80gb-pcie", memory: 80, bandwidth: 2000, bf16: 756, fp32: 51, tf32: 378, fp8: 1513,
    int8: 1513, l2: 50, multiprocessors: 114, clock: 1.62, .hopper, nvlink: 300, nvlinkGroup: 2,
    hostLink: 63, tdp: 350,
    idle: 50)

  /// H200 141 GB on an SXM5 board.
  ///
  /// Source: NVIDIA H200 data sheet. Idle power unverified.
  public static let h200 = GPU(
    "h200-sxm", memory: 141, bandwidth: 4800, bf16: 989, fp32: 67, tf32: 494.5, fp8: 1979,
    int8: 1979, l2: 50, multiprocessors: 132, clock: 1.83, .hopper, nvlink: 450, nvlinkGroup: 8,
    hostLink: 63, tdp: 700,
    idle: 75)

  /// B200 180 GB on an SXM board.
  ///
  /// Source: NVIDIA DGX B200 data sheet; bandwidth is also given as 7.7 TB/s. L2 (from GB200),
  /// multiprocessors and idle power unverified.
  public static let b200 = GPU(
    "b200-sxm", memory: 180, bandwidth: 8000, bf16: 2250, fp32: 80, tf32: 1125, fp8: 4500,
    int8: 4500, fp4: 9000, l2: 126, multiprocessors: 148, clock: 1.85, .blackwell, nvlink: 900,
    nvlinkGroup: 8,
    hostLink: 63, tdp: 1000, idle: 140)

  /// L40S 48 GB.
  ///
  /// Source: NVIDIA L40S data sheet. L2, multiprocessors and idle power unverified.
  public static let l40s = GPU(
    "l40s", memory: 48, bandwidth: 864, bf16: 362, fp32: 91.6, tf32: 183, fp8: 733, int8: 733,
    l2: 96, multiprocessors: 142, clock: 2.49, .ada, hostLink: 31.5, tdp: 350, idle: 35)

  /// L40 48 GB.
  ///
  /// Source: NVIDIA L40 data sheet (18,176 CUDA cores: 142 multiprocessors of 128) and Ada
  /// whitepaper (96 MB of L2); peaks from LLM-Viewer's hardware table, unverified.
  public static let l40 = GPU(
    "l40", memory: 48, bandwidth: 864, bf16: 181, fp8: 362, l2: 96, multiprocessors: 142,
    clock: 2.49, .ada, hostLink: 31.5, tdp: 300)

  /// L4 24 GB.
  ///
  /// Source: NVIDIA L4 data sheet, whose headline figures are with sparsity: half of them here.
  /// L2, multiprocessors and idle power unverified.
  public static let l4 = GPU(
    "l4", memory: 24, bandwidth: 300, bf16: 121, fp32: 30.3, tf32: 60, fp8: 242, int8: 242,
    l2: 48, multiprocessors: 58, clock: 2.04, .ada, hostLink: 31.5, tdp: 72, idle: 16)

  /// GeForce RTX 4090 24 GB.
  ///
  /// Source: NVIDIA Ada whitepaper, peaks with 32-bit accumulation; unverified beyond memory.
  public static let rtx4090 = GPU(
    "rtx-4090", memory: 24, bandwidth: 1008, bf16: 165.2, fp32: 82.6, tf32: 82.6, fp8: 330.3,
    int8: 660.6, l2: 72, multiprocessors: 128, clock: 2.52, .ada, hostLink: 31.5, tdp: 450, idle: 20
  )

  /// A10 24 GB.
  ///
  /// Source: NVIDIA A10 data sheet. L2, multiprocessors and idle power unverified.
  public static let a10 = GPU(
    "a10", memory: 24, bandwidth: 600, bf16: 125, fp32: 31.2, tf32: 62.5, int8: 250, l2: 6,
    multiprocessors: 72, clock: 1.7, .ampere, hostLink: 31.5, tdp: 150, idle: 20)

  /// A40 48 GB.
  ///
  /// Source: NVIDIA A40 data sheet; NVLink only as a bridge of a pair; idle without a process
  /// (with one: 110 W). L2 and multiprocessors unverified.
  public static let a40 = GPU(
    "a40", memory: 48, bandwidth: 696, bf16: 149.7, fp32: 37.4, tf32: 74.8, int8: 299.3, l2: 6,
    multiprocessors: 84, clock: 1.74, .ampere, nvlink: 56.25, nvlinkGroup: 2, hostLink: 31.5,
    tdp: 300, idle: 30)

  /// RTX A6000 48 GB.
  ///
  /// Source: NVIDIA RTX A6000 data sheet; NVLink only as a bridge of a pair. L2, multiprocessors
  /// and idle power unverified.
  public static let rtxA6000 = GPU(
    "rtx-a6000", memory: 48, bandwidth: 768, bf16: 154.8, fp32: 38.7, tf32: 77.4, int8: 309.6,
    l2: 6, multiprocessors: 84, clock: 1.8, .ampere, nvlink: 56.25, nvlinkGroup: 2, hostLink: 31.5,
    tdp: 300, idle: 22)

  /// RTX 6000 Ada 48 GB.
  ///
  /// Source: NVIDIA RTX 6000 Ada data sheet, unverified.
  public static let rtx6000Ada = GPU(
    "rtx-6000-ada", memory: 48, bandwidth: 960, bf16: 364, fp32: 91.1, fp8: 728, l2: 96,
    multiprocessors: 142, clock: 2.5, .ada, hostLink: 31.5, tdp: 300)

  /// V100 32 GB on an SXM2 board.
  ///
  /// Source: NVIDIA V100 data sheet; half precision only, no bfloat16. L2 and multiprocessors
  /// unverified.
  public static let v100 = GPU(
    "v100-32gb-sxm", memory: 32, bandwidth: 900, bf16: 125, fp32: 15.7, l2: 6,
    multiprocessors: 80, clock: 1.53, .volta, nvlink: 150, nvlinkGroup: 8, hostLink: 15.75, tdp: 300
  )

  /// T4 16 GB.
  ///
  /// Source: NVIDIA T4 data sheet, unverified; half precision only, no bfloat16.
  public static let t4 = GPU(
    "t4", memory: 16, bandwidth: 320, bf16: 65, fp32: 8.1, int8: 130, l2: 4, multiprocessors: 40,
    clock: 1.59, .turing, hostLink: 15.75, tdp: 70, idle: 10)

  /// RTX PRO 6000 Blackwell Server Edition 96 GB.
  ///
  /// Source: peaks as in the published kernel measurements; capacity unverified.
  public static let rtxPro6000Server = GPU(
    "rtx-pro-6000-server", memory: 96, bandwidth: 1597, bf16: 468, fp8: 936, l2: 128,
    multiprocessors: 188, clock: 2.43, .blackwell, hostLink: 63)

  /// A10G 24 GB, the A10 of AWS G5 instances.
  ///
  /// Source: llm-analysis GPU table, unverified; multiprocessors and L2 as the driver reports them
  /// (CUDA's deviceQuery: 80 of 128 cores, 6 MB), the latter as in the whitepaper of its GA102.
  public static let a10g = GPU(
    "a10g", memory: 24, bandwidth: 600, bf16: 70, l2: 6, multiprocessors: 80, clock: 1.71, .ampere,
    hostLink: 31.5)
}
