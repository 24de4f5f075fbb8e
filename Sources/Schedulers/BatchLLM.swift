public import Kernel
public import Serving
internal import Units

/// What `batchllm` and `batchllm-oracle` can set: each part of the system is a switch.
public struct BatchLLMOptions: PolicyOptions {
  /// Tokens computed in one step.
  public var maxNumBatchedTokens = 2048
  /// Requests that run at once, before `tokenBatchingDegree` is added.
  public var maxNumSeqs = 256
  /// Whether requests that begin alike are served together, with their prefix pinned.
  public var prefixGrouping = true
  /// Whether the members of a group wait for the one that computes their prefix.
  public var waitsForCommon = true
  /// Whether groups with the most output for their prompts go first; else the first that came.
  public var orderByDecodeRatio = true
  /// Requests that run at once beyond `maxNumSeqs`, as memory and not their number is to limit a
  /// step; 0 is off.
  public var tokenBatchingDegree = 100
  /// Most tokens of context of all that run; 0: the pool alone limits them.
  public var maxKvUsage = 0
  /// Whether decodes read the prefix that they share once, in one kernel with all else.
  public var fusedAttention = true
  /// All parts, with the numbers of the authors' test.
  public init() {}

  /// Ranges.
  public var fault: String? {
    if maxNumBatchedTokens < 1 { return "max_num_batched_tokens must be at least 1" }
    if maxNumSeqs < 1 { return "max_num_seqs must be at least 1" }
    if tokenBatchingDegree < 0 { return "token_batching_degree must not be negative" }
    if maxKvUsage < 0 { return "max_kv_usage must not be negative" }
    return nil
  }
}

/// BatchLLM: large offline jobs in groups of prompts that begin alike.
///
/// 1. `prefix_grouping`: the prompts that wait make a tree, which becomes one level of groups
///    (`PrefixForest`, at the grain of the engine's blocks). The first member of a group to run
///    computes its prefix, the others wait for it (`waits_for_common`), and the group holds it
///    until its last member has ended.
/// 2. `order_by_decode_ratio`: groups go by outputs over prompts, descending. Any one estimate for
///    all outputs (max_tokens, a mean, history) cancels out of that order: `batchllm` orders by
///    prompts alone, `batchllm-oracle` knows every output.
/// 3. `token_batching_degree`, `max_kv_usage`: memory limits a step, not the number of requests.
/// 4. `fused_attention`: see `engine.shared_prefix_attention`, which it sets to `fused`.
///
/// Steps are those of `vllm-v1`. Requests that come later are grouped among themselves when nobody
/// before them waits for anything but its group's prefix, and stand behind all others.
///
/// Modelled: the four. Not modelled: the time the tree takes on the host (measured: under a second
/// for 100 k prompts); the request of its own that computes a prefix, here its first member does.
/// Kinder than the code: blocks of other groups are hits too, a system prompt for example. Where
/// sequences lack blocks, prefixes of groups of which nobody runs are given up before anybody is
/// preempted, or when nobody could run otherwise. Without a prefix cache nothing says how prompts
/// begin, and every request is a group.
///
/// Source: Zheng et al., arXiv 2412.03594, 2024; microsoft/MixLLM (branch of vLLM 0.6.4).
public struct BatchLLM: Scheduler {
  /// Settings.
  public typealias Options = BatchLLMOptions
  /// `batchllm`.
  public static let name = "batchllm"
  /// What it is.
  public static let summary =
    "BatchLLM: groups by common prefix, pinned; shortest prompts first; batches limited by memory"
  /// It names prompts by their blocks.
  public static let cachesPrefixes = true
  /// As its options say.
  public static func fault(_ options: Options, in context: EngineContext) -> String? {
    PromptGrouping.fault(options)
  }

  private let engine: PromptGrouping

  /// The parts that `options` switch on.
  public init(_ options: Options, _ context: EngineContext) {
    engine = PromptGrouping(options, ratio: .prompt)
  }

  /// Fused, where that is switched on.
  public func sharedPrefixAttention(_ mode: SharedPrefixAttention) -> SharedPrefixAttention {
    engine.sharedPrefixAttention(mode)
  }
  /// Decodes and prompts share it.
  public var tokenBudget: Int32? { engine.budget.maxTokens }
  /// Decodes, then unfinished prompts, then the groups.
  public mutating func plan(_ batch: inout Batch) -> Plan { engine.plan(&batch) }
  /// Whatever fits into an empty pool and its share of it.
  public func canServe(_ request: Waiting, in pool: EmptyPool) -> Bool {
    engine.canServe(request, in: pool)
  }
}

/// BatchLLM with the outputs that requests will have in the place of an estimate.
public struct BatchLLMOracle: Scheduler {
  /// Settings.
  public typealias Options = BatchLLMOptions
  /// `batchllm-oracle`.
  public static let name = "batchllm-oracle"
  /// What it is.
  public static let summary =
    "BatchLLM that knows every output: groups with the most output for their prompts go first"
  /// It orders by outputs.
  public static let isOracle = true
  /// It names prompts by their blocks.
  public static let cachesPrefixes = true
  /// As its options say.
  public static func fault(_ options: Options, in context: EngineContext) -> String? {
    PromptGrouping.fault(options)
  }

  private let engine: PromptGrouping

  /// The parts that `options` switch on.
  public init(_ options: Options, _ context: EngineContext) {
    engine = PromptGrouping(options, ratio: .outputOverPrompt)
  }

  /// Fused, where that is switched on.
  public func sharedPrefixAttention(_ mode: SharedPrefixAttention) -> SharedPrefixAttention {
    engine.sharedPrefixAttention(mode)
  }
  /// Decodes and prompts share it.
  public var tokenBudget: Int32? { engine.budget.maxTokens }
  /// Decodes, then unfinished prompts, then the groups.
  public mutating func plan(_ batch: inout Batch) -> Plan { engine.plan(&batch) }
  /// Whatever fits into an empty pool and its share of it.
  public func canServe(_ request: Waiting, in pool: EmptyPool) -> Bool {
    engine.canServe(request, in: pool)
  }
}
