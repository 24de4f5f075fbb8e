import Kernel
import Metrics
import TestSupport
import Testing
import Units
import Workload

@Suite struct PrefixTreeTests {
  private func fixed(_ value: Double) throws -> Distribution {
    try Distribution(.fixed(value: value))
  }

  private func job(
    _ tree: PrefixTree, input: Double = 20, arrivals: ArrivalProcess = .burst
  ) throws -> Generator {
    var generator = Generator(
      arrivals: arrivals, inputTokens: try fixed(input), outputTokens: try fixed(7))
    generator.prefixes = tree
    return generator
  }

  /// The first blocks of each prompt, by which requests belong together.
  private func groups(_ table: RequestTable, blocks: Int) throws -> [[Int32]: [Int]] {
    let chains = try #require(table.chains)
    var groups: [[Int32]: [Int]] = [:]
    for row in 0..<table.count {
      groups[Array(chains.blocks[chains.range(of: row)].prefix(blocks)), default: []].append(row)
    }
    return groups
  }

  @Test func `groups and members are as many as asked, and share their prefix and no more`() throws
  {
    let tree = PrefixTree(
      [.init(children: try fixed(5), tokens: try fixed(64))], members: try fixed(3))
    let table = try job(tree).generate(seed: 3)
    #expect(table.count == 15)
    #expect(table.prompt.allSatisfy { $0 == 84 } && table.output.allSatisfy { $0 == 7 })
    #expect(table.arrival.allSatisfy { $0 == .zero })
    let shared = try groups(table, blocks: 4)
    #expect(shared.count == 5 && shared.values.allSatisfy { $0.count == 3 })
    #expect(try groups(table, blocks: 5).count == 15)
    #expect(try groups(table, blocks: 1).count == 5)
    let chains = try #require(table.chains)
    // 5 × 4 blocks of prefixes, 15 × 2 of their own: 84 tokens are 5.25 blocks.
    #expect(chains.distinct == 5 * 4 + 15 * 2)
  }

  @Test func `a block that the end of a prefix parts is nobody else's`() throws {
    let tree = PrefixTree(
      [.init(children: try fixed(2), tokens: try fixed(70))], members: try fixed(4))
    let table = try job(tree).generate(seed: 3)
    #expect(try groups(table, blocks: 4).count == 2)
    #expect(try groups(table, blocks: 5).count == 8)
  }

  @Test func `levels make a tree`() throws {
    let tree = PrefixTree(
      [
        .init(children: try fixed(2), tokens: try fixed(16)),
        .init(children: try fixed(3), tokens: try fixed(32)),
      ], members: try fixed(2))
    let table = try job(tree).generate(seed: 1)
    #expect(table.count == 12 && table.prompt[0] == 68)
    #expect(try groups(table, blocks: 1).count == 2)
    #expect(try groups(table, blocks: 3).values.allSatisfy { $0.count == 2 })
    #expect(try groups(table, blocks: 3).count == 6)
  }

  @Test func `requests of a path come together or at random`() throws {
    var tree = PrefixTree(
      [.init(children: try fixed(30), tokens: try fixed(16))], members: try fixed(4))
    tree.isShuffled = false
    let grouped = try job(tree).generate(seed: 5)
    let rows = try groups(grouped, blocks: 1).values
    #expect(rows.allSatisfy { $0 == Array($0[0]..<$0[0] + 4) })
    tree.isShuffled = true
    let shuffled = try job(tree).generate(seed: 5)
    let together = try groups(shuffled, blocks: 1).values.count {
      $0 == Array($0[0]..<$0[0] + 4)
    }
    #expect(together < 3)
    #expect(try groups(shuffled, blocks: 1).count == 30)
    #expect(try job(tree).generate(seed: 6).chains != shuffled.chains)
    #expect(try job(tree).generate(seed: 5).chains == shuffled.chains)
  }

  @Test func `snippets of pages save what the authors tell`() throws {
    let tree = PrefixTree(
      [
        .init(children: try fixed(1), tokens: try fixed(60)),
        .init(children: try fixed(isDebug ? 1000 : 6000), tokens: try fixed(1000)),
      ], members: try Distribution(.geometric(mean: 2.4)))
    let table = try job(tree, input: 50).generate(seed: 2)
    let chains = try #require(table.chains)
    let pages = isDebug ? 1000 : 6000
    #expect(abs(Double(table.count) / Double(pages) - 2.4) < 0.15)
    // In blocks of 16: 3 of the system prompt, 63 more of each page, 4 begun ones of each query.
    #expect(chains.distinct == 3 + 63 * pages + 4 * table.count)
    let prompts = table.prompt.reduce(0) { $0 + Int64($1) }
    let saving = 1 - Double(chains.distinct) * 16 / Double(prompts)
    // 1 − (1,000 + 2.4 · 50) / (2.4 · 1,110) = 0.58 in tokens; in blocks 0.564.
    #expect(abs(saving - 0.564) < 0.015, "\(saving)")
  }

  @Test func `arrivals are those of the process, and a tree has no other end`() throws {
    let tree = PrefixTree([], members: try fixed(50))
    let table = try job(tree, arrivals: .poisson(rate: 2)).generate(seed: 1)
    #expect(table.count == 50)
    #expect(zip(table.arrival, table.arrival.dropFirst()).allSatisfy { $0 <= $1 })
    #expect(table.arrival[49] > .zero + Seconds(10))
    var both = try job(tree)
    both.requests = 3
    #expect(both.fault == "prefix_tree says how many requests")
    #expect(throws: TraceError.self) { _ = try both.generate(seed: 1) }
    let closed = try job(tree, arrivals: .closed(concurrency: 4)).generate(seed: 1)
    #expect(closed.arrival.count { $0 == .zero } == 4)
  }
}
