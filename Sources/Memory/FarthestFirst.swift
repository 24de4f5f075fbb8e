internal import Units

/// Blocks that are not held, the one whose next use is farthest first.
///
/// A use is known by its request, and within one request by its depth; without a next use a block
/// is farther than all, the deepest farthest.
struct FarthestFirst: Sendable {
  private var idle = BlockHeap<UInt64>()
  private var keys: [UInt64] = []
  private let context: EvictionContext

  /// No blocks.
  init(_ context: EvictionContext) {
    self.context = context
    grow(to: context.blockCount)
  }

  /// Has room for blocks with numbers below `blockCount`.
  mutating func grow(to blockCount: Int) {
    idle.grow(to: blockCount)
    keys.grow(to: blockCount, with: 0)
  }

  /// The heap's smallest key is the farthest use.
  private func key(_ use: BlockUse) -> UInt64 {
    let next = UInt64(UInt32(bitPattern: context.nextRequest(after: use.position)))
    return ~(next << 32 | UInt64(UInt32(bitPattern: use.depth)))
  }

  /// Ranks a block that enters.
  mutating func insert(_ use: BlockUse) {
    keys[Int(use.block)] = key(use)
    idle.set(use.block, to: keys[Int(use.block)])
  }

  /// Ranks a block by the use after this one.
  mutating func touch(_ use: BlockUse) {
    keys[Int(use.block)] = key(use)
    if idle.contains(use.block) { idle.set(use.block, to: keys[Int(use.block)]) }
  }

  /// Leaves a held block out.
  mutating func retain(_ block: BlockID) { idle.remove(block) }
  /// Ranks a block again by its last use.
  mutating func release(_ block: BlockID) { idle.set(block, to: keys[Int(block)]) }
  /// Forgets a block.
  mutating func remove(_ block: BlockID) {
    if idle.contains(block) { idle.remove(block) }
  }

  /// Takes the farthest block out; −1 if none is farther than `rival`.
  mutating func removeFirst(unless rival: BlockUse?) -> BlockID {
    guard let first = idle.first else { return -1 }
    if let rival, key(rival) <= first.key { return -1 }
    idle.remove(first.block)
    return first.block
  }
}
