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
public struct Fabric: Sendable {
  /// The lanes.
  public let lanes: [Lane]
  private let routes: [Route]
  private var queue: [Transfer] = []
  private var head = 0
  private var routeOf: [Int] = []
  /// When the next transfer starts to move or lands; `.never` when nothing moves.
  public private(set) var next = Instant.never

  /// Idle links.
  public init(_ lanes: [Lane], routes: [Route], sharing: Sharing = .fifo) {
    self.lanes = lanes
    self.routes = routes
  }

  /// Sends `transfer` along `route`.
  public mutating func submit(_ transfer: Transfer, route: Int, at now: Instant) {
    queue.append(transfer)
    routeOf.append(route)
    if next == .never { start(at: now) }
  }

  private mutating func start(at now: Instant) {
    let transfer = queue[head]
    var time = 0.0
    for lane in routes[routeOf[head]].lanes {
      time = max(
        time,
        Double(transfer.copies) * lanes[lane].perCopy.value + Double(transfer.bytes)
          / lanes[lane].bandwidth.value)
    }
    next = now + Seconds(time)
  }

  /// Moves on to `now`; transfers that landed are appended to `landed` in order of submission.
  public mutating func advance(to now: Instant, landed: inout [Transfer]) {
    guard next == now else { return }
    landed.append(queue[head])
    head += 1
    next = .never
    if head < queue.count { start(at: now) } else { (queue, routeOf, head) = ([], [], 0) }
  }

  /// Takes back what has not landed of the transfer `tag` of `instance`; false when there is none.
  public mutating func cancel(instance: Int32, tag: Int32, at now: Instant) -> Bool { false }

  /// Bytes that move now through the HBM of one GPU of `instance`.
  public func rate(of instance: Int32) -> BytesPerSecond {
    guard head < queue.count, queue[head].instance == instance else { return BytesPerSecond(0) }
    return lanes[routes[routeOf[head]].lanes[0]].bandwidth
  }
}
