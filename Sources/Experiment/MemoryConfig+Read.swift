internal import Catalog
internal import Files
internal import Memory
internal import Units

extension Field {
  /// One of the words that `Value` has.
  func choice<Value: RawRepresentable<String> & CaseIterable>(
    of type: Value.Type
  ) throws(ConfigError) -> Value {
    let text = try text()
    guard let value = Value(rawValue: text) else {
      let kind = key.split(separator: ".").last.map(String.init) ?? key
      throw .unknown(kind, text, known: Value.allCases.map(\.rawValue), at: place)
    }
    return value
  }
}

extension MappingReader {
  /// One of the words that `Value` has, or nil when there is none.
  fileprivate mutating func choice<Value: RawRepresentable<String> & CaseIterable & Sendable>(
    _ key: String, of type: Value.Type
  ) throws(ConfigError) -> Located<Value>? {
    guard let field = optional(key) else { return nil }
    return field.located(try field.choice(of: type))
  }

  /// An amount with its unit, or nil when there is none.
  fileprivate mutating func quantity<Amount: Quantity>(
    _ key: String, in range: NumberRange
  ) throws(ConfigError) -> Located<Amount>? {
    guard let field = optional(key) else { return nil }
    return field.located(try field.quantity(in: range))
  }

  fileprivate mutating func name(of key: String) throws(ConfigError) -> Located<String>? {
    guard let field = optional(key) else { return nil }
    return field.located(try field.text())
  }
}

extension MemoryConfig {
  init(_ field: Field) throws(ConfigError) {
    let levels = TierLevel.allCases
    self = try MappingReader.read(
      field.node, path: field.key, at: field.place, keys: ["sharing"] + levels.map(\.rawValue)
    ) { (r) throws(ConfigError) in
      let sharing = try r.choice("sharing", of: Sharing.self)
      var tiers: [TierConfig] = []
      for level in levels {
        if let tier = r.optional(level.rawValue) { tiers.append(try TierConfig(level, tier)) }
      }
      guard !tiers.isEmpty else {
        throw field.error("has no tier; write dram: {capacity: 256 GiB}, or leave memory out")
      }
      return MemoryConfig(sharing: sharing ?? r.standing(.fifo, for: "sharing"), tiers: tiers)
    }
  }
}

extension TierConfig {
  fileprivate init(_ level: TierLevel, _ field: Field) throws(ConfigError) {
    self = try MappingReader.read(
      field.node, path: field.key, at: field.place, keys: level.keys
    ) { (r) throws(ConfigError) in
      let hint = "capacity: an amount such as 256 GiB, of each instance"
      let capacity = try r.required("capacity", hint)
      var tier = TierConfig(
        level: level, capacity: capacity.located(try capacity.quantity(in: .positive)),
        host: try HostLinkConfig(&r),
        latency: try r.quantity("latency", in: .notNegative))
      switch level {
      case .dram: break
      case .cxl: tier.cards = try r.whole("cards", in: 1...1024)
      case .ssd:
        tier.queueDepth = try r.whole("queue_depth", in: 1...65_536)
        tier.path = try r.choice("path", of: FlashPath.self)
        tier.read = try r.quantity("read", in: .positive)
        tier.write = try r.quantity("write", in: .positive)
      case .remote:
        tier.instancesPerLink = try r.instancesPerLink()
        tier.isShared = try r.optional("shared").map { (field) throws(ConfigError) in
          field.located(try field.bool())
        }
      }
      if level != .dram { tier.device = try r.name(of: "device") }
      if level != .ssd {
        tier.read = try r.quantity("bandwidth", in: .positive)
        tier.write = tier.read
      }
      return tier
    }
  }
}

extension MappingReader {
  /// `all`, which is nil, or a number.
  fileprivate mutating func instancesPerLink() throws(ConfigError) -> Located<Int>? {
    guard let field = optional("instances_per_link") else { return nil }
    if case .scalar("all", _) = field.node.content { return nil }
    return field.located(try field.whole(in: 1...1_000_000))
  }
}

extension TierLevel {
  /// Every key of a tier, in the order in which it is written.
  var keys: [String] {
    switch self {
    case .dram: ["capacity"] + HostLinkConfig.keys + ["bandwidth", "latency"]
    case .cxl: ["capacity", "device", "cards", "bandwidth", "latency"] + HostLinkConfig.keys
    case .ssd:
      ["capacity", "device", "read", "write", "latency", "queue_depth", "path"]
        + HostLinkConfig.keys
    case .remote:
      ["capacity", "device", "bandwidth", "latency", "instances_per_link", "shared"]
        + HostLinkConfig.keys
    }
  }
}

extension HostLinkConfig {
  static let keys = ["link", "copy", "copy_time", "duplex", "gpus_per_link"]

  fileprivate init(_ r: inout MappingReader) throws(ConfigError) {
    link = try r.name(of: "link")
    copy = try r.choice("copy", of: CopyMethod.self)
    copyTime = try r.quantity("copy_time", in: .notNegative)
    duplex = try r.choice("duplex", of: TierConfig.Duplex.self)
    gpusPerLink = try r.whole("gpus_per_link", in: 1...1024)
  }
}

extension PreemptionConfig {
  /// Reads `engine.preemption`: a word, or a mapping.
  init(_ r: inout MappingReader) throws(ConfigError) {
    let (outer, key) = (r.place, r.name("preemption"))
    let field = try r.field("preemption")
    if let field {
      if case .mapping = field.node.content {
      } else {
        self.init(field.located(try field.choice(of: Kind.self)), at: field.place)
        return
      }
    }
    self = try MappingReader.read(
      field?.node, path: key, at: field?.place ?? outer, keys: ["name", "granularity", "overlap"]
    ) { (r) throws(ConfigError) in
      let kind = r.optional("name")
      var name = Located(Kind.recompute, key: key, at: r.place)
      if let kind { name = Located(try kind.choice(of: Kind.self), key: key, at: kind.place) }
      var config = PreemptionConfig(name, at: r.place)
      for option in ["granularity", "overlap"] where name.value == .recompute {
        guard let option = r.optional(option) else { continue }
        throw option.error("is of swap, not of recompute; write name: swap or leave it out")
      }
      if let granularity = try r.choice("granularity", of: Granularity.self) {
        config.granularity = granularity
      }
      if let overlap = try r.choice("overlap", of: Overlap.self) { config.overlap = overlap }
      return config
    }
  }

  private init(_ name: Located<Kind>, at place: Place) {
    self.name = name
    granularity = Located(.block, key: "engine.preemption.granularity", at: place)
    overlap = Located(.none, key: "engine.preemption.overlap", at: place)
  }
}
