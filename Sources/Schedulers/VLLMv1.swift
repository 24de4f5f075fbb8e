public import Kernel
public import Serving
internal import Units

/// vLLM's V1 engine (0.8.5): one token budget a step, decodes first, prompts cut into chunks.
///
/// Each step serves the running requests in order of admission, one token for a decode and as much
/// as the budget allows of an unfinished prompt; what is left of the budget admits waiting requests
/// in order of arrival. Without a free block the youngest running request is preempted: its KV is
/// lost and it waits at the head of the queue; nothing is admitted in such a step. There is no
/// watermark: admission needs only the blocks of its first chunk. What tiers under HBM have of a
/// prompt is loaded first; the request has its blocks and its place among the running ones then,
/// where vLLM leaves it in the queue and never preempts it.
///
/// Modelled: budget, chunking, admission, preemption by recomputation, defaults of the API server.
/// Not modelled: priorities, speculative tokens, encoder inputs; blocks that a request admitted in
/// the same step is about to compute are not hits yet.
///
/// Source: vLLM 0.8.5, `vllm/v1/core/sched/scheduler.py`; Kwon et al., SOSP 2023, §4.5.
public struct VLLMv1: Scheduler {
  /// Settings, named as vLLM names them.
  public struct Options: PolicyOptions {
    /// Tokens computed in one step; auto: 8,192 on GPUs of at least 70 GiB, else 2,048.
    public var maxNumBatchedTokens = Automatic.auto
    /// Requests that run at once; auto: 1,024 on GPUs of at least 70 GiB, else 256.
    public var maxNumSeqs = Automatic.auto
    /// Most tokens of one prompt in a step; 0 is no limit.
    public var longPrefillTokenThreshold = 0
    /// The defaults of vLLM's API server.
    public init() {}
    /// Ranges.
    public var fault: String? {
      if maxNumBatchedTokens.value(or: 1) < 1 { return "max_num_batched_tokens must be at least 1" }
      if maxNumSeqs.value(or: 1) < 1 { return "max_num_seqs must be at least 1" }
      if longPrefillTokenThreshold < 0 {
        return "long_prefill_token_threshold must not be negative"
      }
      return nil
    }
  }

  /// `vllm-v1`.
  public static let name = "vllm-v1"
  /// What it is.
  public static let summary =
    "vLLM 0.8.5 V1: token budget, chunked prefill, recompute to the queue's front"

  /// Its block manager finds cached prefixes.
  public static let cachesPrefixes = true

  /// One half of a disaggregated pair.
  public static let takesHandovers = true

  private let engine: TokenBudget

  /// The engine's GPU decides what `auto` means.
  public init(_ options: Options, _ context: EngineContext) {
    engine = Self.budget(options, context)
  }

  /// The steps of `options`, which other engines have too.
  static func budget(_ options: Options, _ context: EngineContext) -> TokenBudget {
    let (tokens, sequences) = limits(options, context)
    let threshold = options.longPrefillTokenThreshold
    return TokenBudget(
      maxTokens: Int32(clamping: tokens), maxSequences: Int32(clamping: sequences),
      longestChunk: threshold == 0 ? .max : Int32(clamping: threshold))
  }

  /// Decodes and prompts share it.
  public var tokenBudget: Int32? { engine.maxTokens }

  private static func limits(_ options: Options, _ context: EngineContext) -> (Int, Int) {
    let isLarge = context.gpuMemory.value >= 70 * 0x1p30
    return (
      options.maxNumBatchedTokens.value(or: isLarge ? 8192 : 2048),
      options.maxNumSeqs.value(or: isLarge ? 1024 : 256)
    )
  }

  /// vLLM refuses a budget that could not decode every running request.
  public static func fault(_ options: Options, in context: EngineContext) -> String? {
    let (tokens, sequences) = limits(options, context)
    guard tokens < sequences else { return nil }
    return "max_num_batched_tokens (\(tokens)) must be at least max_num_seqs (\(sequences))"
  }

  /// Decodes, then unfinished prompts, then the queue.
  public mutating func plan(_ batch: inout Batch) -> Plan {
    var budget = engine.serveRunning(&batch)
    while budget > 0, batch.count < engine.maxSequences, engine.admit(0, &batch, &budget) {}
    let isOpen = batch.waiting.isEmpty && batch.count < engine.maxSequences
    return batch.chunks.isEmpty ? .decode(heedsArrivals: isOpen) : .step
  }
}
