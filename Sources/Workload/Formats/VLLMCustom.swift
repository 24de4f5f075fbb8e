/// vLLM's custom benchmark data set: a JSON object a line with a `prompt`, and no times.
///
/// Tokens are estimated from characters (`TextTokens`). A row without `output_tokens` gets 256, the
/// default of vLLM's `--custom-output-len`. All arrive at once unless a rate is given.
/// Source: `vllm bench serve --dataset-name custom`.
public struct VLLMCustomFormat: TraceFormat {
  /// The name that an experiment uses.
  public static let name = "vllm-custom"
  /// One sentence for `martlet list formats`.
  public static let summary =
    "vLLM's custom data set: JSON lines with prompts, tokens estimated, no times."
  /// Keys that are read; the first two stand for the same text.
  public static let fields = ["prompt", "prompt (its tokens)", "output_tokens"]
  /// No line names the keys.
  public static let hasHeader = false
  /// No times.
  public static var traits: TraceTraits {
    var traits = TraceTraits()
    traits.hasTimes = false
    traits.hasTexts = true
    return traits
  }
  /// Tokens of a block.
  public var tokensPerBlock: Int32 { TextTokens.tokensPerBlock }
  /// Names are those of texts, whatever is before them.
  public var hasChainedNames: Bool { false }

  private let keys = Self.fields.map { Array($0.utf8) }
  private var tokens = TextTokens(charactersPerToken: 4)
  private var charactersPerToken = 4.0
  private var withoutOutput = 0

  /// Whether `firstLine` has a prompt and is of no trace with times.
  public static func recognizes(_ firstLine: String) -> Bool {
    isJSON(firstLine) && firstLine.contains("\"prompt\"") && !firstLine.contains("\"timestamp\"")
      && !firstLine.contains("\"conversations\"") && !firstLine.contains("\"arrival_")
  }

  /// Prepares for the rows from `first` on.
  ///
  /// - Throws: `TraceError` when they are no JSON objects.
  public init(first: FirstLine, path: String) throws(TraceError) {
    try Self.requireJSON(first, path: path)
  }

  /// Takes the characters of a token.
  public mutating func configure(_ options: TraceOptions) {
    charactersPerToken = options.charactersPerToken
    tokens = TextTokens(charactersPerToken: charactersPerToken)
  }

  /// Reads one row.
  ///
  /// - Throws: `RowFault` for a row that must be dropped.
  public mutating func parse(_ line: Span<UInt8>, into row: inout TraceRow) throws(RowFault) {
    row.time = 0
    let values = try JSONScanner.values(of: keys, inAll: line)
    let text = try JSONScanner.content(of: line, in: values[0], field: 0)
    row.prompt = Int32(clamping: tokens.read(line, text, into: &row.hashes))
    row.output = values[2].isEmpty ? 256 : try RowFault.tokens(line, values[2], field: 2)
    if values[2].isEmpty, row.prompt > 0 { withoutOutput += 1 }
  }

  /// Adds what was assumed.
  public func conclude(_ report: inout TraceReport) {
    report.warnings.append(estimate(charactersPerToken))
    if withoutOutput > 0 {
      report.warnings.append(
        "\(rows(withoutOutput)) without output_tokens: 256, as vLLM's --custom-output-len")
    }
  }
}

/// How tokens were estimated, for a report.
func estimate(_ charactersPerToken: Double) -> String {
  "tokens are estimated at \(charactersPerToken) characters each (characters_per_token)"
}
