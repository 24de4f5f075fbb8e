internal import Memory

extension Topology {
  /// The fabric that an instance is joined to.
  func fabric(of instance: Int) -> Int { routes[instance][0].fabric }

  /// The route of a transfer in the fabric of its instance.
  func route(of transfer: Transfer) -> Int {
    routes[Int(transfer.instance)][Int(2 * transfer.tier) + (transfer.isOut ? 0 : 1)].route
  }

  /// The instances of each fabric.
  var members: [[Int]] {
    var members = fabrics.map { _ in [Int]() }
    for instance in routes.indices { members[fabric(of: instance)].append(instance) }
    return members
  }
}
