internal import Memory
public import Serving

extension Topology {
  /// The fabric that an instance is joined to.
  func fabric(of instance: Int) -> Int { routes[instance][0].fabric }

  /// The route of a transfer in the fabric of its instance.
  func route(of transfer: Transfer) -> Int {
    let own = routes[Int(transfer.instance)]
    let first = transfer.cause.passesHBM ? 0 : own.count / 2
    return own[first + Int(2 * transfer.tier) + (transfer.isOut ? 0 : 1)].route
  }

  /// The same links, with a second half of routes of each instance: those between lower tiers.
  ///
  /// What goes between two of them passes those lanes of the farther one's way that the way to the
  /// nearest tier does not: not the GPU's own link. Where that is none it takes the whole way.
  var withWaysBetweenTiers: Topology {
    var all = self
    for instance in routes.indices {
      let own = routes[instance]
      guard let fabric = own.first?.fabric, own.count > 2 else {
        all.routes[instance] = own + own
        continue
      }
      let old = all.fabrics[fabric]
      let shared = old.routes[own[0].route].lanes + old.routes[own[1].route].lanes
      var added: [Route] = []
      for address in own {
        var route = old.routes[address.route]
        let rest = route.lanes.filter { !shared.contains($0) }
        if !rest.isEmpty { route.lanes = rest }
        all.routes[instance].append(
          Address(fabric: fabric, route: old.routes.count + added.count))
        added.append(route)
      }
      all.fabrics[fabric] = Fabric(old.lanes, routes: old.routes + added, sharing: old.sharing)
      all.fabrics[fabric].logsTransfers = old.logsTransfers
    }
    return all
  }

  /// The ways from each tier to the HBM of `instance`.
  public func links(of instance: Int) -> TierLinks {
    let own = routes[instance]
    return TierLinks(
      fabrics[fabric(of: instance)],
      routes: stride(from: 1, to: own.count, by: 2).map { own[$0].route })
  }

  /// The instances of each fabric.
  var members: [[Int]] {
    var members = fabrics.map { _ in [Int]() }
    for instance in routes.indices { members[fabric(of: instance)].append(instance) }
    return members
  }
}
