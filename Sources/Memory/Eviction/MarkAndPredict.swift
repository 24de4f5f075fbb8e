public import Kernel
public import Units

/// MARK&PREDICT: randomised marking with one bit of advice a use, whether the block is used in the
/// next phase; a victim is drawn from the unmarked blocks that are not.
///
/// A phase ends when a victim is wanted and every block is marked. With advice that is right
/// throughout it misses at most twice as often as the optimum, and at most O(log capacity) times
/// as often whatever the advice. It hears of a request's blocks from the first to the last.
///
/// The oracle's bits come from the partition of the trace into phases of `capacity` different
/// blocks; `history` says that a block comes back if it was used in the phase before, too.
/// Modelled: errors of the advice. Not modelled: any order of prefixes.
///
/// Source: Antoniadis, Boyar, Eliáš, Favrholdt, Hoeksma, Larsen, Polak and Simon, "Paging with
/// Succinct Predictions", ICML 2023, arXiv 2210.02775 (phase predictions).
public struct MarkAndPredict: EvictionPolicy {
  /// Where the advice comes from.
  public struct Options: PolicyOptions {
    /// Who gives it.
    public var predictor = Predictor.oracle
    /// Probability that a bit is wrong.
    public var error = 0.0
    /// An oracle that is always right.
    public init() {}
    /// Ranges.
    public var fault: String? { AdviceErrors.fault(error) }
  }

  /// `mark-predict`.
  public static let name = "mark-predict"
  /// What it is.
  public static let summary = "MARK&PREDICT: marking with advice on what the next phase uses"
  /// The oracle knows the trace.
  public static let isOracle = true
  /// From the first to the last.
  public static let visitOrder: VisitOrder? = .fwd

  private let options: Options
  private let errors: AdviceErrors
  private let labels: [Bool]
  private var stream: SplitMixStream
  // Blocks that are not held; the unmarked ones by whether they will come back.
  private var marked = BlockSet()
  private var leaving = BlockSet()
  private var returning = BlockSet()
  private var returns: [Bool] = []
  private var usedIn: [Int32] = []
  private var phase: Int32 = 0

  /// The uses whose block the next phase uses too, for an oracle.
  public static func advice(_ options: Options, _ context: EvictionContext) -> [Bool] {
    guard options.predictor == .oracle else { return [] }
    return TraceAdvice.returns(context.uses, capacity: context.capacity)
  }

  /// An empty cache.
  public init(_ options: Options, _ context: EvictionContext) {
    self.options = options
    errors = AdviceErrors(rate: options.error, seed: context.seed, policy: Self.name)
    stream = SplitMixStream(seed: context.seed, name: Self.name)
    labels = context.advice ?? Self.advice(options, context)
    grow(to: context.blockCount)
  }
  /// Has room for more numbers.
  public mutating func grow(to blockCount: Int) {
    marked.grow(to: blockCount)
    leaving.grow(to: blockCount)
    returning.grow(to: blockCount)
    returns.grow(to: blockCount, with: false)
    usedIn.grow(to: blockCount, with: -2)
  }

  private mutating func mark(_ use: BlockUse) {
    let block = Int(use.block)
    switch options.predictor {
    case .oracle:
      let bit = labels.indices.contains(use.position) && labels[use.position]
      returns[block] = errors.applied(to: bit, of: use)
    case .history:
      guard usedIn[block] != phase else { return }
      returns[block] = errors.applied(to: usedIn[block] == phase - 1, of: use)
    }
    usedIn[block] = phase
  }

  /// It is marked.
  public mutating func insert(_ use: BlockUse) -> Bool {
    mark(use)
    marked.insert(use.block)
    return true
  }
  /// It is marked.
  public mutating func touch(_ use: BlockUse) -> Bool {
    if leaving.remove(use.block) || returning.remove(use.block) { marked.insert(use.block) }
    mark(use)
    return true
  }
  /// It cannot go.
  public mutating func retain(_ block: BlockID) { remove(block) }
  /// It can go.
  public mutating func release(_ use: BlockUse) -> Bool {
    if usedIn[Int(use.block)] == phase {
      marked.insert(use.block)
    } else {
      unmark(use.block)
    }
    return true
  }

  private mutating func unmark(_ block: BlockID) {
    if returns[Int(block)] { returning.insert(block) } else { leaving.insert(block) }
  }

  /// One of those goes that are not used in this phase and, if there are any, not in the next.
  public mutating func evict(for incoming: BlockUse?) -> BlockID {
    if leaving.count + returning.count == 0 {
      phase += 1
      for block in marked.blocks { unmark(block) }
      marked.removeAll()
    }
    let candidates = leaving.count > 0 ? leaving.blocks : returning.blocks
    guard !candidates.isEmpty else { return -1 }
    let victim = candidates[stream.below(candidates.count)]
    remove(victim)
    return victim
  }
  /// Forgets it.
  public mutating func remove(_ block: BlockID) {
    if !marked.remove(block), !leaving.remove(block) { returning.remove(block) }
  }
}
