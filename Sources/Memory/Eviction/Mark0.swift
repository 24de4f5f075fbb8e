public import Kernel
public import Units

/// MARK0: randomised marking with one bit of advice a use, whether Belady's optimum would let the
/// block go before it is used again; such a block goes as soon as it is not in use.
///
/// A phase begins with what the cache holds and ends when all of that has been used (or nothing
/// unmarked is left); a victim is drawn from the blocks not used in the phase. With advice that is
/// right throughout it misses exactly as often as the optimum whose advice it has: that of `min`,
/// or of `min-demand` without `bypass`. It hears of a request's blocks from the first to the last.
///
/// The oracle's bits come from one run of the optimum over the trace; `history` says what became
/// of earlier uses of blocks at a like depth with as many uses. Modelled: errors of the advice.
/// Not modelled: any order of prefixes, so an error costs the hits of all that follows the block.
///
/// Source: Antoniadis, Boyar, Eliáš, Favrholdt, Hoeksma, Larsen, Polak and Simon, "Paging with
/// Succinct Predictions", ICML 2023, arXiv 2210.02775 (discard predictions).
public struct Mark0: EvictionPolicy {
  /// Where the advice comes from.
  public struct Options: PolicyOptions {
    /// Who gives it.
    public var predictor = Predictor.oracle
    /// Probability that a bit is wrong.
    public var error = 0.0
    /// Whether a block that would go at once is kept out of a full cache.
    public var bypass = true
    /// An oracle that is always right.
    public init() {}
    /// Ranges.
    public var fault: String? { AdviceErrors.fault(error) }
  }

  /// `mark0`.
  public static let name = "mark0"
  /// What it is.
  public static let summary = "MARK0: marking with advice on which blocks to discard at once"
  /// The oracle knows the trace.
  public static let isOracle = true
  /// From the first to the last.
  public static let visitOrder: VisitOrder? = .fwd

  private let options: Options
  private let errors: AdviceErrors
  private let labels: [Bool]
  private var history: ReturnHistory
  private var stream: SplitMixStream
  // Blocks that are not held.
  private var marked = BlockSet()
  private var unmarked = BlockSet()
  private var isHeld: [Bool] = []
  private var isDiscarded: [Bool] = []
  // The phase in which a block was last used, entered and left.
  private var usedIn: [Int32] = []
  private var enteredIn: [Int32] = []
  private var leftIn: [Int32] = []
  private var phase: Int32 = 0
  private var cached = 0
  // Blocks of the phase's beginning that were not used since.
  private var missing = 0

  /// The uses after which the optimum lets a block go, for an oracle.
  public static func advice(_ options: Options, _ context: EvictionContext) -> [Bool] {
    guard options.predictor == .oracle else { return [] }
    return TraceAdvice.discards(
      context.uses, capacity: context.capacity, bypasses: options.bypass)
  }

  /// An empty cache.
  public init(_ options: Options, _ context: EvictionContext) {
    self.options = options
    errors = AdviceErrors(rate: options.error, seed: context.seed, policy: Self.name)
    stream = SplitMixStream(seed: context.seed, name: Self.name)
    labels = context.advice ?? Self.advice(options, context)
    history = ReturnHistory(capacity: context.capacity)
    grow(to: context.blockCount)
  }
  /// Has room for more numbers.
  public mutating func grow(to blockCount: Int) {
    if options.predictor == .history { history.grow(to: blockCount) }
    marked.grow(to: blockCount)
    unmarked.grow(to: blockCount)
    isHeld.grow(to: blockCount, with: false)
    isDiscarded.grow(to: blockCount, with: false)
    usedIn.grow(to: blockCount, with: -1)
    enteredIn.grow(to: blockCount, with: -1)
    leftIn.grow(to: blockCount, with: -1)
  }

  private func discards(_ use: BlockUse) -> Bool {
    switch options.predictor {
    case .oracle:
      let bit = labels.indices.contains(use.position) && labels[use.position]
      return errors.applied(to: bit, of: use)
    case .history: return errors.applied(to: history.discards(use), of: use)
    }
  }

  /// Marks a block that is used, and begins a phase if it was the last one missing.
  private mutating func mark(_ use: BlockUse, isCached: Bool) {
    let block = Int(use.block)
    isDiscarded[block] = discards(use)
    if options.predictor == .history { history.note(use) }
    guard usedIn[block] != phase else { return }
    usedIn[block] = phase
    let isOfStart = enteredIn[block] < phase && (isCached || leftIn[block] == phase)
    if isOfStart { missing -= 1 }
  }

  private mutating func endPhaseIfDone() {
    if missing <= 0 { beginPhase() }
  }

  private mutating func beginPhase() {
    phase += 1
    missing = cached
    // What was not used in a phase that ends for want of unmarked blocks is not in the cache.
    for block in unmarked.blocks { marked.insert(block) }
    unmarked.removeAll()
    swap(&marked, &unmarked)
  }

  /// It is marked.
  public mutating func insert(_ use: BlockUse) -> Bool {
    mark(use, isCached: false)
    enteredIn[Int(use.block)] = phase
    cached += 1
    marked.insert(use.block)
    endPhaseIfDone()
    return !isDiscarded[Int(use.block)]
  }
  /// It is marked.
  public mutating func touch(_ use: BlockUse) -> Bool {
    if unmarked.remove(use.block) { marked.insert(use.block) }
    mark(use, isCached: true)
    endPhaseIfDone()
    return !isDiscarded[Int(use.block)]
  }
  /// It cannot go.
  public mutating func retain(_ block: BlockID) {
    isHeld[Int(block)] = true
    if !marked.remove(block) { unmarked.remove(block) }
  }
  /// It can go, at once if the advice on its last use says so.
  public mutating func release(_ use: BlockUse) -> Bool {
    isHeld[Int(use.block)] = false
    if usedIn[Int(use.block)] == phase {
      marked.insert(use.block)
    } else {
      unmarked.insert(use.block)
    }
    return !isDiscarded[Int(use.block)]
  }
  /// One of those goes that were not used in this phase.
  public mutating func evict(for incoming: BlockUse?) -> BlockID {
    if options.bypass, let incoming, discards(incoming) {
      mark(incoming, isCached: false)
      endPhaseIfDone()
      return -1
    }
    if unmarked.count == 0 { beginPhase() }
    guard unmarked.count > 0 else { return -1 }
    let victim = unmarked.blocks[stream.below(unmarked.count)]
    remove(victim)
    return victim
  }
  /// Forgets it.
  public mutating func remove(_ block: BlockID) {
    if !marked.remove(block) { unmarked.remove(block) }
    isHeld[Int(block)] = false
    leftIn[Int(block)] = phase
    cached -= 1
  }
}
