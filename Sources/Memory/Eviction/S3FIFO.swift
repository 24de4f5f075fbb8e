public import Kernel
public import Units

/// S3-FIFO: a small queue for newcomers, a main queue for those that proved themselves, and the
/// names of those that left the small one.
///
/// Modelled: queues of a tenth and nine tenths of the capacity, as many names as the main queue has
/// room for, counts of up to 3 uses; a newcomer used twice moves to the main queue. A held block
/// that is met at the end of its queue is set aside and comes back there when it is released. Not
/// modelled: other thresholds (libCacheSim moves a newcomer after one use).
///
/// Source: Yang, Zhang, Qiu, Yue and Rashmi, "FIFO Queues are All You Need for Cache Eviction",
/// SOSP 2023, §4.
public struct S3FIFO: EvictionPolicy {
  /// `s3-fifo`.
  public static let name = "s3-fifo"
  /// What it is.
  public static let summary = "S3-FIFO: a small queue sorts out newcomers before the main queue"

  private static let small = 0
  private static let main = 1
  private static let ghost = 2

  private var queues = BlockLists(lists: 3)
  private var held = HeldBlocks()
  private var counts: [UInt8] = []
  // Whether a block in the cache is in the main queue; else it is in the small one.
  private var isMain: [Bool] = []
  private let smallRoom: Int
  private let ghostRoom: Int

  /// An empty cache.
  public init(_ options: NoOptions, _ context: EvictionContext) {
    smallRoom = max(1, context.capacity / 10)
    ghostRoom = context.capacity - smallRoom
    grow(to: context.blockCount)
  }
  /// Has room for more numbers.
  public mutating func grow(to blockCount: Int) {
    queues.grow(to: blockCount)
    held.grow(to: blockCount)
    counts.grow(to: blockCount, with: 0)
    isMain.grow(to: blockCount, with: false)
  }

  /// It is the newest of the small queue; of the main queue if its name is still known.
  public mutating func insert(_ use: BlockUse) -> Bool {
    counts[Int(use.block)] = 0
    let isKnown = queues.contains(use.block)
    if isKnown { queues.remove(use.block, from: Self.ghost) }
    isMain[Int(use.block)] = isKnown
    queues.append(use.block, to: isKnown ? Self.main : Self.small)
    return true
  }
  /// It is counted, up to 3.
  public mutating func touch(_ use: BlockUse) -> Bool {
    counts[Int(use.block)] = min(counts[Int(use.block)] + 1, 3)
    return true
  }
  /// It cannot go.
  public mutating func retain(_ block: BlockID) { held.hold(block) }
  /// It can go.
  public mutating func release(_ use: BlockUse) -> Bool {
    let queue = held.letGo(use.block)
    if queue >= 0 { queues.prepend(use.block, to: queue) }
    return true
  }
  /// The oldest of the small queue goes if that is full, else that of the main queue, unless they
  /// were used.
  public mutating func evict(for incoming: BlockUse?) -> BlockID {
    while true {
      let isSmall = queues.counts[Self.small] >= smallRoom || queues.counts[Self.main] == 0
      let queue = isSmall ? Self.small : Self.main
      let oldest = queues.head(of: queue)
      queues.remove(oldest, from: queue)
      if held.contains(oldest) {
        held.setAside(oldest, from: queue)
        continue
      }
      let count = counts[Int(oldest)]
      guard count > (isSmall ? 1 : 0) else {
        if isSmall { remember(oldest) }
        return oldest
      }
      counts[Int(oldest)] = isSmall ? 0 : count - 1
      isMain[Int(oldest)] = true
      queues.append(oldest, to: Self.main)
    }
  }

  private mutating func remember(_ block: BlockID) {
    queues.append(block, to: Self.ghost)
    guard queues.counts[Self.ghost] > ghostRoom else { return }
    queues.remove(queues.head(of: Self.ghost), from: Self.ghost)
  }

  /// Forgets it.
  public mutating func remove(_ block: BlockID) {
    guard held.letGo(block) < 0 else { return }
    queues.remove(block, from: isMain[Int(block)] ? Self.main : Self.small)
  }
}
