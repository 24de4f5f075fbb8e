public import Kernel
public import Serving
internal import Units

/// The waiting request that hits the most of its prompt goes first: the order of SGLang's queue
/// (`lpm`), on the steps of `vllm-v1`.
///
/// The queue is looked up once a step; equal hits keep the order of arrival. Above `fcfs_above`
/// waiting requests the order is that of arrival, as SGLang spares itself the look-up then; 0 looks
/// up any queue. Offline, with an unbounded look-up and one request admitted at a time, that visits
/// the tree of prompts depth first, the best order for a cache of its size (theorem 3.1 of the
/// source); requests with equal hits that are admitted together each compute what they share.
///
/// Modelled: the order. Not modelled: SGLang's own steps, which are prompts or decodes, its
/// reservation for outputs, and that it holds back prompts which others of the queue begin like.
///
/// Source: Zheng et al., "SGLang", NeurIPS 2024, §3; SGLang 0.4, `schedule_policy.py`.
public struct LongestPrefixFirst: Scheduler {
  /// Settings: those of `vllm-v1`, and when the queue is not looked up.
  public struct Options: PolicyOptions {
    /// Tokens computed in one step; auto: as `vllm-v1`.
    public var maxNumBatchedTokens = Automatic.auto
    /// Requests that run at once; auto: as `vllm-v1`.
    public var maxNumSeqs = Automatic.auto
    /// Waiting requests above which they go in order of arrival; 0: never.
    public var fcfsAbove = 128
    /// SGLang's threshold.
    public init() {}

    /// The part that `vllm-v1` has too.
    var engine: VLLMv1.Options {
      var options = VLLMv1.Options()
      options.maxNumBatchedTokens = maxNumBatchedTokens
      options.maxNumSeqs = maxNumSeqs
      return options
    }

    /// Ranges.
    public var fault: String? {
      engine.fault ?? (fcfsAbove >= 0 ? nil : "fcfs_above must not be negative")
    }
  }

  /// `longest-prefix-first`.
  public static let name = "longest-prefix-first"
  /// What it is.
  public static let summary =
    "SGLang's lpm order on vLLM V1's steps: who hits the most of its prompt goes first"
  /// Without a cache nobody hits anything.
  public static let cachesPrefixes = true

  private let engine: TokenBudget
  private let fcfsAbove: Int

  /// The engine's GPU decides what `auto` means.
  public init(_ options: Options, _ context: EngineContext) {
    engine = VLLMv1.budget(options.engine, context)
    fcfsAbove = options.fcfsAbove == 0 ? .max : options.fcfsAbove
  }

  /// As `vllm-v1`.
  public static func fault(_ options: Options, in context: EngineContext) -> String? {
    VLLMv1.fault(options.engine, in: context)
  }

  /// Decodes and prompts share it.
  public var tokenBudget: Int32? { engine.maxTokens }

  /// Decodes, then unfinished prompts, then the queue by its hits.
  public mutating func plan(_ batch: inout Batch) -> Plan {
    var budget = engine.serveRunning(&batch)
    if batch.waiting.count > fcfsAbove {
      while budget > 0, batch.count < engine.maxSequences, engine.admit(0, &batch, &budget) {}
    } else if budget > 0, batch.count < engine.maxSequences, !batch.waiting.isEmpty {
      admitByHits(&batch, &budget)
    }
    // Whoever comes may hit more than who waits, or turn the order over.
    return batch.chunks.isEmpty
      ? .decode(heedsArrivals: batch.count < engine.maxSequences) : .step
  }

  private func admitByHits(_ batch: inout Batch, _ budget: inout Int32) {
    let hits = (0..<batch.waiting.count).map { batch.foundTokens(at: $0) }
    var order = hits.indices.sorted { (-hits[$0], $0) < (-hits[$1], $1) }[...]
    while let next = order.popFirst() {
      guard budget > 0, batch.count < engine.maxSequences else { break }
      guard engine.admit(next, &batch, &budget) else { break }
      for i in order.indices where order[i] > next { order[i] -= 1 }
    }
    // Who hits the most changes with the first block that is evicted.
    if !batch.waiting.isEmpty { batch.heedEvictions() }
  }
}
