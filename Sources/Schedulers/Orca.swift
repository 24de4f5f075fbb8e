public import Kernel
public import Serving

/// Settings of the Orca baselines.
public struct OrcaOptions: PolicyOptions {
  /// Requests that run at once.
  public var maxBatchSize = 256
  /// The defaults.
  public init() {}
  /// Ranges.
  public var fault: String? { maxBatchSize < 1 ? "max_batch_size must be at least 1" : nil }
}

/// Iteration-level scheduling over contiguous KV: what the three Orca baselines share.
///
/// Prompts and decodes share a step; whoever waits is admitted in order of arrival as soon as the
/// buddy allocator has a region of the reserved size, which the request keeps to its end, so
/// nothing is ever preempted.
///
/// Source: Yu et al., OSDI 2022 (Orca), §3; Kwon et al., SOSP 2023, §3.1 and §6.1, where the three
/// variants and the buddy allocator are defined.
struct Orca: Sendable {
  let maxSequences: Int32
  let reservation: Reservation

  func plan(_ batch: inout Batch) -> Plan {
    while batch.count < maxSequences, batch.admit(reserving: reservation) > 0 {}
    return batch.chunks.isEmpty
      ? .decode(heedsArrivals: batch.waiting.isEmpty && batch.count < maxSequences) : .step
  }

  func canServe(_ request: Waiting, in pool: EmptyPool) -> Bool {
    pool.couldHold(request, reserving: reservation)
  }
}

/// Orca that reserves the model's longest sequence for every request.
///
/// Source: Kwon et al., SOSP 2023, §6.1, "Orca (Max)".
public struct OrcaMax: Scheduler {
  /// `orca-max`.
  public static let name = "orca-max"
  /// Contiguous memory.
  public static let isPaged = false
  /// What it is.
  public static let summary = "Orca (Max): contiguous KV, max_model_len tokens reserved a request"
  private let orca: Orca
  /// Reserves `context.maxModelLength` tokens.
  public init(_ options: OrcaOptions, _ context: EngineContext) {
    orca = Orca(
      maxSequences: Int32(clamping: options.maxBatchSize),
      reservation: .tokens(context.maxModelLength))
  }
  /// Admits, then runs prompts and decodes together.
  public mutating func plan(_ batch: inout Batch) -> Plan { orca.plan(&batch) }
  /// Whatever fits into the reserved length.
  public func canServe(_ request: Waiting, in pool: EmptyPool) -> Bool {
    orca.canServe(request, in: pool)
  }
}

/// Orca that reserves the prompt and the next power of two of the output, at most the model's
/// longest sequence, which needs the output length (oracle).
///
/// Source: Kwon et al., SOSP 2023, §6.1, "Orca (Pow2)".
public struct OrcaPow2: Scheduler {
  /// `orca-pow2`.
  public static let name = "orca-pow2"
  /// Contiguous memory.
  public static let isPaged = false
  /// What it is.
  public static let summary =
    "Orca (Pow2): contiguous KV, prompt + next power of two of the output (oracle)"
  /// It sizes reservations by the output length.
  public static let isOracle = true
  private let orca: Orca
  /// Reserves by each request's output.
  public init(_ options: OrcaOptions, _ context: EngineContext) {
    orca = Orca(
      maxSequences: Int32(clamping: options.maxBatchSize), reservation: .outputPowerOfTwo)
  }
  /// Admits, then runs prompts and decodes together.
  public mutating func plan(_ batch: inout Batch) -> Plan { orca.plan(&batch) }
  /// Whatever fits into the pool contiguously.
  public func canServe(_ request: Waiting, in pool: EmptyPool) -> Bool {
    orca.canServe(request, in: pool)
  }
}

/// Orca that knows and reserves the exact length of every request (oracle).
///
/// Source: Kwon et al., SOSP 2023, §6.1, "Orca (Oracle)".
public struct OrcaOracle: Scheduler {
  /// `orca-oracle`.
  public static let name = "orca-oracle"
  /// Contiguous memory.
  public static let isPaged = false
  /// What it is.
  public static let summary = "Orca (Oracle): contiguous KV, exact prompt + output (oracle)"
  /// It knows output lengths.
  public static let isOracle = true
  private let orca: Orca
  /// Reserves each request's own length.
  public init(_ options: OrcaOptions, _ context: EngineContext) {
    orca = Orca(maxSequences: Int32(clamping: options.maxBatchSize), reservation: .exactOutput)
  }
  /// Admits, then runs prompts and decodes together.
  public mutating func plan(_ batch: inout Batch) -> Plan { orca.plan(&batch) }
  /// Whatever fits into the pool contiguously.
  public func canServe(_ request: Waiting, in pool: EmptyPool) -> Bool {
    orca.canServe(request, in: pool)
  }
}
