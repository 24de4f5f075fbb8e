public import Memory
internal import Units

/// The links between instances: each has one out of it and one into it, or shares them with its
/// neighbours, and nothing else is in the way.
///
/// Its own copies pass no lane of tiers, and what they take from steps is left out: at 50 GB/s they
/// are 1.5 % of an H100's HBM.
struct Network: Sendable {
  /// Index of its fabric in the topology.
  let fabric: Int
  /// Instances that share a link.
  let perLink: Int
  /// Lanes of a link: one that carries one way at a time has one.
  let lanesPerLink: Int
  /// Routes made so far, by source · instances + target.
  private var routes: [Int: Int] = [:]
  private let instances: Int

  init(fabric: Int, perLink: Int, lanesPerLink: Int, instances: Int) {
    self.fabric = fabric
    self.perLink = perLink
    self.lanesPerLink = lanesPerLink
    self.instances = instances
  }

  /// Instances that reach a lane.
  func instances(on lane: Int) -> Int {
    min(perLink, instances - lane / lanesPerLink * perLink)
  }

  /// The route from `source` to `target` in `fabric`, made when it is first asked for.
  mutating func route(from source: Int, to target: Int, in fabric: inout Fabric) -> Int {
    let pair = source * instances + target
    if let known = routes[pair] { return known }
    let out = source / perLink * lanesPerLink
    let back = target / perLink * lanesPerLink + lanesPerLink - 1
    let new = fabric.add(Route(out == back ? [out] : [out, back]))
    routes[pair] = new
    return new
  }
}

extension Topology {
  /// Joins `instances` instances, each to all others, by links like `link`.
  ///
  /// Its outward lane leads away from an instance; both lanes cost a message its time, so they
  /// should be alike, and one of them its latency.
  public mutating func connect(_ instances: Int, by link: SharedLink, sharing: Sharing = .fifo) {
    precondition(network == nil, "instances are joined once")
    let own = link.inward.map { [link.outward, $0] } ?? [link.outward]
    let links = (instances + link.instances - 1) / link.instances
    network = Network(
      fabric: fabrics.count, perLink: link.instances, lanesPerLink: own.count,
      instances: instances)
    fabrics.append(
      Fabric((0..<links).flatMap { _ in own }, routes: [], sharing: sharing))
  }

  /// Sends `transfer` from `source` to its instance; `now` is not after the network's next event.
  mutating func fetch(_ transfer: Transfer, from source: Int, at now: Instant) {
    guard let fabric = network?.fabric,
      let route = network?.route(
        from: source, to: Int(transfer.instance), in: &fabrics[fabric])
    else { preconditionFailure("instances that are not joined hand over KV") }
    fabrics[fabric].submit(transfer, route: route, at: now)
  }
}
