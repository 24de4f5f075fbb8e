internal import Catalog
internal import Cluster
internal import Files
internal import Memory
internal import Schedulers
internal import Serving
internal import Units

/// How the pools of a cluster hand KV over.
struct HandoverPlan: Sendable {
  /// What moves, and when.
  let mode: HandoverMode
  /// The link of every instance.
  let link: SharedLink

  /// The link's name in the catalogue.
  let name: String

  /// KV of `tokens` tokens on one GPU.
  func bytes(of tokens: Int64) -> Bytes { Bytes(Double(tokens * mode.bytesPerToken)) }

  /// Time that the KV of `tokens` tokens takes alone.
  func time(of tokens: Int64) -> Seconds {
    let bytes = tokens * mode.bytesPerToken
    let lane = link.outward
    return Seconds(
      lane.latency.value + Double(messages(of: tokens)) * lane.perCopy.value
        + Double(bytes) / lane.bandwidth.value)
  }

  /// Messages that one GPU sends for `tokens` tokens.
  func messages(of tokens: Int64) -> Int64 {
    (tokens * mode.bytesPerToken + mode.messageBytes - 1) / mode.messageBytes
  }
}

extension Assembly {
  /// Pools whose instances serve one phase of requests.
  var phases: [Assembly] { pools.filter { $0.pool.role != .mixed } }

  /// How KV goes from one pool to another; nil where every instance serves whole requests.
  ///
  /// Of pools with unlike numbers of GPUs the fewer say how many parts travel side by side.
  ///
  /// - Throws: `ConfigError` for a link that is not known.
  func handoverPlan() throws(ConfigError) -> HandoverPlan? {
    guard let config = config.cluster.disaggregation, let first = phases.first else { return nil }
    guard let link = Link.named(config.link.value) else {
      throw .unknown("link", config.link.value, known: Link.all.map(\.name), at: config.link.place)
    }
    let narrow = phases.min { $0.deployment.gpus < $1.deployment.gpus } ?? first
    let perToken = narrow.deployment.stages.map(\.kvBytesPerToken.value).max() ?? 0
    let bytes = Int64(perToken.rounded(.up))
    let message: Int64
    switch config.message.value {
    case .bytes(let size): message = Int64(min(size.value, 0x1p60))
    case .tokens(let tokens): message = Int64(tokens) * bytes
    }
    var mode = HandoverMode(
      bytesPerToken: bytes, messageBytes: message, layers: Int64(narrow.layersPerGPU),
      gpus: Int64(narrow.deployment.gpus))
    (mode.firstToken, mode.overlap) = (config.firstToken.value, config.overlap.value)
    func lane(_ way: String, latency: Seconds) -> Lane {
      Lane(
        "\(link.name) \(way)", bandwidth: config.bandwidth?.value ?? link.bulk,
        perCopy: config.messageTime.value, latency: latency)
    }
    return HandoverPlan(
      mode: mode,
      link: SharedLink(
        outward: lane("out", latency: config.latency?.value ?? link.latency),
        inward: lane("in", latency: Seconds(0))), name: link.name)
  }

  /// Refuses pools that could not hand KV over.
  func checkPhases() throws(ConfigError) {
    for pool in phases {
      let (config, role) = (pool.config, pool.pool.role.rawValue)
      guard type(of: pool.scheduler).takesHandovers else {
        let able = schedulers.filter { $0.takesHandovers }.map { $0.name }
        throw config.engine.scheduler.name.error(
          "\(type(of: pool.scheduler).name) cannot serve a pool with role \(role); "
            + "write one of \(able.joined(separator: ", "))"
        ).misfit
      }
      guard config.engine.preemption.name.value == .recompute else {
        throw config.engine.preemption.name.error(
          "swap and role \(role) exclude each other; write recompute"
        ).misfit
      }
      guard pool.pageMapping == nil else {
        throw config.engine.allocator.name.error(
          "vattention and role \(role) exclude each other; write paged"
        ).misfit
      }
    }
    guard let first = phases.first else { return }
    for (pool, place) in zip(pools, config.cluster.pools) where pool.pool.role != .mixed {
      let (own, other) = (pool.deployment.model, first.deployment.model)
      guard own.name != other.name || own.kvBytesPerToken != other.kvBytesPerToken else { continue }
      throw ConfigError(
        place.place, key: "cluster.pools",
        "\(pool.pool.name) serves \(own.name) and \(first.pool.name) \(other.name); pools that "
          + "hand KV over serve one model"
      ).misfit
    }
  }
}
