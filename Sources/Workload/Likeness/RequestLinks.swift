internal import Metrics
internal import Units

/// What the requests of a trace have to do with each other: which belong to one session, and how
/// far each prompt begins as an earlier one does.
///
/// Sessions are the recorded ones; without such, a request belongs to the session of the last
/// earlier one with which it shares at least two blocks.
struct RequestLinks: Sendable {
  /// The session of each request, dense, by first appearance.
  private(set) var session: [Int32] = []
  /// Its place in the session, from 1.
  private(set) var turn: [Int32] = []
  /// The request before it in the session, −1 for a first one.
  private(set) var previous: [Int32] = []
  /// Leading blocks that earlier requests have: the hits of an infinite cache.
  private(set) var matched: [Int32] = []
  /// The last earlier request that has all those blocks; −1 without any.
  private(set) var source: [Int32] = []
  /// Turns of each session.
  private(set) var lengths: [Int32] = []

  init(_ requests: RequestTable) {
    let count = requests.count
    matched = Array(repeating: 0, count: count)
    source = Array(repeating: -1, count: count)
    turn = Array(repeating: 1, count: count)
    previous = Array(repeating: -1, count: count)
    session.reserveCapacity(count)
    var second: [Int32] = []
    if let chains = requests.chains { second = match(chains) }
    var last: [Int32] = []
    for row in 0..<count {
      let number: Int
      if let turns = requests.turns {
        number = Int(turns.session[row])
      } else if !second.isEmpty, second[row] >= 0 {
        number = Int(session[Int(second[row])])
      } else {
        number = last.count
      }
      while last.count <= number {
        last.append(-1)
        lengths.append(0)
      }
      previous[row] = last[number]
      lengths[number] += 1
      turn[row] = lengths[number]
      last[number] = Int32(row)
      session.append(Int32(number))
    }
  }

  /// Fills `matched` and `source`; answers the last earlier request with the same two first blocks.
  private mutating func match(_ chains: PromptChains) -> [Int32] {
    var owner = [Int32](repeating: -1, count: chains.distinct)
    var second = [Int32](repeating: -1, count: chains.count)
    for row in 0..<chains.count {
      let range = chains.range(of: row)
      var depth = 0
      while depth < range.count, owner[Int(chains.blocks[range.lowerBound + depth])] >= 0 {
        depth += 1
      }
      matched[row] = Int32(depth)
      if depth > 0 { source[row] = owner[Int(chains.blocks[range.lowerBound + depth - 1])] }
      if depth > 1 { second[row] = owner[Int(chains.blocks[range.lowerBound + 1])] }
      for block in chains.blocks[range] { owner[Int(block)] = Int32(row) }
    }
    return second
  }
}

/// How prompts are cut into blocks.
struct BlockGeometry: Sendable {
  /// Tokens of a block.
  let tokens: Int
  /// Whether a block begun counts, or full ones only.
  let isCeil: Bool

  /// The rule that most prompts of `requests` keep, for blocks of `tokens`.
  init(_ requests: RequestTable, chains: PromptChains, tokens: Int) {
    self.tokens = tokens
    var (ceil, floor) = (0, 0)
    for row in 0..<requests.count {
      let (prompt, blocks) = (Int(requests.prompt[row]), chains.range(of: row).count)
      if blocks == (prompt + tokens - 1) / tokens { ceil += 1 }
      if blocks == prompt / tokens { floor += 1 }
    }
    isCeil = ceil >= floor
  }

  /// Blocks of a prompt.
  func blocks(_ prompt: Int32) -> Int {
    (Int(prompt) + (isCeil ? tokens - 1 : 0)) / tokens
  }

  /// Full blocks of a prompt.
  func full(_ prompt: Int32) -> Int { Int(prompt) / tokens }
}
