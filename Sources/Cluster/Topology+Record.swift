internal import Memory
internal import Metrics
internal import Units

extension Topology {
  /// Keeps every transfer from now on.
  public mutating func logTransfers() {
    for fabric in fabrics.indices { fabrics[fabric].logsTransfers = true }
  }

  /// What its links carried until `end`, the run's end; nil without links.
  ///
  /// `transfers` landed, for which one GPU issued `copies`.
  func record(until end: Instant, transfers: Int64, copies: Int64) -> MemoryRecord? {
    guard !fabrics.isEmpty else { return nil }
    var waiting = TransferCause.allCases.map { _ in Int128(0) }
    for fabric in fabrics {
      for cause in waiting.indices { waiting[cause] += fabric.waiting[cause] }
    }
    return MemoryRecord(
      links: fabrics.indices.flatMap { links(of: $0, until: end) }, tiers: tiers, gpus: gpus,
      transfers: transfers, copies: copies, waiting: waiting, log: log(until: end),
      end: end)
  }

  /// How the routes of instances use a lane.
  private struct LaneRole {
    var isOut = false
    var isIn = false
    var touchesHBM = false
    /// The instance that was found last to reach it, and how many do.
    var last = -1
    var instances = 0
  }

  private func links(of number: Int, until end: Instant) -> [LinkRecord] {
    let fabric = fabrics[number]
    if let network, network.fabric == number { return lanes(of: network, until: end) }
    var roles = fabric.lanes.map { _ in LaneRole() }
    for (instance, addresses) in routes.enumerated() {
      for (place, address) in addresses.enumerated() where address.fabric == number {
        let lanes = fabric.routes[address.route].lanes
        let isOut = place % 2 == 0
        // The second half of a run's routes joins lower tiers.
        if place < addresses.count / 2, let nearest = isOut ? lanes.first : lanes.last {
          roles[nearest].touchesHBM = true
        }
        for lane in lanes {
          if isOut { roles[lane].isOut = true } else { roles[lane].isIn = true }
          if roles[lane].last != instance { roles[lane].instances += 1 }
          roles[lane].last = instance
        }
      }
    }
    return fabric.lanes.indices.map { lane in
      let role = roles[lane]
      let direction: LinkRecord.Direction = role.isOut ? role.isIn ? .both : .outward : .inward
      return LinkRecord(
        fabric: number, lane: lane, link: Self.link(of: fabric.lanes[lane].name, direction),
        direction: direction, instances: role.instances, touchesHBM: role.touchesHBM,
        busy: fabric.busy(of: lane, until: end), causes: Self.causes(of: fabric.totals[lane]))
    }
  }

  /// The lanes between instances; those of one kind have one name.
  private func lanes(of network: Network, until end: Instant) -> [LinkRecord] {
    let fabric = fabrics[network.fabric]
    return fabric.lanes.indices.map { lane in
      let direction: LinkRecord.Direction =
        network.lanesPerLink == 1
        ? .both : lane % network.lanesPerLink == 0 ? .outward : .inward
      return LinkRecord(
        fabric: network.fabric, lane: lane,
        link: Self.link(of: fabric.lanes[lane].name, direction), direction: direction,
        instances: network.instances(on: lane), touchesHBM: false,
        busy: fabric.busy(of: lane, until: end), causes: Self.causes(of: fabric.totals[lane]))
    }
  }

  /// The name of a lane without the way that it carries.
  private static func link(of lane: String, _ direction: LinkRecord.Direction) -> String {
    let ending = " \(direction.rawValue)"
    return lane.hasSuffix(ending) ? String(lane.dropLast(ending.count)) : lane
  }

  private static func causes(of totals: LaneTotals) -> [LinkRecord.Cause] {
    TransferCause.allCases.map(\.index).map { index in
      var cause = LinkRecord.Cause()
      cause.transfers = totals.landed[index].transfers
      cause.copies = totals.landed[index].copies
      cause.bytes = totals.landed[index].bytes
      cause.cancelledTransfers = totals.cancelled[index].transfers
      cause.cancelledBytes = totals.cancelled[index].bytes
      cause.waiting = totals.waiting[index]
      return cause
    }
  }

  private func log(until end: Instant) -> [TransferRecord] {
    var records: [TransferRecord] = []
    for (number, fabric) in fabrics.enumerated() where fabric.logsTransfers {
      for logged in fabric.log + fabric.unfinished {
        let (transfer, isOver) = (logged.transfer, logged.ended != .never)
        var lanes: [Int] = []
        for lane in fabric.routes[logged.route].lanes where !lanes.contains(lane) {
          lanes.append(lane)
        }
        records.append(
          TransferRecord(
            fabric: number, lanes: lanes, cause: transfer.cause.index,
            instance: transfer.instance, tag: transfer.tag, bytes: transfer.bytes,
            copies: transfer.copies, submitted: logged.submitted, started: logged.started,
            ended: isOver ? logged.ended : max(end, logged.submitted),
            outcome: !isOver ? .unfinished : logged.isCancelled ? .cancelled : .landed))
      }
    }
    return records
  }
}
