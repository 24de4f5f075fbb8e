import Kernel
import Metrics
import Testing
import Units
import Workload

/// The chains of generated prompts against prompts that are written out token by token.
///
/// The model knows of a request only its turn, its lengths and the text it begins with; every
/// token is a number that stands nowhere else, but where a prompt repeats another.
@Suite struct SessionChainTests {
  private struct Model {
    var prompts: [[Int]] = []
    private var answers: [[Int]] = []
    private var next = 1_000_000

    private mutating func fresh(_ count: Int) -> [Int] {
      next += count
      return Array(next - count..<next)
    }

    /// `prefix` is the shared text of the session of each row.
    init(_ table: RequestTable, prefix: [[Int]], keepsOutput: Bool) throws {
      let turns = try #require(table.turns)
      for row in 0..<table.count {
        let before = Int(turns.parent[row])
        var prompt = before < 0 ? prefix[row] : prompts[before]
        if before >= 0, keepsOutput { prompt += answers[before] }
        // A restart: shorter than what it would repeat.
        if Int(table.prompt[row]) <= prompt.count { prompt = prefix[row] }
        prompts.append(prompt + fresh(Int(table.prompt[row]) - prompt.count))
        answers.append(fresh(Int(table.output[row])))
      }
    }
  }

  private func common(_ a: ArraySlice<Int32>, _ b: ArraySlice<Int32>) -> Int {
    zip(a, b).prefix { $0 == $1 }.count
  }

  private func check(_ table: RequestTable, _ model: Model, size: Int) throws {
    let chains = try #require(table.chains)
    #expect(chains.count == table.count)
    var depth: [Int32: Int] = [:]
    for row in 0..<table.count {
      let range = chains.range(of: row)
      #expect(range.count == (Int(table.prompt[row]) + size - 1) / size)
      var before: Int32 = -1
      for (i, block) in chains.blocks[range].enumerated() {
        #expect(chains.predecessors[Int(block)] == before)
        #expect(depth[block, default: i] == i)
        depth[block] = i
        before = block
      }
    }
    // Every number is used, none without need.
    #expect(depth.count == chains.distinct)
    for a in 0..<table.count {
      for b in 0..<a {
        let tokens = zip(model.prompts[a], model.prompts[b]).prefix { $0 == $1 }.count
        let blocks = common(
          chains.blocks[chains.range(of: a)], chains.blocks[chains.range(of: b)])
        #expect(blocks == tokens / size, "rows \(a) and \(b)")
      }
    }
  }

  private func generator(size: Int32, forks: Double, keepsOutput: Bool) throws -> SessionGenerator {
    var made = SessionGenerator(
      .sessions(25), arrivals: .burst, turns: try Distribution(.geometric(mean: 4)),
      inputTokens: try Distribution(.uniform(min: 1, max: 20)),
      outputTokens: try Distribution(.uniform(min: 1, max: 15)), thinkTime: .fixed(Seconds(1)))
    made.tokensPerBlock = size
    made.keepsOutput = keepsOutput
    if forks > 0 {
      made.forks = .init(
        probability: forks, turns: try Distribution(.geometric(mean: 2)),
        delay: .fixed(Seconds(0)), inputTokens: try Distribution(.uniform(min: 1, max: 9)))
    }
    return made
  }

  @Test(arguments: [1, 4, 7, 16] as [Int32], [true, false])
  func `prompts share the full blocks of the tokens that they share`(
    size: Int32, keepsOutput: Bool
  ) throws {
    for (seed, forks) in [(1, 0.0), (2, 0.5), (3, 1)] {
      let made = try generator(size: size, forks: forks, keepsOutput: keepsOutput)
      let table = try made.generate(seed: UInt64(seed))
      let none = [[Int]](repeating: [], count: table.count)
      let model = try Model(table, prefix: none, keepsOutput: keepsOutput)
      try check(table, model, size: Int(size))
    }
  }

  @Test(arguments: [1, 4, 16] as [Int32])
  func `two turns that follow one share all full blocks of its prompt and answer`(
    size: Int32
  ) throws {
    var made = try generator(size: size, forks: 1, keepsOutput: true)
    made.turns = try Distribution(.fixed(value: 2))
    let table = try made.generate(seed: 8)
    let (turns, chains) = (try #require(table.turns), try #require(table.chains))
    var pairs = 0
    for a in 0..<table.count where turns.parent[a] >= 0 {
      for b in 0..<a where turns.parent[b] == turns.parent[a] {
        let before = Int(turns.parent[a])
        let shared = Int(table.prompt[before] + table.output[before])
        let blocks = common(
          chains.blocks[chains.range(of: a)], chains.blocks[chains.range(of: b)])
        #expect(blocks == shared / Int(size))
        pairs += 1
      }
    }
    #expect(pairs >= 25)
  }

  @Test(arguments: [1, 4, 16] as [Int32], [0.0, 0.6])
  func `sessions share the texts that they begin with, level by level`(
    size: Int32, forks: Double
  ) throws {
    // Lengths of texts are fixed per level, so a chain tells which texts a session begins with.
    var made = try generator(size: size, forks: forks, keepsOutput: true)
    made.prefixes = [
      PrefixLevel(count: 2, exponent: 0, tokens: try Distribution(.fixed(value: 21))),
      PrefixLevel(count: 3, exponent: 1, tokens: try Distribution(.fixed(value: 34))),
    ]
    made.inputTokens = try Distribution(.fixed(value: 2))
    let table = try made.generate(seed: 5)
    let (turns, chains) = (try #require(table.turns), try #require(table.chains))
    let roots = (0..<table.count).filter { turns.parent[$0] < 0 }
    // Whether two sessions have a text in common is read from one block of each level.
    func mark(_ row: Int, _ tokens: Int) -> Int32 {
      chains.blocks[chains.range(of: row).lowerBound + tokens / Int(size) - 1]
    }
    var prefix = [[Int]](repeating: [], count: table.count)
    for row in 0..<table.count {
      let root = roots[Int(turns.session[row])]
      let tools = roots.firstIndex { mark($0, 21) == mark(root, 21) } ?? 0
      let system = roots.firstIndex { mark($0, 55) == mark(root, 55) } ?? 0
      prefix[row] =
        (0..<21).map { tools * 1000 + $0 } + (0..<34).map { 100_000 + system * 1000 + $0 }
      #expect(table.prompt[root] == 57)
    }
    #expect(Set(roots.map { mark($0, 21) }).count == 2)
    #expect((3...6).contains(Set(roots.map { mark($0, 55) }).count))
    try check(table, try Model(table, prefix: prefix, keepsOutput: true), size: Int(size))
  }

  @Test func `a restart goes on from the shared text alone`() throws {
    var made = try generator(size: 4, forks: 0, keepsOutput: true)
    made.turns = try Distribution(.fixed(value: 15))
    (made.maxContext, made.overflow) = (120, .restart)
    made.prefixes = [
      PrefixLevel(count: 1, exponent: 1, tokens: try Distribution(.fixed(value: 18)))
    ]
    let table = try made.generate(seed: 3)
    let prefix = [[Int]](repeating: Array(0..<18), count: table.count)
    let model = try Model(table, prefix: prefix, keepsOutput: true)
    #expect(table.count == 375)
    let turns = try #require(table.turns)
    let restarts = (0..<table.count).count {
      turns.parent[$0] >= 0 && table.prompt[$0] < table.prompt[Int(turns.parent[$0])]
    }
    #expect(restarts > 25)
    try check(table, model, size: 4)
  }
}
