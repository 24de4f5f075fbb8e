internal import Catalog
internal import Units

/// Constants of attention of one new token a sequence, write of its key and value included.
///
/// With b sequences, C tokens of context together and B bytes to read and write:
///
/// time = kernels · kernel + ‖b · key heads · sequence / multiprocessors, read + combine‖₄
/// read = M + ramp · M² / (M² + 4 · ramp²), M = B / (memory · bandwidth)
///
/// Where C tokens compute longer than they read, as latent keys that all heads share do, M is their
/// FLOPs / (prefill.compute · peak). The ramp is the time until the memory runs at full speed.
/// Form found on vLLM's decode kernels (aiconfigurator): FlashAttention 3 on Hopper, FlashAttention
/// 2 and FlashInfer elsewhere.
public struct DecodeTimes: Sendable, Equatable {
  /// Time of each kernel of the operation, s.
  public var kernel: Double
  /// Time of merging a context that several blocks of threads have read, s.
  public var combine: Double
  /// Fraction of the HBM bandwidth.
  public var memory: Double
  /// Time of one sequence and key head on one multiprocessor, s.
  public var sequence: Double
  /// Time lost until the memory runs at full speed, s.
  public var ramp: Double

  // Not fitted by `calibrate`: the same on every GPU, without a standard error.

  /// Context of all sequences together above which they are read by several blocks of threads,
  /// tokens; 64 to 512, where the times of one sequence step up (vLLM's kernels, aiconfigurator).
  static let leastSplit = 128.0
  /// Reading a byte of 8-bit cache, as a multiple of a byte of 16 bits: it is unpacked on the way.
  ///
  /// 1 to 1.5; between the rows of RTX PRO 6000, 6 % faster than that, and of H100, 9 % slower.
  static let unpacking = 1.05
  /// Sequences and key heads from which on contexts are not split, as a share of the
  /// multiprocessors; 0.5 to 1: the rule of FlashAttention 2's `num_splits_heuristic`.
  static let unsplit = 0.8
}

/// Decode attention of one layer on one GPU, all that does not depend on the batch worked out.
///
/// Evaluated at every step: two square roots and a division.
struct DecodeAttention: Sendable {
  /// Time of kernels, for one sequence and for several.
  let single: Double
  let several: Double
  let perKernel: Double
  /// Time on the multiprocessors per sequence.
  let perSequence: Double
  /// Reading: time per token of context, and of a sequence's own rows.
  let perToken: Double
  let perRow: Double
  let ramp: Double
  let combine: Double
  let combinesFrom: Double
  /// Least time per token of context at the peaks of the data sheet.
  private let memoryFloor: Double
  private let computeFloor: Double
  /// Time per token of a prefix that several sequences read together, and of each of their reads.
  let perSharedKey: Double
  let perSharedRead: Double
  private let isComputeBound: Bool

  /// Time that a block of threads walks along one key of a long context.
  let walk: Double
  /// Sequences from which on contexts are not split over blocks.
  let unsplitFrom: Double

  init(_ kernels: KernelProfile, _ heads: AttentionHeads, gpu: GPU, family: AttentionFamily) {
    let times = kernels.decode
    let packs = family == .flash2
    let isGrouped = heads.queries > heads.keyValues
    // Grouped queries are swapped into rows and back by a kernel of their own.
    let swaps = packs && isGrouped && heads.keyValues > 1
    single = 2 * times.kernel
    perKernel = times.kernel
    several = single + (swaps ? times.kernel : 0)
    perSequence =
      Double(heads.keyValues) * times.sequence / Double(gpu.tiledMultiprocessors)
    let memory = times.memory * gpu.bandwidth.value
    let unpacked = heads.cache == .fp8 ? DecodeTimes.unpacking : 1
    let reading = heads.bytesPerToken * unpacked / memory
    // Many query heads that share their keys, as latent ones do, compute longer than they read.
    let computing = heads.flopsPerPair / (kernels.prefill.compute * gpu.bf16.value)
    // Without packing keys are read once for each query head, from L2 after the first time.
    let group = Double(heads.queries) / Double(heads.keyValues)
    let again =
      group * heads.bytesPerToken / (kernels.elementwise.cacheSpeed * gpu.bandwidth.value)
    perToken = max(reading, computing, family == .unpacked ? again : 0)
    perRow = 4 * Double(heads.width * (heads.queries + heads.keyValues)) / memory
    ramp = times.ramp
    combine = times.combine
    // Flash attention 2 does not split the context of ungrouped heads.
    combinesFrom = packs && !isGrouped ? .infinity : DecodeTimes.leastSplit
    memoryFloor = heads.bytesPerToken / gpu.bandwidth.value
    computeFloor = heads.flopsPerPair / gpu.bf16.value
    (perSharedKey, perSharedRead) = (reading, computing)
    isComputeBound = computing > reading
    let processors = Double(gpu.tiledMultiprocessors)
    // Never more than what a token costs at the batch from which it counts, so that a longer
    // context never takes less time.
    unsplitFrom = DecodeTimes.unsplit * processors / Double(heads.keyValues)
    walk =
      family == .flash3
      ? 0
      : min(
        kernels.prefill.walk * (Double(heads.width) / 128) / (gpu.bf16.value / processors),
        perToken * unsplitFrom)
  }

