/// What the router and the cluster did in a run.
public struct ClusterRecord: Sendable {
  /// What happened to each instance.
  public var members: [MemberCounts]
  /// Coefficient of variation over the open instances of their pending prompt tokens, mean over the
  /// routed requests that found any; nil if none did.
  public var loadVariation: Double?

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
  /// Time in which it was there, starting included, ps.
  public var upTime: Int128 = 0

  /// Nothing.
  public init() {}
}
