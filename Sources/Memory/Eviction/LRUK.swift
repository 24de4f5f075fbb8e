public import Kernel
public import Units

/// LRU-K: the block goes whose k-th last use is longest ago; one used less often than k times goes
/// before all others, the least recent first.
///
/// Modelled: the last k uses of every block, which are remembered when it has left (retained
/// information without an end). Time is the number of uses. A held block is in no order; its
/// release counts as the end of its last use, not as another one. Not modelled: the period in
/// which uses count as correlated, and any order of prefixes.
///
/// Source: O'Neil, O'Neil and Weikum, "The LRU-K Page Replacement Algorithm for Database Disk
/// Buffering", SIGMOD 1993, §2.
public struct LRUK: EvictionPolicy {
  /// Which use counts.
  public struct Options: PolicyOptions {
    /// Uses that are remembered.
    public var k = 2
    /// LRU-2, as the authors recommend.
    public init() {}
    /// Ranges.
    public var fault: String? {
      (1...16).contains(k) ? nil : "k \(k) must be from 1 to 16"
    }
  }

  /// `lru-k`.
  public static let name = "lru-k"
  /// What it is.
  public static let summary = "LRU-K: the block whose k-th last use is longest ago goes"

  // Clock of the k-th last use, then of the last.
  private var idle = BlockHeap<UInt128>()
  // The last k uses of each block, newest first; 0 is none.
  private var uses: [UInt64] = []
  private let k: Int
  private var clock: UInt64 = 0

  /// An empty cache.
  public init(_ options: Options, _ context: EvictionContext) {
    k = options.k
    grow(to: context.blockCount)
  }
  /// Has room for more numbers.
  public mutating func grow(to blockCount: Int) {
    idle.grow(to: blockCount)
    uses.grow(to: blockCount * k, with: 0)
  }

  private mutating func rank(_ block: BlockID) {
    let newest = Int(block) * k
    idle.set(block, to: UInt128(uses[newest + k - 1]) << 64 | UInt128(uses[newest]))
  }

  private mutating func note(_ block: BlockID) {
    let newest = Int(block) * k
    for i in stride(from: newest + k - 1, to: newest, by: -1) { uses[i] = uses[i - 1] }
    clock += 1
    uses[newest] = clock
  }

  /// It was used now.
  public mutating func insert(_ use: BlockUse) -> Bool {
    note(use.block)
    rank(use.block)
    return true
  }
  /// It was used now.
  public mutating func touch(_ use: BlockUse) -> Bool {
    note(use.block)
    if idle.contains(use.block) { rank(use.block) }
    return true
  }
  /// Held blocks are not in the order.
  public mutating func retain(_ block: BlockID) { idle.remove(block) }
  /// Its last use ends now.
  public mutating func release(_ use: BlockUse) -> Bool {
    clock += 1
    uses[Int(use.block) * k] = clock
    rank(use.block)
    return true
  }
  /// The one with the oldest k-th last use goes.
  public mutating func evict(for incoming: BlockUse?) -> BlockID {
    guard let victim = idle.first?.block else { return -1 }
    idle.remove(victim)
    return victim
  }
  /// Forgets that it is in the cache.
  public mutating func remove(_ block: BlockID) {
    if idle.contains(block) { idle.remove(block) }
  }
}
