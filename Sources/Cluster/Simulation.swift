internal import Kernel
public import Memory
public import Metrics
public import Serving
public import Units

/// The whole run.
///
/// Read this file first. An instant has two phases: its events are applied in rank order (copies,
/// step ends, arrivals, samples), then every instance that they touched and that is free forms a
/// step. So all that happened at t is seen by what starts at t, whatever the order of events.
public struct Simulation: Sendable {
  /// Requests and what happened to them so far.
  public internal(set) var requests: RequestTable
  /// Whether every event is followed by a check of the invariants; for tests.
  public var checksInvariants = false
  /// Why the run was stopped, nil while it may go on.
  public internal(set) var stop: String?

  var fleet: Fleet
  var router: any Router
  /// Who picks the instance that decodes what another one has prefilled.
  var decodeRouter: any Router
  /// KV that waits to be fetched or is on its way, by row.
  var parcels: [Int32: Parcel] = [:]
  var queue: EventQueue
  var release: Release
  var rejected = 0
  var isMeasuring = false
  var arrivedOfWarmup = 0
  var unservedOfWarmup = 0
  var touched: [Int] = []
  var isTouched: [Bool]
  var series: TimeSeries?
  var sampled: [RunTotals]
  var sampleEvents = 0
  var end = Instant.zero
  var topology: Topology
  /// The instances of each fabric.
  let members: [[Int]]
  /// Transfers that landed, and copies that a GPU issued for them.
  var copies = 0
  var copyCalls: Int64 = 0
  var outbox: [Transfer] = []
  var landed: [Transfer] = []
  var cancelled: [Int32] = []
  /// Fabrics whose copies changed in the phase of steps.
  var moving: [Int] = []
  let rules: ClusterRules
  var membership: Membership
  /// Requests on their way to the router, or back to it.
  var underway = MinHeap<Delivery>()
  var deliveries: Int64 = 0
  /// Requests for which no instance is open, in the order in which they came.
  var lobby: [RequestID] = []
  var variation = LoadVariation()
  /// Instances whose load has changed since the last look.
  var unseen: [Int] = []
  var isUnseen: [Bool]
  var scaling: Scaling?
  /// When the next sample is due; `.never` without a series.
  var nextSample = Instant.never
  // Sources by rank: links, instances, changes of the cluster, looks of the autoscaler, looks at
  // loads, requests that reach the router, arrivals, samples.
  var firstInstance: Int { topology.fabrics.count }
  var changes: Int { firstInstance + fleet.count }
  var scalings: Int { changes + 1 }
  var looks: Int { changes + 2 }
  var routings: Int { changes + 3 }
  var arrivals: Int { changes + 4 }
  var samples: Int { changes + 5 }

  /// A run of `requests` over `instances`, whose tiers `topology` joins, by `rules`, that fills
  /// `series`, when there is one.
  ///
  /// Where instances prefill and others decode, `topology` connects them, and `decodeRouter` picks
  /// among the latter; if there is none, one like `router` does. `commonTier` lies under the tiers
  /// of every instance whose batch shares one more.
  public init(
    requests: RequestTable, instances: [Instance], router: any Router,
    decodeRouter: (any Router)? = nil, series: TimeSeries? = nil,
    topology: Topology = .none, rules: ClusterRules = ClusterRules(),
    commonTier: TieredStore? = nil
  ) {
    precondition(!instances.isEmpty, "a cluster has at least one instance")
    self.requests = requests
    self.requests.prepareRun()
    release = Release(self.requests)
    self.router = router
    self.decodeRouter = decodeRouter ?? router
    self.series = series
    fleet = Fleet(instances, for: self.requests)
    fleet.commonTier = commonTier
    self.rules = rules
    scaling = rules.scaling.map { Scaling($0) }
    membership = Membership(rules, instances: instances.count)
    isTouched = Array(repeating: false, count: instances.count)
    isUnseen = isTouched
    sampled = Array(repeating: RunTotals(), count: instances.count)
    self.topology = topology.withWaysBetweenTiers
    members = topology.members
    queue = EventQueue(sources: topology.fabrics.count + instances.count + 6)
    introduceInstances()
    pendNextArrival()
    pendNextSample(after: .zero)
    pendNextScaling()
  }

  /// Requests that have finished, were refused or failed.
  public var settledRequests: Int {
    fleet.instances.reduce(rejected + membership.failed) {
      $0 + Int($1.recorder.totals.finished)
    }
  }
  /// The simulated time reached.
  public var now: Instant { queue.now }

  /// Runs to the end.
  public mutating func run() {
    while advance(events: .max) {}
  }

