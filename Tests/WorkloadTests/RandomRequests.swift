import Metrics
import Units

/// A linear congruential generator: tests need numbers that look random, the same each time.
struct Dice {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  mutating func roll(_ sides: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((state >> 33) % UInt64(sides))
  }
}

/// Requests with equal times, chains that branch, sessions that fork, each in part or not at all.
func randomRequests(_ seed: UInt64) -> RequestTable {
  var dice = Dice(seed)
  var table = RequestTable()
  let count = 1 + dice.roll(60)
  let size = Int32([1, 16, 512][dice.roll(3)])
  var chains = dice.roll(4) == 0 ? nil : PromptChains(tokensPerBlock: size)
  var turns = dice.roll(4) == 0 ? nil : SessionTurns()
  var time: Int64 = dice.roll(2) == 0 ? 0 : Int64(dice.roll(1 << 30)) << 20
  var paths: [[BlockID]] = [[]]
  var sessions: Int32 = 0
  let losesOutputs = dice.roll(2) == 0
  for row in 0..<count {
    if dice.roll(3) > 0 { time += Int64(dice.roll(1 << 30)) << dice.roll(12) }
    let prompt = 1 + dice.roll(4000)
    table.append(
      at: Instant(picoseconds: time), prompt: Int32(prompt), output: Int32(1 + dice.roll(900)))
    if var all = chains {
      var path = paths[dice.roll(paths.count)]
      path.removeLast(dice.roll(path.count + 1))
      for _ in 0..<dice.roll(6) { path.append(all.addBlock(after: path.last ?? -1)) }
      if dice.roll(5) == 0 { path = [] }
      path = Array(path.prefix((prompt + Int(size) - 1) / Int(size)))
      for block in path { all.append(block) }
      all.endRequest()
      paths.append(path)
      chains = all
    }
    if var all = turns {
      let parent = row == 0 || dice.roll(3) == 0 ? -1 : Int32(dice.roll(row))
      // Two trees of one session are possible too: a turn whose parent was never recorded.
      let known = sessions > 0 && dice.roll(4) == 0 ? Int32(dice.roll(Int(sessions))) : sessions
      let session = parent < 0 ? known : all.session[Int(parent)]
      sessions = max(sessions, session + 1)
      let delay = [-1, 0, 1, Int64(dice.roll(1 << 30)) << 15][dice.roll(4)]
      all.append(
        session: session, turn: parent < 0 ? 1 : all.turn[Int(parent)] + 1, parent: parent,
        delay: parent < 0 ? -1 : delay, losesOutput: losesOutputs && dice.roll(3) == 0)
      turns = all
    }
  }
  table.chains = chains.map { used($0, count) }
  table.turns = turns
  return table
}

/// The chains without blocks that no request has, numbered by first appearance.
private func used(_ chains: PromptChains, _ count: Int) -> PromptChains {
  var result = PromptChains(tokensPerBlock: chains.tokensPerBlock)
  var numbers: [BlockID: BlockID] = [:]
  for row in 0..<count {
    var before: BlockID = -1
    for place in chains.range(of: row) {
      let block = numbers[chains.blocks[place]] ?? result.addBlock(after: before)
      numbers[chains.blocks[place]] = block
      result.append(block)
      before = block
    }
    result.endRequest()
  }
  return result
}
