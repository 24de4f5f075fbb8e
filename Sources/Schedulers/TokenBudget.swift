internal import Serving

/// Steps of one budget of tokens, as vLLM's V1 engine forms them: decodes, then unfinished prompts,
/// then the queue; what `vllm-v1`, `batchllm` and `longest-prefix-first` share.
///
/// They differ in who is admitted from the queue.
struct TokenBudget: Sendable {
  let maxTokens: Int32
  let maxSequences: Int32
  let longestChunk: Int32

  /// Serves what runs; answers what is left of the budget for the queue, 0 in a step that preempts.
  ///
  /// Prefixes that groups keep while nobody of them runs go before anybody is preempted.
  func serveRunning(_ batch: inout Batch) -> Int32 {
    var hasPreempted = false
    while batch.shortage > 0 {
      if batch.giveUpPrefixes() { continue }
      guard let victim = batch.last else { break }
      batch.preempt(victim)
      hasPreempted = true
    }
    var budget = maxTokens - batch.decodes
    var i = 0
    while i < batch.prefilling.count, budget > 0 {
      let limit = min(budget, longestChunk)
      let tokens = batch.extend(batch.prefilling[i], upTo: limit, keeping: batch.growth)
      budget -= tokens
      if tokens > 0 {
        i += 1
      } else if !batch.giveUpPrefixes(), let victim = batch.last {
        // No block for the chunk: the youngest makes room.
        batch.preempt(victim)
        hasPreempted = true
      }
    }
    return hasPreempted ? 0 : budget
  }

  /// Admits the waiting request at `index`; answers whether it was, and takes what it computes from
  /// `budget`.
  func admit(_ index: Int, _ batch: inout Batch, _ budget: inout Int32) -> Bool {
    let limit = min(budget, longestChunk)
    guard let tokens = batch.admitLoading(index, upTo: limit, keeping: batch.growth) else {
      return false
    }
    budget -= tokens
    return true
  }
}
