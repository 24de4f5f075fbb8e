/// Physical pages mapped behind contiguous virtual tensors, counted in page groups: the pages that
/// hold the same tokens of every layer's keys and values.
///
/// Each sequence in the batch has a region of virtual memory. What is mapped behind a region stays
/// when its sequence ends, if reclamation is deferred; the next sequence takes the idle region with
/// the fewest groups that suffice, else the one with most, and maps what is missing. When no group
/// is left, groups are taken from the idle region that has been idle longest, then from the slot
/// whose region has most groups that it does not use, the lowest slot's among equals.
///
/// Invariant: groups of slots + groups of idle regions = `mapped` ≤ `total`.
///
/// Source: Prabhu et al., "vAttention: Dynamic Memory Management for Serving LLMs without
/// PagedAttention", ASPLOS 2025 (arXiv 2405.04437): slots, deferred reclamation. Which idle region
/// is taken is left open there; here it is the best fit.
public struct PageMap: Sendable {
  /// Page groups of the pool.
  public let total: Int32
  /// Whether groups stay mapped when their sequence ends.
  public let defersReclamation: Bool
  /// Groups behind some region.
  public private(set) var mapped: Int32 = 0
  private var capacities: [Int32] = []
  /// Groups of idle regions, the one idle longest first; none is empty.
  private var idle: [Int32] = []

  /// A pool of `total` groups of which none is mapped.
  public init(total: Int32, defersReclamation: Bool) {
    precondition(total >= 0, "a pool has page groups")
    self.total = total
    self.defersReclamation = defersReclamation
  }

  /// Groups behind the region of `slot`: it can grow to that without mapping.
  public func capacity(of slot: Int32) -> Int32 {
    Int(slot) < capacities.count ? capacities[Int(slot)] : 0
  }

  /// Gives `slot`, which has no region, an idle one for `count` groups, if there is one.
  public mutating func open(_ slot: Int32, for count: Int32) {
    if Int(slot) >= capacities.count { capacities.grow(to: Int(slot) + 1, with: 0) }
    precondition(capacities[Int(slot)] == 0, "a slot has one region")
    var best: Int?
    for (index, groups) in idle.enumerated() {
      guard let other = best else {
        best = index
        continue
      }
      let (most, fits) = (idle[other], groups >= count)
      if most >= count ? fits && groups < most : groups > most { best = index }
    }
    if let best { capacities[Int(slot)] = idle.remove(at: best) }
  }

  /// Maps groups behind the region of `slot` until it has `count`; answers how many that takes and
  /// the slots that lost groups, ascending.
  ///
  /// `used` says how many groups other slots need. Succeeds whenever these and `count` add up to
  /// `total` at most.
  ///
  /// - Complexity: O(slots) for each group that another slot loses.
  public mutating func map(
    _ slot: Int32, upTo count: Int32, used: (Int32) -> Int32
  ) -> (mapped: Int32, robbed: [Int32]) {
    if Int(slot) >= capacities.count { capacities.grow(to: Int(slot) + 1, with: 0) }
    let need = max(0, count - capacities[Int(slot)])
    var robbed: [Int32] = []
    for _ in 0..<need {
      if mapped == total { robbed += reclaim(for: slot, used) }
      mapped += 1
      capacities[Int(slot)] += 1
    }
    if robbed.count > 1 {
      robbed.sort()
      var last: Int32 = -1
      robbed = robbed.filter { slot in
        defer { last = slot }
        return slot != last
      }
    }
    return (need, robbed)
  }

  /// Takes one group that nobody uses; answers the slot that had it, if one did.
  private mutating func reclaim(for thief: Int32, _ used: (Int32) -> Int32) -> [Int32] {
    mapped -= 1
    if let oldest = idle.first {
      if oldest > 1 { idle[0] -= 1 } else { idle.removeFirst() }
      return []
    }
    var (victim, most): (Int, Int32) = (-1, 0)
    for slot in capacities.indices where slot != Int(thief) && capacities[slot] > most {
      let surplus = capacities[slot] - used(Int32(slot))
      if surplus > most { (victim, most) = (slot, surplus) }
    }
    precondition(victim >= 0, "more page groups are asked for than the pool has left (I4)")
    capacities[victim] -= 1
    return [Int32(victim)]
  }

  /// The sequence in `slot` has ended.
  public mutating func release(_ slot: Int32) {
    let groups = capacity(of: slot)
    guard groups > 0 else { return }
    capacities[Int(slot)] = 0
    if defersReclamation { idle.append(groups) } else { mapped -= groups }
  }

  /// Counts all again (invariant I4); for tests.
  public func checkInvariants() {
    precondition(idle.allSatisfy { $0 > 0 }, "an idle region without pages")
    let sum = capacities.reduce(0, +) + idle.reduce(0, +)
    precondition(sum == mapped && mapped <= total, "page groups leaked (I4)")
  }
}
