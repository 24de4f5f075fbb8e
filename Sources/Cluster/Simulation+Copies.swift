internal import Kernel
internal import Memory
internal import Serving
internal import Units

extension Simulation {
  /// Sends the copies that instance `i` has decided on, and calls off those that it gave up.
  mutating func startCopies(_ i: Int) {
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
  mutating func moveCopies(_ fabric: Int) {
    topology.fabrics[fabric].advance(to: queue.now, landed: &landed)
    for transfer in landed {
      copies += 1
      copyCalls += transfer.copies
      guard fleet.instances[Int(transfer.instance)].land(transfer, at: queue.now) else { continue }
      // What has risen may be for nobody any more; who loads it lands later.
      if transfer.cause != .prefetch { end = queue.now }
      if transfer.cause == .handover { endHandover(of: RequestID(Int(transfer.tag))) }
      touch(Int(transfer.instance))
    }
    landed.removeAll(keepingCapacity: true)
    follow(fabric)
  }

  mutating func followMoving() {
    for fabric in moving { follow(fabric) }
    moving.removeAll(keepingCapacity: true)
  }

  /// Pends the next event of `fabric` and tells its instances how fast their copies move now, which
  /// the steps after those in flight heed.
  mutating func follow(_ fabric: Int) {
    if checksInvariants { topology.fabrics[fabric].checkInvariants() }
    queue.set(fabric, at: topology.fabrics[fabric].next)
    for i in members[fabric] {
      let rate = topology.fabrics[fabric].rate(of: Int32(i))
      guard fleet.instances[i].setCopyRate(rate) else { continue }
      if let end = fleet.instances[i].cut(at: queue.now) { queue.set(firstInstance + i, at: end) }
    }
  }
}
