internal import Files
internal import Units

extension SessionMode {
  /// Reads `workload.sessions`.
  init(_ field: Field) throws(ConfigError) {
    let known = Self.allCases.map(\.rawValue)
    let text = try field.text()
    guard let mode = SessionMode(rawValue: text) else {
      throw .unknown("way of \(field.key)", text, known: known, at: field.place)
    }
    self = mode
  }
}

extension DelayConfig {
  /// Reads an amount of time, or a distribution of times.
  init(_ field: Field) throws(ConfigError) {
    if case .mapping = field.node.content {
      self = .drawn(field.located(try DistributionConfig(field, isTime: true)))
    } else {
      self = .fixed(try field.quantity(in: .notNegative))
    }
  }
}

extension SessionsConfig {
  /// Every key of the block, in the order in which it is written.
  private static let keys = [
    "count", "turns", "next_input_tokens", "think_time", "max_context", "at_max_context",
    "keep_output", "block_size", "prefixes", "tools", "forks",
  ]

  /// Reads the block `workload.generate.sessions`; `count` is the number of sessions, when given.
  init(_ field: Field, count: inout Located<Int>?) throws(ConfigError) {
    var number: Located<Int>?
    self = try MappingReader.read(
      field.node, path: field.key, at: field.place, keys: Self.keys
    ) { (r) throws(ConfigError) in
      number = try r.whole("count", in: 1...Int(Int32.max))
      let turns = try r.lengths("turns", "{distribution: geometric, mean: 4}")
      let think = try r.required("think_time", "think_time: 10 s, or a distribution")
      let overflow = try r.text("at_max_context", default: "end")
      guard ["end", "restart"].contains(overflow.value) else {
        throw .unknown(
          "value of \(overflow.key)", overflow.value, known: ["end", "restart"],
          at: overflow.place)
      }
      return SessionsConfig(
        turns: turns,
        nextInputTokens: try r.optionalLengths("next_input_tokens"),
        thinkTime: try DelayConfig(think),
        maxContext: try r.whole("max_context", in: 2...Int(Int32.max))?.value,
        atMaxContext: overflow.value,
        keepsOutput: try r.bool("keep_output", default: true).value,
        blockSize: try r.whole("block_size", default: 16, in: 1...65536).value,
        prefixes: try Self.levels(r.optional("prefixes")),
        tools: try r.optional("tools").map { (tools) throws(ConfigError) in try Tools(tools) },
        forks: try r.optional("forks").map { (forks) throws(ConfigError) in
          try Forks(forks, turns: turns)
        },
        place: field.place)
    }
    count = number
  }

  private static func levels(_ field: Field?) throws(ConfigError) -> [Level] {
    guard let field else { return [] }
    guard case .sequence(let nodes) = field.node.content else {
      throw field.error(
        "is \(field.node.found); write a list of levels: - {count: 8, tokens: …}")
    }
    var levels: [Level] = []
    for (i, node) in nodes.enumerated() {
      levels.append(try Level(Field(node: node, key: "\(field.key)[\(i)]", place: node.place)))
    }
    return levels
  }
}

extension SessionsConfig.Level {
  fileprivate init(_ field: Field) throws(ConfigError) {
    self = try MappingReader.read(
      field.node, path: field.key, at: field.place,
      keys: ["count", "exponent", "probability", "tokens"]
    ) { (r) throws(ConfigError) in
      Self(
        count: try r.required("count", "a whole number").whole(in: 1...1_000_000),
        exponent: try r.number("exponent", default: 1, in: .notNegative).value,
        probability: try r.number("probability", default: 1, in: .fraction).value,
        tokens: try r.lengths("tokens", "{distribution: fixed, value: 512}"))
    }
  }
}

extension SessionsConfig.Tools {
  fileprivate init(_ field: Field) throws(ConfigError) {
    self = try MappingReader.read(
      field.node, path: field.key, at: field.place,
      keys: ["probability", "duration", "input_tokens"]
    ) { (r) throws(ConfigError) in
      Self(
        probability: try r.parameter("probability", in: .fraction),
        duration: try DelayConfig(try r.required("duration", "duration: 2 s, or a distribution")),
        inputTokens: try r.lengths("input_tokens", "{distribution: fixed, value: 200}"))
    }
  }
}

extension SessionsConfig.Forks {
  fileprivate init(
    _ field: Field, turns: Located<DistributionConfig>
  ) throws(ConfigError) {
    self = try MappingReader.read(
      field.node, path: field.key, at: field.place,
      keys: ["probability", "turns", "delay", "input_tokens"]
    ) { (r) throws(ConfigError) in
      Self(
        probability: try r.parameter("probability", in: .fraction),
        turns: try r.optionalLengths("turns") ?? turns,
        delay: try r.optional("delay").map { (delay) throws(ConfigError) in
          try DelayConfig(delay)
        } ?? .fixed(Seconds(0)),
        inputTokens: try r.lengths("input_tokens", "{distribution: fixed, value: 200}"))
    }
  }
}

extension MappingReader {
  /// A distribution of token counts that must be there; `hint` is one.
  mutating func lengths(
    _ key: String, _ hint: String
  ) throws(ConfigError) -> Located<DistributionConfig> {
    let field = try required(key, "\(key): \(hint)")
    return field.located(try DistributionConfig(field))
  }

  /// A distribution of token counts, nil when there is none.
  mutating func optionalLengths(
    _ key: String
  ) throws(ConfigError) -> Located<DistributionConfig>? {
    guard let field = optional(key) else { return nil }
    return field.located(try DistributionConfig(field))
  }
}
