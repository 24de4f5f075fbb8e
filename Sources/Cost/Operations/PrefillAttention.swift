internal import Catalog
internal import Units

/// Constants of causal attention of chunks of prompts, write of keys and values included.
///
/// With T tokens, Q query–key pairs, N blocks of 128 query rows and the longest chunk ending at L:
///
/// time = floor + ‖pairs + N · block + tail/2, tail, keys‖₄ + ‖store, overflow‖₄
/// pairs = FLOPs(Q) / (compute · peak), tail = L · row on one multiprocessor: the last row block
/// of the longest chunk ends alone. Narrow heads pay for their softmax: see `softmax`. Store:
/// writing keys, values and outputs; overflow: what of them L2 cannot hold goes to HBM. `block` and
/// `row` are operations, so they follow the peak of one multiprocessor. Form found on vLLM's
/// kernels (aiconfigurator, LLMServingSim).
public struct PrefillTimes: Sendable, Equatable {
  /// Time of the smallest prompt, s.
  public var floor: Double
  /// Fraction of the arithmetic peak that long prompts reach.
  public var compute: Double
  /// Operations that a block of rows costs beside its pairs, for each head.
  public var block: Double
  /// Bytes per second that one multiprocessor writes.
  public var store: Double
  /// Operations of a row block per key, on its one multiprocessor.
  public var row: Double

  // Not fitted by `calibrate`: the same on every GPU, without a standard error.

  /// Elements of a head's width that the softmax of one pair takes as long as, where it does not
  /// hide behind the products of wide heads; 0 to 128, chosen on heads of 64 against 128 (vLLM's
  /// kernels on H100 and RTX PRO 6000, aiconfigurator).
  static let softmax = 50.0
  /// Rows of a block: FlashAttention's tile of queries.
  public static let blockRows = 128
  /// Fraction of the HBM bandwidth of streams that long; 0.9 to 1, what the best kernels reach.
  static let memory = 0.95

  /// Operations of a row block of decoding queries per key: whole tiles of 64 rows and 128 columns,
  /// and never less than a row block of a prompt.
  var walk: Double { max(row, 4 * 64 * 128 / compute) }

  // Flash attention 2 in a step that has both, see `MixedAttention`: chosen on the mixed steps of
  // vLLM 0.19 on RTX PRO 6000 (LLMServingSim), the one GPU that they were measured on.

  /// Pairs of a decoding query's padded row block, as a multiple of 64 rows; 1 to 1.5.
  static let padding = 1.12
  /// Time in which a multiprocessor skips one row block that a sequence does not have, s; 0.1 to
  /// 1 µs, the start and end of a block of threads that finds nothing to do.
  static let skip = 0.40e-6
  /// Shares of L2 up to which keys read again stay there, and beyond which none does; 0 to 1.
  static let kept = (all: 0.3, none: 1.0)
}

/// Prefill attention of one layer on one GPU, all that does not depend on the step worked out.
struct PrefillAttention: Sendable {
  fileprivate let floor: Double
  fileprivate let perPair: Double
  fileprivate let perBlock: Double
  fileprivate let perEnd: Double
  fileprivate let perKey: Double
  fileprivate let stored: Double
  fileprivate let passed: Double
  fileprivate let cache: Double
  fileprivate let pairFloor: Double
  fileprivate let queryFloor: Double

  init(_ times: PrefillTimes, _ heads: AttentionHeads, gpu: GPU) {
    let (queries, keys, width) =
      (Double(heads.queries), Double(heads.keyValues), Double(heads.width))
    let (peak, bandwidth) = (gpu.bf16.value, gpu.bandwidth.value)
    let processors = Double(gpu.tiledMultiprocessors)
    floor = times.floor
    let narrow = (1 + PrefillTimes.softmax / width) / (1 + PrefillTimes.softmax / 128)
    perPair = heads.flopsPerPair * max(1, narrow) / (times.compute * peak)
    perBlock = queries * times.block / peak
    perEnd = times.row * (width / 128) / (peak / processors)
    perKey = heads.bytesPerToken / (PrefillTimes.memory * bandwidth)
    stored = (2 * queries + 6 * keys) * width * 2 / (processors * times.store)
    passed = (2 * queries + 4 * keys) * width * 2 / (PrefillTimes.memory * bandwidth)
    cache = gpu.sharedCache / (PrefillTimes.memory * bandwidth)
    pairFloor = heads.flopsPerPair / peak
    queryFloor = 2 * queries * width * 2 / bandwidth
  }

