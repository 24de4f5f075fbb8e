public import Kernel
public import Serving

/// vLLM's V0 engine (0.8.5, chunked prefill off): a step is either whole prompts or decodes.
///
/// Waiting prompts go first, in order of arrival, while they fit into the token budget, the limit
/// of sequences and the pool less its watermark; only when none is admitted do the running
/// requests decode. When a decode finds no block, the youngest running request is preempted: its
/// KV is lost and it waits at the head of the queue with its output so far as part of its prompt.
/// With `preemption: swap` its KV goes to the host, if that has room, and comes back, the oldest
/// first, in a step in which nobody was preempted; nobody is admitted while one is away.
///
/// What tiers under HBM have of a prompt is loaded first, beside the steps; the rest of it is
/// computed in the next step of prompts after it has landed, before any other.
///
/// Modelled: the rules above and their defaults. Not modelled: groups of several sequences, delay
/// factor, priorities, chunked prefill. Where the host is full vLLM stops with an error; here the
/// request is recomputed.
///
/// Source: vLLM 0.8.5, `vllm/core/scheduler.py`; Kwon et al., SOSP 2023, §4.5.
public struct VLLMv0: Scheduler {
  /// Settings, named as vLLM names them.
  public struct Options: PolicyOptions {
    /// Prompt tokens of one prefill step; auto: the larger of max_model_len and 2,048.
    public var maxNumBatchedTokens = Automatic.auto
    /// Requests that run at once.
    public var maxNumSeqs = 256
    /// Share of the pool that admission leaves free.
    public var watermark = 0.01
    /// The defaults of vLLM.
    public init() {}
    /// Ranges.
    public var fault: String? {
      if maxNumBatchedTokens.value(or: 1) < 1 { return "max_num_batched_tokens must be at least 1" }
      if maxNumSeqs < 1 { return "max_num_seqs must be at least 1" }
      if !(0..<1).contains(watermark) { return "watermark must lie in 0..<1" }
      return nil
    }
  }

  /// `vllm-v0`.
  public static let name = "vllm-v0"
  /// What it is.
  public static let summary =
    "vLLM 0.8.5 V0: steps of whole prompts or of decodes, watermark, recompute"

  /// Its block manager finds cached prefixes; a prompt counts against the budget without them.
  public static let cachesPrefixes = true

  /// `--preemption-mode swap`.
  public static let offersSwap = true

  private let maxTokens: Int32
  private let maxSequences: Int32
  private let watermark: Double

  /// The model's length decides what `auto` means.
  public init(_ options: Options, _ context: EngineContext) {
    let standard = max(Int(context.maxModelLength), 2048)
    maxTokens = Int32(clamping: options.maxNumBatchedTokens.value(or: standard))
    maxSequences = Int32(clamping: options.maxNumSeqs)
    watermark = options.watermark
  }

  private func reserve(of batch: Batch) -> Int32 { Int32(watermark * Double(batch.totalBlocks)) }

  /// Prompts if any can be admitted, else decodes.
  public mutating func plan(_ batch: inout Batch) -> Plan {
    let reserve = reserve(of: batch)
    if batch.away.isEmpty {
      let tokens = admit(&batch, keeping: reserve, after: resume(&batch))
      if tokens > 0 { return .prefill }
    }
    var hasPreempted = false
    while batch.shortage > 0, let victim = victim(in: batch) {
      batch.preempt(victim, .swapOrRecompute)
      hasPreempted = true
    }
    if !hasPreempted { bringBack(&batch, keeping: reserve) }
    // Blocks of who leaves beside the steps are free only when they have left.
    if batch.growth > batch.availableBlocks { return .idle }
    let isOpen = batch.waiting.isEmpty && batch.away.isEmpty && batch.count < maxSequences
    return .decode(heedsArrivals: isOpen)
  }

  /// Computes what prompts lack that were loaded from tiers under HBM, and answers the tokens.
  ///
  /// They have their blocks.
  private func resume(_ batch: inout Batch) -> Int32 {
    var tokens: Int32 = 0
    for slot in batch.prefilling {
      let rest = batch.uncomputedTokens(of: slot)
      guard tokens == 0 || rest <= maxTokens - tokens else { break }
      tokens += batch.extend(slot, upTo: .max, keeping: 0)
    }
    return tokens
  }

  /// The prompt tokens that a step of prompts counts against its budget, `resumed` ones among them;
  /// 0: it has none.
  private func admit(
    _ batch: inout Batch, keeping reserve: Int32, after resumed: Int32
  ) -> Int32 {
    var tokens = resumed
    while let head = batch.waiting.first, batch.count < maxSequences,
      case let uncached = batch.uncachedTokensOfHead(),
      tokens == 0 || uncached <= maxTokens - tokens
    {
      // A preempted request that outgrew the watermark would else wait for ever.
      let isTooLong = batch.blocks(for: head.tokens) + reserve > batch.totalBlocks
      let kept = isTooLong ? 0 : reserve
      guard batch.admitLoading(upTo: .max, keeping: kept) != nil else { break }
      tokens += uncached
    }
    return tokens
  }

  /// The youngest running request: with swapping not the one that was admitted last.
  private func victim(in batch: Batch) -> Slot? {
    guard batch.canSwap else { return batch.last }
    var (youngest, slot) = (batch.first, batch.first)
    while let current = slot {
      if let best = youngest, batch.order(of: current) > batch.order(of: best) {
        youngest = current
      }
      slot = batch.next(after: current)
    }
    return youngest
  }

  /// Brings those that are away back, the oldest first, until one does not fit.
  private func bringBack(_ batch: inout Batch, keeping reserve: Int32) {
    while batch.count < maxSequences,
      let oldest = batch.away.min(by: { batch.order(of: $0) < batch.order(of: $1) })
    {
      let isTooLong = batch.blocks(of: oldest) + reserve >= batch.totalBlocks
      guard batch.swapIn(oldest, keeping: batch.growth + (isTooLong ? 0 : reserve)) else { break }
    }
  }

  /// V0 drops prompts above the budget of one step; one that outgrew it is recomputed alone.
  public func canServe(_ request: Waiting, in batch: Batch) -> Bool {
    request.tokens <= maxTokens && batch.couldHold(request)
      && batch.blocks(for: request.tokens) + reserve(of: batch) <= batch.totalBlocks
  }
}
