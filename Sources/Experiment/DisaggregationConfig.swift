public import Files
public import Serving
public import Units

/// How KV goes from the pools that compute prompts to those that decode.
public struct DisaggregationConfig: Sendable {
  /// How much of KV one message carries.
  public enum Message: Sendable, Equatable {
    /// So many bytes.
    case bytes(Bytes)
    /// So many tokens with all their layers.
    case tokens(Int)
  }

  /// The link of an instance to the network, by its name in the catalogue.
  public var link: Located<String>
  /// What it carries each way; nil: what the link reaches.
  public var bandwidth: Located<BytesPerSecond>?
  /// Time until the first byte moves; nil: that of the link.
  public var latency: Located<Seconds>?
  /// What one message carries.
  public var message: Located<Message>
  /// Time that a message takes besides its bytes.
  public var messageTime: Located<Seconds>
  /// What the copy hides behind.
  public var overlap: Located<HandoverMode.Overlap>
  /// Who makes the first token.
  public var firstToken: Located<HandoverMode.FirstToken>
  /// Who picks the instance that decodes.
  public var router: PolicyConfig
  /// Where it is written.
  public var place: Place

  static let keys = [
    "link", "bandwidth", "latency", "message", "message_tokens", "message_time", "overlap",
    "first_token", "router",
  ]

  /// Reads `cluster.disaggregation`, which may have no key.
  ///
  /// The standing time of a message makes 64 KiB reach 0.26 and 1 MiB 0.85 of 100 Gb/s, as LMCache
  /// measured (0.2 to 0.3, and 0.75 to 0.8 for 1 to 2 MB); 256 tokens are a chunk of LMCache.
  init(_ node: ConfigNode?, at place: Place) throws(ConfigError) {
    let key = "cluster.disaggregation"
    self = try MappingReader.read(node, path: key, at: place, keys: Self.keys) {
      (r) throws(ConfigError) in
      let bandwidth = try r.optional("bandwidth").map { (field) throws(ConfigError) in
        field.located(try field.quantity(in: .positive) as BytesPerSecond)
      }
      let latency = try r.optional("latency").map { (field) throws(ConfigError) in
        field.located(try field.span())
      }
      return DisaggregationConfig(
        link: try r.text("link", default: "infiniband-ndr-400"), bandwidth: bandwidth,
        latency: latency, message: try Self.message(&r),
        messageTime: try r.span("message_time", default: Seconds(15e-6)),
        overlap: try Self.choice(&r, "overlap", default: .none),
        firstToken: try Self.choice(&r, "first_token", default: .decode),
        router: try r.policy("router", default: "least-requests"), place: place)
    }
  }

  private init(
    link: Located<String>, bandwidth: Located<BytesPerSecond>?, latency: Located<Seconds>?,
    message: Located<Message>, messageTime: Located<Seconds>,
    overlap: Located<HandoverMode.Overlap>, firstToken: Located<HandoverMode.FirstToken>,
    router: PolicyConfig, place: Place
  ) {
    (self.link, self.bandwidth, self.latency) = (link, bandwidth, latency)
    (self.message, self.messageTime) = (message, messageTime)
    (self.overlap, self.firstToken) = (overlap, firstToken)
    (self.router, self.place) = (router, place)
  }

  private static func message(_ r: inout MappingReader) throws(ConfigError) -> Located<Message> {
    let tokens = try r.whole("message_tokens", in: 1...Int(Int32.max))
    guard let field = r.optional("message") else {
      guard let tokens else { return r.standing(.tokens(256), for: "message_tokens") }
      return Located(.tokens(tokens.value), key: tokens.key, at: tokens.place)
    }
    if let tokens {
      throw tokens.error("and message exclude each other; write one of them")
    }
    let bytes: Bytes = try field.quantity(in: .positive)
    guard bytes >= Bytes(1) else { throw field.error("is less than a byte; write 64 KiB") }
    return field.located(.bytes(bytes))
  }

  private static func choice<Value: RawRepresentable<String> & CaseIterable & Sendable>(
    _ r: inout MappingReader, _ key: String, default standing: Value
  ) throws(ConfigError) -> Located<Value> {
    guard let field = r.optional(key) else { return r.standing(standing, for: key) }
    return field.located(try field.choice(of: Value.self))
  }
}

extension ClusterConfig {
  /// Refuses `disaggregation` without pools for it, and gives such pools the standing one.
  mutating func settleDisaggregation() throws(ConfigError) {
    let first = pools.first { $0.role.value != .mixed }
    if let first, disaggregation == nil {
      disaggregation = try DisaggregationConfig(nil, at: first.place)
    }
    guard first == nil, let disaggregation else { return }
    throw ConfigError(
      disaggregation.place, key: "cluster.disaggregation",
      "needs cluster.pools with role prefill and role decode; write them, or leave it out"
    ).misfit
  }
}

extension YAMLWriter {
  /// `cluster.disaggregation`, where there is one.
  mutating func disaggregation(
    _ config: DisaggregationConfig?, _ options: [(name: String, text: String)]
  ) {
    guard let config else { return }
    block("disaggregation") { out in
      out.key("link", Scalar.written(config.link.value))
      out.optional(
        "bandwidth", config.bandwidth.map { Scalar.written("\($0.value)") },
        absent: "what the link reaches")
      out.optional(
        "latency", config.latency.map { Scalar.written("\($0.value)") },
        absent: "that of the link")
      switch config.message.value {
      case .bytes(let bytes): out.key("message", Scalar.written("\(bytes)"))
      case .tokens(let tokens): out.key("message_tokens", "\(tokens)")
      }
      out.key("message_time", Scalar.written("\(config.messageTime.value)"))
      out.key("overlap", config.overlap.value.rawValue)
      out.key("first_token", config.firstToken.value.rawValue)
      out.policy("router", config.router, options)
    }
  }
}
