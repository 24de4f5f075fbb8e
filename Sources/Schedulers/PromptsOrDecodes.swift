internal import Kernel
internal import Serving

/// Steps of vLLM's V0 engine: whole prompts while any is admitted, else decodes; what `vllm-v0` and
/// `vtc` share.
///
/// They differ in who is next: the index in the queue of the request that is admitted before all
/// others, nil when nobody waits.
struct PromptsOrDecodes: Sendable {
  let maxTokens: Int32
  let maxSequences: Int32
  private let watermark: Double

  /// The model's length decides what `auto` means.
  init(_ options: VLLMv0.Options, _ context: EngineContext) {
    let standard = max(Int(context.maxModelLength), 2048)
    maxTokens = Int32(clamping: options.maxNumBatchedTokens.value(or: standard))
    maxSequences = Int32(clamping: options.maxNumSeqs)
    watermark = options.watermark
  }

  private func reserve(of blocks: Int32) -> Int32 { Int32(watermark * Double(blocks)) }

  /// Prompts if any can be admitted, else decodes.
  func plan(_ batch: inout Batch, next: (Batch) -> Int?) -> Plan {
    let reserve = reserve(of: batch.totalBlocks)
    if batch.absent == 0 {
      let tokens = admit(&batch, keeping: reserve, after: resume(&batch), next: next)
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
    let isOpen = batch.waiting.isEmpty && batch.absent == 0 && batch.count < maxSequences
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
    _ batch: inout Batch, keeping reserve: Int32, after resumed: Int32, next: (Batch) -> Int?
  ) -> Int32 {
    var tokens = resumed
    while batch.count < maxSequences, let index = next(batch),
      case let uncached = batch.uncachedTokens(at: index),
      tokens == 0 || uncached <= maxTokens - tokens
    {
      // A preempted request that outgrew the watermark would else wait for ever.
      let needed = batch.blocks(for: batch.waiting[index].tokens)
      let kept = needed + reserve > batch.totalBlocks ? 0 : reserve
      guard batch.admitLoading(index, upTo: .max, keeping: kept) != nil else { break }
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
  func canServe(_ request: Waiting, in pool: EmptyPool) -> Bool {
    request.tokens <= maxTokens && pool.couldHold(request)
      && pool.blocks(for: request.tokens) + reserve(of: pool.totalBlocks) <= pool.totalBlocks
  }
}
