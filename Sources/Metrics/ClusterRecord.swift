public import Units

/// What the router and the cluster did in a run.
public struct ClusterRecord: Sendable {
  /// What happened to each instance.
  public var members: [MemberCounts]
  /// Coefficient of variation over the open instances of their pending prompt tokens, mean over the
  /// routed requests that found any; nil if none did.
  public var loadVariation: Double?
  /// Whether an instance was not there all the time; `MemberCounts.spans` say when each was.
  public var comesAndGoes = false

  /// A record; the parameters are the fields.
  public init(members: [MemberCounts], loadVariation: Double?) {
    self.members = members
    self.loadVariation = loadVariation
  }
}

/// What happened to one instance besides serving.
public struct MemberCounts: Sendable, Equatable {
  /// Requests that the router sent to it.
  public var routed: Int64 = 0
  /// Requests that came from another's queue.
  public var movedIn: Int64 = 0
  /// Requests that went from its queue to another.
  public var movedOut: Int64 = 0
  /// Requests that it held when it failed.
  public var lost: Int64 = 0
  /// Times that it failed.
  public var failures: Int64 = 0
  /// When it was there, starting included, ascending.
  public var spans: [UpSpan] = []

  /// Nothing.
  public init() {}

  /// Time in which it was there, ps.
  public var upTime: Int128 { spans.reduce(0) { $0 + Int128($1.end - $1.start) } }

  /// Time in which it was there from `start` to `end`, ps.
  public func upTime(from start: Instant, until end: Instant) -> Int128 {
    spans.reduce(0) { $0 + Int128(max(0, min($1.end, end) - max($1.start, start))) }
  }
}

/// A time in which an instance was there.
public struct UpSpan: Sendable, Equatable {
  /// When it began to start.
  public var start: Instant
  /// When it went.
  public var end: Instant

  /// A span; the parameters are the fields.
  public init(from start: Instant, until end: Instant) {
    self.start = start
    self.end = end
  }
}
