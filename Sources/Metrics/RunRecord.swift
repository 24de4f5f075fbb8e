public import Units

/// How much KV an instance holds.
public struct KVPoolSize: Sendable, Equatable {
  /// Its KV blocks.
  public var blocks: Int32
  /// Tokens of one.
  public var tokensPerBlock: Int32

  /// A size; the parameters are the fields.
  public init(blocks: Int32, tokensPerBlock: Int32) {
    self.blocks = blocks
    self.tokensPerBlock = tokensPerBlock
  }

  /// Tokens of all blocks.
  public var tokens: Int64 { Int64(blocks) * Int64(tokensPerBlock) }
}

/// All that a run leaves behind: the value from which every output file is made.
public struct RunRecord: Sendable {
  /// Requests and what happened to each.
  public var requests: RequestTable
  /// Inter-token gaps of measured requests, all instances.
  public var gaps: GapTally
  /// Counts and integrals of all instances.
  public var totals: RunTotals
  /// The same of each instance.
  public var instanceTotals: [RunTotals]
  /// Steps of each instance, when asked for.
  public var steps: [StepLog]
  /// State over time, when asked for.
  public var series: TimeSeries?
  /// The last event.
  public var end: Instant
  /// Arrivals + steps + copies + samples.
  public var events: Int64
  /// The KV memory of each instance.
  public var pools: [KVPoolSize]
  /// Why the run was stopped before its end, nil when it was not.
  public var stop: String?
  /// What moved between tiers; nil when KV lies in HBM only.
  public var memory: MemoryRecord?
  /// What the router and the cluster did.
  public var cluster: ClusterRecord

  /// Gathers the parts of a finished run whose instances have pools of `blocks` each; unlike ones
  /// are set in `pools`.
  public init(
    requests: RequestTable, recorders: [Recorder], series: TimeSeries?, end: Instant,
    arrivals: Int, copies: Int, sampleEvents: Int,
    blocks: Int32, tokensPerBlock: Int32, stop: String?, memory: MemoryRecord? = nil,
    cluster: ClusterRecord? = nil
  ) {
    self.requests = requests
    self.requests.sortByRank()
    var gaps = GapTally(limit: 1 << 21)
    var totals = RunTotals()
    for recorder in recorders {
      gaps.merge(recorder.gaps)
      totals.add(recorder.totals)
    }
    self.gaps = gaps
    if let memory {
      // What moved of copies that were called off counts, too.
      totals.swapInBytes = memory.bytes(of: "swap_in") + memory.bytes(of: "context_in")
    }
    self.totals = totals
    instanceTotals = recorders.map(\.totals)
    steps = recorders.compactMap(\.steps)
    self.series = series
    self.end = end
    events = Int64(arrivals + copies) + totals.steps + Int64(sampleEvents)
    let pool = KVPoolSize(blocks: blocks, tokensPerBlock: tokensPerBlock)
    pools = recorders.map { _ in pool }
    self.stop = stop
    self.memory = memory
    let members = recorders.map { _ in MemberCounts() }
    self.cluster = cluster ?? ClusterRecord(members: members, loadVariation: nil)
  }

  /// Where the time in which requests arrive ends: at the last arrival, or with the run when it was
  /// stopped before a closed loop or a session knew it.
  public var lastArrival: Instant {
    guard let last = requests.arrival.last else { return .zero }
    return last == .never ? end : last
  }

  /// Number of instances.
  public var instances: Int { instanceTotals.count }
}
