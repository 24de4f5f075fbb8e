public import Units

/// Which prompts begin alike: the chain of blocks that each request's prompt is made of.
///
/// A block's number stands for its tokens and all tokens before them. So each number has one
/// predecessor and one depth, and two prompts share tokens exactly as far as their numbers agree.
/// The last block of a prompt may be partial. 4 bytes a block and 8 a request.
public struct PromptChains: Sendable, Equatable {
  /// Tokens of a block.
  public let tokensPerBlock: Int32
  /// The chains of all requests, one after another.
  public private(set) var blocks: [BlockID] = []
  /// For each number the one before it in its chain; −1 for a first block.
  public private(set) var predecessors: [BlockID] = []
  /// Where each request's chain ends.
  private var ends: [Int] = []

  /// No requests; blocks of `tokensPerBlock` tokens.
  public init(tokensPerBlock: Int32) {
    precondition(tokensPerBlock > 0, "a block has tokens")
    self.tokensPerBlock = tokensPerBlock
  }

  /// Chains of `blocks`, of which request i's end before `ends[i]`; block n follows
  /// `predecessors[n]`.
  package init(
    tokensPerBlock: Int32, blocks: [BlockID], predecessors: [BlockID], ends: [Int]
  ) {
    precondition(tokensPerBlock > 0, "a block has tokens")
    self.tokensPerBlock = tokensPerBlock
    self.blocks = blocks
    self.predecessors = predecessors
    self.ends = ends
  }

  /// Number of requests.
  public var count: Int { ends.count }
  /// Number of different blocks.
  public var distinct: Int { predecessors.count }

  /// Where the chain of the request in `row` stands in `blocks`.
  public func range(of row: Int) -> Range<Int> { (row == 0 ? 0 : ends[row - 1])..<ends[row] }

  /// A new block that follows `predecessor`, −1 for one that begins a prompt.
  public mutating func addBlock(after predecessor: BlockID) -> BlockID {
    predecessors.append(predecessor)
    return BlockID(predecessors.count - 1)
  }

  /// Adds a block to the chain of the request being built, which `endRequest` completes.
  public mutating func append(_ block: BlockID) { blocks.append(block) }

  /// Completes the chain of the next request; without appended blocks it has none.
  public mutating func endRequest() { ends.append(blocks.count) }

  /// Blocks appended since the last request was completed.
  public var pending: Int { blocks.count - (ends.last ?? 0) }

  /// Keeps the first `count` requests and their blocks.
  mutating func truncate(to count: Int) {
    guard count < ends.count else { return }
    ends.removeLast(ends.count - count)
    blocks.removeLast(blocks.count - (ends.last ?? 0))
    renumber()
  }

  /// Keeps the blocks of the first `tokens` tokens of each chain, the last one in part.
  mutating func cut(at tokens: Int32) {
    let most = Int((tokens + tokensPerBlock - 1) / tokensPerBlock)
    var (kept, keptEnds): ([BlockID], [Int]) = ([], [])
    for row in ends.indices {
      kept.append(contentsOf: blocks[range(of: row)].prefix(most))
      keptEnds.append(kept.count)
    }
    (blocks, ends) = (kept, keptEnds)
    renumber()
  }

  /// Numbers blocks by first appearance in the rows, and forgets those that no row has.
  private mutating func renumber() {
    var numbers = [BlockID](repeating: -1, count: predecessors.count)
    var result: [BlockID] = []
    for place in blocks.indices {
      let old = Int(blocks[place])
      if numbers[old] < 0 {
        numbers[old] = BlockID(result.count)
        let before = predecessors[old]
        result.append(before < 0 ? -1 : numbers[Int(before)])
      }
      blocks[place] = numbers[old]
    }
    predecessors = result
  }

  /// Puts the chain of request `order[i]` at place i.
  mutating func permute(_ order: [Int]) {
    var result: [BlockID] = []
    result.reserveCapacity(blocks.count)
    var resultEnds: [Int] = []
    resultEnds.reserveCapacity(ends.count)
    for row in order {
      result.append(contentsOf: blocks[range(of: row)])
      resultEnds.append(result.count)
    }
    blocks = result
    ends = resultEnds
    renumber()
  }
}
