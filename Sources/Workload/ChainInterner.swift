internal import Metrics
internal import Units

/// Turns the names of prompt blocks into the dense numbers of `PromptChains`.
///
/// A block is known by its predecessor and its name, so names that a file repeats after different
/// beginnings (hashes of single blocks) become chains, and chained names stay what they are.
/// O(1) a block. Recorded names are mostly small numbers in order of appearance: the first block
/// of each such name is found by index, in memory that is walked forwards; others are hashed.
struct ChainInterner: Sendable {
  /// Blocks whose name stands after another predecessor further up, in the first scope.
  private(set) var violations = 0
  /// The chains of all requests, one after another, and where each ends.
  private var blocks: [BlockID] = []
  private var ends: [Int] = []
  private var predecessors: [BlockID] = []
  /// Number + 1 of the first block of each small name; 0 is none.
  private var first = [Int32](repeating: 0, count: 1 << 12)
  /// Blocks by name and predecessor, where that is not the first of a small name.
  private var others = BlockNames()
  /// Scopes as they are written, by first appearance; only looked up.
  private var scopes: [UInt64: Int32] = [:]
  private var lastScope: (name: UInt64, number: Int32)?

  /// Adds the chain of the next request.
  mutating func add(_ hashes: [UInt64], scope: UInt64) {
    if !hashes.isEmpty {
      let scope = number(of: scope)
      var before: Int32 = -1
      if scope == 0 {
        for name in hashes {
          before = block(named: name, after: before)
          blocks.append(before)
        }
      } else {
        for name in hashes {
          before = scopedBlock(named: name, after: before, scope)
          blocks.append(before)
        }
      }
    }
    ends.append(blocks.count)
  }

  /// The chains of all requests, cut where a prompt of `prompts` ends.
  func chains(tokensPerBlock: Int32, prompts: [Int32]) -> PromptChains {
    let size = Int(tokensPerBlock)
    let most = prompts.map { (Int($0) + size - 1) / size }
    var start = 0
    var isLong = false
    for (end, most) in zip(ends, most) {
      isLong = isLong || end - start > most
      start = end
    }
    guard isLong else {
      return PromptChains(
        tokensPerBlock: tokensPerBlock, blocks: blocks, predecessors: predecessors, ends: ends)
    }
    // Blocks that stand in no chain any more lose their numbers.
    var result = PromptChains(tokensPerBlock: tokensPerBlock)
    var numbers = [BlockID](repeating: -1, count: predecessors.count)
    start = 0
    for (end, most) in zip(ends, most) {
      var before: BlockID = -1
      for block in blocks[start..<min(end, start + most)] {
        if numbers[Int(block)] < 0 { numbers[Int(block)] = result.addBlock(after: before) }
        before = numbers[Int(block)]
        result.append(before)
      }
      result.endRequest()
      start = end
    }
    return result
  }

  private mutating func number(of scope: UInt64) -> Int32 {
    if let lastScope, lastScope.name == scope { return lastScope.number }
    let number = scopes[scope] ?? Int32(scopes.count)
    scopes[scope] = number
    lastScope = (scope, number)
    return number
  }

  private mutating func newBlock(after before: BlockID) -> BlockID {
    predecessors.append(before)
    return BlockID(predecessors.count - 1)
  }

  /// A block of the first scope.
  @inline(__always)
  private mutating func block(named name: UInt64, after before: BlockID) -> BlockID {
    if name >= UInt64(first.count) {
      guard name < UInt64(2 * predecessors.count + 1 << 16) else {
        return largeBlock(named: name, after: before)
      }
      grow(to: Int(name) + 1)
    }
    let known = first[Int(name)]
    if known == 0 {
      let block = newBlock(after: before)
      first[Int(name)] = block + 1
      return block
    }
    if predecessors[Int(known - 1)] == before { return known - 1 }
    return strayBlock(named: name, after: before)
  }

  /// The block of a name that cannot be an index.
  private mutating func largeBlock(named name: UInt64, after before: BlockID) -> BlockID {
    let (known, slot) = others.find(name, BlockNames.anyPredecessor)
    if let known {
      return predecessors[Int(known)] == before ? known : strayBlock(named: name, after: before)
    }
    let block = newBlock(after: before)
    others.insert(name, BlockNames.anyPredecessor, block, at: slot)
    return block
  }

  /// A block whose name stands for another one as well.
  private mutating func strayBlock(named name: UInt64, after before: BlockID) -> BlockID {
    let (known, slot) = others.find(name, before)
    if let known { return known }
    violations += 1
    let block = newBlock(after: before)
    others.insert(name, before, block, at: slot)
    return block
  }

  private mutating func scopedBlock(
    named name: UInt64, after before: BlockID, _ scope: Int32
  ) -> BlockID {
    let key = before < 0 ? -1 - scope : before
    let (known, slot) = others.find(name, key)
    if let known { return known }
    let block = newBlock(after: before)
    others.insert(name, key, block, at: slot)
    return block
  }

  /// Makes room in `first` for `count` names, and moves in those that were too large before.
  private mutating func grow(to count: Int) {
    var size = 2 * first.count
    while size < count { size *= 2 }
    first.append(contentsOf: repeatElement(0, count: size - first.count))
    for (name, block) in others.firstBlocks where name < UInt64(size) {
      first[Int(name)] = block + 1
    }
  }
}

/// Block numbers by name and predecessor: open addressing, one cache line a look-up.
private struct BlockNames: Sendable {
  /// In place of a predecessor: the first block of a name, whatever is before it.
  static let anyPredecessor = Int32.min

  private struct Slot {
    var name: UInt64 = 0
    var before: Int32 = 0
    /// The number + 1; 0 is empty.
    var block: Int32 = 0
  }
  /// A power of two in size, at most half full.
  private var slots = [Slot](repeating: Slot(), count: 1 << 8)
  private var count = 0

  /// The block with `name` after `before`, or nil and the slot that it would have.
  func find(_ name: UInt64, _ before: Int32) -> (block: BlockID?, slot: Int) {
    var slot = place(name, before)
    while slots[slot].block != 0 {
      if slots[slot].name == name, slots[slot].before == before {
        return (slots[slot].block - 1, slot)
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    return (nil, slot)
  }

  /// Adds a block at the slot that `find` has just answered.
  mutating func insert(_ name: UInt64, _ before: Int32, _ block: BlockID, at slot: Int) {
    slots[slot] = Slot(name: name, before: before, block: block + 1)
    count += 1
    if 2 * count > slots.count { grow() }
  }

  /// The first block of each name that has one here.
  var firstBlocks: [(name: UInt64, block: BlockID)] {
    slots.filter { $0.block != 0 && $0.before == Self.anyPredecessor }
      .map { ($0.name, $0.block - 1) }
  }

  private func place(_ name: UInt64, _ before: Int32) -> Int {
    var mixed = (name &+ UInt64(truncatingIfNeeded: before) &* 0x9E37_79B9_7F4A_7C15)
    mixed = (mixed ^ mixed >> 32) &* 0xD6E8_FEB8_6659_FD93
    return Int(truncatingIfNeeded: (mixed ^ mixed >> 29) & UInt64(slots.count - 1))
  }

  private mutating func grow() {
    let old = slots
    slots = [Slot](repeating: Slot(), count: 2 * old.count)
    for entry in old where entry.block != 0 {
      var slot = place(entry.name, entry.before)
      while slots[slot].block != 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = entry
    }
  }
}
