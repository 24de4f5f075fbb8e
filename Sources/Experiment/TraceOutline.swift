package import Files
package import Metrics
internal import Units

/// What decides whether and how a trace can be replayed, without its requests.
package struct TraceOutline: Sendable {
  /// Whether it says which requests are turns of a session.
  let hasSessions: Bool
  /// Whether turns are recorded by their delays alone.
  let hasUntimedTurns: Bool
  /// Turns that follow another.
  let followUps: Int64
  /// Those among them whose delay is not known.
  let unknownDelays: Int
  /// Tokens of a block of its prompts; nil when it names none, or nobody kept them.
  let tokensPerBlock: Int?
  /// Different blocks of its prompts.
  let distinctBlocks: Int
  /// Requests.
  let count: Int
  /// The last arrival that is known, in seconds.
  let end: Double
  /// (requests − 1) / (last − first arrival) in requests/s of those whose arrival is known; nil if
  /// that is undefined.
  let meanRate: Double?

  /// The outline of a trace that was read as `requests`.
  package init(_ requests: RequestTable) {
    hasSessions = requests.turns != nil
    hasUntimedTurns = requests.hasUntimedTurns
    followUps = requests.turns?.followUps ?? 0
    unknownDelays = requests.turns?.unknownDelays ?? 0
    tokensPerBlock = requests.chains.map { Int($0.tokensPerBlock) }
    distinctBlocks = requests.chains?.distinct ?? 0
    count = requests.count
    var known = 0
    for arrival in requests.arrival where arrival != .never { known += 1 }
    let first = requests.arrival.first { $0 != .never } ?? .zero
    let last = requests.arrival.last { $0 != .never } ?? .zero
    end = Double(last - .zero) * 1e-12
    meanRate = last > first ? Double(known - 1) / (Double(last - first) * 1e-12) : nil
  }
}

extension ExperimentConfig {
  /// Checks that the prefix cache can name blocks of a trace with `outline`.
  ///
  /// - Throws: `ConfigError`, a misfit.
  func checkBlocks(of outline: TraceOutline) throws(ConfigError) {
    guard keepsBlocks, let traceSize = outline.tokensPerBlock else { return }
    let size = engine.blockSize.value
    guard size % traceSize == 0 || traceSize % size == 0 else {
      throw engine.blockSize.error(
        "\(size) and the \(traceSize) tokens of the trace's blocks do not divide each other, so "
          + "the prefix cache cannot name blocks"
      ).misfit
    }
    guard outline.distinctBlocks * max(1, traceSize / size) <= Int(Int32.max) / 2 else {
      throw engine.blockSize.error(
        "\(size) makes \(traceSize / size) blocks of each of the trace's "
          + "\(outline.distinctBlocks), more than can be numbered; write a larger one"
      ).misfit
    }
  }
}

extension TraceConfig {
  /// How the turns of the trace with `outline` arrive; nil when it has none, or `concurrency`
  /// releases its requests without regard to sessions.
  ///
  /// - Throws: `ConfigError` when they can arrive neither as asked for nor otherwise, and for a key
  ///   that would mean nothing.
  package func turnMode(of outline: TraceOutline) throws(ConfigError) -> SessionMode? {
    guard concurrency == nil else { return nil }
    guard outline.hasSessions else {
      let fault = "but the trace names no sessions: \(path.value)"
      if let sessions { throw sessions.error("is \(sessions.value.rawValue), \(fault)") }
      if let thinkTime { throw thinkTime.error("is a delay of turns, \(fault)") }
      return nil
    }
    let mode = sessions?.value ?? (outline.hasUntimedTurns ? .closed : .open)
    switch mode {
    case .open:
      guard let thinkTime else { break }
      throw thinkTime.error(
        "means nothing: the trace has times for its turns, so its sessions are open; write "
          + "sessions: closed beside it, or leave it out")
    case .closed:
      guard outline.unknownDelays > 0, thinkTime == nil else { break }
      throw ConfigError(
        sessions?.place ?? path.place, key: "workload.think_time",
        "is missing: the trace does not say how long after the turn before "
          + "\(outline.unknownDelays) of \(outline.followUps) turns came; write think_time: 10 s, "
          + "or a distribution")
    }
    return mode
  }
}
