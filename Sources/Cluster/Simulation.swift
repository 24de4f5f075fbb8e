internal import Kernel
internal import Memory
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
  public private(set) var requests: RequestTable
  /// Whether every event is followed by a check of the invariants; for tests.
  public var checksInvariants = false
  /// Why the run was stopped, nil while it may go on.
  public private(set) var stop: String?

  private var fleet: Fleet
  private var router: any Router
  private var queue: EventQueue
  private var release: Release
  private var rejected = 0
  private var isMeasuring = false
  private var arrivedOfWarmup = 0
  private var rejectedOfWarmup = 0
  private var touched: [Int] = []
  private var isTouched: [Bool]
  private var series: TimeSeries?
  private var sampled: [RunTotals]
  private var sampleEvents = 0
  private var end = Instant.zero
  private var topology: Topology
  /// The instances of each fabric.
  private let members: [[Int]]
  /// Transfers that landed, and copies that a GPU issued for them.
  private var copies = 0
  private var copyCalls: Int64 = 0
  private var outbox: [Transfer] = []
  private var landed: [Transfer] = []
  private var cancelled: [Int32] = []
  /// Fabrics whose copies changed in the phase of steps.
  private var moving: [Int] = []
  // Sources by rank: links, instances, arrivals, samples.
  private var firstInstance: Int { topology.fabrics.count }
  private var arrivals: Int { firstInstance + fleet.count }
  private var samples: Int { arrivals + 1 }

  /// A run of `requests` over `instances`, whose tiers `topology` joins, that fills `series`, when
  /// there is one.
  public init(
    requests: RequestTable, instances: [Instance], router: any Router, series: TimeSeries? = nil,
    topology: Topology = .none
  ) {
    precondition(!instances.isEmpty, "a cluster has at least one instance")
    self.requests = requests
    self.requests.prepareRun()
    release = Release(self.requests)
    self.router = router
    self.series = series
    fleet = Fleet(instances)
    isTouched = Array(repeating: false, count: instances.count)
    sampled = Array(repeating: RunTotals(), count: instances.count)
    self.topology = topology.withWaysBetweenTiers
    members = topology.members
    queue = EventQueue(sources: topology.fabrics.count + instances.count + 2)
    pendNextArrival()
    pendNextSample(after: .zero)
  }

  /// Requests that have finished or were refused.
  public var settledRequests: Int {
    fleet.instances.reduce(rejected) { $0 + Int($1.recorder.totals.finished) }
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
    while queue.time < .never, stop == nil {
      guard left > 0 else { return true }
      left -= 1
      guard queue.time < .horizon else {
        stop = beyondTheClock()
        return false
      }
      let source = queue.next()
      switch source {
      case arrivals: arrive(release.take(&requests))
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
  private mutating func pendNextArrival() {
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
    let arrival = Arrival(
      id: id, time: requests.arrival[row], promptTokens: requests.prompt[row])
    let target = router.route(arrival, in: &fleet)
    requests.instance[row] = Int32(target)
    if fleet.instances[target].enqueue(id, at: queue.now, requests) {
      touch(target, byArrival: true)
      refreshLoad(target)
    } else {
      requests.isRejected[row] = true
      rejected += 1
      if !isMeasuring { rejectedOfWarmup += 1 }
      _ = release.settle([id], at: queue.now, &requests)
    }
    if release.isOver(requests) {
      for i in 0..<fleet.count { fleet.instances[i].endArrivals(at: queue.now) }
      if requests.isRejected[row] { endMeasurement() }
    }
    pendNextArrival()
  }

  /// Notes the moment at which nothing measured is left and requests of the warm-up still run.
  private mutating func endMeasurement() {
    guard isMeasuring, requests.warmup != .none, release.isOver(requests) else { return }
    let ofWarmup = fleet.instances.reduce(rejectedOfWarmup) {
      $0 + Int($1.recorder.totals.finishedOfWarmup)
    }
    guard settledRequests - ofWarmup == requests.count - arrivedOfWarmup else { return }
    isMeasuring = false
    for i in 0..<fleet.count { fleet.instances[i].endMeasurement(at: queue.now) }
  }

  private mutating func refreshLoad(_ i: Int) {
    let load = fleet.instances[i].load
    guard load != fleet.loads[i] else { return }
    fleet.loads[i] = load
    router.loadChanged(i, load)
  }

  private mutating func endLeap(_ i: Int) {
    end = queue.now
    fleet.instances[i].finish(at: queue.now, &requests)
    if !fleet.instances[i].finished.isEmpty {
      if release.settle(fleet.instances[i].finished, at: queue.now, &requests) { pendNextArrival() }
      endMeasurement()
    }
    if checksInvariants { fleet.instances[i].batch.checkInvariants() }
    if fleet.instances[i].isStuck { stop = report(i, "recomputes prompts without making a token") }
    touch(i)
    refreshLoad(i)
  }

  /// Something changed for instance `i`: its leap ends with the step in flight, then it plans.
  ///
  /// Touching too often costs time and never changes a result; touching too rarely is the bug.
  private mutating func touch(_ i: Int, byArrival: Bool = false) {
    if !isTouched[i] {
      isTouched[i] = true
      touched.append(i)
    }
    if let end = fleet.instances[i].cut(at: queue.now, forArrival: byArrival) {
      queue.set(firstInstance + i, at: end)
    }
  }

  /// Every touched instance that is free decides, then the copies set out, then the steps: a step
  /// knows how fast the copies beside it move, in whatever order instances are asked.
  private mutating func startSteps() {
    if touched.count > 1 { touched.sort() }
    for i in touched where !fleet.instances[i].isBusy {
      fleet.instances[i].decide(at: queue.now, &requests)
      if !topology.fabrics.isEmpty { startCopies(i) }
    }
    if !moving.isEmpty { followMoving() }
    for i in touched {
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

// MARK: - Copies

extension Simulation {
  /// Sends the copies that instance `i` has decided on, and calls off those that it gave up.
  private mutating func startCopies(_ i: Int) {
    fleet.instances[i].takeCopies(into: &outbox, cancelled: &cancelled)
    guard !outbox.isEmpty || !cancelled.isEmpty else { return }
    let fabric = topology.fabric(of: i)
    for tag in cancelled {
      let isKnown = topology.fabrics[fabric].cancel(instance: Int32(i), tag: tag, at: queue.now)
      precondition(isKnown, "a copy was called off that nobody makes (I5)")
    }
    for var transfer in outbox {
      transfer.instance = Int32(i)
      let route = topology.route(of: transfer)
      topology.fabrics[fabric].submit(transfer, route: route, at: queue.now)
    }
    if !moving.contains(fabric) { moving.append(fabric) }
    outbox.removeAll(keepingCapacity: true)
    cancelled.removeAll(keepingCapacity: true)
  }

  /// Copies on the links of `fabric` land or begin to move.
  private mutating func moveCopies(_ fabric: Int) {
    topology.fabrics[fabric].advance(to: queue.now, landed: &landed)
    for transfer in landed {
      copies += 1
      copyCalls += transfer.copies
      guard fleet.instances[Int(transfer.instance)].land(transfer) else { continue }
      end = queue.now
      touch(Int(transfer.instance))
    }
    landed.removeAll(keepingCapacity: true)
    follow(fabric)
  }

  private mutating func followMoving() {
    for fabric in moving { follow(fabric) }
    moving.removeAll(keepingCapacity: true)
  }

  /// Pends the next event of `fabric` and tells its instances how fast their copies move now, which
  /// the steps after those in flight heed.
  private mutating func follow(_ fabric: Int) {
    if checksInvariants { topology.fabrics[fabric].checkInvariants() }
    queue.set(fabric, at: topology.fabrics[fabric].next)
    for i in members[fabric] {
      let rate = topology.fabrics[fabric].rate(of: Int32(i))
      guard fleet.instances[i].setCopyRate(rate) else { continue }
      if let end = fleet.instances[i].cut(at: queue.now) { queue.set(firstInstance + i, at: end) }
    }
  }
}

// MARK: - Samples

extension Simulation {
  private mutating func pendNextSample(after time: Instant) {
    guard let series else { return }
    let (next, isBeyond) = time.picoseconds.addingReportingOverflow(series.width)
    queue.set(samples, at: isBeyond ? .horizon : Instant(picoseconds: next))
  }

  /// Writes one row per instance; goes on while anything is pending or about to start.
  private mutating func sample() {
    sampleEvents += 1
    let tiers = series?.tiers.tiers ?? 0
    for i in 0..<fleet.count {
      let row = fleet.instances[i].sample(at: queue.now, since: sampled[i])
      sampled[i] = fleet.instances[i].recorder.totals
      series?.append(row, tiers: fleet.instances[i].tierUses(tiers))
    }
    series?.compact()
    let goesOn = queue.time < .never || touched.contains { fleet.loads[$0].requests > 0 }
    if goesOn { pendNextSample(after: queue.now) }
  }
}

// MARK: - The end of a run

extension Simulation {
  /// Nothing is pending: whoever still holds work would wait for ever (I2).
  private mutating func findDeadlock() {
    for i in 0..<fleet.count where fleet.loads[i].requests > 0 {
      stop = report(i, "has nothing that it could run")
      return
    }
  }

  /// The next event lies past the range of the clock: steps that end before it still count.
  private mutating func beyondTheClock() -> String {
    let last = Instant(picoseconds: Instant.horizon.picoseconds - 1)
    for i in 0..<fleet.count {
      fleet.instances[i].settle(at: last)
      end = max(end, fleet.instances[i].progress)
    }
    let fault = "simulated time passed 106 days, the range of the clock"
    guard let i = fleet.loads.firstIndex(where: { $0.requests > 0 }) else { return fault }
    return report(i, "still works when \(fault)")
  }

  private func report(_ i: Int, _ fault: String) -> String {
    guard let id = fleet.instances[i].oldestRequest else { return "instance \(i) \(fault)" }
    let row = Int(id.row)
    let number = requests.number(of: row)
    return "instance \(i) \(fault): request \(number) (\(requests.prompt[row]) prompt tokens) "
      + "and \(fleet.loads[i].requests - 1) more wait at "
      + "\(fleet.instances[i].batch.totalBlocks) KV blocks"
  }

  /// What the run left behind; the run is over.
  public consuming func record() -> RunRecord {
    for i in 0..<fleet.count { fleet.instances[i].close(at: max(end, queue.now)) }
    precondition(
      stop != nil || settledRequests == requests.count, "a request was lost (I1)")
    let batch = fleet.instances[0].batch
    return RunRecord(
      requests: requests, recorders: fleet.instances.map(\.recorder), series: series, end: end,
      arrivals: release.arrived, copies: copies, sampleEvents: sampleEvents,
      blocks: batch.totalBlocks,
      tokensPerBlock: batch.tokensPerBlock, stop: stop,
      memory: topology.record(
        until: max(end, queue.now), transfers: Int64(copies), copies: copyCalls))
  }
}
