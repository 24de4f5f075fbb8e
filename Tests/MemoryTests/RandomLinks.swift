import Kernel
import Memory
import Units

/// Random links, and what is sent over them when.
struct RandomLinks {
  struct Action {
    let time: Instant
    /// A transfer to send; nil: `tag` is cancelled.
    let transfer: Transfer?
    let route: Int
    let tag: Int32
  }

  var lanes: [Lane] = []
  var routes: [Route] = []
  let sharing: Sharing
  /// By time.
  var actions: [Action] = []

  /// Case `number`; about one transfer in four is cancelled when `cancels`.
  init(_ number: Int, sharing: Sharing, cancels: Bool) {
    self.sharing = sharing
    var random = RandomStream(seed: UInt64(number), name: "links")
    for index in 0..<1 + random.below(6) {
      lanes.append(
        Lane(
          "\(index)", bandwidth: BytesPerSecond(random.uniform(from: 1e9, to: 60e9)),
          perCopy: Seconds(random.below(2) == 0 ? 0 : random.uniform(from: 0, to: 4e-6)),
          latency: Seconds(random.below(2) == 0 ? 0 : random.uniform(from: 0, to: 100e-6))))
    }
    for _ in 0..<1 + random.below(4) {
      var route: [Int] = []
      for _ in 0..<1 + random.below(4) { route.append(random.below(lanes.count)) }
      routes.append(Route(route, isPipelined: random.below(3) > 0))
    }
    for tag in 0..<Int32(1 + random.below(12)) {
      let isEmpty = random.below(20) == 0
      let causes = TransferCause.allCases
      var transfer = Transfer(
        causes[random.below(causes.count)], tag: tag, isOut: random.below(2) == 0, blocks: 1,
        bytes: isEmpty ? 0 : Int64(random.below(8_000_000)),
        copies: isEmpty ? 0 : Int64(random.below(100)))
      transfer.instance = Int32(random.below(2))
      // Some come at the same instant.
      let time = Instant(picoseconds: Int64(random.below(40)) * 25_000_000)
      actions.append(
        Action(time: time, transfer: transfer, route: random.below(routes.count), tag: tag))
      if cancels, random.below(4) == 0 {
        let later = Int64(random.below(600_000_000))
        actions.append(
          Action(
            time: Instant(picoseconds: time.picoseconds + later), transfer: nil, route: 0,
            tag: tag))
      }
    }
    actions = actions.enumerated().sorted {
      ($0.element.time, $0.offset) < ($1.element.time, $1.offset)
    }
    .map(\.element)
  }

  var fabric: Fabric { Fabric(lanes, routes: routes, sharing: sharing) }

  func instance(of tag: Int32) -> Int32 {
    actions.first { $0.tag == tag && $0.transfer != nil }?.transfer?.instance ?? -1
  }

  /// What landed when, and which cancellations found something; `check` runs after every event.
  func run(
    _ fabric: inout Fabric, actsFirst: Bool = false,
    check: (inout Fabric, Instant) -> Void = { _, _ in }
  ) -> (landed: [(tag: Int32, time: Instant)], cancelled: [Int32]) {
    var landed: [(tag: Int32, time: Instant)] = []
    var cancelled: [Int32] = []
    var rest = actions[...]
    while true {
      let time = min(fabric.next, rest.first?.time ?? .never)
      guard time != .never else { return (landed, cancelled) }
      if !actsFirst { advance(&fabric, to: time, &landed) }
      while let action = rest.first, action.time == time {
        rest.removeFirst()
        if let transfer = action.transfer {
          fabric.submit(transfer, route: action.route, at: time)
        } else if fabric.cancel(instance: instance(of: action.tag), tag: action.tag, at: time) {
          cancelled.append(action.tag)
        }
        check(&fabric, time)
      }
      if actsFirst { advance(&fabric, to: time, &landed) }
      check(&fabric, time)
    }
  }

  private func advance(
    _ fabric: inout Fabric, to time: Instant, _ landed: inout [(tag: Int32, time: Instant)]
  ) {
    var list: [Transfer] = []
    fabric.advance(to: time, landed: &list)
    landed += list.map { ($0.tag, time) }
  }
}
