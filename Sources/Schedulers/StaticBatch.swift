public import Kernel
public import Serving

/// Request-level batching, as FasterTransformer serves: a batch runs to its end before the next.
///
/// When nothing runs, as many waiting requests as fit are taken, each with contiguous memory for
/// the model's longest sequence; their prompts are computed in one step, then all decode until the
/// last one has finished.
///
/// Not modelled: padding of finished sequences (they stop costing time when they finish), waiting
/// for a batch to fill, results held back until the batch ends.
///
/// Source: Kwon et al., SOSP 2023, §6.1 (FasterTransformer with a dynamic-batching scheduler);
/// Yu et al., OSDI 2022, §2.
public struct StaticBatch: Scheduler {
  /// Settings.
  public struct Options: PolicyOptions {
    /// Requests of one batch.
    public var maxBatchSize = 256
    /// The defaults.
    public init() {}
    /// Ranges.
    public var fault: String? { maxBatchSize < 1 ? "max_batch_size must be at least 1" : nil }
  }

  /// `static-batch`.
  public static let name = "static-batch"
  /// Contiguous memory.
  public static let isPaged = false
  /// What it is.
  public static let summary =
    "FasterTransformer-like: a batch runs to its end before the next is formed"

  private let maxSequences: Int32
  private let length: Int32

  /// Reserves `context.maxModelLength` tokens a request.
  public init(_ options: Options, _ context: EngineContext) {
    maxSequences = Int32(clamping: options.maxBatchSize)
    length = context.maxModelLength
  }

  /// A batch when none runs, else decodes.
  public mutating func plan(_ batch: inout Batch) -> Plan {
    guard batch.count == 0 else { return .decode(heedsArrivals: false) }
    while batch.count < maxSequences, batch.admit(reserving: .tokens(length)) > 0 {}
    return batch.chunks.isEmpty ? .idle : .prefill
  }

  /// Whatever fits into the reserved length.
  public func canServe(_ request: Waiting, in pool: EmptyPool) -> Bool {
    pool.couldHold(request, reserving: .tokens(length))
  }
}