  /// The counts of the chunks of one step.
  struct Chunks {
    var tokens: Double
    var pairs: Double
    var blocks: Double
    var keys: Double
    /// Keys of the longest.
    var longest: Double
    /// Tokens of the largest.
    var largest: Double
  }

  /// The time for `chunks`.
  func time(_ chunks: Chunks) -> Double {
    time(
      compute: chunks.pairs * perPair + chunks.blocks * perBlock, keys: chunks.keys * perKey,
      end: chunks.longest * perEnd, rows: chunks.tokens, pairs: chunks.pairs)
  }

  fileprivate func time(
    compute: Double, keys: Double, end: Double, rows: Double, pairs: Double
  ) -> Double {
    let work = norm4(norm4(compute + end / 2, end), keys)
    let overflow = max(0, rows * passed - cache)
    let busy = floor + work + norm4(rows * stored, overflow)
    // Keys at the whole bandwidth, queries and outputs beside them.
    let traffic = PrefillTimes.memory * keys + rows * queryFloor
    return max(busy, max(pairs * pairFloor, traffic))
  }

  /// What limits them.
  func bound(_ chunks: Chunks) -> Bound {
    let compute = chunks.pairs * perPair + chunks.blocks * perBlock
    let memory = max(chunks.keys * perKey, chunks.tokens * stored)
    if floor > max(compute, memory) { return .host }
    return compute >= memory ? .compute : .hbm
  }
}

/// Attention of steps that hold both chunks of prompts and decodes.
///
/// Flash attention 3 packs grouped queries whatever the step holds, and older kernels never did:
/// the times add, less a launch.
/// Flash attention 2 runs one kernel for all rows, in which every decoding query is a row block of
/// its own for each query head: 64 rows of arithmetic for one, keys read again by heads that share
/// them, and empty blocks up to the largest chunk's number.
struct MixedAttention: Sendable {
  private let isOneKernel: Bool
  private let saved: Double
  private let pairs: Double
  private let skip: Double
  private let group: Double
  private let end: Double
  private let spread: Double
  private let cachedShare: Double
  private let prefill: PrefillAttention
  private let decode: DecodeAttention

  init(
    _ times: PrefillTimes, _ heads: AttentionHeads, gpu: GPU, family: AttentionFamily,
    prefill: PrefillAttention, decode: DecodeAttention
  ) {
    let processors = Double(gpu.tiledMultiprocessors)
    (self.prefill, self.decode) = (prefill, decode)
    isOneKernel = family == .flash2
    saved = min(times.floor, 2 * decode.perKernel)
    pairs = PrefillTimes.padding * 64
    skip = Double(heads.queries) * PrefillTimes.skip / processors
    group = Double(heads.queries) / Double(heads.keyValues)
    // A row block that a decoding query has for itself computes whole tiles.
    let row = times.walk
    end = row * (Double(heads.width) / 128) / (gpu.bf16.value / processors)
    spread = 1 / processors
    cachedShare = heads.bytesPerToken / Double(heads.keyValues) / gpu.sharedCache
  }

  /// The time of both together: never less than either alone.
  ///
  /// `decoding` and `prefilling` are the times of each alone.
  func time(
    _ chunks: PrefillAttention.Chunks, _ sequences: Double, _ context: Double, longest: Double,
    _ prefix: DecodeAttention.Prefix = DecodeAttention.Prefix(), decoding: Double,
    prefilling: Double
  ) -> Double {
    guard isOneKernel else { return prefilling + decoding - saved }
    // The prefix is a product of its own, whose rows are full.
    let (all, context) = (context, context - prefix.reads)
    let blocks = chunks.blocks + sequences
    let empty = ((chunks.largest + 63) / 64).rounded(.down) - 1
    let compute =
      (chunks.pairs + pairs * context) * prefill.perPair + blocks * prefill.perBlock
      + sequences * max(0, empty) * skip
    let kept = PrefillTimes.kept
    let missing = min(1, max(0, (cachedShare * context - kept.all) / (kept.none - kept.all)))
    let again = 1 + (group - 1) * min(1, sequences * spread) * missing
    let together = prefill.time(
      compute: compute, keys: (chunks.keys + context * again) * prefill.perKey,
      end: max(chunks.longest, longest) * end, rows: chunks.tokens + sequences,
      pairs: chunks.pairs + all)
    let apart = decode.time(prefix) + prefix.kernels * decode.perKernel
    return max(together + apart, max(decoding, prefilling))
  }
}
