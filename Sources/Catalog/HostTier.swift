public import Units

/// Where KV can lie under HBM, nearest first.
public enum TierLevel: String, Sendable, CaseIterable {
  /// Memory of the host.
  case dram
  /// Memory behind CXL cards.
  case cxl
  /// Flash of the host.
  case ssd
  /// A store behind the network.
  case remote

  /// What the catalogue has for such a tier; none for memory of the host, which its link bounds.
  public var devices: [TierDevice] {
    switch self {
    case .dram: []
    case .cxl:
      Tier.all.filter { $0.kind == .memory && $0.name.hasPrefix("cxl") }.map(TierDevice.init)
    case .ssd: Tier.all.filter { $0.kind == .ssd }.map(TierDevice.init)
    case .remote: Link.all.filter { !$0.joinsHost && !$0.joinsGPUs }.map(TierDevice.init)
    }
  }

  /// The device of an experiment that names none; nil where there are none.
  public var standard: TierDevice? {
    let name =
      switch self {
      case .dram: ""
      case .cxl: "cxl-2.0-x8"
      case .ssd: "nvme-gen4-x4"
      case .remote: "infiniband-hdr-200"
      }
    let devices = devices
    return devices.first { $0.name == name } ?? devices.first
  }
}

/// What bounds a tier under HBM apart from the GPU's own link.
public struct TierDevice: Sendable, Equatable {
  /// Name in the catalogue.
  public var name: String
  /// Rate towards HBM.
  public var read: BytesPerSecond
  /// Rate away from HBM.
  public var write: BytesPerSecond
  /// Time of a small access.
  public var latency: Seconds

  /// Memory or flash.
  public init(_ tier: Tier) {
    (name, read, write, latency) = (tier.name, tier.read, tier.write, tier.latency)
  }

  /// A network, both ways alike.
  public init(_ link: Link) {
    (name, latency) = (link.name, link.latency)
    (read, write) = (link.bulk, link.bulk)
  }
}

extension Link {
  /// What bulk copies reach: as measured, else 0.8 of what is specified.
  public var bulk: BytesPerSecond { achieved.value > 0 ? achieved : bandwidth * 0.8 }

  /// Whether it is a bus of hosts.
  var joinsHost: Bool { name.hasPrefix("pcie-") }

  /// Whether it joins GPUs to each other or to their processor.
  var joinsGPUs: Bool { name.hasPrefix("nvlink") }
}

extension GPU {
  /// The bus of the catalogue that the GPU has; one with its bandwidth when there is none.
  public var hostBus: Link {
    let bus = Link.all.first { $0.joinsHost && $0.bandwidth == hostLink }
    return bus ?? Link("host-link", hostLink.value / 1e9)
  }
}
