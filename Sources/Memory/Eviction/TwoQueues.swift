public import Kernel
public import Units

/// 2Q: a block waits in a queue of newcomers and joins the LRU list only when it comes back after
/// it has left that queue.
///
/// Modelled: the full version with A1in, A1out (names only) and Am. A held block of A1in that is
/// met at its end is set aside and comes back there; one of Am has no place and is the most recent
/// when released. If the queue that should give a victim has held blocks only, the other gives it.
/// Not modelled: any order of prefixes.
///
/// Source: Johnson and Shasha, "2Q: A Low Overhead High Performance Buffer Management Replacement
/// Algorithm", VLDB 1994, §2.2.
public struct TwoQueues: EvictionPolicy {
  /// Sizes of the queues.
  public struct Options: PolicyOptions {
    /// Room of A1in as a share of the capacity.
    public var kin = 0.25
    /// Names that A1out remembers, over the capacity.
    public var kout = 0.5
    /// The sizes that the authors recommend.
    public init() {}
    /// Ranges.
    public var fault: String? {
      if !(kin >= 0 && kin <= 1) { return "kin \(kin) must be a share from 0 to 1" }
      if !(kout >= 0 && kout <= 100) { return "kout \(kout) must be from 0 to 100" }
      return nil
    }
  }

  /// `2q`.
  public static let name = "2q"
  /// What it is.
  public static let summary = "2Q: newcomers queue up; what comes back later joins an LRU list"

  private static let (newcomers, ghost, main) = (0, 1, 2)

  private var lists = BlockLists(lists: 3)
  private var held = HeldBlocks()
  private var isMain: [Bool] = []
  private var newcomers = 0
  private let newcomerRoom: Int
  private let ghostRoom: Int

  /// An empty cache.
  public init(_ options: Options, _ context: EvictionContext) {
    newcomerRoom = Int(options.kin * Double(context.capacity))
    ghostRoom = Int(options.kout * Double(context.capacity))
    grow(to: context.blockCount)
  }
  /// Has room for more numbers.
  public mutating func grow(to blockCount: Int) {
    lists.grow(to: blockCount)
    held.grow(to: blockCount)
    isMain.grow(to: blockCount, with: false)
  }

  /// It joins Am if A1out knows its name, else A1in.
  public mutating func insert(_ use: BlockUse) -> Bool {
    let isKnown = lists.contains(use.block)
    if isKnown { lists.remove(use.block, from: Self.ghost) }
    isMain[Int(use.block)] = isKnown
    if !isKnown { newcomers += 1 }
    lists.append(use.block, to: isKnown ? Self.main : Self.newcomers)
    return true
  }
  /// In Am it is the most recent; in A1in nothing changes.
  public mutating func touch(_ use: BlockUse) -> Bool {
    if isMain[Int(use.block)], lists.contains(use.block) {
      lists.moveToTail(use.block, of: Self.main)
    }
    return true
  }
  /// It cannot go.
  public mutating func retain(_ block: BlockID) {
    if isMain[Int(block)] { lists.remove(block, from: Self.main) } else { held.hold(block) }
  }
  /// It can go.
  public mutating func release(_ use: BlockUse) -> Bool {
    if isMain[Int(use.block)] {
      lists.append(use.block, to: Self.main)
    } else if held.letGo(use.block) >= 0 {
      lists.prepend(use.block, to: Self.newcomers)
    }
    return true
  }
  /// The oldest of A1in goes while that is too long, else the least recent of Am.
  public mutating func evict(for incoming: BlockUse?) -> BlockID {
    if newcomers > newcomerRoom, let victim = oldestNewcomer() { return victim }
    let victim = lists.head(of: Self.main)
    if victim >= 0 {
      lists.remove(victim, from: Self.main)
      return victim
    }
    return oldestNewcomer() ?? -1
  }

  private mutating func oldestNewcomer() -> BlockID? {
    while lists.counts[Self.newcomers] > 0 {
      let oldest = lists.head(of: Self.newcomers)
      lists.remove(oldest, from: Self.newcomers)
      if held.contains(oldest) {
        held.setAside(oldest, from: Self.newcomers)
        continue
      }
      newcomers -= 1
      lists.append(oldest, to: Self.ghost)
      if lists.counts[Self.ghost] > ghostRoom {
        lists.remove(lists.head(of: Self.ghost), from: Self.ghost)
      }
      return oldest
    }
    return nil
  }

  /// Forgets it.
  public mutating func remove(_ block: BlockID) {
    if isMain[Int(block)] {
      if lists.contains(block) { lists.remove(block, from: Self.main) }
    } else {
      newcomers -= 1
      if held.letGo(block) < 0 { lists.remove(block, from: Self.newcomers) }
    }
  }
}
