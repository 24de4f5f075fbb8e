public import Units

/// One copy of a model laid over the GPUs of an instance.
public struct Deployment: Sendable, Equatable {
  /// A pipeline stage as each of its GPUs sees it.
  public struct Stage: Sendable, Equatable {
    /// Transformer layers of the stage.
    public var layers: Int
    /// Weights on each GPU, embeddings of the first and output head of the last stage included.
    public var weights: Bytes
    /// Bytes that one token's keys and values take on each GPU.
    public var kvBytesPerToken: Bytes
  }

  /// Most GPUs that tensor parallelism may use: one NVLink board.
  public static let mostTensorParallel = 8

  /// The model.
  public let model: Model
  /// The kind of every GPU.
  public let gpu: GPU
  /// GPUs that share every matrix.
  public let tensorParallel: Int
  /// Stages that share the layers.
  public let pipelineParallel: Int
  /// The engine generation.
  public let profile: EngineProfile
  /// The pipeline stages, first to last.
  public let stages: [Stage]

  /// Lays `model` over `tensorParallel` × `pipelineParallel` GPUs.
  ///
  /// - Throws: `CatalogError` when heads or inner widths do not divide, when there are more stages
  ///   than layers, or when tensor parallelism would leave the board.
  public init(
    model: Model, gpu: GPU, tensorParallel: Int = 1, pipelineParallel: Int = 1,
    profile: EngineProfile = .standard
  ) throws(CatalogError) {
    try Self.check(model, tensorParallel: tensorParallel, pipelineParallel: pipelineParallel)
    self.model = model
    self.gpu = gpu
    self.tensorParallel = tensorParallel
    self.pipelineParallel = pipelineParallel
    self.profile = profile
    stages = Self.stages(model, tensorParallel: tensorParallel, pipelineParallel: pipelineParallel)
  }

  /// GPUs of the instance.
  public var gpus: Int { tensorParallel * pipelineParallel }

  /// Weights on the fullest GPU.
  public var weightsPerGPU: Bytes { stages.map(\.weights).max() ?? Bytes(0) }

  /// The bandwidth in one direction between GPUs that share a matrix: NVLink when it joins them
  /// all, else the host's bus.
  public var tensorLink: BytesPerSecond { joinedByNVLink ? gpu.nvlink : gpu.hostLink }

  /// Whether NVLink joins all GPUs that share a matrix.
  public var joinedByNVLink: Bool {
    gpu.nvlink.value > 0 && tensorParallel <= gpu.nvlinkGroup
  }

  private static func check(
    _ model: Model, tensorParallel: Int, pipelineParallel: Int
  ) throws(CatalogError) {
    guard tensorParallel >= 1 && tensorParallel <= mostTensorParallel else {
      throw CatalogError(
        "tensor_parallel is \(tensorParallel); it must be from 1 to \(mostTensorParallel), "
          + "the GPUs of one board")
    }
    guard pipelineParallel >= 1 && pipelineParallel <= model.layers else {
      throw CatalogError(
        "pipeline_parallel is \(pipelineParallel); \(model.name) has \(model.layers) layers, "
          + "so it must be from 1 to \(model.layers)")
    }
    for (what, count) in [
      ("attention heads", model.heads), ("feed-forward width", model.ffn),
      ("expert width", model.experts?.ffn ?? 0),
      ("shared expert width", model.experts?.sharedFFN ?? 0),
    ] where count % tensorParallel != 0 {
      throw CatalogError(
        "tensor_parallel \(tensorParallel) does not divide the \(what) of \(model.name) (\(count))")
    }
    let heads = model.kvHeads
    guard model.latent != nil || heads % tensorParallel == 0 || tensorParallel % heads == 0 else {
      throw CatalogError(
        "tensor_parallel \(tensorParallel) neither divides nor is a multiple of the key and value "
          + "heads of \(model.name) (\(heads))")
    }
  }

  /// Splits the layers as vLLM does: what is left over goes to the stages before the last.
  private static func stages(
    _ model: Model, tensorParallel: Int, pipelineParallel: Int
  ) -> [Stage] {
    var counts = [Int](repeating: model.layers / pipelineParallel, count: pipelineParallel)
    for extra in 0..<(model.layers % pipelineParallel) {
      counts[pipelineParallel - 2 - extra] += 1
    }
    var start = 0
    return counts.enumerated().map { (index, layers) in
      let dense = max(0, min(layers, model.denseLayers - start))
      start += layers
      let isFirst = index == 0
      let isLast = index == pipelineParallel - 1
      var tables = isFirst ? 1.0 : 0
      if isLast && !(model.tiesEmbeddings && isFirst) { tables += 1 }
      let elements =
        tables * model.embeddingParameters / Double(tensorParallel)
        + (isFirst ? Double(model.learnedPositions * model.hidden) : 0)
      let inLayers = model.layerParameters(
        dense: dense, mixed: layers - dense, shards: tensorParallel
      ) { $0.count }
      return Stage(
        layers: layers,
        weights: Bytes(inLayers * model.weights.bytes + elements * Precision.bf16.bytes),
        kvBytesPerToken: Bytes(
          Double(layers * model.cachedElements(shards: tensorParallel)) * model.kvCache.bytes))
    }
  }
}
