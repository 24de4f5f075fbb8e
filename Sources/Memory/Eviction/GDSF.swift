public import Kernel
public import Units

/// GreedyDual-Size-Frequency: the block goes that is worth least, by its uses and by what it costs
/// to compute it again; all others age with every block that goes.
///
/// Value: L + uses · cost, where L is the value of the last block that went and all blocks have one
/// size. The cost of a block grows with the tokens before it, to which its attention goes:
/// cost = `cost_base` + `cost_per_token` · tokens before it. The default is Llama-3-8B: for each
/// token of the block attention to one earlier token over the matrices, 4 · 32 · 4096 FLOP /
/// (2 · 8·10⁹ FLOP) = 3.28·10⁻⁵, whatever the size of blocks. A held block is in no order and keeps
/// its value. Not modelled: sizes, and any order of prefixes.
///
/// Source: Cherkasova, "Improving WWW Proxies Performance with Greedy-Dual-Size-Frequency Caching
/// Policy", HP Labs HPL-98-69R1, 1998; Cao and Irani, USENIX Symposium on Internet Technologies and
/// Systems 1997, for L.
public struct GDSF: EvictionPolicy {
  /// What it costs to compute a block again.
  public struct Options: PolicyOptions {
    /// Cost of a first block.
    public var costBase = 1.0
    /// What each token before it adds.
    public var costPerToken = 3.28e-5
    /// Llama-3-8B.
    public init() {}
    /// Ranges.
    public var fault: String? {
      if !(costBase >= 1e-9 && costBase <= 1e9) {
        return "cost_base \(costBase) must be from 1e-9 to 1e9"
      }
      if !(costPerToken >= 0 && costPerToken <= 1e9) {
        return "cost_per_token \(costPerToken) must be from 0 to 1e9"
      }
      return nil
    }
  }

  /// `gdsf`.
  public static let name = "gdsf"
  /// What it is.
  public static let summary = "GreedyDual-Size-Frequency: uses times cost of computing it again"

  // Bits of the value, which is above 0 so that they order as it does, then clock of the last use.
  private var idle = BlockHeap<UInt128>()
  private var counts: [UInt32] = []
  private var values: [Double] = []
  private var clock: UInt64 = 0
  private var age = 0.0
  private let costBase: Double
  private let costPerBlock: Double

  /// An empty cache.
  public init(_ options: Options, _ context: EvictionContext) {
    costBase = options.costBase
    costPerBlock = options.costPerToken * Double(context.tokensPerBlock)
    grow(to: context.blockCount)
  }
  /// Has room for more numbers.
  public mutating func grow(to blockCount: Int) {
    idle.grow(to: blockCount)
    counts.grow(to: blockCount, with: 0)
    values.grow(to: blockCount, with: 0)
  }

  private mutating func rank(_ block: BlockID) {
    clock += 1
    idle.set(block, to: UInt128(values[Int(block)].bitPattern) << 64 | UInt128(clock))
  }

  private mutating func value(_ use: BlockUse) {
    let cost = costBase + costPerBlock * Double(use.depth)
    values[Int(use.block)] = age + Double(counts[Int(use.block)]) * cost
  }

  /// It has been used once.
  public mutating func insert(_ use: BlockUse) -> Bool {
    counts[Int(use.block)] = 1
    value(use)
    rank(use.block)
    return true
  }
  /// It has been used once more.
  public mutating func touch(_ use: BlockUse) -> Bool {
    counts[Int(use.block)] += 1
    value(use)
    if idle.contains(use.block) { rank(use.block) }
    return true
  }
  /// Held blocks are not in the order.
  public mutating func retain(_ block: BlockID) { idle.remove(block) }
  /// It keeps its value and is the most recent with it.
  public mutating func release(_ use: BlockUse) -> Bool {
    rank(use.block)
    return true
  }
  /// The one of least value goes; later values begin at it.
  public mutating func evict(for incoming: BlockUse?) -> BlockID {
    guard let victim = idle.first?.block else { return -1 }
    age = max(age, values[Int(victim)])
    idle.remove(victim)
    return victim
  }
  /// Forgets it.
  public mutating func remove(_ block: BlockID) {
    if idle.contains(block) { idle.remove(block) }
  }
}
