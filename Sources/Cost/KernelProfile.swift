internal import Catalog
internal import Units

/// What the kernels of one kind of GPU achieve: the constants of every operation class.
///
/// Times in seconds; fractions of the data sheet's peaks. `parameters` says what each one means.
public struct KernelProfile: Sendable, Equatable {
  /// Where the constants come from, for people.
  public var source = ""
  /// Classes of operations measured on this kind of GPU; the others are predicted.
  public var measured: [String] = []
  /// Those of `measured` that were timed on another board of the same chip.
  public var borrowed: [String] = []
  /// Products with 16-bit weights.
  public var gemm = MatrixTimes(floor: 0, compute: 0, memory: 0, delivery: 0)
  /// Products with 8-bit weights.
  public var gemm8 = MatrixTimes(floor: 0, compute: 0, memory: 0, delivery: 0)
  /// Attention of new tokens.
  public var decode = DecodeTimes(
    kernel: 0, combine: 0, memory: 0, sequence: 0, ramp: 0)
  /// Attention of prompts.
  public var prefill = PrefillTimes(floor: 0, compute: 0, block: 0, store: 0, row: 0)
  /// Kernels that pass over activations.
  public var elementwise = ElementwiseTimes(
    floor: 0, cacheSpeed: 0, resident: 0, samplingFloor: 0, samplingBytes: 0)
  /// Routed experts with 16-bit weights.
  public var experts = ExpertTimes(
    floor: 0, weights: 0, compute: 0, padding: 0, anywhere: 0, here: 0)
  /// Routed experts with 8-bit weights.
  public var experts8 = ExpertTimes(
    floor: 0, weights: 0, compute: 0, padding: 0, anywhere: 0, here: 0)
  /// The same with a scale for each block of weights and group of activations.
  public var experts8Block = ExpertTimes(
    floor: 0, weights: 0, compute: 0, padding: 0, anywhere: 0, here: 0)
  /// Collectives over NVLink.
  public var nvlink = LinkCollectives.zero
  /// Collectives over the host's bus; the box's topology decides, so these are a stated default.
  public var hostBus = LinkCollectives.zero
  /// Copies of blocks by `cudaMemcpyAsync`.
  public var memcpy = HostCopyTimes(perBlock: 0, efficiency: 0)
  /// Copies of blocks by one kernel.
  public var copyKernel = HostCopyTimes(perBlock: 0, efficiency: 0)

  /// How much faster attention is than these constants, which were measured on kernels that look up
  /// a block table.
  public var speedup = AttentionSpeedup()

  /// Most decodes in the timings of decode attention.
  public static let mostMeasuredDecodes: Int32 = 512
  /// Most rows in the timings of matrix products.
  public static let mostMeasuredRows: Int32 = 16384
  /// Most keys in the timings of prompts: 16,384 tokens after as many cached ones.
  public static let mostMeasuredKeys: Int32 = 32768

  /// Nothing known.
  init() {}

  /// Whether the classes that every step needs were measured on this kind of GPU.
  public var isMeasured: Bool { Self.needed.allSatisfy(measured.contains) }

  /// Whether they were measured on this very kind, not on another board of its chip.
  public var isOwn: Bool { isMeasured && !Self.needed.contains(where: borrowed.contains) }

  private static let needed = ["gemm_bf16", "attention_decode", "attention_prefill"]

  /// Constants of products with weights in `precision` on `gpu`.
  ///
  /// A GPU without 8-bit arithmetic unpacks 8-bit weights and computes as with 16 bits.
  func products(_ precision: Precision, on gpu: GPU) -> MatrixTimes {
    precision == .fp8 && gpu.fp8.value > 0 ? gemm8 : gemm
  }
  /// Constants of routed experts with weights in `precision`.
  ///
  /// Checkpoints of experts in 8 bits are scaled by blocks.
  func experts(_ precision: Precision, on gpu: GPU) -> ExpertTimes {
    precision == .fp8 && gpu.fp8.value > 0 ? experts8Block : experts
  }
}

extension LinkCollectives {
  /// Nothing known.
  static let zero = LinkCollectives(
    engine: Engine(
      latency: 0, perPeer: 0, oneShot: 0, twoShotLatency: 0, twoShotPerPeer: 0, twoShot: 0),
    allReduce: .zero, gather: .zero, allToAll: .zero)
}

extension LinkCollectives.Ring {
  /// Nothing known.
  static let zero = Self(latency: 0, perHop: 0, offset: 0, slope: 0, ramp: 0)
}

/// How much faster attention over contiguous keys and values is than over paged ones.
public struct AttentionSpeedup: Sendable, Equatable {
  /// Paged over contiguous time of attention of prompts.
  public var prefill: Double
  /// The same of new tokens.
  public var decode: Double
  /// The factors; 1 and 1 are paged kernels.
  public init(prefill: Double = 1, decode: Double = 1) {
    self.prefill = prefill
    self.decode = decode
  }
}
