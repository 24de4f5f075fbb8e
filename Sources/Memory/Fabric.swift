import Kernel
public import Units

/// One direction of a link, or both of a link that carries one way at a time.
public struct Lane: Sendable, Equatable {
  /// Name for reports, such as `pcie-4.0-x16 out`.
  public var name: String
  /// What bulk copies reach.
  public var bandwidth: BytesPerSecond
  /// Time that each copy takes besides its bytes.
  public var perCopy: Seconds
  /// Time until the first byte moves; the lane carries others meanwhile.
  public var latency: Seconds

  /// A lane; the parameters are the fields.
  public init(
    _ name: String, bandwidth: BytesPerSecond, perCopy: Seconds = Seconds(0),
    latency: Seconds = Seconds(0)
  ) {
    self.name = name
    self.bandwidth = bandwidth
    self.perCopy = perCopy
    self.latency = latency
  }
}

/// The lanes that a transfer passes, in order.
public struct Route: Sendable, Equatable {
  /// Indices of lanes.
  public var lanes: [Int]
  /// Whether what has passed one lane goes on while the rest follows; else lane after lane.
  public var isPipelined: Bool

  /// A route; the parameters are the fields.
  public init(_ lanes: [Int], isPipelined: Bool = true) {
    self.lanes = lanes
    self.isPipelined = isPipelined
  }
}

/// Who goes first on a lane that several transfers want.
public enum Sharing: String, Sendable, CaseIterable {
  /// The oldest has all that it can use, then the next.
  case fifo
  /// All slow down by the same factor.
  case fair
}

/// Links that transfers share: one pending event for all of them.
///
/// A transfer demands w = copies · perCopy + bytes / bandwidth of each lane of its route, at least
/// a picosecond. Alone on a pipelined route it takes W = max w, else W = Σ w, after a lead of
/// Σ latency in which it occupies nothing. The time in which the first copy fills the lanes before
/// the slowest is left out: at most (Σ w − max w) / copies. At speed v it uses v · w / W of a lane;
/// speeds follow from `Sharing`, and those of a lane use at most all of it.
///
/// Work left is kept as of the last change of a transfer's speed, so that what happens to others
/// does not round it: at full speed it ends W after its start, rounded once.
public struct Fabric: Sendable {
  /// The lanes.
  public let lanes: [Lane]
  /// The routes.
  public private(set) var routes: [Route]
  /// Who goes first.
  public let sharing: Sharing
  /// When the next transfer starts to move or lands; `.never` when nothing moves.
  public internal(set) var next = Instant.never
  /// Whether `log` is kept.
  public var logsTransfers = false
  /// Transfers that landed or were cancelled, in that order; empty unless `logsTransfers`.
  public internal(set) var log: [LoggedTransfer] = []
  /// What each lane carried.
  public internal(set) var totals: [LaneTotals]
  /// What contention cost transfers of each cause, ps: the time from submission to the end less
  /// that which it would have taken alone.
  public internal(set) var waiting = [Int128](repeating: 0, count: TransferCause.allCases.count)

  /// The lanes of each route, each once.
  private(set) var uses: [[LaneUse]] = []
  private var leads: [Seconds] = []
  /// In order of submission; those that left are removed when they are many.
  var passages: [Passage] = []
  /// Where in `passages` the first is that has not left.
  var head = 0
  /// How many of `passages` have left.
  var left = 0
  private var submissions: Int64 = 0
  /// When leads end.
  var starts = MinHeap<Start>()
  /// Places in `passages` of those that move, ascending.
  var moving: [Int] = []
  /// Places in `passages` of those that have moved all and are not reported.
  var due: [Int] = []
  /// Lanes on which something moves since `changed`.
  var isBusy: [Bool]
  /// Those lanes, each once.
  var busy: [Int] = []
  /// When speeds were last computed.
  var changed = Instant.zero
  var scratch: SharingScratch

