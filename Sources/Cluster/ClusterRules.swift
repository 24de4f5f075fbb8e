public import Units

/// How a cluster tells its router what goes on, and who is in it when.
public struct ClusterRules: Sendable {
  /// Time between two looks at the instances' loads; zero: the router always sees them as they are.
  public var refresh = Seconds(0)
  /// Whether the router adds what it has sent since the last look.
  public var addsOwnPicks = true
  /// How a router that asks for hits knows them.
  public var index = IndexMode.exact
  /// Time from a request's arrival until it is routed.
  public var latency = Seconds(0)
  /// What changes at known times, in any order.
  public var changes: [PlannedChange] = []
  /// Instances that are not there at the start; `join` lets them in.
  public var absent: [Int] = []
  /// Who lets instances join and leave by what goes on; nil: nobody.
  public var scaling: ScalingRule?
  /// Time from the moment at which an instance joins until it is open.
  public var coldStart = Seconds(0)
  /// How often a request that a failure has hit is sent again.
  public var retries = 3
  /// Time from a failure until what it hit is sent again.
  public var retryDelay = Seconds(0)

  /// A fixed cluster with fresh signals.
  public init() {}
}

/// How a router knows which instance has what of a prompt.
public enum IndexMode: Sendable, Equatable {
  /// It asks the caches, which answer as they are at this moment, whatever the freshness of loads.
  case exact
  /// It remembers where it has sent prompts: the last ones of each instance, so many tokens of
  /// them; nil: as many as the instance's pool has.
  case approximate(capacityTokens: Int?)
}

/// Something that happens to an instance at a known time.
public struct PlannedChange: Sendable, Equatable {
  /// What happens.
  public enum Kind: Sendable, Equatable {
    /// It starts, and is open a cold start later, with nothing cached.
    case join
    /// It takes no more requests, gives those back that have never run, and goes when the others
    /// have finished.
    case leave
    /// It is gone at once, with all that it holds.
    case fail
    /// The same, and it joins again so long after; one that is not there cannot fail.
    case outage(Seconds)
    /// Its steps take so many times as long from now on, through restarts too.
    case slow(Double)
  }

  /// When.
  public var time: Instant
  /// To whom.
  public var instance: Int
  /// What.
  public var kind: Kind

  /// A change; the parameters are the fields.
  public init(at time: Instant, _ kind: Kind, instance: Int) {
    self.time = time
    self.instance = instance
    self.kind = kind
  }
}
