public import Kernel
public import Units

/// What the next step runs and how long that answer holds.
public struct Plan: Sendable {
  /// Whether every decoding sequence takes part; chunks were put into the batch by its verbs.
  public var decodes: Bool
  /// Steps for which `plan` would answer the same if nothing came from outside; 0 = nothing to run.
  public var steps: Int
  /// Whether a request that joins the queue could change the answer.
  public var heedsArrivals: Bool

  /// Nothing can run until something happens.
  public static let idle = Plan(decodes: false, steps: 0, heedsArrivals: true)
  /// Only the chunks.
  public static let prefill = Plan(decodes: false, steps: 1, heedsArrivals: false)
  /// One step of decodes and chunks; the answer that is always right.
  public static let step = Plan(decodes: true, steps: 1, heedsArrivals: false)

  /// Decodes, until a sequence finishes, blocks run out or `steps` have passed.
  public static func decode(steps: Int = .max, heedsArrivals: Bool = true) -> Plan {
    Plan(decodes: true, steps: steps, heedsArrivals: heedsArrivals)
  }
}

/// What a scheduler is told about the engine that it runs in.
public struct EngineContext: Sendable {
  /// Most tokens of prompt and output together.
  public var maxModelLength: Int32
  /// Memory of one GPU; engines choose defaults by it.
  public var gpuMemory: Bytes
  /// Seed of what policies draw.
  public var seed: UInt64
  /// A context of the given limits.
  public init(maxModelLength: Int32, gpuMemory: Bytes, seed: UInt64 = 1) {
    self.maxModelLength = maxModelLength
    self.gpuMemory = gpuMemory
    self.seed = seed
  }
}

/// Forms the steps of one instance.
///
/// `plan` is called at step boundaries only, at least whenever its last answer has run out, at most
/// once a boundary and once more where it has preempted and left nothing to run. It must be a
/// function of the batch and of state that it changes at decisions only: it may not count its calls
/// nor draw a number at each (use `batch.step`). A refused verb leaves no trace. A plan whose verbs
/// changed the batch holds for one step whatever it claims. When it plans decodes,
/// `batch.growth ≤ batch.availableBlocks` must hold.
public protocol Scheduler: Sendable {
  /// Its settings.
  associatedtype Options: PolicyOptions
  /// The name used in experiment files.
  static var name: String { get }
  /// One sentence for `martlet list schedulers`: what it does and which system and version it is.
  static var summary: String { get }
  /// Whether it uses what a real engine cannot know, such as a request's output length.
  static var isOracle: Bool { get }
  /// Whether its engine can keep prompts in a prefix cache.
  static var cachesPrefixes: Bool { get }
  /// Whether it gives requests blocks as they grow, and not contiguous memory once and for all.
  static var isPaged: Bool { get }
  /// Whether its engine can swap instead of recomputing, as an experiment asks; one that swaps by
  /// its own rules does not ask.
  static var offersSwap: Bool { get }
  /// Whether it admits by `admitLoading`, as instances do that serve one phase of requests.
  static var takesHandovers: Bool { get }
  /// How its engine swaps, when the experiment asks for `mode`, or for nothing; nil: never.
  func swapMode(_ mode: SwapMode?) -> SwapMode?
  /// How its engine reads prefixes that decoding sequences share, when the experiment asks for
  /// `mode`.
  func sharedPrefixAttention(_ mode: SharedPrefixAttention) -> SharedPrefixAttention
  /// Most tokens of a step, decodes and prompts together; nil where no such limit rules.
  var tokenBudget: Int32? { get }
  /// What tokens weigh in the counters of users that it reads; nil: none are kept.
  var serviceWeights: ServiceWeights? { get }
  /// A scheduler with `options` in an engine described by `context`.
  init(_ options: Options, _ context: EngineContext)
  /// Forms the next step by the batch's verbs and says how long the answer holds.
  mutating func plan(_ batch: inout Batch) -> Plan
  /// Whether `request` could ever run in `pool`; if not it ends as unservable, at once.
  func canServe(_ request: Waiting, in pool: EmptyPool) -> Bool
  /// Why `options` cannot be used in `context`, nil when they can.
  static func fault(_ options: Options, in context: EngineContext) -> String?
}

extension Scheduler {
  /// Only what a real engine knows.
  public static var isOracle: Bool { false }
  /// Blocks as needed.
  public static var isPaged: Bool { true }
  /// Whoever loses its memory computes it again.
  public static var offersSwap: Bool { false }
  /// It serves whole requests.
  public static var takesHandovers: Bool { false }
  /// As asked, where that is offered.
  public func swapMode(_ mode: SwapMode?) -> SwapMode? { Self.offersSwap ? mode : nil }
  /// As asked.
  public func sharedPrefixAttention(_ mode: SharedPrefixAttention) -> SharedPrefixAttention { mode }
  /// No limit.
  public var tokenBudget: Int32? { nil }
  /// No counters of users.
  public var serviceWeights: ServiceWeights? { nil }
  /// Contiguous memory is not shared.
  public static var cachesPrefixes: Bool { false }
  /// Whatever fits into an empty pool.
  public func canServe(_ request: Waiting, in pool: EmptyPool) -> Bool { pool.couldHold(request) }
  /// Any settings that are possible at all.
  public static func fault(_ options: Options, in context: EngineContext) -> String? { nil }
}
