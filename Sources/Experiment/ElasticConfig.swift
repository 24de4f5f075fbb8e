public import Files
public import Units

/// Who joins, leaves and fails in a cluster, and what becomes of its requests then.
public struct ElasticConfig: Sendable {
  /// Time from the moment at which an instance joins until it takes requests.
  public var coldStart: Located<Seconds>
  /// How often a request that a failure has hit is sent again.
  public var retries: Located<Int>
  /// Time from a failure until what it hit is sent again.
  public var retryDelay: Located<Seconds>
  /// What happens at known times, in the order of the file.
  public var events: [ClusterEvent]
  /// Who lets instances join and leave by what goes on; nil: nobody.
  public var autoscaler: AutoscalerConfig?

  /// Keys of `cluster`.
  static let keys = ["cold_start", "retries", "retry_delay", "events", "autoscaler"]

  /// Whether the cluster stays as it is.
  var isFixed: Bool {
    events.isEmpty && autoscaler == nil && coldStart.value.value == 0 && retries.value == 3
      && retryDelay.value.value == 0
  }
}

/// Something that happens to instances at a known time.
public struct ClusterEvent: Sendable {
  /// What happens.
  public enum Action: Sendable, Equatable {
    /// So many instances join, in the pool that is named.
    case join(Int, pool: String?)
    /// The instance takes no more requests and goes when those that run have finished.
    case leave(Int)
    /// The instance is gone at once; it joins again after `restart`, if that is given.
    case fail(Int, restart: Seconds?)
    /// Its steps take `factor` times as long, for a time or for good.
    case slow(Int, factor: Double, time: Seconds?)
  }

  /// When.
  public var time: Seconds
  /// What, at the place of its key.
  public var action: Located<Action>
}

/// An autoscaler and its bounds.
public struct AutoscalerConfig: Sendable {
  /// The policy with its own options.
  public var policy: PolicyConfig
  /// Fewest instances.
  public var fewest: Located<Int>
  /// Most instances.
  public var most: Located<Int>
  /// Time between two looks.
  public var interval: Located<Seconds>
  /// Time after a change without another.
  public var cooldown: Located<Seconds>
  /// The pool that it scales; nil: the only one.
  public var pool: Located<String>?

  /// Keys that no autoscaler has for options of its own.
  static let keys = ["min", "max", "interval", "cooldown", "pool"]
}

// MARK: - From a file

extension ElasticConfig {
  /// Reads its keys of `cluster`.
  init(_ r: inout MappingReader) throws(ConfigError) {
    coldStart = try r.span("cold_start", default: Seconds(0))
    retries = try r.whole("retries", default: 3, in: 0...1_000_000)
    retryDelay = try r.span("retry_delay", default: Seconds(0))
    events = []
    if let field = r.optional("events") {
      guard case .sequence(let items) = field.node.content else {
        throw field.error("is \(field.node.found); write a list, - {at: 60 s, join: 2}")
      }
      for (index, item) in items.enumerated() {
        events.append(try ClusterEvent(item, key: "\(field.key).\(index)"))
      }
    }
    autoscaler = try r.optional("autoscaler").map { (field) throws(ConfigError) in
      try AutoscalerConfig(field)
    }
  }
}

extension ClusterEvent {
  private static let actions = ["join", "leave", "fail", "slow"]
  /// The keys that go with an action.
  private static let companions = [
    ("pool", "join"), ("restart", "fail"), ("factor", "slow"), ("for", "slow"),
  ]
  /// Numbers of instances.
  private static let numbers = 0...999_999

  fileprivate init(_ node: ConfigNode, key: String) throws(ConfigError) {
    self = try MappingReader.read(
      node, path: key, at: node.place,
      keys: ["at"] + Self.actions + Self.companions.map { $0.0 }
    ) { (r) throws(ConfigError) in
      let at = try r.required("at", "at: 60 s, the time from the start of the run")
      let time = try at.span(most: Self.lastTime)
      var found: [Field] = []
      for action in Self.actions {
        if let field = r.optional(action) { found.append(field) }
      }
      guard let field = found.first, let name = field.key.split(separator: ".").last else {
        throw ConfigError(
          node.place, key: key, "has no action; write join: 1, leave: 0, fail: 0 or slow: 0")
      }
      if found.count > 1 {
        throw found[1].error("stands beside \(name); write an entry for each")
      }
      for (companion, owner) in Self.companions where owner != name {
        guard let field = r.optional(companion) else { continue }
        throw field.error("goes with \(owner), not with \(name); leave it out")
      }
      return ClusterEvent(time: time, action: field.located(try Self.action(field, name, &r)))
    }
  }

