internal import Metrics
internal import Units

/// Turns the names of prompt blocks into the dense numbers of `PromptChains`.
///
/// A block is known by its predecessor and its name, so names that a file repeats after different
/// beginnings (hashes of single blocks) become chains, and chained names stay what they are.
/// Open addressing, O(1) a block.
struct ChainInterner: Sendable {
  private(set) var chains: PromptChains
  /// Name and predecessor of each block; a first block's predecessor is −2 − its scope.
  private var names: [UInt64] = []
  private var befores: [Int32] = []
  /// Scopes as they are written, by first appearance; only looked up.
  private var scopes: [UInt64: Int32] = [:]
  /// Block numbers + 1 by hash, 0 is empty; a power of two in size, at most half full.
  private var slots = [Int32](repeating: 0, count: 1 << 12)

  init(tokensPerBlock: Int32) { chains = PromptChains(tokensPerBlock: tokensPerBlock) }

  /// Adds the chain of the next request.
  mutating func add(_ hashes: [UInt64], scope: UInt64) {
    guard !hashes.isEmpty else { return chains.endRequest() }
    var before = -2 - number(of: scope)
    for name in hashes {
      before = block(named: name, after: before)
      chains.append(before)
    }
    chains.endRequest()
  }

  private mutating func number(of scope: UInt64) -> Int32 {
    if let known = scopes[scope] { return known }
    let number = Int32(scopes.count)
    scopes[scope] = number
    return number
  }

  private mutating func block(named name: UInt64, after before: Int32) -> BlockID {
    var slot = place(name, before)
    while slots[slot] != 0 {
      let block = Int(slots[slot]) - 1
      if names[block] == name, befores[block] == before { return BlockID(block) }
      slot = (slot + 1) & (slots.count - 1)
    }
    let block = chains.addBlock(after: max(before, -1))
    names.append(name)
    befores.append(before)
    slots[slot] = block + 1
    if 2 * names.count > slots.count { grow() }
    return block
  }

  private func place(_ name: UInt64, _ before: Int32) -> Int {
    var mixed = (name &+ UInt64(truncatingIfNeeded: before) &* 0x9E37_79B9_7F4A_7C15)
    mixed = (mixed ^ mixed >> 32) &* 0xD6E8_FEB8_6659_FD93
    return Int(truncatingIfNeeded: (mixed ^ mixed >> 29) & UInt64(slots.count - 1))
  }

  private mutating func grow() {
    slots = [Int32](repeating: 0, count: 2 * slots.count)
    for block in names.indices {
      var slot = place(names[block], befores[block])
      while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = Int32(block) + 1
    }
  }
}
