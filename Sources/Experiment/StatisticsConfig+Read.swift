internal import Files
internal import Units

extension StatisticsConfig {
  /// Reads the block `statistics`.
  init(_ node: ConfigNode?, at place: Place) throws(ConfigError) {
    self = try MappingReader.read(
      node, path: "statistics", at: place,
      keys: ["warmup", "warmup_requests", "batches", "confidence"]
    ) { (r) throws(ConfigError) in
      let warmup = r.optional("warmup")
      let count = try r.whole("warmup_requests", in: 0...Int(Int32.max))
      if let warmup, let count {
        throw warmup.error("stands beside warmup_requests (\(count.place)); keep one of them")
      }
      // With fewer batches no correlation can be told from chance.
      let batches = try r.whole("batches", default: 20, in: 5...1000).value
      return StatisticsConfig(
        warmup: try warmup.map { (field) throws(ConfigError) in
          field.located(try Self.time(field))
        },
        warmupRequests: count, batches: batches,
        confidence: try r.number("confidence", default: 0.95, in: .share).value)
    }
  }

  private static func time(_ field: Field) throws(ConfigError) -> Seconds {
    let time: Seconds = try field.quantity(in: .notNegative)
    guard time.value <= 100 * 86_400 else { throw field.error("is above 100 d") }
    return time
  }
}

extension PowerConfig {
  /// Reads `cluster.power`: a mapping, or `catalogue` for the draws that the GPU's entry has.
  init(_ field: Field) throws(ConfigError) {
    if case .scalar(let text, _) = field.node.content {
      guard text == "catalogue" else {
        throw field.error("is \(text); write catalogue, or {idle: 100 W, busy: 650 W, pue: 1.2}")
      }
      self.init(idle: nil, busy: nil, pue: 1, place: field.place)
      return
    }
    self = try MappingReader.read(
      field.node, path: field.key, at: field.place, keys: ["idle", "busy", "pue"]
    ) { (r) throws(ConfigError) in
      let pue = try r.number("pue", default: 1, in: .positive)
      guard pue.value >= 1 else {
        throw pue.error("\(pue.value) is below 1: a building draws at least what its GPUs draw")
      }
      return PowerConfig(
        idle: try Self.draw(r.optional("idle")), busy: try Self.draw(r.optional("busy")),
        pue: pue.value, place: field.place)
    }
  }

  private static func draw(_ field: Field?) throws(ConfigError) -> Located<Watts>? {
    guard let field else { return nil }
    return field.located(try field.quantity(in: .notNegative))
  }
}
