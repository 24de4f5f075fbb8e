internal import Catalog
public import Cluster
internal import Files
internal import Memory
internal import Metrics
internal import Units

/// The tiers under HBM of an experiment and the links to them.
public struct MemoryPlan: Sendable {
  /// A tier as one instance sees it.
  public struct Room: Sendable, Equatable {
    /// `dram`, `cxl`, `ssd` or `remote`.
    public var name: String
    /// KV blocks of the instance that it holds.
    public var capacityBlocks: Int32
  }

  /// The tiers, nearest first.
  public private(set) var tiers: [Room] = []
  /// The links of all instances, idle.
  public private(set) var topology = Topology.none
  /// The kinds of links.
  package private(set) var links: [SharedLink] = []
  /// The way to each tier.
  package private(set) var paths: [TierPath] = []

  /// HBM only.
  static let none = MemoryPlan()

  private init() {}

  /// The tiers of `config` for instances like `deployment`, whose blocks take `bytesPerBlock` on
  /// all GPUs together.
  ///
  /// - Throws: `ConfigError` for unknown names, a tier without room for a block, and links that do
  ///   not go with the number of GPUs.
  init(
    _ config: MemoryConfig, _ deployment: Deployment, instances: Int, bytesPerBlock: Bytes,
    _ resolved: inout ResolvedConfig
  ) throws(ConfigError) {
    var builder = LinkBuilder(deployment: deployment, instances: instances)
    for tier in config.tiers {
      guard tier.capacity.value >= bytesPerBlock else {
        throw tier.capacity.error(
          "\(tier.capacity.value) is less than one KV block of an instance (\(bytesPerBlock))"
        ).misfit
      }
      let blocks = (tier.capacity.value / bytesPerBlock).rounded(.down)
      let count = Int32(min(blocks, Double(Int32.max)))
      tiers.append(Room(name: tier.level.rawValue, capacityBlocks: count))
      try builder.add(tier)
    }
    (links, paths) = (builder.links, builder.paths)
    resolved.memory = builder.resolved
    topology = Topology(links, paths: paths, instances: instances, sharing: config.sharing.value)
    let size = Int64(bytesPerBlock.value.rounded(.up))
    topology.tiers = tiers.map {
      TierDescription(name: $0.name, blocks: $0.capacityBlocks, bytesPerBlock: size)
    }
    topology.gpus = Int64(deployment.gpus)
  }
}

/// Makes the links of tier after tier.
private struct LinkBuilder {
  let deployment: Deployment
  let instances: Int
  var links: [SharedLink] = []
  var paths: [TierPath] = []
  /// What absent keys stand for.
  var resolved: [(key: String, text: String)] = []
  /// The GPUs' links so far: name, the tier that describes it, index in `links`.
  private var hosts: [(name: String, tier: TierLevel, index: Int)] = []

  init(deployment: Deployment, instances: Int) {
    self.deployment = deployment
    self.instances = instances
  }

  private mutating func resolve(_ tier: TierConfig, _ key: String, _ text: String) {
    resolved.append(("\(tier.level).\(key)", text))
  }

  mutating func add(_ tier: TierConfig) throws(ConfigError) {
    let host = try hostLink(of: tier)
    guard let device = try device(of: tier) else { return paths.append(TierPath([host])) }
    let (read, write) = (tier.read?.value ?? device.read, tier.write?.value ?? device.write)
    let latency = tier.latency?.value ?? device.latency
    let shares = Double(deployment.gpus)
    var (factor, perCopy, sharing) = (1.0, Seconds(0), 1)
    switch tier.level {
    case .dram: break
    case .cxl:
      let cards = tier.cards?.value ?? 1
      factor = Double(cards)
      resolve(tier, "cards", "1")
    case .ssd:
      // So many at a time, each of which takes the latency.
      let depth = tier.queueDepth?.value ?? Self.queueDepth
      perCopy = Seconds(latency.value / Double(depth))
      resolve(tier, "queue_depth", "\(Self.queueDepth)")
      resolve(tier, "path", TierConfig.FlashPath.bounce.rawValue)
    case .remote:
      sharing = min(tier.instancesPerLink?.value ?? instances, instances)
      resolve(tier, "instances_per_link", "all")
    }
    for (key, text) in [
      ("device", device.name), ("read", "\(device.read)"), ("write", "\(device.write)"),
      ("bandwidth", "\(device.read)"), ("latency", "\(device.latency)"),
    ] { resolve(tier, key, text) }
    func lane(_ way: String, _ rate: BytesPerSecond) -> Lane {
      Lane(
        "\(tier.level) \(way)", bandwidth: rate * (factor / shares), perCopy: perCopy,
        latency: latency)
    }
    links.append(
      SharedLink(
        outward: lane("out", write), inward: lane("in", read), instances: sharing))
    let bounces = tier.level == .ssd && tier.path?.value != .gpudirect
    paths.append(TierPath([host, links.count - 1], isPipelined: !bounces))
  }

