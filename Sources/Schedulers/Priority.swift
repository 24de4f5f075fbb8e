public import Kernel
public import Serving

/// Settings of engines that serve by priorities.
public struct PriorityOptions: PolicyOptions {
  /// How priorities change.
  public var pattern = PriorityPattern.random
  /// Steps between updates of priorities.
  public var updateInterval = 25
  /// Prompt tokens of one prefill step; auto: the larger of max_model_len and 2,048.
  public var maxNumBatchedTokens = Automatic.auto
  /// Requests that run at once.
  public var maxNumSeqs = 256
  /// Share of the pool that is given to turns when they are chosen.
  public var poolShare = 0.99
  /// Share of the host that turns which have started may fill together.
  public var hostShare = 0.9
  /// The defaults.
  public init() {}
  /// Ranges.
  public var fault: String? {
    if updateInterval < 1 { return "update_interval must be at least 1" }
    if maxNumBatchedTokens.value(or: 1) < 1 { return "max_num_batched_tokens must be at least 1" }
    if maxNumSeqs < 1 { return "max_num_seqs must be at least 1" }
    if !(poolShare > 0 && poolShare <= 1) { return "pool_share must be above 0 and at most 1" }
    if !(hostShare > 0 && hostShare <= 1) { return "host_share must be above 0 and at most 1" }
    return nil
  }
}

/// vLLM with priorities that change while requests run, and swapping: FastSwitch's baseline.
///
/// All copies that go out, then all that come in, keep the step waiting: one for keys or values of
/// each layer and block. A finished turn's KV goes to the host and comes back with the next turn.
///
/// Modelled: `PriorityRotation` and the copies. Not modelled: beams; padding of prompts (0.3.3).
///
/// Source: vLLM 0.3.3 (`vllm/core/scheduler.py`, swap); Shen, Li and Gao, arXiv 2411.18424.
public struct Priority: Scheduler {
  /// `priority`.
  public static let name = "priority"
  /// What it is.
  public static let summary =
    "vLLM 0.3.3 with changing priorities: rotates turns by swapping, copies keep steps waiting"

  private var rotation: PriorityRotation

  /// Priorities drawn from the engine's seed.
  public init(_ options: PriorityOptions, _ context: EngineContext) {
    rotation = PriorityRotation(options, context, waitsAbove: 0)
  }

  /// Block by block, before the step; contexts stay on the host.
  public func swapMode(_ mode: SwapMode?) -> SwapMode? {
    var own = SwapMode()
    own.keepsContexts = true
    return own
  }

  /// An update when it is due, then prompts, else decodes.
  public mutating func plan(_ batch: inout Batch) -> Plan { rotation.plan(&batch) }

  /// Whatever fits into a step's budget and into the share of the pool.
  public func canServe(_ request: Waiting, in pool: EmptyPool) -> Bool {
    rotation.canServe(request, in: pool)
  }
}
