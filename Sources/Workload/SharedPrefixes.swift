public import Kernel
internal import Metrics
internal import Units

/// One level of the texts with which prompts of different sessions begin: tools, a system prompt,
/// examples.
public struct PrefixLevel: Sendable {
  /// Different texts.
  public var count: Int
  /// The k-th text is drawn as often as k^−`exponent`; 0 draws all alike.
  public var exponent: Double
  /// Their lengths, drawn once for each text.
  public var tokens: Distribution
  /// Share of the sessions that go on with this level; the others leave it and all below out.
  public var probability = 1.0

  /// A level that every session has.
  public init(count: Int, exponent: Double, tokens: Distribution) {
    self.count = count
    self.exponent = exponent
    self.tokens = tokens
  }

  /// Why no such level exists, nil when it does.
  var fault: String? {
    if !(1...1_000_000).contains(count) { return "count \(count) must lie in 1...1000000" }
    if !(exponent >= 0 && exponent.isFinite) { return "exponent \(exponent) must not be negative" }
    return (0...1).contains(probability) ? nil : "probability \(probability) must lie in 0...1"
  }
}

/// The tree of texts that sessions begin with: a path is one text of each level.
///
/// Texts of one level differ from the first token on, and the same text after another beginning is
/// another prefix, so two sessions share what their paths share, and no more. A block that the end
/// of a level parts belongs to whoever fills it.
struct SharedPrefixes: Sendable {
  /// A path down to some level.
  struct Prefix: Sendable {
    /// Tokens from the first level on.
    var tokens = 0
    /// The full blocks of them.
    var blocks: [BlockID] = []
  }

  private struct Step: Hashable {
    var prefix: Int
    var text: Int
  }

  private let levels: [PrefixLevel]
  private let ranks: [Distribution]
  private let lengths: [[Int32]]
  private var prefixes = [Prefix()]
  private var numbers: [Step: Int] = [:]  // only looked up

  /// The texts of `levels`; their lengths come from the streams `prefix_tokens_1` … of `seed`.
  ///
  /// - Throws: `TraceError` for a level that does not exist.
  init(_ levels: [PrefixLevel], seed: UInt64) throws(TraceError) {
    self.levels = levels
    var (ranks, lengths): ([Distribution], [[Int32]]) = ([], [])
    for level in levels {
      if let fault = level.fault { throw TraceError("generate: prefixes: \(fault)") }
      do {
        ranks.append(try Distribution(.zipf(exponent: level.exponent, max: level.count)))
      } catch {
        throw TraceError("generate: prefixes: \(error)")
      }
      var stream = RandomStream(seed: seed, name: "prefix_tokens_\(lengths.count + 1)")
      lengths.append((0..<level.count).map { _ in level.tokens.drawTokens(from: &stream) })
    }
    (self.ranks, self.lengths) = (ranks, lengths)
  }

  /// Draws what a session begins with.
  mutating func draw(
    from stream: inout RandomStream, _ chains: inout PromptChains
  ) -> Prefix {
    var number = 0
    for (i, level) in levels.enumerated() {
      // Always both draws, so that a probability moves nothing else.
      let isIn = stream.uniform() < level.probability
      let text = Int(ranks[i].draw(from: &stream)) - 1
      guard isIn else { break }
      number = prefix(after: number, text, Int(lengths[i][text]), &chains)
    }
    return prefixes[number]
  }

  private mutating func prefix(
    after number: Int, _ text: Int, _ tokens: Int, _ chains: inout PromptChains
  ) -> Int {
    let step = Step(prefix: number, text: text)
    if let known = numbers[step] { return known }
    var prefix = prefixes[number]
    prefix.tokens += tokens
    chains.extend(&prefix.blocks, to: prefix.tokens / Int(chains.tokensPerBlock))
    prefixes.append(prefix)
    numbers[step] = prefixes.count - 1
    return prefixes.count - 1
  }
}

extension PromptChains {
  /// Adds new blocks to the end of `chain` until it has `count`.
  mutating func extend(_ chain: inout [BlockID], to count: Int) {
    while chain.count < count { chain.append(addBlock(after: chain.last ?? -1)) }
  }
}
