public import Kernel
public import Metrics
public import Units

/// Draws sessions: what users of a chat or an agent send one after the other.
///
/// A session is a line of turns. Its first prompt is a shared prefix and input of its own; each
/// later one is the prompt before, the answer and new input. Between them the user thinks, or a
/// tool runs. A turn may start a branch beside the line. Every quantity draws from a stream of its
/// own, so changing one moves nothing of the others as long as as many are drawn.
public struct SessionGenerator: Sendable {
  /// When it ends.
  public enum Extent: Sendable, Equatable {
    /// After so many requests; the last session may be cut.
    case requests(Int)
    /// After so many sessions.
    case sessions(Int)
    /// With the last session that arrives before this time; its turns follow.
    case duration(Seconds)
  }

  /// Turns that follow the run of a tool in place of a user's thought.
  public struct ToolCalls: Sendable {
    /// Share of the turns after a first one.
    public var probability: Double
    /// How long the tool runs.
    public var duration: Delay
    /// Tokens of its result.
    public var inputTokens: Distribution

    /// Turns after tools.
    public init(probability: Double, duration: Delay, inputTokens: Distribution) {
      self.probability = probability
      self.duration = duration
      self.inputTokens = inputTokens
    }
  }

  /// Branches: lines of turns that start beside a session's own, for example of a subagent.
  ///
  /// They share what the turn that starts them knows, and start no branches.
  public struct Forks: Sendable {
    /// Share of the turns of a session's own line that start one.
    public var probability: Double
    /// Turns of a branch.
    public var turns: Distribution
    /// From the end of the turn to the first of the branch.
    public var delay: Delay
    /// New input of the first turn of a branch.
    public var inputTokens: Distribution

    /// Branches.
    public init(
      probability: Double, turns: Distribution, delay: Delay, inputTokens: Distribution
    ) {
      self.probability = probability
      self.turns = turns
      self.delay = delay
      self.inputTokens = inputTokens
    }
  }

  /// What becomes of a line whose next turn would pass `maxContext`.
  public enum Overflow: String, Sendable, CaseIterable {
    /// It ends.
    case end
    /// It goes on from the shared prefix: the context is dropped.
    case restart
  }

  /// When it ends.
  public var extent: Extent
  /// When sessions arrive.
  public var arrivals: ArrivalProcess
  /// Turns of a session.
  public var turns: Distribution
  /// Input of the first turn after the shared prefix.
  public var inputTokens: Distribution
  /// New input of each later turn.
  public var nextInputTokens: Distribution
  /// Tokens of each answer.
  public var outputTokens: Distribution
  /// From an answer to the user's next turn.
  public var thinkTime: Delay
  /// Most tokens of a prompt and its answer; nil is no bound.
  public var maxContext: Int?
  /// What becomes of a line that would pass it.
  public var overflow = Overflow.end
  /// Whether the next prompt has the answer in it.
  public var keepsOutput = true
  /// Tokens of a block of `PromptChains`.
  public var tokensPerBlock: Int32 = 16
  /// What prompts of different sessions begin with.
  public var prefixes: [PrefixLevel] = []
  /// Turns that follow tools.
  public var tools: ToolCalls?
  /// Branches.
  public var forks: Forks?
  /// Whether turns wait for the end of the one before; otherwise they arrive as if answers took no
  /// time.
  public var areClosed = true

  /// Sessions of `turns`; everything else may be set afterwards.
  public init(
    _ extent: Extent, arrivals: ArrivalProcess, turns: Distribution, inputTokens: Distribution,
    outputTokens: Distribution, thinkTime: Delay
  ) {
    self.extent = extent
    self.arrivals = arrivals
    self.turns = turns
    self.inputTokens = inputTokens
    nextInputTokens = inputTokens
    self.outputTokens = outputTokens
    self.thinkTime = thinkTime
  }

  /// The requests of `seed` with their sessions and prompt blocks.
  ///
  /// Closed, rows stand session by session, parents before what follows them; open, in order of
  /// arrival.
  ///
  /// - Throws: `TraceError` if the settings contradict each other, an arrival would lie beyond 106
  ///   days, or 10,000 first turns in a row pass `maxContext`.
  public func generate(seed: UInt64) throws(TraceError) -> RequestTable {
    if let fault { throw TraceError("generate: \(fault)") }
    var clock = ArrivalClock(arrivals, seed: seed)
    var draws = SessionDraws(self, seed: seed, prefixes: try SharedPrefixes(prefixes, seed: seed))
    var end = Instant.never
    if case .duration(let span) = extent { end = .zero + span }
    var sessions = 0
    while draws.hasRoom {
      if case .sessions(sessions) = extent { break }
      guard let start = clock.next() else {
        if end < .never { break }
        throw TraceError("generate: session \(sessions + 1) arrives after over 106 days")
      }
      guard start < end else { break }
      try draws.addSession(at: start)
      sessions += 1
    }
    return try draws.finish()
  }

  /// Why nothing can be generated, nil when something can.
  public var fault: String? {
    if let fault = arrivals.fault { return fault }
    if case .closed = arrivals {
      return "a closed loop has no sessions: it releases requests by itself"
    }
    if tokensPerBlock < 1 { return "block_size \(tokensPerBlock) must be at least 1" }
    if let maxContext, maxContext < 2 {
      return "max_context \(maxContext) must be at least 2: one in, one out"
    }
    if let level = prefixes.first(where: { $0.fault != nil }), let fault = level.fault {
      return "prefixes: \(fault)"
    }
    for (name, share) in [("tools", tools?.probability), ("forks", forks?.probability)] {
      if let share, !(0...1).contains(share) {
        return "\(name): probability \(share) must lie in 0...1"
      }
    }
    switch extent {
    case .requests(let count), .sessions(let count):
      return (1...Int(Int32.max)).contains(count) ? nil : "\(count) must lie in 1...\(Int32.max)"
    case .duration(let span): return arrivals.fault(of: span)
    }
  }
}
