/// KV blocks of one pool in groups: runs of neighbours that a transfer copies at once.
///
/// An owner is a slot. Its blocks fill its groups in order; what they do not fill is its reserve,
/// which lies at the end of its last groups and which others may take when free room is short. So
/// whoever asks gets room as long as the blocks in use leave it.
///
/// Room for a slot comes, in this order, from its own reserve; from the free run behind its last
/// group; from the smallest free run that holds all it needs and at least `initialGroup` blocks;
/// from the largest free runs, one after another; and when none is left, from the largest reserve
/// in the last group of another slot, the lowest slot's among equals, which becomes free as a
/// whole. Of a free run a slot takes the lower end, `initialGroup` blocks if it needs fewer.
///
/// Invariants: every block is in one group of one slot or in one free run; neither free runs nor
/// successive groups of a slot adjoin; the same calls give the same answers.
///
/// Source: "FastSwitch: Optimizing Context Switching Efficiency in Fairness-aware Large Language
/// Model Serving", arXiv 2411.18424, 2024 (dynamic block group manager). Whether it takes the
/// largest reserve or a random one is left open there.
public struct BlockGroups: Sendable {
  /// Blocks of the pool.
  public let total: Int32
  /// Blocks that a group gets, if there is room, although its slot needs fewer.
  public let initialGroup: Int32
  /// Free runs by address.
  private var free: [Range<Int32>]
  /// The groups of each slot, in the order in which its blocks fill them.
  private var groups: [[Range<Int32>]] = []
  private var capacities: [Int32] = []

  /// A pool of `total` free blocks whose groups have `initialGroup` blocks, which is above 0.
  public init(total: Int32, initialGroup: Int32) {
    precondition(total >= 0 && initialGroup > 0, "a pool has blocks, and a group at least one")
    self.total = total
    self.initialGroup = initialGroup
    free = total > 0 ? [0..<total] : []
  }

  /// Gives `slot` room for `count` blocks more than the `used(slot)` that it uses.
  ///
  /// `used` says of every slot how many of its blocks must stay its own. Succeeds whenever the sum
  /// of `used` and `count` is at most `total`. Answers the slots that lost reserve, ascending.
  ///
  /// - Complexity: O(free runs + slots) for each run or reserve that is taken.
  public mutating func allocate(
    _ slot: Int32, _ count: Int32, used: (Int32) -> Int32
  ) -> [Int32] {
    if Int(slot) >= groups.count {
      groups.grow(to: Int(slot) + 1, with: [])
      capacities.grow(to: Int(slot) + 1, with: 0)
    }
    let wanted = used(slot) + count
    var victims: [Int32] = []
    while capacities[Int(slot)] < wanted {
      let need = wanted - capacities[Int(slot)]
      if let index = freeRun(for: slot, need) {
        take(max(need, initialGroup), of: index, for: slot)
      } else {
        let victim = steal(for: slot, used)
        let place = victims.firstIndex { $0 >= victim } ?? victims.count
        if place == victims.count || victims[place] != victim { victims.insert(victim, at: place) }
      }
    }
    return victims
  }

  /// The free run from which `slot`, which lacks `need` blocks, takes next; nil when none is free.
  private func freeRun(for slot: Int32, _ need: Int32) -> Int? {
    if let end = groups[Int(slot)].last?.upperBound {
      let index = place(of: end)
      if index < free.count, free[index].lowerBound == end { return index }
    }
    let whole = max(need, initialGroup)
    var (best, largest): (Int?, Int?) = (nil, nil)
    for (index, run) in free.enumerated() {
      if run.count >= whole, best.map({ run.count < free[$0].count }) ?? true { best = index }
      if largest.map({ run.count > free[$0].count }) ?? true { largest = index }
    }
    return best ?? largest
  }

  /// Gives `slot` up to `count` blocks at the lower end of a free run.
  private mutating func take(_ count: Int32, of index: Int, for slot: Int32) {
    let run = free[index]
    let middle = run.lowerBound + min(count, Int32(run.count))
    if middle < run.upperBound {
      free[index] = middle..<run.upperBound
    } else {
      free.remove(at: index)
    }
    capacities[Int(slot)] += middle - run.lowerBound
    let last = groups[Int(slot)].count - 1
    if last >= 0, groups[Int(slot)][last].upperBound == run.lowerBound {
      groups[Int(slot)][last] = groups[Int(slot)][last].lowerBound..<middle
    } else {
      groups[Int(slot)].append(run.lowerBound..<middle)
    }
  }

