public import Files
public import Units

/// How turns of sessions arrive.
public enum SessionMode: String, Sendable, CaseIterable {
  /// As recorded, whatever became of the turn before.
  case open
  /// When the turn before has ended and its delay has passed.
  case closed
}

/// Sessions of generated requests: a line of turns each, whose prompts grow.
public struct SessionsConfig: Sendable {
  /// Turns that follow the run of a tool.
  public struct Tools: Sendable {
    /// Share of the turns after a first one.
    public var probability: Double
    /// How long a tool runs.
    public var duration: DelayConfig
    /// Tokens of its result.
    public var inputTokens: Located<DistributionConfig>
  }
  /// Branches beside a session's own line.
  public struct Forks: Sendable {
    /// Share of the turns of a session's own line that start one.
    public var probability: Double
    /// Turns of a branch.
    public var turns: Located<DistributionConfig>
    /// From the end of the turn to the branch.
    public var delay: DelayConfig
    /// New input of its first turn.
    public var inputTokens: Located<DistributionConfig>
  }
  /// A level of the texts that prompts of different sessions begin with.
  public struct Level: Sendable {
    /// Different texts.
    public var count: Int
    /// How unequal their popularity is: k^−exponent.
    public var exponent: Double
    /// Share of the sessions that go on with it.
    public var probability: Double
    /// Their lengths.
    public var tokens: Located<DistributionConfig>
  }
  /// Turns of a session.
  public var turns: Located<DistributionConfig>
  /// New input of each turn after the first; nil is that of the first.
  public var nextInputTokens: Located<DistributionConfig>?
  /// From an answer to the next turn.
  public var thinkTime: DelayConfig
  /// Most tokens of a prompt and its answer; nil is no bound.
  public var maxContext: Int?
  /// `end` or `restart`: what becomes of a line that would pass it.
  public var atMaxContext: String
  /// Whether the next prompt has the answer in it.
  public var keepsOutput: Bool
  /// Tokens of a block by which prompts are compared.
  public var blockSize: Int
  /// What prompts of different sessions begin with.
  public var prefixes: [Level]
  /// Turns that follow tools; nil: none do.
  public var tools: Tools?
  /// Branches; nil: there are none.
  public var forks: Forks?
  /// Where the block was written.
  public var place: Place

  /// Every distribution in the order of the keys.
  package var distributions: [DistributionConfig] {
    var list = [turns.value, nextInputTokens?.value, thinkTime.distribution]
    list += prefixes.map { $0.tokens.value }
    list += [tools?.duration.distribution, tools?.inputTokens.value]
    list += [forks?.turns.value, forks?.delay.distribution, forks?.inputTokens.value]
    return list.compactMap { $0 }
  }
}

/// A span of time: always the same, or drawn.
public enum DelayConfig: Sendable {
  /// Always the same.
  case fixed(Seconds)
  /// Drawn; parameters are seconds.
  case drawn(Located<DistributionConfig>)

  /// What it is drawn from, when it is.
  package var distribution: DistributionConfig? {
    if case .drawn(let distribution) = self { return distribution.value }
    return nil
  }
}
