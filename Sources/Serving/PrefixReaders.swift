internal import Memory
internal import Units

/// How decode attention reads the KV of a prefix that several sequences share.
public enum SharedPrefixAttention: String, Sendable, CaseIterable {
  /// Once for each of them.
  case none
  /// Once a step where all decodes share it, as vLLM's cascade attention does: from 256 tokens and
  /// 8 sequences on, by three kernels for the prefix, the rest and the merge.
  case cascade
  /// Once a step for each group of sequences that share it, by one kernel for all parts, as
  /// BatchLLM's.
  case fused
}

/// Which blocks of the prefix cache several decoding sequences read.
///
/// Each sequence counts at the full blocks of its prompt that it has in common with the cache,
/// when it joins the decodes and when it leaves them: O(blocks) then, nothing in a step. A block
/// that it computed although another one held it is its own.
///
/// Simplifications. `fused` reads a block once at whatever level of the tree it is shared.
/// vLLM asks for a prefix of all that run, unfinished prompts too; here of the decodes. Chunks of
/// prompts read their keys alone.
struct PrefixReaders: Sendable {
  let mode: SharedPrefixAttention
  /// Decodes that read each block, by its number in the cache.
  private var readers: [Int32] = []
  /// Blocks that so many decodes read.
  private var blocks: [Int32] = []
  /// Blocks that more than one reads, and their readers.
  private var shared: Int64 = 0
  private var reads: Int64 = 0

  /// Nobody reads.
  init(_ mode: SharedPrefixAttention) { self.mode = mode }

  /// vLLM 0.8.5, `use_cascade_attention`: fewer gain nothing.
  static let leastTokens: Int32 = 256
  static let leastSequences: Int32 = 8

  /// A sequence reads `numbers` from now on.
  mutating func join(_ numbers: ArraySlice<BlockID>) {
    for number in numbers {
      while readers.count <= Int(number) { readers.append(0) }
      change(number, by: 1)
    }
  }

  /// A sequence reads `numbers` no more.
  mutating func leave(_ numbers: ArraySlice<BlockID>) {
    for number in numbers { change(number, by: -1) }
  }

  private mutating func change(_ number: BlockID, by step: Int32) {
    let old = readers[Int(number)]
    let new = old + step
    precondition(new >= 0, "a block lost a reader twice")
    readers[Int(number)] = new
    while blocks.count <= Int(new) { blocks.append(0) }
    if old > 0 { blocks[Int(old)] -= 1 }
    if new > 0 { blocks[Int(new)] += 1 }
    if old > 1 { (shared, reads) = (shared - 1, reads - Int64(old)) }
    if new > 1 { (shared, reads) = (shared + 1, reads + Int64(new)) }
  }

  /// Tokens that `decodes` sequences read together in a step, summed over them, and how many those
  /// are when each is read once.
  func counts(decodes: Int32, tokensPerBlock size: Int32) -> (reads: Int64, keys: Int64) {
    switch mode {
    case .none: return (0, 0)
    case .fused: return (reads * Int64(size), shared * Int64(size))
    case .cascade:
      guard decodes >= Self.leastSequences, blocks.count > Int(decodes) else { return (0, 0) }
      // What all read is one prefix.
      let common = blocks[Int(decodes)] * size
      guard common >= Self.leastTokens else { return (0, 0) }
      return (Int64(common) * Int64(decodes), Int64(common))
    }
  }

  /// Kernels of a layer beside those of attention that reads everything for itself.
  var moreKernels: Int32 { mode == .cascade ? 2 : 0 }
}
