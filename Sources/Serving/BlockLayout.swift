/// What a KV block is on its way between tiers.
public struct BlockLayout: Sendable, Equatable {
  /// Bytes of a block that one GPU copies.
  public var bytesPerBlock: Int64
  /// Tensors of the GPU that hold a part of a block: keys and values of each layer.
  public var tensors: Int64
  /// GPUs of the instance, which copy their parts side by side.
  public var gpus: Int64

  /// A layout; the parameters are the fields.
  public init(bytesPerBlock: Int64, tensors: Int64, gpus: Int64 = 1) {
    self.bytesPerBlock = bytesPerBlock
    self.tensors = tensors
    self.gpus = gpus
  }

  /// Copies of one GPU that move `blocks` blocks, which lie in `runs` runs of neighbours.
  public func copies(of blocks: Int32, runs: Int32, by granularity: CopyGranularity) -> Int64 {
    switch granularity {
    case .block: tensors * Int64(blocks)
    case .group: tensors * Int64(runs)
    case .layer: tensors
    case .sequence: 1
    }
  }
}
