public import Units

/// What one instance counts while it runs: integers only, so sums over instances depend on no
/// order, and leaping and step-by-step runs agree.
public struct Recorder: Sendable {
  /// Inter-token gaps of measured requests.
  public var gaps: GapTally
  /// Counts and time integrals.
  public var totals = RunTotals()
  /// One row per step, when asked for.
  public var steps: StepLog?

  /// - Parameters:
  ///   - exactGaps: inter-token gaps kept exactly before they are binned.
  ///   - logsSteps: whether every step leaves a row.
  public init(exactGaps: Int = 1 << 20, logsSteps: Bool = false) {
    gaps = GapTally(limit: exactGaps)
    steps = logsSteps ? StepLog() : nil
  }
}

/// Counts and time integrals of an instance or of a run.
///
/// Integrals are in picoseconds × the counted thing.
public struct RunTotals: Sendable, Equatable {
  /// Engine steps.
  public var steps: Int64 = 0
  /// Tokens decoded: sequences summed over decode steps.
  public var decodes: Int64 = 0
  /// Tokens read by decode attention, summed over steps.
  public var context: Int64 = 0
  /// Those of them that several sequences read together, summed over these.
  public var sharedContext: Int64 = 0
  /// How many those are when each is read once.
  public var sharedKeys: Int64 = 0
  /// Steps under a budget of tokens.
  public var budgetedSteps: Int64 = 0
  /// Those of them that used less than nine tenths of it.
  public var underfilledSteps: Int64 = 0
  /// Prompt tokens computed, recomputed ones included.
  public var prefillTokens: Int64 = 0
  /// Query–key pairs of prefill attention.
  public var prefillPairs: Int64 = 0
  /// Keys that prefill attention reads.
  public var prefillKeys: Int64 = 0
  /// Sequences sampled, summed over steps.
  public var samples: Int64 = 0
  /// Prompt tokens of requests that got their first token.
  public var promptTokens: Int64 = 0
  /// Output tokens made.
  public var generatedTokens: Int64 = 0
  /// Requests finished.
  public var finished: Int64 = 0
  /// Those of the warm-up among them.
  public var finishedOfWarmup: Int64 = 0
  /// Preemptions.
  public var preemptions: Int64 = 0
  /// Tokens computed again because of preemptions.
  public var recomputedTokens: Int64 = 0
  /// Steps outside the range that the cost model was calibrated on.
  public var extrapolatedSteps: Int64 = 0
  /// Time with a step in flight.
  public var busyTime: Int128 = 0
  /// The part of it before the first measured request arrived.
  public var busyTimeInWarmup: Int128 = 0
  /// The part of it after the last measured request was settled, while the warm-up's still ran.
  public var busyTimeAfterwards: Int128 = 0
  /// ∫ requests in the batch, from 0 to the last arrival.
  public var runningTime: Int128 = 0
  /// ∫ requests at the instance, over the whole run (Little's law).
  public var presenceTime: Int128 = 0
  /// Time with at least one request waiting.
  public var waitingTime: Int128 = 0
  /// The same, up to the last arrival.
  public var waitingTimeInWindow: Int128 = 0
  /// ∫ KV tokens stored while at least one request waits.
  public var tokenTimeWaiting: Int128 = 0
  /// Prompt tokens looked up in a prefix cache.
  public var prefixQueryTokens: Int64 = 0
  /// Prompt tokens found there or in the tiers under HBM; the three that follow and
  /// `tierHitTokens` add up to it.
  public var prefixHitTokens: Int64 = 0
  /// Those that a request of another session had computed for its prompt.
  public var hitTokensShared: Int64 = 0
  /// Those that an earlier turn of the session had computed for its prompt.
  public var hitTokensSession: Int64 = 0
  /// Those that an earlier turn had decoded as its output.
  public var hitTokensOutput: Int64 = 0
  /// Of all found, those that a running request held.
  public var hitTokensRunning: Int64 = 0
  /// Tokens that preempted requests found again.
  public var hitTokensPreempted: Int64 = 0
  /// Tokens found but computed again, because a step computes at least one token.
  public var hitTokensComputedAgain: Int64 = 0
  /// Those that lay in tiers under HBM, by tier, the nearest first; the last has those of all
  /// below it.
  public var tierHitTokens = SIMD4<Int64>()
  /// Bytes of KV loaded from lower tiers into HBM.
  public var loadedBytes: Int64 = 0
  /// Bytes of KV raised to the nearest tier under HBM for requests that waited.
  public var prefetchedBytes: Int64 = 0
  /// Bytes of KV stored from HBM in lower tiers.
  public var storedBytes: Int64 = 0
  /// Bytes of KV that came from instances that computed prompts.
  public var handoverBytes: Int64 = 0
  /// Sequences that came from them.
  public var handovers: Int64 = 0
  /// Bytes of KV copied back to HBM.
  public var swapInBytes: Int64 = 0
  /// Bytes of KV copied out of HBM.
  public var swapOutBytes: Int64 = 0
  /// Time in which work was there and only copies kept it from a step.
  public var copyStallTime: Int128 = 0
  /// Groups of pages that were mapped, by engines that map pages.
  public var mappedPageGroups: Int64 = 0
  /// Time by which steps ended later because their pages were still being mapped.
  public var mapStallTime: Int128 = 0
  /// Time with at least one request swapped out, until it runs again.
  public var swappedTime: Int128 = 0
  /// ∫ requests swapped out, until they run again.
  public var swappedWait: Int128 = 0
  /// The part of it in which their KV was on its way back.
  public var swapInWait: Int128 = 0
  /// ∫ admitted requests whose context was on its way back.
  public var contextInWait: Int128 = 0
  /// Most KV blocks in use at once; of a run, on any one instance.
  public var peakBlocks: Int64 = 0