  /// Idle links; every route passes at least one of the lanes.
  public init(_ lanes: [Lane], routes: [Route], sharing: Sharing = .fifo) {
    for lane in lanes {
      precondition(
        lane.bandwidth.value > 0 && lane.perCopy.value >= 0 && lane.latency.value >= 0,
        "lane \(lane.name) needs a positive bandwidth and no negative times")
    }
    self.lanes = lanes
    self.routes = []
    self.sharing = sharing
    totals = lanes.map { _ in LaneTotals() }
    isBusy = lanes.map { _ in false }
    scratch = SharingScratch(lanes: lanes.count)
    for route in routes { _ = add(route) }
  }

  /// Adds a route over lanes that are there, at least one; answers its index.
  public mutating func add(_ route: Route) -> Int {
    precondition(!route.lanes.isEmpty, "a route passes at least one lane")
    var list: [LaneUse] = []
    for lane in route.lanes {
      if let place = list.firstIndex(where: { $0.lane == lane }) {
        list[place].times += 1
      } else {
        list.append(LaneUse(lane: lane, times: 1))
      }
    }
    routes.append(route)
    uses.append(list)
    leads.append(Seconds(route.lanes.reduce(0) { $0 + lanes[$1].latency.value }))
    return routes.count - 1
  }

  /// Time that `transfer` takes on `route` when nothing else moves, its lead included.
  public func timeAlone(of transfer: Transfer, on route: Int) -> Seconds {
    Seconds(leads[route].value + work(of: transfer, on: route))
  }

  /// Sends `transfer` along `route`; `now` is not after `next`.
  public mutating func submit(_ transfer: Transfer, route: Int, at now: Instant) {
    precondition(now <= next, "a fabric advances to its events before anything else happens")
    precondition(transfer.bytes >= 0 && transfer.copies >= 0, "a transfer of less than nothing")
    let work = work(of: transfer, on: route)
    var passage = Passage(
      transfer, route: route, number: submissions, submitted: now, work: work)
    if leads[route].value > 0 {
      passage.ready = now + leads[route]
      passage.phase = .lead
      starts.push(Start(time: passage.ready, number: submissions))
    }
    submissions += 1
    passages.append(passage)
    for use in uses[route] {
      totals[use.lane].submitted[transfer.cause.index].add(transfer, times: use.times)
    }
    settle(at: now)
  }

  /// Moves on to `now`; transfers that landed are appended to `landed`, those of one instant in
  /// order of submission.
  public mutating func advance(to now: Instant, landed: inout [Transfer]) {
    while next <= now, next != .never {
      let time = next
      for place in (due + moving.filter { passages[$0].end <= time }).sorted() {
        landed.append(passages[place].transfer)
        leave(place, at: time, isCancelled: false)
      }
      settle(at: time)
    }
  }

  /// Takes back what has not landed of the transfer `tag` of `instance`; false when there is none.
  ///
  /// What has moved until `now` counts as moved: whole bytes and whole copies. A transfer that
  /// ends at `now` but has not been reported is cancelled with nothing left to take back.
  public mutating func cancel(instance: Int32, tag: Int32, at now: Instant) -> Bool {
    precondition(now <= next, "a fabric advances to its events before anything else happens")
    guard
      let place = passages[head...].firstIndex(where: {
        $0.phase != .left && $0.transfer.tag == tag && $0.transfer.instance == instance
      })
    else { return false }
    leave(place, at: now, isCancelled: true)
    settle(at: now)
    return true
  }

  /// Takes back all that has not landed of the transfers of `instance`, as `cancel` does each.
  public mutating func cancelAll(of instance: Int32, at now: Instant) {
    precondition(now <= next, "a fabric advances to its events before anything else happens")
    for place in passages.indices.dropFirst(head)
    where passages[place].phase != .left && passages[place].transfer.instance == instance {
      leave(place, at: now, isCancelled: true)
    }
    settle(at: now)
  }

  /// Bytes that move now through the HBM of one GPU of `instance`: those of transfers between
  /// lower tiers pass it by.
  public func rate(of instance: Int32) -> BytesPerSecond {
    var rate = 0.0
    for place in moving {
      let passage = passages[place]
      let transfer = passage.transfer
      guard transfer.instance == instance, transfer.cause.passesHBM else { continue }
      rate += passage.speed * Double(transfer.bytes) / passage.work
    }
    return BytesPerSecond(rate)
  }
}
