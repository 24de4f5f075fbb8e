package import Files
internal import Kernel
package import Metrics
internal import Units
internal import Workload

extension Assembly {
  /// Lets the turns of a trace's sessions arrive as `TraceConfig.turnMode` says.
  ///
  /// Under `concurrency` the requests are no turns any more.
  ///
  /// - Throws: `ConfigError` when they can arrive neither so nor otherwise.
  package func rule(
    _ trace: TraceConfig, _ requests: inout RequestTable
  ) throws(ConfigError) {
    switch try trace.turnMode(of: TraceOutline(requests)) {
    case .closed:
      try fillDelays(of: &requests, trace)
      requests.closeSessions()
    case .open: requests.turns?.acceptArrivals()
    case nil: requests.turns = nil
    }
  }

  private func fillDelays(
    of requests: inout RequestTable, _ trace: TraceConfig
  ) throws(ConfigError) {
    guard let thinkTime = trace.thinkTime else { return }
    let delay = try Self.delay(thinkTime.value)
    var stream = RandomStream(seed: config.seed, name: "think_time")
    requests.turns?.fillDelays { delay.draw(from: &stream) }
  }

  static func delay(_ config: DelayConfig) throws(ConfigError) -> Delay {
    switch config {
    case .fixed(let time): return .fixed(time)
    case .drawn(let distribution): return .drawn(try Self.distribution(distribution))
    }
  }

  /// The generator of `config` with the sessions of `sessions`.
  static func sessionGenerator(
    _ config: GenerateConfig, _ sessions: SessionsConfig
  ) throws(ConfigError) -> SessionGenerator {
    let extent: SessionGenerator.Extent =
      switch config.extent.value {
      case .requests(let count): .requests(count)
      case .sessions(let count): .sessions(count)
      case .duration(let span): .duration(span)
      case .tree: preconditionFailure("a tree has no sessions")
      }
    var generator = SessionGenerator(
      extent, arrivals: config.arrivals.value.process, turns: try distribution(sessions.turns),
      inputTokens: try distribution(config.inputTokens),
      outputTokens: try distribution(config.outputTokens),
      thinkTime: try delay(sessions.thinkTime))
    if let input = sessions.nextInputTokens {
      generator.nextInputTokens = try distribution(input)
    }
    generator.maxContext = sessions.maxContext
    generator.overflow = sessions.atMaxContext == "restart" ? .restart : .end
    generator.keepsOutput = sessions.keepsOutput
    generator.tokensPerBlock = Int32(sessions.blockSize)
    for level in sessions.prefixes {
      var prefix = PrefixLevel(
        count: level.count, exponent: level.exponent, tokens: try distribution(level.tokens))
      prefix.probability = level.probability
      generator.prefixes.append(prefix)
    }
    if let tools = sessions.tools {
      generator.tools = SessionGenerator.ToolCalls(
        probability: tools.probability, duration: try delay(tools.duration),
        inputTokens: try distribution(tools.inputTokens))
    }
    if let forks = sessions.forks {
      generator.forks = SessionGenerator.Forks(
        probability: forks.probability, turns: try distribution(forks.turns),
        delay: try delay(forks.delay), inputTokens: try distribution(forks.inputTokens))
    }
    generator.areClosed = config.sessionMode?.value != .open
    return generator
  }
}

extension SessionGenerator {
  /// Turns of a session, branches included, to be expected: from draws, and where lines end at
  /// `maxContext` no more than fit below it.
  var meanTurns: Double {
    var most = Double.infinity
    if let maxContext, overflow == .end {
      var growth = Self.mean(nextInputTokens)
      if let tools {
        growth += tools.probability * (Self.mean(tools.inputTokens) - growth)
      }
      if keepsOutput { growth += Self.mean(outputTokens) }
      most = 1 + Double(maxContext) / growth
    }
    let line = min(Self.mean(turns), most)
    guard let forks else { return line }
    return line * (1 + forks.probability * min(Self.mean(forks.turns), most))
  }

  private static func mean(_ tokens: Distribution) -> Double {
    let draws = 1000
    var stream = RandomStream(seed: 1, name: "mean")
    var sum = 0.0
    for _ in 0..<draws { sum += Double(tokens.drawTokens(from: &stream)) }
    return sum / Double(draws)
  }
}

extension GenerateConfig.Arrivals {
  /// The process that has these parameters.
  var process: ArrivalProcess {
    switch self {
    case .poisson(let rate): .poisson(rate: rate)
    case .gamma(let rate, let cv): .gamma(rate: rate, cv: cv)
    case .fixed(let rate): .fixed(rate: rate)
    case .burst: .burst
    case .closed(let concurrency): .closed(concurrency: concurrency)
    case .mmpp(let onRate, let offRate, let onTime, let offTime):
      .mmpp(.init(onRate: onRate, offRate: offRate, onTime: onTime, offTime: offTime))
    case .diurnal(let rate, let amplitude, let period, let phase):
      .diurnal(.init(rate: rate, amplitude: amplitude, period: period, phase: phase))
    }
  }

  /// The parameters of a process.
  init(_ process: ArrivalProcess) {
    self =
      switch process {
      case .poisson(let rate): .poisson(rate: rate)
      case .gamma(let rate, let cv): .gamma(rate: rate, cv: cv)
      case .fixed(let rate): .fixed(rate: rate)
      case .burst: .burst
      case .closed(let concurrency): .closed(concurrency: concurrency)
      case .mmpp(let states):
        .mmpp(
          onRate: states.onRate, offRate: states.offRate, onTime: states.onTime,
          offTime: states.offTime)
      case .diurnal(let tide):
        .diurnal(
          rate: tide.rate, amplitude: tide.amplitude, period: tide.period, phase: tide.phase)
      }
  }

  /// Mean arrivals in a second; infinite for a burst and for a closed loop.
  package var meanRate: Double { process.rate }
}
