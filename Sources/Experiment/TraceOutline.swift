package import Files
package import Metrics

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

  /// The outline of a trace that was read as `requests`.
  package init(_ requests: RequestTable) {
    hasSessions = requests.turns != nil
    hasUntimedTurns = requests.hasUntimedTurns
    followUps = requests.turns?.followUps ?? 0
    unknownDelays = requests.turns?.unknownDelays ?? 0
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
