public import Catalog

/// What the kernels of one kind of GPU achieve of its peaks, and the time each takes at least.
///
/// Fitted to published kernel timings (aiconfigurator, Vidur; median errors of 5–9 % for 16-bit
/// and 9–15 % for 8-bit matrices, 3–8 % for decode attention in HBM, 8–10 % for prefill
/// attention). Times in seconds, fractions of the data sheet's peak.
public struct KernelProfile: Sendable, Equatable {
  /// A matrix product: time = floor + max(FLOPs / (compute·peak), bytes / (memory·bandwidth)).
  public struct Matrix: Sendable, Equatable {
    /// Time of the smallest product, s.
    public var floor: Double
    /// Fraction of the arithmetic peak.
    public var compute: Double
    /// Fraction of the HBM bandwidth.
    public var memory: Double
  }

  /// An all-reduce over n GPUs: time = latency + 2(n−1)/n·bytes / (efficiency·link).
  public struct AllReduce: Sendable, Equatable {
    /// GPUs.
    public var gpus: Int
    /// Time of the smallest, s; inside a CUDA graph.
    public var latency: Double
    /// Fraction of the link's bandwidth in one direction.
    public var efficiency: Double
  }

  /// Where the constants come from.
  public var source: String
  /// Whether they were measured on this kind of GPU or its sibling, not averaged over others.
  public var isMeasured: Bool
  /// Products with 16-bit weights.
  public var bf16: Matrix
  /// Products with 8-bit weights, quantisation of activations included.
  public var fp8: Matrix
  /// Time of the shortest decode attention, KV write included, s.
  public var decodeFloor: Double
  /// Fraction of the HBM bandwidth at which decode attention reads keys and values.
  public var decodeMemory: Double
  /// Time of decode attention per sequence and key head: launching and merging its blocks, s.
  public var decodePerHead: Double
  /// Time of the shortest prefill attention, s.
  public var prefillFloor: Double
  /// Fraction of the arithmetic peak that prefill attention nears with length.
  public var prefillCompute: Double
  /// Length at which prefill attention reaches half of that fraction, tokens.
  public var prefillHalfLength: Double
  /// Fraction of the HBM bandwidth at which prefill attention reads keys and values.
  public var prefillMemory: Double
  /// All-reduces over NVLink, by number of GPUs, ascending.
  public var allReduce: [AllReduce]

  /// Time of one element-wise kernel at decode, s.
  public static let elementwiseFloor = 2.5e-6
  /// Fraction of the HBM bandwidth of element-wise kernels.
  public static let elementwiseMemory = 0.8
  /// Time of the smallest transfer between pipeline stages, s (aiconfigurator's tables).
  public static let transferFloor = 10e-6
  /// Shortest context, in tokens, that decode attention can tell from an empty one.
  public static let shortestContext = 128.0
  /// Most decodes in the timings of decode attention.
  public static let mostMeasuredDecodes: Int32 = 512
  /// Most rows in the timings of matrix products.
  public static let mostMeasuredRows: Int32 = 16384

  /// All-reduces between boards without NVLink, over PCIe: a stated default, since the topology of
  /// such boxes decides.
  ///
  /// Source: NCCL 2.29 on one box of RTX PRO 6000 Server at PCIe 5.0 (aiconfigurator): 2 KB for the
  /// latency, 256 MB for the fraction of 63 GB/s.
  public static let allReduceOverPCIe = [
    AllReduce(gpus: 2, latency: 6.3e-6, efficiency: 0.60),
    AllReduce(gpus: 4, latency: 13.4e-6, efficiency: 0.41),
    AllReduce(gpus: 8, latency: 25.5e-6, efficiency: 0.32),
  ]

  /// The constants of a GPU of the catalogue, by its name; the means of the measured kinds for any
  /// other.
  public static func of(_ gpu: GPU) -> KernelProfile {
    guard GPU.named(gpu.name) == gpu else { return mean }
    return switch gpu.name {
    case let name where name.hasPrefix("a100-"): a100
    case let name where name.hasPrefix("h100-") || name.hasPrefix("h200-"): h100
    case "rtx-pro-6000-server": rtxPro6000
    default: mean
    }
  }

