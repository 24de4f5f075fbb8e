public import Kernel
public import Units

/// Adaptive replacement cache: one LRU list of blocks used once and one of blocks used more often,
/// whose shares follow the misses that longer lists would have caught.
///
/// Modelled: the lists T1 and T2, the names of those that left them (B1, B2), and the target `p`
/// of T1 as a real number. A held block keeps its list but has no place in it; released it is the
/// most recent. If the list that should give a victim has held blocks only, the other one gives it.
/// Not modelled: any order of prefixes.
///
/// Source: Megiddo and Modha, "ARC: A Self-Tuning, Low Overhead Replacement Cache", FAST 2003,
/// figure 4.
public struct ARC: EvictionPolicy {
  /// `arc`.
  public static let name = "arc"
  /// What it is.
  public static let summary = "ARC: balances blocks used once against blocks used again"

  private static let (once, often, onceGhost, oftenGhost) = (0, 1, 2, 3)

  private var lists = BlockLists(lists: 4)
  // The list a block belongs to, held or not; −1 if to none.
  private var homes: [Int8] = []
  private var sizes = [0, 0, 0, 0]
  private let capacity: Int
  private var target = 0.0
  // The block to which the target has been adapted while room was made for it.
  private var adapted: BlockID = -1

  /// An empty cache.
  public init(_ options: NoOptions, _ context: EvictionContext) {
    capacity = context.capacity
    grow(to: context.blockCount)
  }
  /// Has room for more numbers.
  public mutating func grow(to blockCount: Int) {
    lists.grow(to: blockCount)
    homes.grow(to: blockCount, with: -1)
  }

  private mutating func enter(_ block: BlockID, _ list: Int) {
    homes[Int(block)] = Int8(list)
    sizes[list] += 1
    lists.append(block, to: list)
  }

  private mutating func leave(_ block: BlockID) {
    let list = Int(homes[Int(block)])
    homes[Int(block)] = -1
    sizes[list] -= 1
    if lists.contains(block) { lists.remove(block, from: list) }
  }

  /// Moves the target towards the list whose ghost the block is.
  private mutating func adapt(to block: BlockID) {
    let (b1, b2) = (Double(sizes[Self.onceGhost]), Double(sizes[Self.oftenGhost]))
    if homes[Int(block)] == Self.onceGhost {
      target = min(Double(capacity), target + max(b2 / b1, 1))
    } else if homes[Int(block)] == Self.oftenGhost {
      target = max(0, target - max(b1 / b2, 1))
    }
  }

  /// A ghost joins the blocks used often, a stranger those used once.
  public mutating func insert(_ use: BlockUse) -> Bool {
    if adapted != use.block { adapt(to: use.block) }
    adapted = -1
    if homes[Int(use.block)] >= 0 {
      leave(use.block)
      enter(use.block, Self.often)
    } else {
      enter(use.block, Self.once)
    }
    trim()
    return true
  }

  /// Keeps no more names than the capacity allows.
  private mutating func trim() {
    while sizes[Self.onceGhost] > 0, sizes[Self.once] + sizes[Self.onceGhost] > capacity {
      leave(lists.head(of: Self.onceGhost))
    }
    while sizes[Self.oftenGhost] > 0, sizes.reduce(0, +) > 2 * capacity {
      leave(lists.head(of: Self.oftenGhost))
    }
  }

  /// It is the most recent of those used often.
  public mutating func touch(_ use: BlockUse) -> Bool {
    if lists.contains(use.block) {
      leave(use.block)
      enter(use.block, Self.often)
    } else {
      sizes[Int(homes[Int(use.block)])] -= 1
      homes[Int(use.block)] = Int8(Self.often)
      sizes[Self.often] += 1
    }
    return true
  }
  /// Held blocks are in no order.
  public mutating func retain(_ block: BlockID) {
    lists.remove(block, from: Int(homes[Int(block)]))
  }
  /// It is the most recent of its list.
  public mutating func release(_ use: BlockUse) -> Bool {
    lists.append(use.block, to: Int(homes[Int(use.block)]))
    return true
  }

  /// The oldest of the list goes that is longer than its target.
  public mutating func evict(for incoming: BlockUse?) -> BlockID {
    var home: Int8 = -1
    if let incoming {
      adapt(to: incoming.block)
      adapted = incoming.block
      home = homes[Int(incoming.block)]
    }
    // A stranger that finds only blocks used once: the oldest of them leaves no name.
    let isStranger = incoming != nil && home < 0
    if isStranger, sizes[Self.once] == capacity, let victim = oldest(of: Self.once) {
      leave(victim)
      return victim
    }
    if isStranger, sizes[Self.once] + sizes[Self.onceGhost] == capacity {
      leave(lists.head(of: Self.onceGhost))
    }
    let size = Double(sizes[Self.once])
    let isOnce = size >= 1 && (size > target || home == Self.oftenGhost && size == target)
    let first = isOnce ? Self.once : Self.often
    let other = isOnce ? Self.often : Self.once
    guard let victim = oldest(of: first) ?? oldest(of: other) else { return -1 }
    let list = Int(homes[Int(victim)])
    leave(victim)
    enter(victim, list == Self.once ? Self.onceGhost : Self.oftenGhost)
    return victim
  }

  private func oldest(of list: Int) -> BlockID? {
    let block = lists.head(of: list)
    return block >= 0 ? block : nil
  }

  /// Forgets it.
  public mutating func remove(_ block: BlockID) { leave(block) }
}