  /// Handles up to `count` events; false when the run is over.
  public mutating func advance(events count: Int) -> Bool {
    var left = count
    while stop == nil {
      if queue.time == .never {
        guard failLobby() else { break }
        // Those that failed may have kept others from running.
        if queue.time > queue.now { startSteps() }
        continue
      }
      guard left > 0 else { return true }
      left -= 1
      guard queue.time < .horizon else {
        stop = beyondTheClock()
        return false
      }
      let source = queue.next()
      fleet.now = queue.now
      switch source {
      case arrivals: arrive(release.take(&requests))
      case routings: deliver()
      case looks: lookAtLoads()
      case changes: changeMembers()
      case scalings: scale()
      case samples: sample()
      case firstInstance...: endLeap(source - firstInstance)
      default: moveCopies(source)
      }
      if queue.time > queue.now { startSteps() }
    }
    if stop == nil { findDeadlock() }
    return false
  }

  /// Keeps at most one arrival pending, so the queue's size is the cluster's, not the trace's.
  mutating func pendNextArrival() {
    queue.set(arrivals, at: release.time(in: requests))
  }

  private mutating func arrive(_ id: RequestID) {
    let row = Int(id.row)
    end = queue.now
    if !requests.isMeasured(row) {
      arrivedOfWarmup += 1
    } else if !isMeasuring {
      isMeasuring = true
      for i in 0..<fleet.count { fleet.instances[i].endWarmup(at: queue.now) }
    }
    deliver(id, after: rules.latency)
    if release.isOver(requests.count) {
      for i in 0..<fleet.count { fleet.instances[i].endArrivals(at: queue.now) }
      endMeasurement()
    }
    pendNextArrival()
  }

  /// Notes the moment at which nothing measured is left and requests of the warm-up still run.
  mutating func endMeasurement() {
    guard isMeasuring, requests.warmup != .none, release.isOver(requests.count) else { return }
    let ofWarmup = fleet.instances.reduce(unservedOfWarmup) {
      $0 + Int($1.recorder.totals.finishedOfWarmup)
    }
    guard settledRequests - ofWarmup == requests.count - arrivedOfWarmup else { return }
    isMeasuring = false
    for i in 0..<fleet.count { fleet.instances[i].endMeasurement(at: queue.now) }
  }

  mutating func endLeap(_ i: Int) {
    end = queue.now
    fleet.exchangeTier(with: i)
    fleet.instances[i].finish(at: queue.now, &requests)
    fleet.exchangeTier(with: i)
    if fleet.instances[i].takeChangeOfCommonTier() { touchSharers() }
    if !fleet.instances[i].finished.isEmpty {
      noteEnded(on: i)
      if release.settle(fleet.instances[i].finished, at: queue.now, &requests) { pendNextArrival() }
      endMeasurement()
    }
    if !fleet.instances[i].prefilled.isEmpty { handOver(from: i) }
    if checksInvariants {
      fleet.instances[i].batch.checkInvariants()
      checkParcels()
    }
    if fleet.instances[i].isStuck { stop = report(i, "recomputes prompts without making a token") }
    touch(i)
    refreshLoad(i)
    if membership.states[i] == .leaving { letGo(i) }
  }

  /// Something changed for instance `i`: its leap ends with the step in flight, then it plans.
  ///
  /// Touching too often costs time and never changes a result; touching too rarely is the bug.
  mutating func touch(_ i: Int, byArrival: Bool = false) {
    if !isTouched[i] {
      isTouched[i] = true
      touched.append(i)
    }
    if let end = fleet.instances[i].cut(at: queue.now, forArrival: byArrival) {
      queue.set(firstInstance + i, at: end)
    }
  }

  /// What lies in the common tier has changed: whoever waits for room may find more, or less.
  mutating func touchSharers() {
    for i in 0..<fleet.count where fleet.instances[i].heedsCommonTier { touch(i) }
  }

  /// Every touched instance that is free decides, then the copies set out, then the steps: a step
  /// knows how fast the copies beside it move, in whatever order instances are asked.
  private mutating func startSteps() {
    if touched.count > 1 { touched.sort() }
    // By place: an array that is gone through is held, and let go again, at every event.
    for place in touched.indices {
      let i = touched[place]
      let isFree = !fleet.instances[i].isBusy
      guard isFree || fleet.instances[i].raisesQueued else { continue }
      fleet.exchangeTier(with: i)
      if isFree { fleet.instances[i].decide(at: queue.now, &requests) }
      fleet.instances[i].raiseQueued(at: queue.now)
      if checksInvariants { fleet.instances[i].batch.checkLoads() }
      fleet.exchangeTier(with: i)
      if !topology.routes.isEmpty { startCopies(i) }
      if isFree { startHandovers(i) }
    }
    if !moving.isEmpty { followMoving() }
    for place in touched.indices {
      let i = touched[place]
      isTouched[i] = false
      guard !fleet.instances[i].isBusy else { continue }
      if let end = fleet.instances[i].launch(at: queue.now) {
        queue.set(firstInstance + i, at: end)
      }
      refreshLoad(i)
    }
    touched.removeAll(keepingCapacity: true)
  }
}
