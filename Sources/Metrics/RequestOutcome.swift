public import Units

/// How a request ended.
public enum FinishReason: String, Sendable, CaseIterable {
  /// All its output tokens were made.
  case length
  /// It could never be served: refused.
  case unservable
  /// Instances failed under it more often than it is sent again, or none was left.
  case failed
  /// The run ended before it did.
  case unfinished
}

/// Latency targets of a request; a target that is nil does not count.
public struct ServiceLevel: Sendable, Equatable {
  /// Most time to first token, in picoseconds.
  public var ttft: Int64?
  /// Most mean time per output token after the first, in picoseconds.
  public var tpot: Int64?
  /// Most time to the last token, in picoseconds.
  public var e2el: Int64?

  /// Targets, each rounded to the picosecond.
  public init(ttft: Seconds? = nil, tpot: Seconds? = nil, e2el: Seconds? = nil) {
    self.ttft = ttft.map(Self.picoseconds)
    self.tpot = tpot.map(Self.picoseconds)
    self.e2el = e2el.map(Self.picoseconds)
  }

  /// Whether no target is set.
  public var isEmpty: Bool { ttft == nil && tpot == nil && e2el == nil }

  private static func picoseconds(_ time: Seconds) -> Int64 {
    Int64((time.value * 1e12).rounded(.toNearestOrEven))
  }
}

/// What happened to one request, as the latencies that users know; picoseconds.
///
/// Time to the first token is the client's: it is kept when the request is preempted later, and
/// queue ends at the *first* admission. So queue + prefill + decode = end to end, with the stalls
/// of preemptions inside.
public struct RequestOutcome: Sendable {
  /// When it arrived.
  public let arrival: Instant
  /// When it first entered a batch; `.never` if it did not.
  public let firstScheduled: Instant
  /// When its first token ended; `.never` if none did.
  public let firstToken: Instant
  /// When its last token ended; `.never` if it did not.
  public let finished: Instant
  /// Output tokens it asks for.
  public let outputTokens: Int32
  /// Longest gap between neighbouring tokens.
  public let longestGap: Int64
  /// Whether it was refused.
  public let isRejected: Bool
  /// Whether failures ended it.
  public let isFailed: Bool

  /// How it ended.
  public var finishReason: FinishReason {
    if finished != .never { return .length }
    if isFailed { return .failed }
    return isRejected ? .unservable : .unfinished
  }
  /// Whether all its tokens were made.
  public var isCompleted: Bool { finished != .never }
  /// First scheduled − arrival.
  public var queueTime: Int64? { firstScheduled == .never ? nil : firstScheduled - arrival }
  /// First token − first scheduled.
  public var prefillTime: Int64? { firstToken == .never ? nil : firstToken - firstScheduled }
  /// Last token − first token.
  public var decodeTime: Int64? { finished == .never ? nil : finished - firstToken }
  /// First token − arrival.
  public var ttft: Int64? { firstToken == .never ? nil : firstToken - arrival }
  /// Last token − arrival.
  public var e2el: Int64? { finished == .never ? nil : finished - arrival }
  /// (Last − first token) / (output tokens − 1), half to even; nil for a single token.
  public var tpot: Int64? {
    guard finished != .never, outputTokens > 1 else { return nil }
    return roundedQuotient(finished - firstToken, Int64(outputTokens) - 1)
  }
  /// The longest gap between neighbouring tokens; nil for a single token.
  public var longestGapOfMany: Int64? {
    finished != .never && outputTokens > 1 ? longestGap : nil
  }

  /// Whether it completed within every target that is set; a single token has a TPOT of 0.
  public func meets(_ targets: ServiceLevel) -> Bool {
    guard let ttft, let e2el else { return false }
    return ttft <= targets.ttft ?? .max && (tpot ?? 0) <= targets.tpot ?? .max
      && e2el <= targets.e2el ?? .max
  }
}

extension RequestTable {
  /// What happened to the request in `row`.
  public func outcome(of row: Int) -> RequestOutcome {
    RequestOutcome(
      arrival: arrival[row], firstScheduled: firstScheduled[row], firstToken: firstToken[row],
      finished: finished[row], outputTokens: output[row], longestGap: longestGap[row],
      isRejected: isRejected[row], isFailed: isFailed[row])
  }
}
