/// Conversations of ShareGPT as vLLM's benchmark samples them: a JSON array, and no times.
///
/// The first two turns are prompt and output; prompts under 4 or over 1024 tokens, outputs under 4
/// and sums over 2048 are dropped, as vLLM does; the order of the file is kept, which vLLM
/// shuffles. Tokens are estimated from characters (`TextTokens`). All arrive at once unless a rate
/// is given. Source: `vllm bench serve --dataset-name sharegpt`.
public struct ShareGPTFormat: DocumentFormat {
  /// The name that an experiment uses.
  public static let name = "sharegpt"
  /// One sentence for `martlet list formats`.
  public static let summary =
    "ShareGPT: a JSON array of conversations, tokens estimated, sampled as vLLM does, no times."
  /// What is read: the key, and the tokens of its first two turns.
  public static let fields = ["conversations", "prompt tokens", "output tokens"]
  /// No line names the keys.
  public static let hasHeader = false
  /// Objects of several lines without times.
  public static var traits: TraceTraits {
    var traits = TraceTraits()
    traits.isDocument = true
    traits.hasTimes = false
    traits.hasTexts = true
    return traits
  }
  /// Tokens of a block.
  public var tokensPerBlock: Int32 { TextTokens.tokensPerBlock }
  /// Names are those of texts, whatever is before them.
  public var hasChainedNames: Bool { false }

  private let keys = [Array("conversations".utf8)]
  private let turnKeys = [Array("value".utf8)]
  private var tokens = TextTokens(charactersPerToken: 4)
  private var charactersPerToken = 4.0
  private var row = TraceRow()
  private var ignored: [UInt64] = []

  /// Whether the file begins with conversations.
  public static func recognizes(_ beginning: String) -> Bool {
    isJSON(beginning) && beginning.contains("\"conversations\"")
  }

  /// Prepares for the conversations from `first` on.
  ///
  /// - Throws: `TraceError` when there is no JSON.
  public init(first: FirstLine, path: String) throws(TraceError) {
    try Self.requireJSON(first, path: path)
  }

  /// Takes the characters of a token.
  public mutating func configure(_ options: TraceOptions) {
    charactersPerToken = options.charactersPerToken
    tokens = TextTokens(charactersPerToken: charactersPerToken)
  }

  /// Reads one conversation.
  mutating func parse(
    document: Span<UInt8>, into rows: inout TraceRows
  ) throws(DocumentFault) {
    do throws(RowFault) {
      try read(document)
      try rows.keep(row, hasBlocks: tokensPerBlock > 0)
    } catch {
      throw .row(error)
    }
  }

  private mutating func read(_ document: Span<UInt8>) throws(RowFault) {
    row.reset()
    row.time = 0
    let values = try JSONScanner.values(of: keys, inAll: document)
    var counts: [Int] = []
    try JSONScanner.elements(of: document, in: values[0], field: 0) { (i) throws(RowFault) in
      let turn = try JSONScanner.values(of: turnKeys, in: document, &i)
      guard counts.count < 2 else { return }
      let text = try JSONScanner.content(of: document, in: turn[0], field: counts.count + 1)
      counts.append(
        counts.isEmpty
          ? tokens.read(document, text, into: &row.hashes)
          : tokens.read(document, text, into: &ignored))
      ignored.removeAll(keepingCapacity: true)
    }
    guard counts.count == 2 else { throw RowFault(.outside, field: 0) }
    guard counts[0] >= 4, counts[0] <= 1024 else { throw RowFault(.outside, field: 1) }
    guard counts[1] >= 4, counts[0] + counts[1] <= 2048 else { throw RowFault(.outside, field: 2) }
    row.prompt = Int32(counts[0])
    row.output = Int32(counts[1])
  }

  /// Adds what was assumed.
  public func conclude(_ report: inout TraceReport) {
    report.warnings.append(estimate(charactersPerToken))
  }
}
