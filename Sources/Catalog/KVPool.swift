public import Units

/// The room for cached keys and values that a deployment leaves.
public struct KVPool: Sendable, Equatable {
  /// Bytes for the cache on a GPU of the stage that has room for the fewest blocks.
  public var bytesPerGPU: Bytes
  /// Bytes of one block on such a GPU.
  public var bytesPerBlock: Bytes
  /// Tokens of one block.
  public var blockSize: Int
  /// Blocks of the pool: as many as the tightest stage holds.
  public var blocks: Int

  /// Tokens of the pool in whole blocks.
  public var tokens: Int { blocks * blockSize }

  /// The pool on each GPU: capacity × `utilization` − weights − `reserve`, in whole blocks.
  ///
  /// Source: PagedAttention (vLLM): `determine_num_available_blocks`, activations in `reserve`.
  ///
  /// - Throws: `CatalogError` when weights do not fit or no block does, saying by how much.
  public init(
    _ deployment: Deployment, utilization: Double, reserve: Bytes = Bytes(0), blockSize: Int
  ) throws(CatalogError) {
    guard utilization > 0 && utilization <= 1 else {
      throw CatalogError(
        "gpu_memory_utilization is \(utilization); it must be above 0 and at most 1")
    }
    guard blockSize > 0 else {
      throw CatalogError("block_size is \(blockSize); it must be at least 1")
    }
    guard reserve.value >= 0 else {
      throw CatalogError("reserve is \(reserve); it must not be negative")
    }
    let usable = deployment.gpu.memory * utilization
    var tightest: KVPool?
    for stage in deployment.stages {
      let room = usable - stage.weights - reserve
      let block = stage.kvBytesPerToken * Double(blockSize)
      guard room >= block else {
        throw Self.shortage(of: deployment, stage, utilization, reserve, missing: block - room)
      }
      let pool = KVPool(
        bytesPerGPU: room, bytesPerBlock: block, blockSize: blockSize, blocks: Int(room / block))
      if pool.blocks < tightest?.blocks ?? .max { tightest = pool }
    }
    guard let tightest else { preconditionFailure("a deployment has at least one stage") }
    self = tightest
  }

  private init(bytesPerGPU: Bytes, bytesPerBlock: Bytes, blockSize: Int, blocks: Int) {
    self.bytesPerGPU = bytesPerGPU
    self.bytesPerBlock = bytesPerBlock
    self.blockSize = blockSize
    self.blocks = blocks
  }

  private static func shortage(
    of deployment: Deployment, _ stage: Deployment.Stage, _ utilization: Double, _ reserve: Bytes,
    missing: Bytes
  ) -> CatalogError {
    let (model, gpu) = (deployment.model, deployment.gpu)
    let extra = reserve.value > 0 ? " − reserve \(gibibytes(reserve))" : ""
    return CatalogError(
      "\(model.name) does not fit \(gpu.name) with tensor_parallel \(deployment.tensorParallel) "
        + "and pipeline_parallel \(deployment.pipelineParallel): \(gibibytes(gpu.memory)) × "
        + "\(utilization)\(extra) lacks \(gibibytes(missing)) for weights of "
        + "\(gibibytes(stage.weights)) per GPU and one KV block; use more GPUs or larger ones")
  }

  /// GiB with two decimals, rounded up in the last.
  private static func gibibytes(_ size: Bytes) -> String {
    let hundredths = Int((size.value / 0x1p30 * 100).rounded(.up))
    let cents = hundredths % 100
    return "\(hundredths / 100).\(cents < 10 ? "0" : "")\(cents) GiB"
  }
}
