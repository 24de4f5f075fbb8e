import Metrics
import Units

/// Requests as lists of tokens, and what a trace in blocks tells of them.
///
/// Prompts branch: most follow an earlier request, begin with one of a few common beginnings or
/// repeat a prompt. Every token that is not copied is a new one.
struct TokenTrace {
  private(set) var prompts: [[Int32]] = []
  private(set) var outputs: [[Int32]] = []
  /// The request that each follows, −1 without.
  private(set) var parent: [Int] = []
  /// Whether its prompt begins with all tokens of the request that it follows.
  private(set) var carries: [Bool] = []
  private var session: [Int32] = []
  private var turn: [Int32] = []
  private var sessions: Int32 = 0
  private var fresh: Int32 = 0

  /// `outputs` are lengths, one a request; prompts have at most `longest` tokens and often a
  /// multiple of `size`.
  init(_ random: inout SplitMix, outputs lengths: [Int], longest: Int, size: Int) {
    let beginnings = (0..<3).map { _ in new(1 + random.below(longest / 2)) }
    for length in lengths {
      var prompt: [Int32]
      var follows = -1
      switch random.below(100) {
      case 0..<45 where !prompts.isEmpty:
        follows = max(0, prompts.count - 1 - random.below(12))
        prompt = prompts[follows] + outputs[follows]
        if random.below(6) == 0 { prompt.removeLast(random.below(prompt.count)) }
        prompt += new(1 + random.below(40))
      case 45..<55 where !prompts.isEmpty: prompt = random.pick(prompts)
      case 55..<85: prompt = random.pick(beginnings) + new(1 + random.below(80))
      default: prompt = new(1 + random.below(longest))
      }
      if random.below(4) == 0, prompt.count > size { prompt.removeLast(prompt.count % size) }
      append(Array(prompt.prefix(longest)), new(length), follows)
    }
  }

  private mutating func new(_ count: Int) -> [Int32] {
    fresh += Int32(count)
    return Array(fresh - Int32(count)..<fresh)
  }

  private mutating func append(_ prompt: [Int32], _ output: [Int32], _ follows: Int) {
    let whole = follows < 0 ? [] : prompts[follows] + outputs[follows]
    carries.append(follows >= 0 && prompt.starts(with: whole))
    prompts.append(prompt)
    outputs.append(output)
    parent.append(follows)
    session.append(follows < 0 ? sessions : session[follows])
    turn.append(follows < 0 ? 1 : turn[follows] + 1)
    if follows < 0 { sessions += 1 }
  }

  /// The sessions; where `isKnown` is false a turn looks like the first of its session.
  func turns(isKnown: (Int) -> Bool = { _ in true }) -> SessionTurns {
    var turns = SessionTurns()
    for row in prompts.indices {
      let follows = isKnown(row) ? parent[row] : -1
      turns.append(
        session: session[row], turn: turn[row], parent: Int32(follows), delay: -1)
    }
    return turns
  }

  /// The prompts in blocks of `size` tokens; `lengths` are how many blocks the trace tells.
  func chains(size: Int, told: (Int, Int) -> Int = { $1 }) -> PromptChains {
    var chains = PromptChains(tokensPerBlock: Int32(size))
    var numbers: [[Int32]: Int32] = [:]
    for (row, prompt) in prompts.enumerated() {
      var before: Int32 = -1
      let count = (prompt.count + size - 1) / size
      for block in 0..<told(row, count) {
        let tokens = prompt[block * size..<min(prompt.count, (block + 1) * size)]
        let key = [before] + tokens
        let number = numbers[key] ?? chains.addBlock(after: before)
        numbers[key] = number
        chains.append(number)
        before = number
      }
      chains.endRequest()
    }
    return chains
  }
}
