public import Kernel
public import Units

/// Static and dynamic: a share of the cache is kept for the blocks that most requests have used,
/// such as system prompts; the rest is LRU.
///
/// A block that more than `threshold` requests have used joins the static share while that has
/// room, or takes the place there of a block that fewer have used, which becomes the most recent
/// of the rest. Static blocks go only when the rest is empty. Modelled: counts of requests over
/// the whole past, also of blocks that have left. A held block is in no order. Not modelled:
/// forgetting, so what was popular once keeps its place until others are more popular.
///
/// Source: Fagni, Perego, Silvestri and Orlando, "Boosting the Performance of Web Search Engines:
/// Caching and Prefetching Query Results by Exploiting Historical Usage Data", ACM TOIS 24(1),
/// 2006, §3 (SDC: a static set by frequency beside a dynamic set), with counts taken online.
public struct Hybrid: EvictionPolicy {
  /// Sizes.
  public struct Options: PolicyOptions {
    /// The static share of the capacity.
    public var share = 0.5
    /// Requests that must have used a block before one more makes it static.
    public var threshold = 2
    /// Half of the cache, for blocks of at least three requests.
    public init() {}
    /// Ranges.
    public var fault: String? {
      if !(share >= 0 && share <= 1) { return "share \(share) must be from 0 to 1" }
      if threshold < 0 { return "threshold \(threshold) must not be negative" }
      return nil
    }
  }

  /// `hybrid`.
  public static let name = "hybrid"
  /// What it is.
  public static let summary = "A static share for the blocks of most requests, LRU for the rest"

  private var dynamic = BlockLists(lists: 1)
  // Requests, then clock of the last use.
  private var fixed = BlockHeap<UInt128>()
  private var isFixed: [Bool] = []
  private var counts: [UInt32] = []
  private var lastRequests: [Int32] = []
  private var fixedCount = 0
  private let room: Int
  private let threshold: Int
  private var clock: UInt64 = 0

  /// An empty cache.
  public init(_ options: Options, _ context: EvictionContext) {
    room = Int(options.share * Double(context.capacity))
    threshold = options.threshold
    grow(to: context.blockCount)
  }
  /// Has room for more numbers.
  public mutating func grow(to blockCount: Int) {
    dynamic.grow(to: blockCount)
    fixed.grow(to: blockCount)
    isFixed.grow(to: blockCount, with: false)
    counts.grow(to: blockCount, with: 0)
    lastRequests.grow(to: blockCount, with: -1)
  }

  private mutating func rank(_ block: BlockID) {
    clock += 1
    fixed.set(block, to: UInt128(counts[Int(block)]) << 64 | UInt128(clock))
  }

  private mutating func note(_ use: BlockUse) {
    guard lastRequests[Int(use.block)] != use.request else { return }
    lastRequests[Int(use.block)] = use.request
    counts[Int(use.block)] += 1
  }

  /// Makes a dynamic block static if it deserves it; then it has no place in either order yet.
  private mutating func promotes(_ block: BlockID) -> Bool {
    let count = counts[Int(block)]
    guard count > threshold, room > 0 else { return false }
    if fixedCount >= room {
      guard let least = fixed.first, least.key >> 64 < count else { return false }
      fixed.remove(least.block)
      isFixed[Int(least.block)] = false
      fixedCount -= 1
      dynamic.append(least.block, to: 0)
    }
    isFixed[Int(block)] = true
    fixedCount += 1
    return true
  }

  /// It is dynamic unless enough requests have used it before.
  public mutating func insert(_ use: BlockUse) -> Bool {
    note(use)
    if promotes(use.block) { rank(use.block) } else { dynamic.append(use.block, to: 0) }
    return true
  }
  /// It is the most recent, and perhaps static from now on.
  public mutating func touch(_ use: BlockUse) -> Bool {
    let block = use.block
    note(use)
    if isFixed[Int(block)] {
      if fixed.contains(block) { rank(block) }
    } else if dynamic.contains(block) {
      dynamic.moveToTail(block, of: 0)
      if promotes(block) {
        dynamic.remove(block, from: 0)
        rank(block)
      }
    } else {
      _ = promotes(block)
    }
    return true
  }
  /// Held blocks are in no order.
  public mutating func retain(_ block: BlockID) {
    if isFixed[Int(block)] { fixed.remove(block) } else { dynamic.remove(block, from: 0) }
  }
  /// It is the most recent.
  public mutating func release(_ use: BlockUse) -> Bool {
    if isFixed[Int(use.block)] { rank(use.block) } else { dynamic.append(use.block, to: 0) }
    return true
  }
  /// The least recent of the dynamic blocks goes, else the static one of fewest requests.
  public mutating func evict(for incoming: BlockUse?) -> BlockID {
    let victim = dynamic.head(of: 0)
    if victim >= 0 {
      dynamic.remove(victim, from: 0)
      return victim
    }
    guard let least = fixed.first?.block else { return -1 }
    remove(least)
    return least
  }
  /// Forgets that it is in the cache.
  public mutating func remove(_ block: BlockID) {
    if isFixed[Int(block)] {
      isFixed[Int(block)] = false
      fixedCount -= 1
      if fixed.contains(block) { fixed.remove(block) }
    } else if dynamic.contains(block) {
      dynamic.remove(block, from: 0)
    }
  }
}
