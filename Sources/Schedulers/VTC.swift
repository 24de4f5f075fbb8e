public import Kernel
public import Serving

/// Virtual Token Counter: the user who was served least goes first.
///
/// Steps are those of vLLM's V0 engine (`vllm-v0`): whole prompts while they fit, else decodes; the
/// youngest is preempted. But of the requests that wait, the earliest of the user with the least
/// counter is admitted next, and nobody else while that one does not fit. Counters grow by
/// `weight_input` for each prompt token at admission and by `weight_output` for each token made. A
/// user who had nothing waiting and sends a request is lifted to the least counter of those who
/// have. While two users both have requests waiting, their service differs by at most
/// 2 · max(weight_input · longest prompt, weight_output · tokens of a batch).
///
/// A user is a session of the workload; without sessions each request is a user of its own.
/// Modelled: the counters of each instance. Not modelled: weights of users, predicted lengths.
/// Where a preempted request is computed again that counts for nothing: the engine is to blame.
///
/// Source: Sheng et al., "Fairness in Serving Large Language Models", OSDI 2024 (arXiv 2401.00588),
/// algorithm 2 and theorem 4.4.
public struct VTC: Scheduler {
  /// Settings: those of `vllm-v0`, and weights.
  public struct Options: PolicyOptions {
    /// Prompt tokens of one prefill step; auto: the larger of max_model_len and 2,048.
    public var maxNumBatchedTokens = Automatic.auto
    /// Requests that run at once.
    public var maxNumSeqs = 256
    /// Share of the pool that admission leaves free.
    public var watermark = 0.01
    /// Weight of a prompt token.
    public var weightInput = 1.0
    /// Weight of an output token.
    public var weightOutput = 2.0
    /// The published weights.
    public init() {}

    /// The part that `vllm-v0` has too.
    var engine: VLLMv0.Options {
      var options = VLLMv0.Options()
      options.maxNumBatchedTokens = maxNumBatchedTokens
      options.maxNumSeqs = maxNumSeqs
      options.watermark = watermark
      return options
    }

    /// Ranges.
    public var fault: String? {
      if let fault = engine.fault { return fault }
      guard weightInput >= 0, weightInput.isFinite else {
        return "weight_input must not be negative"
      }
      return weightOutput >= 0 && weightOutput.isFinite
        ? nil : "weight_output must not be negative"
    }
  }

  /// `vtc`.
  public static let name = "vtc"
  /// What it is.
  public static let summary =
    "Virtual Token Counter on vLLM V0: the user served least, in weighted tokens, goes first"

  /// As `vllm-v0`.
  public static let offersSwap = true

  /// As `vllm-v0`.
  public static let takesHandovers = true

  /// What tokens count.
  public let serviceWeights: ServiceWeights?

  private let engine: PromptsOrDecodes

  /// The model's length decides what `auto` means.
  public init(_ options: Options, _ context: EngineContext) {
    serviceWeights = ServiceWeights(input: options.weightInput, output: options.weightOutput)
    engine = PromptsOrDecodes(options.engine, context)
  }

  /// Prompts if any can be admitted, else decodes until another user's turn could come.
  public mutating func plan(_ batch: inout Batch) -> Plan {
    var plan = engine.plan(&batch) { Self.next(in: $0) }
    guard plan.decodes, !batch.waiting.isEmpty, batch.away.isEmpty,
      batch.count < engine.maxSequences
    else { return plan }
    plan.steps = min(plan.steps, Self.stepsToNextTurn(in: batch))
    // Whoever arrives may have been served less than who waits for room.
    plan.heedsArrivals = true
    return plan
  }

  /// The earliest request of the user with the least counter.
  private static func next(in batch: Batch) -> Int? {
    var (best, least) = (Int?.none, Double.infinity)
    for index in 0..<batch.waiting.count {
      let counter = batch.serviceCounter(of: batch.waiting[index].user)
      if counter < least { (best, least) = (index, counter) }
    }
    return best
  }

  /// Decode steps before another user than now can have the least counter.
  private static func stepsToNextTurn(in batch: Batch) -> Int {
    guard let next = next(in: batch) else { return .max }
    let user = batch.waiting[next].user
    let (least, growth) = (batch.serviceCounter(of: user), batch.serviceGrowth(of: user))
    var steps = Double(Int32.max)
    for index in 0..<batch.waiting.count {
      let other = batch.waiting[index].user
      let gain = growth - batch.serviceGrowth(of: other)
      guard other != user, gain > 0 else { continue }
      steps = min(steps, (batch.serviceCounter(of: other) - least) / gain)
    }
    return max(1, Int(steps))
  }

  /// As `vllm-v0`.
  public func canServe(_ request: Waiting, in pool: EmptyPool) -> Bool {
    engine.canServe(request, in: pool)
  }
}
