/// One claim with what came of it.
struct ScorecardRow: Sendable {
  let claim: Claim
  /// nil when a run failed, or when nothing ran.
  let figure: ClaimFigure?
  let verdict: PublishedRange.Verdict

  /// The row of `claim`; `figure` is nil where it is skipped, and may be nil inside.
  init(_ claim: Claim, _ figure: ClaimFigure??) {
    self.claim = claim
    self.figure = figure ?? nil
    guard let figure else {
      verdict = .skipped
      return
    }
    verdict =
      claim.isGated ? figure.map { claim.published.judge($0.simulated) } ?? .off : .informational
  }

  /// Whether the row counts among those that gate.
  var isGated: Bool { claim.isGated && verdict != .skipped }
}
