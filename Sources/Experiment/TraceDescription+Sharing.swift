internal import Files
internal import Metrics
internal import Workload

/// What requests of the trace have in common.
extension TraceDescription {
  /// Lines for a person, none if the trace does not say.
  var sharing: [String] {
    var lines: [String] = []
    if let blocks = blockSharing {
      lines.append(
        row(
          "shared",
          "\(NumberText.grouped(blocks.distinct)) distinct of "
            + "\(NumberText.grouped(blocks.references)) blocks of \(blocks.tokensPerBlock) tokens"))
      lines.append(
        row(
          "ideal hits",
          "\(NumberText.plain(blocks.idealHitRatio, 4)) of all blocks, "
            + "\(NumberText.plain(blocks.idealFullHitRatio, 4)) of the "
            + "\(NumberText.grouped(blocks.fullReferences)) full ones"))
    }
    if report.chainViolations > 0 {
      lines.append(
        row(
          "chains",
          "\(NumberText.grouped(report.chainViolations)) blocks have the id of another chain's"))
    }
    if let sessions {
      lines.append(
        row(
          "sessions",
          "\(NumberText.grouped(sessions.sessions)), "
            + "\(NumberText.grouped(sessions.withTurns)) of several turns; "
            + "\(sessions.meanTurns.fixed(2)) turns on average, "
            + "\(NumberText.grouped(sessions.longest)) at most, "
            + "\(NumberText.grouped(sessions.forks)) forks"))
    }
    return lines
  }

  func json(_ blocks: BlockSharing) -> JSON {
    .object([
      ("block_tokens", whole(blocks.tokensPerBlock)), ("distinct_blocks", whole(blocks.distinct)),
      ("block_references", whole(blocks.references)),
      ("full_block_references", whole(blocks.fullReferences)),
      ("ideal_hits", whole(blocks.idealHits)),
      ("ideal_prefix_hit_ratio", number(blocks.idealHitRatio)),
      ("ideal_full_hits", whole(blocks.idealFullHits)),
      ("ideal_full_prefix_hit_ratio", number(blocks.idealFullHitRatio)),
      ("chain_violations", whole(report.chainViolations)),
    ])
  }

  func json(_ sessions: SessionSharing) -> JSON {
    .object([
      ("sessions", whole(sessions.sessions)), ("with_turns", whole(sessions.withTurns)),
      ("mean_turns", .number(sessions.meanTurns)), ("max_turns", whole(sessions.longest)),
      ("forks", whole(sessions.forks)),
    ])
  }
}