  /// Commands that an NVMe drive works on at a time.
  private static let queueDepth = 32

  /// What the tier is made of; nil for DRAM.
  private func device(of tier: TierConfig) throws(ConfigError) -> TierDevice? {
    guard let name = tier.device else { return tier.level.standard }
    let devices = tier.level.devices
    guard let device = devices.first(where: { $0.name == name.value }) else {
      throw .unknown(
        "device of \(tier.level)", name.value, known: devices.map(\.name), at: name.place)
    }
    return device
  }

  /// The index of the GPU's link to `tier`, made unless a nearer tier takes the same.
  private mutating func hostLink(of tier: TierConfig) throws(ConfigError) -> Int {
    let host = tier.host
    var bus = deployment.gpu.hostBus
    if let name = host.link {
      guard let known = Link.named(name.value) else {
        throw .unknown("link", name.value, known: Link.all.map(\.name), at: name.place)
      }
      bus = known
    } else if let first = hosts.first {
      bus.name = first.name
    }
    resolve(tier, "link", hosts.isEmpty ? "the GPU's: \(bus.name)" : "as \(hosts[0].tier)")
    if let known = hosts.first(where: { $0.name == bus.name }) {
      for (key, place) in host.described {
        throw ConfigError(
          place, key: "cluster.memory.\(tier.level).\(key)",
          "is that of \(known.tier), which takes the same link \(bus.name); leave it out")
      }
      for key in HostLinkConfig.keys.dropFirst() { resolve(tier, key, "as \(known.tier)") }
      return known.index
    }
    links.append(try hostLink(bus, of: tier))
    hosts.append((bus.name, tier.level, links.count - 1))
    return links.count - 1
  }

  /// A link that `tier` describes.
  private mutating func hostLink(
    _ bus: Link, of tier: TierConfig
  ) throws(ConfigError) -> SharedLink {
    let host = tier.host
    let copy = host.copy?.value ?? .memcpy
    // The bandwidth and latency of other tiers are those of their devices.
    let own = tier.level == .dram
    let bandwidth = (own ? tier.read?.value : nil) ?? bus.bulk
    let latency = (own ? tier.latency?.value : nil) ?? Seconds(0)
    resolve(tier, "copy", CopyMethod.memcpy.rawValue)
    resolve(tier, "copy_time", "that of \(copy): \(copy.perCopy)")
    resolve(tier, "duplex", TierConfig.Duplex.full.rawValue)
    resolve(tier, "gpus_per_link", "1")
    if own {
      resolve(tier, "bandwidth", "what the link reaches: \(bus.bulk)")
      resolve(tier, "latency", "within the time of a copy")
    }
    let (gpus, sharing) = (deployment.gpus, host.gpusPerLink?.value ?? 1)
    guard sharing % gpus == 0 || gpus % sharing == 0 else {
      throw host.gpusPerLink?.error(
        "\(sharing) does not go with the \(gpus) GPUs of an instance; "
          + "write a multiple of \(gpus), or a number that divides it"
      ).misfit ?? ConfigError(nil, "one GPU for each link always fits")
    }
    func lane(_ way: String) -> Lane {
      Lane(
        bus.name + way, bandwidth: bandwidth * (1 / Double(min(sharing, gpus))),
        perCopy: host.copyTime?.value ?? copy.perCopy, latency: latency)
    }
    let isHalf = host.duplex?.value == .half
    return SharedLink(
      outward: lane(isHalf ? "" : " out"), inward: isHalf ? nil : lane(" in"),
      instances: max(1, sharing / gpus))
  }
}

extension HostLinkConfig {
  /// The keys that describe the link and stand in the file, with their places.
  fileprivate var described: [(key: String, place: Place)] {
    [
      ("copy", copy?.place), ("copy_time", copyTime?.place), ("duplex", duplex?.place),
      ("gpus_per_link", gpusPerLink?.place),
    ].compactMap { key, place in place.map { (key, $0) } }
  }
}
