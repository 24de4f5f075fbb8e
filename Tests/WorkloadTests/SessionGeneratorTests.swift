internal import CGSL
import Kernel
import Metrics
import TestSupport
import Testing
import Units
import Workload

@Suite struct SessionGeneratorTests {
  /// Chats with everything: prefixes on two levels, tools, forks.
  private func chats(_ extent: SessionGenerator.Extent = .sessions(300)) throws
    -> SessionGenerator
  {
    var made = SessionGenerator(
      extent, arrivals: .poisson(rate: 2), turns: try Distribution(.geometric(mean: 4)),
      inputTokens: try Distribution(.lognormal(mean: 40, cv: 1)),
      outputTokens: try Distribution(.lognormal(mean: 30, cv: 1)),
      thinkTime: .drawn(try Distribution(.exponential(mean: 20))))
    made.nextInputTokens = try Distribution(.exponential(mean: 12))
    made.tokensPerBlock = 4
    made.prefixes = [
      PrefixLevel(count: 3, exponent: 1, tokens: try Distribution(.uniform(min: 5, max: 30))),
      PrefixLevel(count: 6, exponent: 0.7, tokens: try Distribution(.uniform(min: 1, max: 9))),
    ]
    made.prefixes[1].probability = 0.6
    made.tools = .init(
      probability: 0.4, duration: .fixed(Seconds(1.5)),
      inputTokens: try Distribution(.fixed(value: 7)))
    made.forks = .init(
      probability: 0.3, turns: try Distribution(.geometric(mean: 2)),
      delay: .fixed(Seconds(0)), inputTokens: try Distribution(.exponential(mean: 5)))
    return made
  }

  private func text(_ table: RequestTable) -> String {
    var text = "\(table.arrival)\(table.prompt)\(table.output)"
    if let turns = table.turns {
      text += "\(turns.session)\(turns.turn)\(turns.parent)\(turns.delay)"
    }
    if let chains = table.chains {
      text += "\(chains.blocks)\(chains.predecessors)"
      text += "\((0..<chains.count).map { chains.range(of: $0) })"
    }
    return text
  }

  @Test func `the same seed gives the same bytes, another does not`() throws {
    let made = try chats()
    #expect(text(try made.generate(seed: 7)) == text(try made.generate(seed: 7)))
    #expect(text(try made.generate(seed: 7)) != text(try made.generate(seed: 8)))
  }

  @Test func `turns are a tree in order, first turns ascend, and the rest waits`() throws {
    let table = try chats().generate(seed: 1)
    let turns = try #require(table.turns)
    #expect(table.closesSessions && turns.sessions == 300 && turns.count == table.count)
    var roots: [Instant] = []
    for row in 0..<table.count {
      let before = Int(turns.parent[row])
      if before < 0 {
        roots.append(table.arrival[row])
        #expect(turns.turn[row] == 1 && turns.session[row] == Int32(roots.count - 1))
      } else {
        #expect(table.arrival[row] == .never && before < row && turns.delay[row] >= 0)
        #expect(turns.turn[row] == turns.turn[before] + 1)
        #expect(turns.session[row] == turns.session[before])
      }
    }
    #expect(roots == roots.sorted() && roots.count == 300)
    #expect(turns.unknownDelays == 0)
  }

  @Test func `turns are geometric, and each is a tool's as often as asked for`() throws {
    var made = try chats(.sessions(isDebug ? 4000 : 100_000))
    (made.forks, made.prefixes) = (nil, [])
    let table = try made.generate(seed: 3)
    let turns = try #require(table.turns)
    let (sessions, p) = (Double(turns.sessions), 0.25)
    // Mean 4, variance (1 − p)/p².
    let error = ((1 - p) / (p * p) / sessions).squareRoot()
    #expect(abs(Double(table.count) / sessions - 4) < 4.5 * error)
    // P(a session has one turn) = p.
    var lengths = [Int](repeating: 0, count: Int(turns.sessions))
    for session in turns.session { lengths[Int(session)] += 1 }
    let alone = Double(lengths.count { $0 == 1 }) / sessions
    #expect(abs(alone - p) < 4.5 * (p * (1 - p) / sessions).squareRoot())
    let followUps = Double(turns.followUps)
    let tools = Double(turns.delay.count { $0 == 1_500_000_000_000 })
    #expect(abs(tools / followUps - 0.4) < 4.5 * (0.24 / followUps).squareRoot())
    let thought = turns.delay.filter { $0 >= 0 && $0 != 1_500_000_000_000 }
    let mean = thought.reduce(0.0) { $0 + Double($1) * 1e-12 } / Double(thought.count)
    #expect(abs(mean - 20) < 4.5 * 20 / Double(thought.count).squareRoot())
  }

  @Test func `a turn of a session's own line starts a branch as often as asked for`() throws {
    var made = try chats(.sessions(isDebug ? 3000 : 50_000))
    made.turns = try Distribution(.fixed(value: 5))
    made.forks?.turns = try Distribution(.fixed(value: 1))
    let table = try made.generate(seed: 4)
    let turns = try #require(table.turns)
    let own = 5 * Double(turns.sessions)
    let branches = Double(table.count) - own
    #expect(abs(branches / own - 0.3) < 4.5 * (0.21 / own).squareRoot())
  }

