/// What one copy between HBM and the host carries.
public enum CopyGranularity: String, Sendable, CaseIterable {
  /// Keys or values of one layer and one block.
  case block
  /// Keys or values of one layer and one run of neighbouring blocks.
  case group
  /// Keys or values of one layer.
  case layer
  /// All of a request at once.
  case sequence
}

/// How an engine swaps.
public struct SwapMode: Sendable, Equatable {
  /// What one copy carries.
  public var granularity = CopyGranularity.block
  /// Whether a step waits for the copies that were decided with it, first for all that go out, then
  /// for all that come in.
  ///
  /// Else they run beside the steps, and blocks stay taken until they have left.
  public var isAwaited = true
  /// Whether a finished turn's KV goes to the host, where the next turn of its session finds it.
  public var keepsContexts = false
  /// Whether the host keeps its copy of what has come back, so that only what is new goes out.
  public var reusesCopies = false
  /// Blocks of a first run of neighbours, where copies carry such runs.
  public var initialGroup: Int32 = 60
  /// Blocks of the host that are kept free behind a copy, so that it grows in one piece.
  public var reserve: Int32 = 0

  /// Block by block, on the critical path, and nothing is kept: vLLM.
  public init() {}
}

/// The host memory of an instance, and what a block is on its way there.
public struct HostMemory: Sendable, Equatable {
  /// Blocks that it holds.
  public var blocks: Int32
  /// What a block is.
  public var layout: BlockLayout

  /// A host; the parameters are the fields.
  public init(blocks: Int32, layout: BlockLayout) {
    self.blocks = blocks
    self.layout = layout
  }
}
