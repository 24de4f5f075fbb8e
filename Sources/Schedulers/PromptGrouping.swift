internal import Serving
internal import Units

/// Steps of groups of prompts that begin alike: what `batchllm` and `batchllm-oracle` share.
struct PromptGrouping: Sendable {
  let budget: TokenBudget
  private let sharesPrefixes: Bool
  private let waits: Bool
  private let order: GroupOrder
  private let maxContext: Int64
  private let isFused: Bool

  /// `ratio` is the order of groups, if they are ordered at all.
  init(_ options: BatchLLMOptions, ratio: GroupOrder) {
    let sequences = options.maxNumSeqs.addingReportingOverflow(options.tokenBatchingDegree)
    budget = TokenBudget(
      maxTokens: Int32(clamping: options.maxNumBatchedTokens),
      maxSequences: sequences.overflow ? .max : Int32(clamping: sequences.partialValue),
      longestChunk: .max)
    sharesPrefixes = options.prefixGrouping
    waits = options.waitsForCommon
    order = options.orderByDecodeRatio ? ratio : .arrival
    maxContext = options.maxKvUsage == 0 ? .max : Int64(options.maxKvUsage)
    isFused = options.fusedAttention
  }

  /// A budget must let every running request decode.
  static func fault(_ options: BatchLLMOptions) -> String? {
    let most = options.maxNumSeqs.addingReportingOverflow(options.tokenBatchingDegree)
    guard most.overflow || options.maxNumBatchedTokens < most.partialValue else { return nil }
    return "max_num_batched_tokens (\(options.maxNumBatchedTokens)) must be at least max_num_seqs "
      + "+ token_batching_degree (\(options.maxNumSeqs) + \(options.tokenBatchingDegree))"
  }

  func sharedPrefixAttention(_ mode: SharedPrefixAttention) -> SharedPrefixAttention {
    isFused && mode == .none ? .fused : mode
  }

  func canServe(_ request: Waiting, in pool: EmptyPool) -> Bool {
    pool.couldHold(request) && Int64(request.tokens) <= maxContext
  }

  func plan(_ batch: inout Batch) -> Plan {
    var tokens = budget.serveRunning(&batch)
    var isRefused = admit(&batch, &tokens)
    if isRefused, batch.count == 0, batch.copies == 0, batch.giveUpPrefixes(but: 0) {
      isRefused = admit(&batch, &tokens)
    }
    // Whoever comes is grouped when nobody before it waits for room.
    let isOpen = !isRefused && batch.count < budget.maxSequences
    return batch.chunks.isEmpty ? .decode(heedsArrivals: isOpen) : .step
  }

  /// Admits those whose prefix nobody computes, in the order of the queue; answers whether one
  /// found no room.
  private func admit(_ batch: inout Batch, _ tokens: inout Int32) -> Bool {
    var index = 0
    while tokens > 0, batch.count < budget.maxSequences, index < batch.waiting.count {
      if !batch.waiting[index].isGrouped {
        batch.groupWaiting(sharesPrefixes: sharesPrefixes, waits: waits, orderedBy: order)
      }
      guard batch.isReady(index) else {
        index += 1
        continue
      }
      let context = batch.runningTokens + Int64(batch.waiting[index].tokens)
      // What has outgrown the limit runs alone.
      guard context <= maxContext || batch.count == 0, budget.admit(index, &batch, &tokens)
      else { return true }
    }
    return false
  }
}
