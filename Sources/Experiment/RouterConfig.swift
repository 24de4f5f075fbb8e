internal import Cluster
public import Files
public import Units

/// Which instance a request goes to, and what the router knows when it decides.
///
/// Every router has `signals`, `latency` and `index` beside the options of its own.
public struct RouterConfig: Sendable {
  /// What a router believes to be cached.
  public enum Index: Sendable, Equatable {
    /// What is cached.
    case exact
    /// What it has sent to an instance: at most so many tokens, those of the KV pool if nil.
    case approximate(capacity: Int?)
  }

  /// The policy with its own options.
  public var policy: PolicyConfig
  /// Time between two looks at the instances' loads; 0: it always sees them as they are.
  public var refresh: Located<Seconds>
  /// Whether it adds what it has sent since the last look.
  public var addsOwnPicks: Located<Bool>
  /// Time from a request's arrival until it is routed.
  public var latency: Located<Seconds>
  /// How it knows what is cached.
  public var index: Located<Index>

  /// Keys that no router has for options of its own.
  static let keys = ["signals", "latency", "index"]
  /// Longest time of a setting; simulated time ends after 106 days.
  static let mostTime = Seconds(86_400)

  /// Whether it sees everything as it is, at once.
  var isFresh: Bool {
    refresh.value.value == 0 && addsOwnPicks.value && latency.value.value == 0
      && index.value == .exact
  }
}

extension RouterConfig {
  /// Reads `router`: a name, or a mapping with `name`, the router's own options and the settings
  /// that all routers have.
  init(_ r: inout MappingReader) throws(ConfigError) {
    let (outer, key) = (r.place, r.name("router"))
    var policy = PolicyConfig(r.standing("round-robin", for: "router"))
    var settings: ConfigNode?
    var place = outer
    if let field = try r.field("router") {
      var own = field
      place = field.place
      if case .mapping(let entries) = field.node.content {
        let isShared = entries.filter { Self.keys.contains($0.key) }
        settings = ConfigNode(.mapping(isShared), at: field.node.place)
        own = Field(
          node: ConfigNode(
            .mapping(entries.filter { !Self.keys.contains($0.key) }), at: field.node.place),
          key: field.key, place: field.place)
      }
      policy = try PolicyConfig(own, default: policy.name.value)
    }
    self = try MappingReader.read(settings, path: key, at: place, keys: Self.keys) {
      (r) throws(ConfigError) in
      let signals = r.optional("signals")
      let (refresh, adds) = try MappingReader.read(
        signals?.node, path: "\(key).signals", at: signals?.place ?? place,
        keys: ["refresh", "own_picks"]
      ) { (r) throws(ConfigError) in
        (try r.span("refresh", default: Seconds(0)), try r.bool("own_picks", default: true))
      }
      return RouterConfig(
        policy: policy, refresh: refresh, addsOwnPicks: adds,
        latency: try r.span("latency", default: Seconds(0)), index: try Self.index(&r))
    }
  }

  private static func index(_ r: inout MappingReader) throws(ConfigError) -> Located<Index> {
    guard let field = r.optional("index") else { return r.standing(.exact, for: "index") }
    guard case .mapping = field.node.content else {
      return field.located(try kind(of: field) == .exact ? .exact : .approximate(capacity: nil))
    }
    return try MappingReader.read(
      field.node, path: field.key, at: field.place, keys: ["name", "capacity"]
    ) { (r) throws(ConfigError) in
      var kind = Kind.exact
      if let name = r.optional("name") { kind = try Self.kind(of: name) }
      let capacity = try r.whole("capacity", in: 1...Int(Int32.max))
      if kind != .approximate, let capacity {
        throw capacity.error("is of an approximate index; write name: approximate beside it")
      }
      return field.located(
        kind == .approximate ? .approximate(capacity: capacity?.value) : .exact)
    }
  }

  private enum Kind: String, CaseIterable {
    case exact
    case approximate
  }

  private static func kind(of field: Field) throws(ConfigError) -> Kind {
    try field.choice(of: Kind.self)
  }
}

extension MappingReader {
  /// A time from 0 to a day, which the clock can hold at any moment of a run.
  mutating func span(_ key: String, default standing: Seconds) throws(ConfigError)
    -> Located<Seconds>
  {
    guard let field = optional(key) else { return self.standing(standing, for: key) }
    return field.located(try field.span())
  }
}

extension Field {
  /// A time from 0 to a day, or to `most`.
  func span(most: Seconds = RouterConfig.mostTime) throws(ConfigError) -> Seconds {
    let time: Seconds = try quantity(in: .notNegative)
    guard time <= most else {
      let words = most == RouterConfig.mostTime ? "a day" : "\(most)"
      throw error("\(time) is out of range; write a time of at most \(words)")
    }
    return time
  }
}

extension YAMLWriter {
  /// `router`; the settings of all routers are left out where they are those of an ideal one.
  mutating func router(_ router: RouterConfig, _ known: [(name: String, text: String)]) {
    guard !router.isFresh else { return policy("router", router.policy, known) }
    let options =
      known.isEmpty ? router.policy.options.map { (name: $0.name, text: $0.text) } : known
    block("router") { out in
      out.key("name", Scalar.written(router.policy.name.value))
      for option in options { out.key(option.name, Scalar.written(option.text, option: true)) }
      out.block("signals") { out in
        out.key("refresh", Scalar.written("\(router.refresh.value)"))
        out.key("own_picks", "\(router.addsOwnPicks.value)")
      }
      out.key("latency", Scalar.written("\(router.latency.value)"))
      guard case .approximate(let capacity) = router.index.value else {
        return out.key("index", "exact")
      }
      out.block("index") { out in
        out.key("name", "approximate")
        out.optional("capacity", capacity, absent: "tokens of the KV pool")
      }
    }
  }
}
