public import Units

extension Model {
  /// Parameters of one layer's attention on each of `shards` GPUs that share every matrix.
  ///
  /// Key and value heads are copied when they are fewer than the GPUs; so are the projections down
  /// to latent vectors (vLLM's `ReplicatedLinear`).
  public func attentionParameters(shards: Int = 1) -> Double {
    let queries = Double(heads / shards)
    guard let latent else {
      let keysAndValues = Double(2 * kvHeads(shards: shards))
      return Double(hidden * headDim) * (2 * queries + keysAndValues)
    }
    let queryWidth = queries * Double(latent.plainWidth + latent.positionWidth)
    let down = latent.queryRank + latent.keyValueRank + latent.positionWidth
    let queryInput = latent.queryRank > 0 ? latent.queryRank : hidden
    return Double(hidden * down) + Double(queryInput) * queryWidth
      + Double(latent.keyValueRank) * queries * Double(latent.plainWidth + latent.valueWidth)
      + queries * Double(latent.valueWidth * hidden)
  }

  /// Parameters of a feed-forward block of that inner width.
  public func feedForwardParameters(width: Double) -> Double {
    (isGated ? 3 : 2) * Double(hidden) * width
  }

  /// Layers whose feed-forward block is a mixture of experts.
  public var expertLayers: Int { experts.map { layers - $0.denseLayers } ?? 0 }

  /// Layers whose feed-forward block is an ordinary one.
  public var denseLayers: Int { layers - expertLayers }

  /// Parameters of the first `dense` ordinary and `mixed` expert layers on each of `shards` GPUs.
  ///
  /// `expertsOf` says how many routed experts of a layer count: all that exist, or those a token
  /// visits.
  public func layerParameters(dense: Int, mixed: Int, shards: Int, expertsOf: (Experts) -> Int)
    -> Double
  {
    let attention = attentionParameters(shards: shards)
    var sum = Double(dense + mixed) * attention
    sum += Double(dense) * feedForwardParameters(width: Double(ffn) / Double(shards))
    if let experts {
      let width = Double(expertsOf(experts) * experts.ffn + experts.sharedFFN) / Double(shards)
      sum += Double(mixed) * (feedForwardParameters(width: width) + Double(hidden * experts.count))
    }
    return sum
  }

  /// Parameters of one table of token embeddings.
  public var embeddingParameters: Double { Double(vocab) * Double(hidden) }

  private var tables: Double {
    (tiesEmbeddings ? 1 : 2) * embeddingParameters + Double(learnedPositions * hidden)
  }

  /// Parameters, computed from the shape.
  public var parameters: Double {
    tables
      + layerParameters(dense: denseLayers, mixed: expertLayers, shards: 1) { $0.count }
  }

  /// Parameters that one token meets: with experts, those it is routed to.
  public var activeParameters: Double {
    tables
      + layerParameters(dense: denseLayers, mixed: expertLayers, shards: 1) { $0.perToken }
  }

  /// Bytes of all weights, once.
  public var weightBytes: Bytes {
    let layers = layerParameters(dense: denseLayers, mixed: expertLayers, shards: 1) { $0.count }
    return Bytes(layers * weights.bytes + tables * Precision.bf16.bytes)
  }

  /// Elements that one token leaves in the cache of one layer, on each of `shards` GPUs.
  public func cachedElements(shards: Int = 1) -> Int {
    if let latent { return latent.keyValueRank + latent.positionWidth }
    return 2 * kvHeads(shards: shards) * headDim
  }

  /// Key and value heads on each of `shards` GPUs: at least one, copied when there are too few.
  public func kvHeads(shards: Int) -> Int { max(1, kvHeads / shards) }

  /// Bytes that one token's keys and values take over all layers.
  public var kvBytesPerToken: Bytes {
    Bytes(Double(layers * cachedElements()) * kvCache.bytes)
  }
}
