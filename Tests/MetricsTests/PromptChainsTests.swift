import Metrics
import Testing
import Units

@Suite struct PromptChainsTests {
  /// Three prompts, 0-1-2, 0-3 and none, arriving in the order 2, 1, 0; turns of two sessions.
  private var table: RequestTable {
    var table = RequestTable()
    var chains = PromptChains(tokensPerBlock: 16)
    var turns = SessionTurns()
    let root = chains.addBlock(after: -1)
    let second = chains.addBlock(after: root)
    let third = chains.addBlock(after: second)
    let other = chains.addBlock(after: root)
    for (row, path) in [[root, second, third], [root, other], []].enumerated() {
      table.append(at: instant(Int64(5 - row)), prompt: Int32(row + 1), output: 1)
      for block in path { chains.append(block) }
      chains.endRequest()
      turns.append(
        session: row == 1 ? 1 : 0, turn: row == 2 ? 2 : 1, parent: row == 2 ? 0 : -1, delay: -1)
    }
    table.chains = chains
    table.turns = turns
    return table
  }

  @Test func `sorting numbers blocks and sessions by first appearance`() throws {
    var table = table
    table.sortByArrival()
    #expect(table.prompt == [3, 2, 1])
    let chains = try #require(table.chains)
    #expect(chains.blocks == [0, 1, 0, 2, 3])
    #expect(chains.predecessors == [-1, 0, 0, 2])
    #expect((0..<3).map { chains.range(of: $0) } == [0..<0, 0..<2, 2..<5])
    #expect(table.turns?.session == [0, 1, 0])
    #expect(table.turns?.parent == [2, -1, -1])
  }

  @Test func `cutting forgets the blocks of what is cut`() throws {
    var table = table
    table.truncate(to: 1)
    #expect(table.chains?.blocks == [0, 1, 2])
    #expect(table.chains?.distinct == 3)
    #expect(table.turns?.session == [0])
  }
}
