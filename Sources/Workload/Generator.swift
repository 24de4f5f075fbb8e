public import Kernel
public import Metrics
public import Units

/// Draws requests: an arrival process and two distributions of lengths.
///
/// Each draws from a stream of its own (`arrivals`, `input_tokens`, `output_tokens`), so changing
/// one moves nothing of the others, as long as no pair is rejected for its sum.
public struct Generator: Sendable {
  /// What prompts begin with and how many requests there are; nil: nothing is shared.
  public var prefixes: PrefixTree?
  /// How many requests; exclusive with `duration`.
  public var requests: Int?
  /// Arrivals before this time; exclusive with `requests`.
  public var duration: Seconds?
  /// When requests arrive.
  public var arrivals: ArrivalProcess
  /// Lengths of prompts.
  public var inputTokens: Distribution
  /// Lengths of outputs.
  public var outputTokens: Distribution
  /// Pairs of lengths with a larger sum are rejected and both drawn again.
  public var maxTotalTokens: Int?

  /// A generator; whether its settings make sense is asked by `fault` and by `generate`.
  public init(
    requests: Int? = nil, duration: Seconds? = nil, arrivals: ArrivalProcess,
    inputTokens: Distribution, outputTokens: Distribution, maxTotalTokens: Int? = nil
  ) {
    self.requests = requests
    self.duration = duration
    self.arrivals = arrivals
    self.inputTokens = inputTokens
    self.outputTokens = outputTokens
    self.maxTotalTokens = maxTotalTokens
  }

  /// The requests of `seed`, ascending by arrival.
  ///
  /// Fixed gaps and a burst begin at 0, the other processes at their first gap. A closed loop has
  /// no arrivals beyond those at 0 before it runs.
  ///
  /// - Throws: `TraceError` if the settings contradict each other, the last arrival would lie
  ///   beyond 106 days, or 10,000 pairs in a row exceed `maxTotalTokens`.
  public func generate(seed: UInt64) throws(TraceError) -> RequestTable {
    if let fault { throw TraceError("generate: \(fault)") }
    if let prefixes { return try generate(prefixes, seed: seed) }
    var clock = ArrivalClock(arrivals, seed: seed)
    var inputs = RandomStream(seed: seed, name: "input_tokens")
    var outputs = RandomStream(seed: seed, name: "output_tokens")
    let end = duration.map { Instant.zero + $0 } ?? .never
    let count = requests ?? .max
    var table = RequestTable()
    table.reserve(requests ?? expectedRequests)
    while table.count < count {
      guard let next = clock.next() else {
        if duration != nil { break }
        throw TraceError("generate: request \(table.count + 1) arrives after over 106 days")
      }
      guard next < end else { break }
      let (prompt, output) = try lengths(&inputs, &outputs)
      table.append(at: next, prompt: prompt, output: output)
    }
    if case .closed(let concurrency) = arrivals { table.close(at: concurrency) }
    return table
  }

  /// Own input and output of a request, which `prefix` tokens precede.
  func lengths(
    _ inputs: inout RandomStream, _ outputs: inout RandomStream, after prefix: Int = 0
  ) throws(TraceError) -> (Int32, Int32) {
    let limit = (maxTotalTokens ?? Int(Int32.max)) - prefix
    for _ in 0..<10_000 {
      let prompt = inputTokens.drawTokens(from: &inputs)
      let output = outputTokens.drawTokens(from: &outputs)
      if Int(prompt) + Int(output) <= limit { return (prompt, output) }
    }
    throw TraceError(
      "generate: 10000 pairs of lengths in a row exceed max_total_tokens \(limit + prefix); raise "
        + "it or give input_tokens and output_tokens a max")
  }

  private var expectedRequests: Int { arrivals.expected(in: duration ?? Seconds(0)) }

  /// Why nothing can be generated, nil when something can.
  public var fault: String? {
    if let fault = arrivals.fault { return fault }
    if let maxTotalTokens, maxTotalTokens < 2 {
      return "max_total_tokens \(maxTotalTokens) must be at least 2: one in, one out"
    }
    if let prefixes {
      if requests != nil || duration != nil { return "prefix_tree says how many requests" }
      return prefixes.tokensPerBlock < 1
        ? "block_size \(prefixes.tokensPerBlock) must be at least 1" : nil
    }
    switch (requests, duration) {
    case (nil, nil): return "give requests or duration"
    case (_?, _?): return "give either requests or duration, not both"
    case (let count?, nil):
      return (1...Int(Int32.max)).contains(count)
        ? nil : "requests \(count) must lie in 1...\(Int32.max)"
    case (nil, let span?):
      return arrivals.fault(of: span)
    }
  }
}