  /// Nothing counted.
  public init() {}

  /// Adds the counts of another instance.
  public mutating func add(_ other: RunTotals) {
    steps += other.steps
    decodes += other.decodes
    context += other.context
    sharedContext += other.sharedContext
    sharedKeys += other.sharedKeys
    budgetedSteps += other.budgetedSteps
    underfilledSteps += other.underfilledSteps
    prefillTokens += other.prefillTokens
    prefillPairs += other.prefillPairs
    prefillKeys += other.prefillKeys
    samples += other.samples
    promptTokens += other.promptTokens
    generatedTokens += other.generatedTokens
    finished += other.finished
    finishedOfWarmup += other.finishedOfWarmup
    preemptions += other.preemptions
    recomputedTokens += other.recomputedTokens
    extrapolatedSteps += other.extrapolatedSteps
    busyTime += other.busyTime
    busyTimeInWarmup += other.busyTimeInWarmup
    busyTimeAfterwards += other.busyTimeAfterwards
    runningTime += other.runningTime
    presenceTime += other.presenceTime
    waitingTime += other.waitingTime
    waitingTimeInWindow += other.waitingTimeInWindow
    tokenTimeWaiting += other.tokenTimeWaiting
    prefixQueryTokens += other.prefixQueryTokens
    prefixHitTokens += other.prefixHitTokens
    hitTokensShared += other.hitTokensShared
    hitTokensSession += other.hitTokensSession
    hitTokensOutput += other.hitTokensOutput
    hitTokensRunning += other.hitTokensRunning
    hitTokensPreempted += other.hitTokensPreempted
    hitTokensComputedAgain += other.hitTokensComputedAgain
    tierHitTokens &+= other.tierHitTokens
    loadedBytes += other.loadedBytes
    prefetchedBytes += other.prefetchedBytes
    storedBytes += other.storedBytes
    handoverBytes += other.handoverBytes
    handovers += other.handovers
    swapInBytes += other.swapInBytes
    swapOutBytes += other.swapOutBytes
    copyStallTime += other.copyStallTime
    mappedPageGroups += other.mappedPageGroups
    mapStallTime += other.mapStallTime
    swappedTime += other.swappedTime
    swappedWait += other.swappedWait
    swapInWait += other.swapInWait
    contextInWait += other.contextInWait
    peakBlocks = max(peakBlocks, other.peakBlocks)
  }
}

/// One row per engine step of an instance, one column per field.
public struct StepLog: Sendable {
  /// Step number on its instance, from 0.
  public var step: [Int64] = []
  /// When the step began.
  public var start: [Instant] = []
  /// When it ended.
  public var end: [Instant] = []
  /// Requests in the batch.
  public var running: [Int32] = []
  /// Requests left in the queue when the step began.
  public var waiting: [Int32] = []
  /// Prompt tokens computed.
  public var prefillTokens: [Int32] = []
  /// Tokens decoded.
  public var decodeTokens: [Int32] = []
  /// KV blocks in use at the step's end, before anything is freed.
  public var blocks: [Int32] = []
  /// What bound the step: the raw value of the cost model's `Bound`, as its index.
  public var bound: [UInt8] = []

  /// No steps.
  public init() {}
  /// Number of rows.
  public var count: Int { step.count }

  /// Adds a row; the parameters are the columns.
  public mutating func append(
    step number: Int64, start began: Instant, end ended: Instant, running present: Int32,
    waiting queued: Int32, prefillTokens prompt: Int32, decodeTokens decoded: Int32,
    blocks held: Int32, bound limit: UInt8
  ) {
    step.append(number)
    start.append(began)
    end.append(ended)
    running.append(present)
    waiting.append(queued)
    prefillTokens.append(prompt)
    decodeTokens.append(decoded)
    blocks.append(held)
    bound.append(limit)
  }
}