  /// Frees the reserve in the last group of the slot where that is largest; answers the slot.
  private mutating func steal(for thief: Int32, _ used: (Int32) -> Int32) -> Int32 {
    var (victim, most): (Int32, Int32) = (-1, 0)
    for slot in groups.indices where slot != Int(thief) {
      guard let last = groups[slot].last else { continue }
      let reserve = min(capacities[slot] - used(Int32(slot)), Int32(last.count))
      if reserve > most { (victim, most) = (Int32(slot), reserve) }
    }
    precondition(victim >= 0, "more blocks are asked for than the pool has left (I4)")
    let last = groups[Int(victim)].removeLast()
    let middle = last.upperBound - most
    if middle > last.lowerBound { groups[Int(victim)].append(last.lowerBound..<middle) }
    capacities[Int(victim)] -= most
    give(middle..<last.upperBound)
    return victim
  }

  /// Blocks in the groups of `slot`: it can grow to that without asking.
  public func capacity(of slot: Int32) -> Int32 {
    Int(slot) < capacities.count ? capacities[Int(slot)] : 0
  }

  /// Runs of neighbours in which blocks `from..<to` of `slot` lie, which are within its capacity:
  /// the copies for each layer and each of K and V when they travel.
  public func groups(of slot: Int32, from: Int32, to: Int32) -> Int32 {
    guard from < to else { return 0 }
    precondition(from >= 0 && to <= capacity(of: slot), "blocks beyond the slot's groups")
    var (start, count): (Int32, Int32) = (0, 0)
    for group in groups[Int(slot)] {
      let end = start + Int32(group.count)
      if start < to, end > from { count += 1 }
      start = end
    }
    return count
  }

  /// Addresses of the groups of `slot`, in the order in which its blocks fill them.
  public func addresses(of slot: Int32) -> [Range<Int32>] {
    Int(slot) < groups.count ? groups[Int(slot)] : []
  }

  /// Blocks in no group.
  public var available: Int32 { total - capacities.reduce(0, +) }

  /// Frees all groups of `slot`.
  public mutating func release(_ slot: Int32) {
    guard Int(slot) < groups.count else { return }
    for group in groups[Int(slot)] { give(group) }
    groups[Int(slot)].removeAll(keepingCapacity: true)
    capacities[Int(slot)] = 0
  }

  /// Makes `run` free; it merges with free neighbours.
  private mutating func give(_ run: Range<Int32>) {
    var index = place(of: run.lowerBound)
    var (start, end) = (run.lowerBound, run.upperBound)
    if index < free.count, free[index].lowerBound == end {
      end = free[index].upperBound
      free.remove(at: index)
    }
    if index > 0, free[index - 1].upperBound == start {
      index -= 1
      start = free[index].lowerBound
      free[index] = start..<end
    } else {
      free.insert(start..<end, at: index)
    }
  }

  /// The first free run that begins at `address` or above it.
  private func place(of address: Int32) -> Int {
    var (low, high) = (0, free.count)
    while low < high {
      let middle = (low + high) / 2
      if free[middle].lowerBound < address { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Counts all again (invariant I4); for tests, O(groups · log groups).
  public func checkInvariants() {
    for (slot, own) in groups.enumerated() {
      precondition(
        capacities[slot] == own.reduce(0) { $0 + Int32($1.count) }, "a capacity drifted (I4)")
      precondition(
        zip(own, own.dropFirst()).allSatisfy { $0.upperBound != $1.lowerBound },
        "two groups are one run")
    }
    precondition(
      zip(free, free.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound },
      "free runs adjoin or are out of order")
    let runs = (free + groups.joined()).sorted { $0.lowerBound < $1.lowerBound }
    var end: Int32 = 0
    for run in runs {
      precondition(run.lowerBound == end && !run.isEmpty, "a block has no owner or two (I4)")
      end = run.upperBound
    }
    precondition(end == total, "blocks at the end have no owner (I4)")
  }
}