  @Test func `popularity of shared prefixes is Zipf's by chi-square`() throws {
    var made = try chats(.sessions(isDebug ? 5000 : 100_000))
    (made.forks, made.tools) = (nil, nil)
    made.turns = try Distribution(.fixed(value: 1))
    made.prefixes = [
      PrefixLevel(count: 12, exponent: 0.9, tokens: try Distribution(.fixed(value: 8)))
    ]
    let table = try made.generate(seed: 9)
    let chains = try #require(table.chains)
    var counts: [Int32: Double] = [:]
    for row in 0..<table.count {
      counts[chains.blocks[chains.range(of: row).lowerBound], default: 0] += 1
    }
    let weights = (1...12).map { cgsl_pow(Double($0), -0.9) }
    let sum = weights.reduce(0, +)
    // Numbers come by first appearance, so counts are matched by size.
    let theory = weights.map { $0 / sum * Double(table.count) }
    let observed = counts.values.sorted(by: >)
    try #require(observed.count == 12)
    let chi = zip(observed, theory).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) / $1.1 }
    #expect(gsl_cdf_chisq_Q(chi, 11) > 1e-4)
    #expect(gsl_cdf_chisq_Q(chi, 11) < 1 - 1e-9)
  }

  @Test func `the number of requests is exact, the number of sessions and the time are bounds`()
    throws
  {
    #expect(try chats(.requests(1234)).generate(seed: 1).count == 1234)
    let long = try chats(.requests(4000)).generate(seed: 1)
    let short = try chats(.requests(1234)).generate(seed: 1)
    #expect(Array(long.prompt.prefix(1234)) == short.prompt)
    let timed = try chats(.duration(Seconds(100))).generate(seed: 1)
    let roots = timed.arrival.filter { $0 != .never }
    #expect(try #require(roots.last) < Instant(picoseconds: 100_000_000_000_000))
    #expect(abs(Double(roots.count) - 200) < 4.5 * 200.0.squareRoot())
    #expect(Array(long.arrival.filter { $0 != .never }.prefix(roots.count)) == roots)
  }

  @Test func `changing one quantity moves nothing of the others`() throws {
    let base = try chats().generate(seed: 5)
    var slower = try chats()
    slower.thinkTime = .fixed(Seconds(3))
    slower.arrivals = .gamma(rate: 9, cv: 4)
    let changed = try slower.generate(seed: 5)
    #expect(changed.prompt == base.prompt && changed.output == base.output)
    #expect(changed.turns?.parent == base.turns?.parent && changed.chains == base.chains)
    #expect(changed.arrival != base.arrival && changed.turns?.delay != base.turns?.delay)
    var wordier = try chats()
    wordier.outputTokens = try Distribution(.fixed(value: 9))
    let other = try wordier.generate(seed: 5)
    #expect(other.arrival == base.arrival && other.turns == base.turns)
    #expect(other.prompt != base.prompt)
  }

  @Test func `open sessions arrive as if answers took no time`() throws {
    var made = try chats()
    let closed = try made.generate(seed: 2)
    made.areClosed = false
    let open = try made.generate(seed: 2)
    let turns = try #require(open.turns)
    #expect(!open.closesSessions && open.count == closed.count && !open.hasUntimedTurns)
    #expect(zip(open.arrival, open.arrival.dropFirst()).allSatisfy { $0 <= $1 })
    for row in 0..<open.count where turns.parent[row] >= 0 {
      #expect(open.arrival[row] - open.arrival[Int(turns.parent[row])] == turns.delay[row])
    }
    #expect(open.prompt.sorted() == closed.prompt.sorted())
  }

  @Test(arguments: [SessionGenerator.Overflow.end, .restart])
  func `no prompt with its answer passes the longest context`(
    overflow: SessionGenerator.Overflow
  ) throws {
    var made = try chats()
    (made.maxContext, made.overflow) = (200, overflow)
    made.turns = try Distribution(.fixed(value: 12))
    let table = try made.generate(seed: 6)
    let turns = try #require(table.turns)
    #expect(zip(table.prompt, table.output).allSatisfy { $0 + $1 <= 200 })
    var restarts = 0
    for row in 0..<table.count where turns.parent[row] >= 0 {
      if table.prompt[row] < table.prompt[Int(turns.parent[row])] { restarts += 1 }
    }
    var deepest = [Int32](repeating: 0, count: Int(turns.sessions))
    for row in 0..<table.count {
      deepest[Int(turns.session[row])] = max(deepest[Int(turns.session[row])], turns.turn[row])
    }
    if overflow == .end {
      #expect(restarts == 0 && deepest.count { $0 < 12 } > 100)
    } else {
      #expect(restarts > 100 && deepest.allSatisfy { $0 >= 12 })
    }
    made.inputTokens = try Distribution(.fixed(value: 300))
    #expect(throws: TraceError.self) { _ = try made.generate(seed: 6) }
  }

  @Test func `settings that cannot be met are refused`() throws {
    func fault(_ change: (inout SessionGenerator) -> Void) throws -> String {
      var made = try chats()
      change(&made)
      return made.fault ?? "none"
    }
    #expect(try fault { _ in } == "none")
    #expect(try fault { $0.arrivals = .closed(concurrency: 3) }.contains("has no sessions"))
    #expect(try fault { $0.extent = .sessions(0) }.contains("0 must lie in 1..."))
    #expect(try fault { $0.tokensPerBlock = 0 }.contains("block_size 0"))
    #expect(try fault { $0.maxContext = 1 }.contains("max_context 1 must be at least 2"))
    #expect(try fault { $0.prefixes[0].count = 0 } == "prefixes: count 0 must lie in 1...1000000")
    #expect(try fault { $0.tools?.probability = 2 }.contains("tools: probability 2.0"))
    #expect(
      try fault { ($0.arrivals, $0.extent) = (.burst, .duration(Seconds(3))) }
        .contains("a burst has no duration"))
  }
}
