import Metrics
import TestSupport
import Testing
import Units

@testable import Serving

@Suite struct PrefixKeysTests {
  /// The names of the first `named` blocks of a request.
  private func names(_ keys: PrefixKeys, _ row: Int) -> [Int32] {
    var list: [Int32] = []
    keys.append(0..<keys.named(row), of: row, to: &list)
    return list
  }

  private func table(
    _ rows: [(prompt: Int32, output: Int32, chain: [Int32])], size: Int32, parents: [Int32] = [],
    losesOutputs: Bool = false
  ) -> RequestTable {
    var table = RequestTable()
    var chains = PromptChains(tokensPerBlock: size)
    for _ in 0..<20 { _ = chains.addBlock(after: -1) }
    for row in rows {
      table.append(at: .zero, prompt: row.prompt, output: row.output)
      for block in row.chain { chains.append(block) }
      chains.endRequest()
    }
    table.chains = chains
    guard !parents.isEmpty else { return table }
    var turns = SessionTurns()
    for parent in parents {
      turns.append(
        session: 0, turn: 1, parent: parent, delay: -1, losesOutput: losesOutputs)
    }
    table.turns = turns
    return table
  }

  @Test func `full blocks of the engine's own size have the trace's names`() throws {
    let rows = table([(40, 9, [3, 5, 6]), (32, 1, [3, 7])], size: 16)
    let keys = try #require(PrefixKeys(rows, tokensPerBlock: 16))
    #expect(names(keys, 0) == [3, 5])
    #expect(names(keys, 1) == [3, 7])
    #expect(keys.count == 20)
  }

  @Test func `a block of the trace is several of the engine's, the last one partly`() throws {
    let rows = table([(40, 9, [3, 5])], size: 32)
    let keys = try #require(PrefixKeys(rows, tokensPerBlock: 8))
    #expect(names(keys, 0) == [12, 13, 14, 15, 20])
    #expect(keys.count == 80)
  }

  @Test func `several blocks of the trace are one of the engine's`() throws {
    let rows = table([(30, 9, [1, 2, 3, 4])], size: 8)
    let keys = try #require(PrefixKeys(rows, tokensPerBlock: 16))
    #expect(names(keys, 0) == [2])
  }

  @Test func `sizes that do not divide have no names`() {
    let rows = table([(30, 9, [1, 2])], size: 24)
    #expect(PrefixKeys(rows, tokensPerBlock: 16) == nil)
    #expect(PrefixKeys(rows, tokensPerBlock: 8) != nil)
  }

  @Test func `requests without known blocks have no names`() throws {
    var rows = RequestTable()
    rows.append(at: .zero, prompt: 100, output: 5)
    let keys = try #require(PrefixKeys(rows, tokensPerBlock: 16))
    #expect(keys.named(0) == 0 && keys.count == 0)
    let short = try #require(PrefixKeys(table([(100, 5, [1])], size: 16), tokensPerBlock: 16))
    #expect(names(short, 0) == [1])
  }

  @Test func `the next turn names a prompt's last tokens and its output`() throws {
    // 20 + 13 tokens, the last of which is never stored: two blocks of 16.
    let rows = table(
      [(20, 13, [1, 2]), (50, 4, [1, 3, 4, 5])], size: 16, parents: [-1, 0])
    let keys = try #require(PrefixKeys(rows, tokensPerBlock: 16))
    #expect(names(keys, 0) == [1, 3])
    #expect(names(keys, 1) == [1, 3, 4])
    let lost = table(
      [(20, 13, [1, 2]), (50, 4, [1, 3, 4, 5])], size: 16, parents: [-1, 0], losesOutputs: true)
    #expect(names(try #require(PrefixKeys(lost, tokensPerBlock: 16)), 0) == [1])
  }

  @Test func `a turn that is shorter, or begins otherwise, names nothing of the one before`() throws
  {
    let shorter = table([(20, 13, [1, 2]), (31, 4, [1, 3])], size: 16, parents: [-1, 0])
    #expect(names(try #require(PrefixKeys(shorter, tokensPerBlock: 16)), 0) == [1])
    let other = table([(20, 13, [1, 2]), (50, 4, [6, 3, 4, 5])], size: 16, parents: [-1, 0])
    #expect(names(try #require(PrefixKeys(other, tokensPerBlock: 16)), 0) == [1])
  }

  /// A random trace with every turn's parent that it really continues.
  private func randomTrace(_ seed: UInt64, size: Int) -> (TokenTrace, RequestTable) {
    var random = SplitMix(seed: seed)
    let lengths = (0..<(isDebug ? 30 : 80)).map { _ in 1 + random.below(60) }
    let trace = TokenTrace(&random, outputs: lengths, longest: 200, size: 16)
    var table = RequestTable()
    for (prompt, output) in zip(trace.prompts, trace.outputs) {
      table.append(at: .zero, prompt: Int32(prompt.count), output: Int32(output.count))
    }
    table.chains = trace.chains(size: size)
    table.turns = trace.turns { trace.carries[$0] }
    return (trace, table)
  }

  @Test(arguments: [4, 8, 16, 32, 64], [1, 2, 4, 8, 16, 32, 64])
  func `equal names are equal tokens, and equal tokens that the trace tells equal names`(
    size: Int, block: Int
  ) throws {
    for seed in 0..<UInt64(isDebug ? 4 : 20) {
      let (trace, table) = randomTrace(seed, size: size)
      let keys = try #require(PrefixKeys(table, tokensPerBlock: Int32(block)))
      var tokensOf: [Int32: [Int32]] = [:]
      var nameOf: [[Int32]: Int32] = [:]
      for row in 0..<table.count {
        let tokens = trace.prompts[row] + trace.outputs[row]
        let next = trace.parent.indices.first { trace.parent[$0] == row && trace.carries[$0] }
        let known = next == nil ? trace.prompts[row].count : tokens.count - 1
        let names = names(keys, row)
        #expect(names.count == known / block, "seed \(seed) row \(row)")
        for (i, name) in names.enumerated() {
          #expect(name >= 0 && Int(name) < keys.count)
          let beginning = Array(tokens[..<((i + 1) * block)])
          #expect(tokensOf[name, default: beginning] == beginning, "seed \(seed) row \(row)")
          tokensOf[name] = beginning
          // The trace's block in which the last token lies, as far as its prompt fills it.
          let last = beginning.count - 1
          let isOwn = last < trace.prompts[row].count / size * size
          let source = isOwn ? trace.prompts[row] : next.map { trace.prompts[$0] } ?? tokens
          let end = min((last / size + 1) * size, next == nil ? known : source.count)
          let told = [Int32(i)] + source[..<end]
          #expect(nameOf[told, default: name] == name, "seed \(seed) row \(row) block \(i)")
          nameOf[told] = name
        }
      }
    }
  }
}
