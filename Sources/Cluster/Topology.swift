public import Memory
public import Metrics
internal import Units

/// A link of which every group of neighbouring instances has one.
public struct SharedLink: Sendable, Equatable {
  /// The lane away from HBM; both ways when `inward` is nil.
  ///
  /// Bandwidths are those of one GPU while all GPUs of an instance copy side by side.
  public var outward: Lane
  /// The lane towards HBM; nil when the link carries one way at a time.
  public var inward: Lane?
  /// Instances that share one, counted from instance 0; the last group may be smaller.
  public var instances: Int

  /// A link; the parameters are the fields.
  public init(outward: Lane, inward: Lane?, instances: Int = 1) {
    self.outward = outward
    self.inward = inward
    self.instances = instances
  }

  /// The lane that a transfer takes.
  public func lane(isOut: Bool) -> Lane { isOut ? outward : inward ?? outward }
}

/// The way from HBM to a tier.
public struct TierPath: Sendable, Equatable {
  /// Indices of links, the GPU's own first.
  public var links: [Int]
  /// Whether what has passed one link goes on while the rest follows; else link after link.
  public var isPipelined: Bool

  /// A way; the parameters are the fields.
  public init(_ links: [Int], isPipelined: Bool = true) {
    self.links = links
    self.isPipelined = isPipelined
  }
}

/// The links of a cluster and how each instance reaches its tiers.
public struct Topology: Sendable {
  /// A route of a fabric.
  public struct Address: Sendable, Equatable {
    /// Index in `fabrics`.
    public var fabric: Int
    /// Index of the route in that fabric.
    public var route: Int

    /// An address; the parameters are the fields.
    public init(fabric: Int, route: Int) {
      self.fabric = fabric
      self.route = route
    }
  }

  /// The links, together where instances share any.
  ///
  /// Links of one kind have lanes of one name, so that reports can add them up; fabric and lane
  /// tell them apart.
  public var fabrics: [Fabric]
  /// The way of a transfer: `[instance][2 * tier + (isOut ? 0 : 1)]`.
  public var routes: [[Address]]
  /// The tiers whose use is recorded, nearest first.
  public var tiers: [TierDescription] = []
  /// GPUs of an instance, each of which has these links for itself.
  public var gpus: Int64 = 1
  /// What joins the instances to each other; nil: nothing.
  var network: Network?

  /// No tiers: nothing leaves HBM.
  public static let none = Topology(fabrics: [], routes: [])

  private init(fabrics: [Fabric], routes: [[Address]]) {
    self.fabrics = fabrics
    self.routes = routes
  }

  /// The links of neighbouring parts of a cluster, none shared between two; tiers are those of the
  /// first.
  public init(joining parts: [Topology]) {
    self = parts.first ?? .none
    for part in parts.dropFirst() {
      routes += part.routes.map { own in
        own.map { Address(fabric: $0.fabric + fabrics.count, route: $0.route) }
      }
      fabrics += part.fabrics
    }
  }

  /// Idle links for `instances` instances, each of which reaches tier `t` by `paths[t]`.
  ///
  /// Instances that share a link, directly or through others, have one fabric.
  public init(
    _ links: [SharedLink], paths: [TierPath], instances: Int, sharing: Sharing = .fifo
  ) {
    self = .none
    for group in LinkGroup.groups(of: links, paths, instances: instances) {
      for first in group.firstRoute {
        routes.append(
          (0..<2 * paths.count).map { Address(fabric: fabrics.count, route: first + $0) })
      }
      fabrics.append(Fabric(group.lanes, routes: group.routes, sharing: sharing))
    }
  }
}

/// What one fabric holds: the links of instances that share some of them.
package struct LinkGroup: Equatable {
  /// Its lanes.
  package var lanes: [Lane] = []
  /// Two routes for each tier of each instance: out, then in.
  package var routes: [Route] = []
  /// The first route of each of its instances.
  package var firstRoute: [Int] = []

  /// The groups in the order of their instances.
  package static func groups(
    of links: [SharedLink], _ paths: [TierPath], instances: Int
  ) -> [LinkGroup] {
    guard !paths.isEmpty else { return [] }
    var groups: [LinkGroup] = []
    // Lanes out and in of the link that the next instance takes, by link.
    var current = [(out: Int, in: Int)](repeating: (0, 0), count: links.count)
    for instance in 0..<instances {
      if links.allSatisfy({ instance % $0.instances == 0 }) { groups.append(LinkGroup()) }
      let last = groups.count - 1
      for (i, link) in links.enumerated() where instance % link.instances == 0 {
        current[i] = groups[last].add(link)
      }
      groups[last].add(paths, over: current)
    }
    return groups
  }

  private mutating func add(_ link: SharedLink) -> (out: Int, in: Int) {
    lanes.append(link.outward)
    guard let inward = link.inward else { return (lanes.count - 1, lanes.count - 1) }
    lanes.append(inward)
    return (lanes.count - 2, lanes.count - 1)
  }

  private mutating func add(_ paths: [TierPath], over lanes: [(out: Int, in: Int)]) {
    firstRoute.append(routes.count)
    for path in paths {
      routes.append(Route(path.links.map { lanes[$0].out }, isPipelined: path.isPipelined))
      let back = path.links.reversed().map { lanes[$0].in }
      routes.append(Route(back, isPipelined: path.isPipelined))
    }
  }
}
