import Memory
import Units

/// LRU tiers as lists of names, the least recent first; every question walks through them.
struct SlowTiers {
  let capacities: [Int]
  let isThrough: Bool
  let isWhole: Bool
  var lists: [[BlockID]]
  var pins: [BlockID: Int] = [:]
  var counts: [TierCounts]
  var moves: [[Int32]: Int32] = [:]

  init(_ capacities: [Int], isThrough: Bool, isWhole: Bool) {
    self.capacities = capacities
    self.isThrough = isThrough
    self.isWhole = isWhole
    lists = capacities.map { _ in [] }
    counts = capacities.map { _ in TierCounts() }
  }

  func tier(of name: BlockID) -> Int? { lists.firstIndex { $0.contains(name) } }
  private func isPinned(_ name: BlockID) -> Bool { pins[name, default: 0] > 0 }
  private func room(_ tier: Int) -> Int { capacities[tier] - lists[tier].count { isPinned($0) } }

  func found(_ names: [BlockID]) -> [Int] {
    names.prefix { tier(of: $0) != nil }.compactMap { tier(of: $0) }
  }

  mutating func pin(_ names: [BlockID]) { for name in names { pins[name, default: 0] += 1 } }

  mutating func unpin(_ names: [BlockID]) {
    for name in names.reversed() {
      pins[name, default: 0] -= 1
      guard !isPinned(name) else { continue }
      for tier in lists.indices where lists[tier].contains(name) {
        lists[tier].removeAll { $0 == name }
        lists[tier].append(name)
      }
    }
  }

  mutating func touch(_ names: [BlockID]) {
    for name in names { counts[tier(of: name) ?? 0].hits += 1 }
    pin(names)
    unpin(names)
  }

  mutating func discard(_ names: [BlockID]) {
    for tier in lists.indices {
      let going = names.filter { lists[tier].contains($0) && !isPinned($0) }
      lists[tier].removeAll { going.contains($0) }
      counts[tier].discarded += going.count
    }
  }

  private mutating func move(_ from: Int, _ to: Int?) {
    moves[[Int32(from), to.map { Int32($0) } ?? .max], default: 0] += 1
  }

  private mutating func makeRoom(_ count: Int, _ tier: Int) {
    var victims: [BlockID] = []
    while lists[tier].count + count > capacities[tier] {
      guard let place = lists[tier].firstIndex(where: { !isPinned($0) }) else { break }
      let victim = lists[tier].remove(at: place)
      if lists[(tier + 1)...].contains(where: { $0.contains(victim) }) {
        counts[tier].surrendered += 1
        move(tier, nil)
      } else {
        victims.append(victim)
      }
    }
    for below in lists.indices where below > tier {
      let entering = Array(victims.suffix(room(below)))
      victims.removeLast(entering.count)
      makeRoom(entering.count, below)
      for victim in entering {
        lists[below].append(victim)
        counts[tier].demoted += 1
        counts[below].received += 1
        move(tier, below)
      }
    }
    for _ in victims {
      counts[tier].dropped += 1
      move(tier, nil)
    }
  }

  private func admitted(_ names: [BlockID]) -> [BlockID] {
    isWhole && names.count > room(0) ? [] : Array(names.prefix(room(0)))
  }

  mutating func store(_ names: [BlockID]) -> Int {
    moves = [:]
    let new = names.filter { tier(of: $0) == nil }
    pin(names)
    var entering = admitted(new)
    let refused = new.dropFirst(entering.count).first
    for tier in isThrough ? Array(lists.indices) : [0] {
      entering = Array(entering.prefix(room(tier)))
      makeRoom(entering.count, tier)
      for name in entering {
        lists[tier].append(name)
        counts[tier].stored += 1
        move(tier - 1, tier)
      }
    }
    unpin(names)
    return refused.flatMap { names.firstIndex(of: $0) } ?? names.count
  }

  mutating func promote(_ names: [BlockID]) -> Int {
    moves = [:]
    let rising = names.filter { !isPinned($0) && (tier(of: $0) ?? 0) > 0 }
    pin(names)
    let entering = admitted(rising)
    let sources = entering.compactMap { tier(of: $0) }
    for (name, source) in zip(entering, sources) {
      counts[source].promoted += 1
      if !isThrough { lists[source].removeAll { $0 == name } }
    }
    makeRoom(entering.count, 0)
    for (name, source) in zip(entering, sources) {
      lists[0].append(name)
      counts[0].raised += 1
      move(source, 0)
    }
    unpin(names)
    return entering.count
  }
}
