public import Kernel
internal import Metrics
internal import Units

/// Prompts of a job that begin alike: a tree of texts, whose last ones several requests carry on.
///
/// Every text of a level is followed by some of the next level, and each path down to the last one
/// by some requests, which add input of their own. So groups × members is one level, the snippets
/// of a search are a system prompt, its pages and the queries of each. Texts differ from the first
/// token on; a block that the end of a text parts belongs to whoever fills it.
public struct PrefixTree: Sendable {
  /// The texts that follow one of the level above.
  public struct Level: Sendable {
    /// How many there are.
    public var children: Distribution
    /// Tokens of each.
    public var tokens: Distribution

    /// A level of the tree.
    public init(children: Distribution, tokens: Distribution) {
      self.children = children
      self.tokens = tokens
    }
  }

  /// From what all begin with downwards.
  public var levels: [Level]
  /// Requests of a path.
  public var members: Distribution
  /// Whether requests come in random order; else those of a path together.
  public var isShuffled = true
  /// Tokens of a block of `PromptChains`.
  public var tokensPerBlock: Int32 = 16

  /// Requests at the ends of `levels`, in random order.
  public init(_ levels: [Level], members: Distribution) {
    self.levels = levels
    self.members = members
  }

  /// More requests are refused: they mean a mistake in a level.
  public static let mostRequests = 20_000_000

  /// Draws what each request begins with, in the order in which they come.
  ///
  /// Numbers of texts and requests come from `tree_children` and `tree_members`, lengths from
  /// `prefix_tokens_1` …, the order from `tree_order`.
  ///
  /// - Throws: `TraceError` for a tree of too many requests.
  func draw(
    seed: UInt64, _ chains: inout PromptChains
  ) throws(TraceError) -> (prefixes: [SharedPrefixes.Prefix], paths: [Int32]) {
    var counts = RandomStream(seed: seed, name: "tree_children")
    var prefixes = [SharedPrefixes.Prefix()]
    var ends = [0]
    for (i, level) in levels.enumerated() {
      var lengths = RandomStream(seed: seed, name: "prefix_tokens_\(i + 1)")
      var next: [Int] = []
      for end in ends {
        for _ in 0..<level.children.drawTokens(from: &counts) {
          var prefix = prefixes[end]
          prefix.tokens += Int(level.tokens.drawTokens(from: &lengths))
          chains.extend(&prefix.blocks, to: prefix.tokens / Int(chains.tokensPerBlock))
          next.append(prefixes.count)
          prefixes.append(prefix)
        }
        try Self.check(next.count)
      }
      ends = next
    }
    var sizes = RandomStream(seed: seed, name: "tree_members")
    var paths: [Int32] = []
    for end in ends {
      for _ in 0..<members.drawTokens(from: &sizes) { paths.append(Int32(end)) }
      try Self.check(paths.count)
    }
    guard isShuffled else { return (prefixes, paths) }
    var order = RandomStream(seed: seed, name: "tree_order")
    for i in paths.indices.reversed() {
      paths.swapAt(i, min(i, Int(order.uniform() * Double(i + 1))))
    }
    return (prefixes, paths)
  }

  private static func check(_ count: Int) throws(TraceError) {
    guard count > mostRequests else { return }
    throw TraceError("generate: prefix_tree: over \(mostRequests) texts or requests")
  }
}

extension Generator {
  /// The requests of `tree`, whose own input and output are drawn in the order of arrival.
  func generate(_ tree: PrefixTree, seed: UInt64) throws(TraceError) -> RequestTable {
    var clock = ArrivalClock(arrivals, seed: seed)
    var inputs = RandomStream(seed: seed, name: "input_tokens")
    var outputs = RandomStream(seed: seed, name: "output_tokens")
    var chains = PromptChains(tokensPerBlock: tree.tokensPerBlock)
    let (prefixes, paths) = try tree.draw(seed: seed, &chains)
    var table = RequestTable()
    table.reserve(paths.count)
    for path in paths {
      guard let next = clock.next() else {
        throw TraceError("generate: request \(table.count + 1) arrives after over 106 days")
      }
      let prefix = prefixes[Int(path)]
      let (input, output) = try lengths(&inputs, &outputs, after: prefix.tokens)
      let prompt = prefix.tokens + Int(input)
      table.append(at: next, prompt: Int32(prompt), output: output)
      for block in prefix.blocks { chains.append(block) }
      var last = prefix.blocks.last ?? -1
      let size = Int(tree.tokensPerBlock)
      for _ in prefix.blocks.count..<(prompt + size - 1) / size {
        last = chains.addBlock(after: last)
        chains.append(last)
      }
      chains.endRequest()
    }
    table.chains = chains
    if case .closed(let concurrency) = arrivals { table.close(at: concurrency) }
    return table
  }
}
