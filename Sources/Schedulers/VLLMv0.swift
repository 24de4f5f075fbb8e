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

  /// One half of a disaggregated pair.
  public static let takesHandovers = true

  /// `--preemption-mode swap`.
  public static let offersSwap = true

  private let engine: PromptsOrDecodes

  /// The model's length decides what `auto` means.
  public init(_ options: Options, _ context: EngineContext) {
    engine = PromptsOrDecodes(options, context)
  }

  /// Prompts if any can be admitted, else decodes.
  public mutating func plan(_ batch: inout Batch) -> Plan {
    engine.plan(&batch) { $0.waiting.isEmpty ? nil : 0 }
  }

  /// V0 drops prompts above the budget of one step; one that outgrew it is recomputed alone.
  public func canServe(_ request: Waiting, in pool: EmptyPool) -> Bool {
    engine.canServe(request, in: pool)
  }
}