  /// Later events would come close to the end of the clock.
  private static let lastTime = Seconds(100 * 86_400)

  private static func action(
    _ field: Field, _ name: Substring, _ r: inout MappingReader
  ) throws(ConfigError) -> Action {
    switch name {
    case "join":
      let count = try field.whole(in: 1...1_000_000)
      return .join(count, pool: try r.optional("pool")?.text())
    case "leave": return .leave(try field.whole(in: numbers))
    case "fail":
      let number = try field.whole(in: numbers)
      return .fail(number, restart: try r.optional("restart")?.span())
    default:
      let number = try field.whole(in: numbers)
      let factor = try r.required("factor", "factor: 2, how many times as long its steps take")
      return .slow(
        number, factor: try factor.number(in: .upTo(1_000_000)),
        time: try r.optional("for")?.span())
    }
  }
}

extension AutoscalerConfig {
  fileprivate init(_ field: Field) throws(ConfigError) {
    guard case .mapping(let entries) = field.node.content else {
      throw field.error("is \(field.node.found); write {name: queue, max: 8}")
    }
    let place = field.node.place
    let own = ConfigNode(.mapping(entries.filter { !Self.keys.contains($0.key) }), at: place)
    let shared = ConfigNode(.mapping(entries.filter { Self.keys.contains($0.key) }), at: place)
    let policy = try PolicyConfig(
      Field(node: own, key: field.key, place: field.place), default: "queue")
    self = try MappingReader.read(shared, path: field.key, at: field.place, keys: Self.keys) {
      (r) throws(ConfigError) in
      let most = try r.required("max", "max: 8, the most instances")
      let config = AutoscalerConfig(
        policy: policy, fewest: try r.whole("min", default: 1, in: 1...1_000_000),
        most: most.located(try most.whole(in: 1...1_000_000)),
        interval: try r.span("interval", default: Seconds(10)),
        cooldown: try r.span("cooldown", default: Seconds(30)),
        pool: try r.optional("pool").map { (name) throws(ConfigError) in
          name.located(try name.text())
        })
      guard config.interval.value.value >= 1e-3 else {
        throw config.interval.error(
          "\(config.interval.value) is out of range; write a time of at least 1 ms")
      }
      guard config.fewest.value <= config.most.value else {
        throw config.most.error(
          "\(config.most.value) is below min \(config.fewest.value); write at least as many")
      }
      return config
    }
  }
}

// MARK: - Into a file

extension YAMLWriter {
  /// The keys of `cluster` for what comes and goes; those of the `autoscaler` in full.
  mutating func elastic(_ elastic: ElasticConfig, _ options: [(name: String, text: String)]) {
    guard !elastic.isFixed else { return }
    key("cold_start", Scalar.written("\(elastic.coldStart.value)"))
    key("retries", "\(elastic.retries.value)")
    key("retry_delay", Scalar.written("\(elastic.retryDelay.value)"))
    if elastic.events.isEmpty {
      key("events", "[]")
    } else {
      block("events") { out in
        for event in elastic.events { out.item { out in out.event(event) } }
      }
    }
    guard let scaler = elastic.autoscaler else { return key("autoscaler", "null") }
    block("autoscaler") { out in
      out.key("name", Scalar.written(scaler.policy.name.value))
      let known =
        options.isEmpty ? scaler.policy.options.map { (name: $0.name, text: $0.text) } : options
      for option in known { out.key(option.name, Scalar.written(option.text, option: true)) }
      out.key("min", "\(scaler.fewest.value)")
      out.key("max", "\(scaler.most.value)")
      out.key("interval", Scalar.written("\(scaler.interval.value)"))
      out.key("cooldown", Scalar.written("\(scaler.cooldown.value)"))
      if let pool = scaler.pool { out.key("pool", Scalar.written(pool.value)) }
    }
  }

  private mutating func event(_ event: ClusterEvent) {
    key("at", Scalar.written("\(event.time)"))
    switch event.action.value {
    case .join(let count, let pool):
      key("join", "\(count)")
      if let pool { key("pool", Scalar.written(pool)) }
    case .leave(let number): key("leave", "\(number)")
    case .fail(let number, let restart):
      key("fail", "\(number)")
      if let restart { key("restart", Scalar.written("\(restart)")) }
    case .slow(let number, let factor, let time):
      key("slow", "\(number)")
      key("factor", "\(factor)")
      if let time { key("for", Scalar.written("\(time)")) }
    }
  }
}
