public import Metrics

/// What the prompts of a trace share.
public struct BlockSharing: Sendable, Equatable {
  /// Tokens of a block.
  public let tokensPerBlock: Int
  /// Different blocks.
  public let distinct: Int
  /// Blocks of all prompts together.
  public let references: Int
  /// Those of them that are full.
  public let fullReferences: Int
  /// Blocks that an infinite cache has when their request arrives, if every prompt before it was
  /// kept: each but the first appearance.
  public let idealHits: Int
  /// Those of them that are full.
  public let idealFullHits: Int

  /// `idealHits` of `references`; nil without blocks.
  public var idealHitRatio: Double? { Self.ratio(idealHits, references) }
  /// `idealFullHits` of `fullReferences`; nil without full blocks.
  public var idealFullHitRatio: Double? { Self.ratio(idealFullHits, fullReferences) }

  /// Walks over all chains once, in order of arrival.
  public init?(_ requests: RequestTable) {
    guard let chains = requests.chains else { return nil }
    tokensPerBlock = Int(chains.tokensPerBlock)
    references = chains.blocks.count
    var isKnown = [Bool](repeating: false, count: chains.distinct)
    var (distinct, full, hits, fullHits) = (0, 0, 0, 0)
    for row in 0..<chains.count {
      let range = chains.range(of: row)
      let whole = min(Int(requests.prompt[row]) / tokensPerBlock, range.count)
      full += whole
      for place in range {
        let block = Int(chains.blocks[place])
        if isKnown[block] {
          hits += 1
          if place - range.lowerBound < whole { fullHits += 1 }
        } else {
          isKnown[block] = true
          distinct += 1
        }
      }
    }
    self.distinct = distinct
    fullReferences = full
    idealHits = hits
    idealFullHits = fullHits
  }

  private static func ratio(_ part: Int, _ whole: Int) -> Double? {
    whole > 0 ? Double(part) / Double(whole) : nil
  }
}

/// How the requests of a trace follow each other.
public struct SessionSharing: Sendable, Equatable {
  /// Sessions, requests on their own among them.
  public let sessions: Int
  /// Sessions of more than one request.
  public let withTurns: Int
  /// Requests of the longest session.
  public let longest: Int
  /// Requests a session.
  public let meanTurns: Double
  /// Requests that several others follow.
  public let forks: Int

  /// Counts the requests of each session.
  public init?(_ requests: RequestTable) {
    guard let turns = requests.turns, turns.count > 0 else { return nil }
    var size = [Int](repeating: 0, count: Int(turns.session.max() ?? 0) + 1)
    for session in turns.session { size[Int(session)] += 1 }
    var children = [Int32](repeating: 0, count: turns.count)
    for parent in turns.parent where parent >= 0 { children[Int(parent)] += 1 }
    sessions = size.count { $0 > 0 }
    withTurns = size.count { $0 > 1 }
    longest = size.max() ?? 0
    meanTurns = Double(turns.count) / Double(max(sessions, 1))
    forks = children.count { $0 > 1 }
  }
}