  /// The all-reduce over `gpus` GPUs; between measured numbers that of the larger one.
  static func allReduce(over gpus: Int, in table: [AllReduce]) -> AllReduce {
    guard let last = table.last else { preconditionFailure("a table of all-reduces is empty") }
    return table.first { $0.gpus >= gpus } ?? last
  }
}

extension KernelProfile {
  /// A100: 8-bit weights are unpacked, at the fractions of 16-bit ones.
  static let a100 = KernelProfile(
    source: "A100 SXM kernel timings", isMeasured: true,
    bf16: Matrix(floor: 7.0e-6, compute: 0.787, memory: 0.736),
    fp8: Matrix(floor: 7.0e-6, compute: 0.787, memory: 0.736),
    decodeFloor: 17.7e-6, decodeMemory: 0.692, decodePerHead: 0.0365e-6,
    prefillFloor: 11.7e-6, prefillCompute: 0.578, prefillHalfLength: 514, prefillMemory: 0.334,
    allReduce: [
      AllReduce(gpus: 2, latency: 5.0e-6, efficiency: 0.58),
      AllReduce(gpus: 4, latency: 5.8e-6, efficiency: 0.52),
      AllReduce(gpus: 8, latency: 7.7e-6, efficiency: 0.55),
    ])

  /// H100 SXM; H100 PCIe and H200 share its fractions.
  static let h100 = KernelProfile(
    source: "H100 SXM kernel timings", isMeasured: true,
    bf16: Matrix(floor: 4.0e-6, compute: 0.817, memory: 0.870),
    fp8: Matrix(floor: 8.1e-6, compute: 0.494, memory: 0.809),
    decodeFloor: 11.6e-6, decodeMemory: 0.868, decodePerHead: 0.0281e-6,
    prefillFloor: 13.7e-6, prefillCompute: 0.664, prefillHalfLength: 1055, prefillMemory: 0.367,
    allReduce: [
      AllReduce(gpus: 2, latency: 4.2e-6, efficiency: 0.49),
      AllReduce(gpus: 4, latency: 4.8e-6, efficiency: 0.59),
      AllReduce(gpus: 8, latency: 5.5e-6, efficiency: 0.75),
    ])

  /// RTX PRO 6000 Server; it has no NVLink, so the all-reduces are those of `mean` and unused.
  static let rtxPro6000 = KernelProfile(
    source: "RTX PRO 6000 Server kernel timings", isMeasured: true,
    bf16: Matrix(floor: 3.5e-6, compute: 0.818, memory: 0.904),
    fp8: Matrix(floor: 7.5e-6, compute: 0.725, memory: 0.901),
    decodeFloor: 11.3e-6, decodeMemory: 0.950, decodePerHead: 0.0225e-6,
    prefillFloor: 8.6e-6, prefillCompute: 0.640, prefillHalfLength: 513, prefillMemory: 0.704,
    allReduce: meanAllReduce)

  /// Means of the three measured kinds (8 bits: of the two that have it).
  static let mean = KernelProfile(
    source: "means of A100, H100 and RTX PRO 6000 Server", isMeasured: false,
    bf16: Matrix(floor: 4.8e-6, compute: 0.807, memory: 0.837),
    fp8: Matrix(floor: 7.8e-6, compute: 0.610, memory: 0.855),
    decodeFloor: 13.5e-6, decodeMemory: 0.837, decodePerHead: 0.029e-6,
    prefillFloor: 11.3e-6, prefillCompute: 0.627, prefillHalfLength: 694, prefillMemory: 0.468,
    allReduce: meanAllReduce)

  /// Means of A100 and H100.
  private static let meanAllReduce = [
    AllReduce(gpus: 2, latency: 4.6e-6, efficiency: 0.535),
    AllReduce(gpus: 4, latency: 5.3e-6, efficiency: 0.555),
    AllReduce(gpus: 8, latency: 6.6e-6, efficiency: 0.65),
  ]
}