  /// What sequences read together of a prefix that they share: a product of matrices, whose rows
  /// are the queries of all of them.
  struct Prefix: Sendable {
    /// Tokens, summed over the sequences.
    var reads = 0.0
    /// Tokens when each counts once.
    var keys = 0.0
    /// Kernels that it takes more.
    var kernels = 0.0
  }

  /// The time for `sequences` that attend to `context` tokens together, one of them to `longest`.
  func time(_ sequences: Double, _ context: Double, longest: Double) -> Double {
    Batch(sequences, self).time(context, longest: longest, Prefix())
  }

  /// The time of what is read together.
  func time(_ prefix: Prefix) -> Double {
    max(perSharedKey * prefix.keys, perSharedRead * prefix.reads)
  }

  /// A number of sequences with all that does not depend on their contexts worked out, for leaps.
  struct Batch: Sendable {
    private let launch: Double
    private let blocks: Double
    private let rows: Double
    private let mean: Double
    private let walk: Double
    private let steepness: Double
    private let kernel: DecodeAttention

    init(_ sequences: Double, _ kernel: DecodeAttention) {
      self.kernel = kernel
      launch = sequences > 1 ? kernel.several : kernel.single
      let square = kernel.perSequence * sequences * (kernel.perSequence * sequences)
      blocks = square * square
      rows = kernel.perRow * sequences
      mean = 1 / sequences
      // Without blocks enough contexts are split, so that none of them ends last.
      walk = sequences >= kernel.unsplitFrom ? kernel.walk : 0
      steepness = 4 * kernel.ramp * kernel.ramp
    }

    /// The time for `context` tokens together, the longest context having `longest`, of which
    /// `prefix` is read together.
    func time(_ context: Double, longest: Double, _ prefix: Prefix) -> Double {
      let own = context - prefix.reads
      let read = kernel.perToken * own + rows + kernel.time(prefix)
      let square = read * read
      var reading = read + kernel.ramp * square / (square + steepness)
      if context > kernel.combinesFrom { reading += kernel.combine }
      reading += walk * max(0, longest - context * mean)
      let busy =
        launch + prefix.kernels * kernel.perKernel
        + (blocks + (reading * reading) * (reading * reading))
        .squareRoot().squareRoot()
      return max(
        busy, max(kernel.memoryFloor * (own + prefix.keys), kernel.computeFloor * context))
    }
  }

  /// What limits them; waiting for multiprocessors counts as compute.
  func bound(_ sequences: Double, _ context: Double) -> Bound {
    let (reading, busy) = (perToken * context, perSequence * sequences)
    if several > max(reading, busy) { return .host }
    return busy > reading || isComputeBound ? .compute : .hbm
  }
}

/// Families of attention kernels that differ in more than speed.
enum AttentionFamily: Sendable {
  /// Before grouped queries were packed: every query head reads the keys.
  case unpacked
  /// FlashAttention 2 and FlashInfer: grouped queries are packed in pure decode steps only.
  case flash2
  /// FlashAttention 3 and what came after: packs grouped queries in every step.
  case flash3

  /// The kernels that engines of those years choose: warp-specialised ones need Hopper's
  /// instructions, which the smaller chips of later generations lack.
  init(_ gpu: GPU, _ kernels: EngineProfile.Kernels) {
    guard kernels == .current else {
      self = .unpacked
      return
    }
    switch gpu.architecture {
    case .hopper: self = .flash3
    case .blackwell: self = gpu.hasWideMemory ? .flash3 : .flash2
    default: self = .flash2
    }
  }
}

extension GPU {
  /// Whether the memory is HBM: over 10 GB/s for every multiprocessor, twice what GDDR gives.
  var hasWideMemory: Bool { bandwidth.value > 10e9 * Double(tiledMultiprocessors) }
}
