public import Kernel
public import Serving

/// FastSwitch: context switches that priorities force, made cheap by three mechanisms.
///
/// 1. `block_groups`: blocks are laid in runs of neighbours (`BlockGroups`), one copy for keys or
///    values of each layer and run. 2. `asynchronous`: copies run beside the steps; a step waits
///    only if it needs blocks that are still leaving, or would be nearly empty without those that
///    are coming back (adaptive). 3. `reuse`: the host keeps its copy of what has come back, so
///    only what is new goes out; room for more is kept behind it. When the host is full that room
///    is given up first, then contexts for which no turn waits, then copies of what runs
///    (contaminated), then the other contexts.
///
/// Modelled: the three, and what `priority` does; without them it is `priority`. Not modelled: the
/// launch overhead of worker threads, stealing of a random victim's tail (the largest is taken).
///
/// Source: Shen, Li and Gao, "FastSwitch: Optimizing Context Switching Efficiency in Fairness-aware
/// Large Language Model Serving", arXiv 2411.18424, 2024.
public struct FastSwitch: Scheduler {
  /// Settings: those of `priority` and the mechanisms.
  public struct Options: PolicyOptions {
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
    /// Whether copies carry runs of blocks.
    public var blockGroups = true
    /// Whether copies run beside the steps.
    public var asynchronous = true
    /// Whether the host keeps its copies.
    public var reuse = true
    /// Blocks of a first run.
    public var initialGroup = 60
    /// Blocks kept free on the host behind a copy.
    public var reserveBlocks = 8
    /// Returning turns over all that run, above which a step waits for them.
    public var waitsAbove = 0.9
    /// The defaults: all three.
    public init() {}

    /// The part that `priority` has too.
    var priority: PriorityOptions {
      var options = PriorityOptions()
      options.pattern = pattern
      options.updateInterval = updateInterval
      options.maxNumBatchedTokens = maxNumBatchedTokens
      options.maxNumSeqs = maxNumSeqs
      options.poolShare = poolShare
      options.hostShare = hostShare
      return options
    }

    /// Ranges.
    public var fault: String? {
      if let fault = priority.fault { return fault }
      if initialGroup < 1 { return "initial_group must be at least 1" }
      if !(0...1_000_000).contains(reserveBlocks) {
        return "reserve_blocks must be from 0 to 1000000"
      }
      return waitsAbove >= 0 && waitsAbove <= 1 ? nil : "waits_above must be from 0 to 1"
    }
  }

  /// `fastswitch`.
  public static let name = "fastswitch"
  /// What it is.
  public static let summary =
    "FastSwitch: changing priorities; block groups, asynchronous swaps, reuse of host copies"

  private let options: Options
  private var rotation: PriorityRotation

  /// Priorities drawn from the engine's seed.
  public init(_ options: Options, _ context: EngineContext) {
    self.options = options
    rotation = PriorityRotation(options.priority, context, waitsAbove: options.waitsAbove)
  }

  /// As the switches say; contexts stay on the host.
  public func swapMode(_ mode: SwapMode?) -> SwapMode? {
    var own = SwapMode()
    own.keepsContexts = true
    own.granularity = options.blockGroups ? .group : .block
    own.initialGroup = Int32(clamping: options.initialGroup)
    own.isAwaited = !options.asynchronous
    own.reusesCopies = options.reuse
    own.reserve = options.reuse ? Int32(clamping: options.reserveBlocks) : 0
    return own
  }

  /// An update when it is due, then prompts, else decodes.
  public mutating func plan(_ batch: inout Batch) -> Plan { rotation.plan(&batch) }

  /// Whatever fits into a step's budget and into the share of the pool.
  public func canServe(_ request: Waiting, in pool: EmptyPool) -> Bool {
    rotation.canServe(request, in: pool)
  }
}
