public import Units

/// The prompts of a trace as a cache sees them: the blocks of each request, one after another.
public struct BlockTrace: Sendable {
  /// The blocks of all requests; within a request a block occurs once.
  public private(set) var blocks: [BlockID] = []
  /// Where the blocks of each request end in `blocks`.
  public private(set) var ends: [Int] = []
  /// When each request arrives.
  public private(set) var arrivals: [Instant] = []
  /// Block numbers are below it.
  public let blockCount: Int
  /// Tokens of a block.
  public let tokensPerBlock: Int32

  /// No requests; blocks will have numbers below `blockCount`.
  public init(blockCount: Int, tokensPerBlock: Int32 = 16) {
    self.blockCount = blockCount
    self.tokensPerBlock = tokensPerBlock
  }

  /// The requests whose blocks end at `ends` in `blocks` and that arrive at `arrivals`.
  ///
  /// - Precondition: one end and one arrival a request, the last end at the end of `blocks`.
  public init(
    blocks: [BlockID], ends: [Int], arrivals: [Instant], blockCount: Int,
    tokensPerBlock: Int32 = 16
  ) {
    precondition(ends.count == arrivals.count && ends.last ?? 0 == blocks.count)
    self.blocks = blocks
    self.ends = ends
    self.arrivals = arrivals
    self.blockCount = blockCount
    self.tokensPerBlock = tokensPerBlock
  }

  /// Adds a request.
  public mutating func append(_ request: some Sequence<BlockID>, at arrival: Instant = .zero) {
    blocks.append(contentsOf: request)
    ends.append(blocks.count)
    arrivals.append(arrival)
  }

  /// Number of requests.
  public var count: Int { ends.count }

  /// The next request that uses the block of each use, `Int32.max` if there is none; O(uses).
  public var nextUses: [Int32] {
    var result = [Int32](repeating: .max, count: blocks.count)
    var next = [Int32](repeating: .max, count: blockCount)
    for request in ends.indices.reversed() {
      for position in (request == 0 ? 0 : ends[request - 1])..<ends[request] {
        result[position] = next[Int(blocks[position])]
        next[Int(blocks[position])] = Int32(request)
      }
    }
    return result
  }
}
