internal import Kernel
internal import Metrics
internal import Units

/// The sessions drawn so far and the streams that the next ones are drawn from.
struct SessionDraws: ~Copyable {
  private let settings: SessionGenerator
  private let most: Int
  private let longest: Int
  private var prefixes: SharedPrefixes
  private var table = RequestTable()
  private var sessionTurns = SessionTurns()
  private var chains: PromptChains
  private var session: Int32 = -1

  private var prefixChoices: RandomStream
  private var turnCounts: RandomStream
  private var inputs: RandomStream
  private var nextInputs: RandomStream
  private var outputs: RandomStream
  private var thinkTimes: RandomStream
  private var toolChoices: RandomStream
  private var toolTimes: RandomStream
  private var toolInputs: RandomStream
  private var forkChoices: RandomStream
  private var forkTurns: RandomStream
  private var forkDelays: RandomStream
  private var forkInputs: RandomStream

  /// A turn that others may follow.
  private struct Turn {
    var row: Int32
    var number: Int32
    var prompt: Int
    var output: Int
    /// The full blocks of its prompt, then those of the answer once a turn has followed.
    var blocks: [BlockID]
  }

  /// Nothing drawn.
  init(_ settings: SessionGenerator, seed: UInt64, prefixes: SharedPrefixes) {
    self.settings = settings
    self.prefixes = prefixes
    if case .requests(let count) = settings.extent { most = count } else { most = Int(Int32.max) }
    longest = settings.maxContext ?? Int(Int32.max)
    chains = PromptChains(tokensPerBlock: settings.tokensPerBlock)
    func stream(_ name: String) -> RandomStream { RandomStream(seed: seed, name: name) }
    prefixChoices = stream("prefixes")
    turnCounts = stream("turns")
    inputs = stream("input_tokens")
    nextInputs = stream("next_input_tokens")
    outputs = stream("output_tokens")
    thinkTimes = stream("think_time")
    toolChoices = stream("tools")
    toolTimes = stream("tool_time")
    toolInputs = stream("tool_input_tokens")
    forkChoices = stream("forks")
    forkTurns = stream("fork_turns")
    forkDelays = stream("fork_delay")
    forkInputs = stream("fork_input_tokens")
  }

  /// Whether another request may be added.
  var hasRoom: Bool { table.count < most }

  /// Draws a session that arrives at `start`.
  mutating func addSession(at start: Instant) throws(TraceError) {
    session += 1
    let prefix = prefixes.draw(from: &prefixChoices, &chains)
    let count = Int(settings.turns.drawTokens(from: &turnCounts))
    var (input, output) = try first(after: prefix)
    var turn = add(
      at: start, after: nil, 0, prefix.blocks, prompt: prefix.tokens + input, output)
    try fork(from: &turn, prefix)
    for _ in 1..<max(count, 1) where hasRoom {
      var delay: Int64
      (delay, input) = step()
      output = Int(settings.outputTokens.drawTokens(from: &outputs))
      guard let next = try follow(&turn, delay, input, output, prefix) else { break }
      turn = next
      try fork(from: &turn, prefix)
    }
  }

  /// Input and output of a first turn that the longest context has room for.
  private mutating func first(
    after prefix: SharedPrefixes.Prefix
  ) throws(TraceError) -> (input: Int, output: Int) {
    for _ in 0..<10_000 {
      let input = Int(settings.inputTokens.drawTokens(from: &inputs))
      let output = Int(settings.outputTokens.drawTokens(from: &outputs))
      if prefix.tokens + input + output <= longest { return (input, output) }
    }
    throw TraceError(
      "generate: 10000 first turns in a row exceed max_context \(longest) after a shared prefix of "
        + "\(prefix.tokens) tokens; raise it or give the lengths a max")
  }

  /// What comes between two turns of a line: time and new input.
  private mutating func step() -> (delay: Int64, input: Int) {
    if let tools = settings.tools, toolChoices.uniform() < tools.probability {
      return (
        tools.duration.draw(from: &toolTimes), Int(tools.inputTokens.drawTokens(from: &toolInputs))
      )
    }
    return (
      settings.thinkTime.draw(from: &thinkTimes),
      Int(settings.nextInputTokens.drawTokens(from: &nextInputs))
    )
  }

  /// Draws whether `turn` starts a branch, and its turns.
  private mutating func fork(
    from turn: inout Turn, _ prefix: SharedPrefixes.Prefix
  ) throws(TraceError) {
    guard let forks = settings.forks, forkChoices.uniform() < forks.probability else { return }
    let count = forks.turns.drawTokens(from: &forkTurns)
    var delay = forks.delay.draw(from: &forkDelays)
    var input = Int(forks.inputTokens.drawTokens(from: &forkInputs))
    var last: Turn?
    for _ in 0..<count where hasRoom {
      if last != nil { (delay, input) = step() }
      let output = Int(settings.outputTokens.drawTokens(from: &outputs))
      if var before = last {
        last = try follow(&before, delay, input, output, prefix)
      } else {
        last = try follow(&turn, delay, input, output, prefix)
      }
      if last == nil { return }
    }
  }

  /// Adds the turn that follows `turn`; nil when the line ends there.
  private mutating func follow(
    _ turn: inout Turn, _ delay: Int64, _ input: Int, _ output: Int,
    _ prefix: SharedPrefixes.Prefix
  ) throws(TraceError) -> Turn? {
    let context = turn.prompt + (settings.keepsOutput ? turn.output : 0)
    if context + input + output <= longest {
      chains.extend(&turn.blocks, to: context / Int(chains.tokensPerBlock))
      return add(at: .never, after: turn, delay, turn.blocks, prompt: context + input, output)
    }
    guard settings.overflow == .restart else { return nil }
    var (input, output) = (input, output)
    if prefix.tokens + input + output > longest { (input, output) = try first(after: prefix) }
    return add(
      at: .never, after: turn, delay, prefix.blocks, prompt: prefix.tokens + input, output)
  }

  /// Adds a turn whose prompt begins with `blocks`, all full.
  private mutating func add(
    at time: Instant, after parent: Turn?, _ delay: Int64, _ blocks: [BlockID], prompt: Int,
    _ output: Int
  ) -> Turn {
    var turn = Turn(
      row: Int32(table.count), number: (parent?.number ?? 0) + 1, prompt: prompt, output: output,
      blocks: blocks)
    table.append(at: time, prompt: Int32(prompt), output: Int32(output))
    sessionTurns.append(
      session: session, turn: turn.number, parent: parent?.row ?? -1,
      delay: parent == nil ? -1 : delay, losesOutput: !settings.keepsOutput)
    let size = Int(chains.tokensPerBlock)
    chains.extend(&turn.blocks, to: prompt / size)
    for block in turn.blocks { chains.append(block) }
    if prompt % size != 0 { chains.append(chains.addBlock(after: turn.blocks.last ?? -1)) }
    chains.endRequest()
    return turn
  }

  /// The requests, when no more are wanted.
  consuming func finish() throws(TraceError) -> RequestTable {
    if !settings.areClosed {
      var times = table.arrival
      for row in times.indices where sessionTurns.parent[row] >= 0 {
        let before = times[Int(sessionTurns.parent[row])].picoseconds
        let (time, overflows) = before.addingReportingOverflow(sessionTurns.delay[row])
        if overflows { throw TraceError("generate: a turn arrives after over 106 days") }
        times[row] = Instant(picoseconds: time)
      }
      table.reschedule(times)
    }
    table.chains = chains
    table.turns = sessionTurns
    if settings.areClosed { table.closeSessions() } else { table.sortByArrival() }
    return table
  }
}
