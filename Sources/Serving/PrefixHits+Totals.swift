internal import Memory
internal import Metrics

extension RunTotals {
  /// Counts what the prompt of a new request, `prompt` tokens long, found in the prefix cache.
  mutating func countHits(
    _ hits: PrefixHits, of prompt: Int32, isWhole: Bool, tokensPerBlock: Int32
  ) {
    let size = Int64(tokensPerBlock)
    prefixQueryTokens += Int64(prompt)
    prefixHitTokens += Int64(hits.shared + hits.session + hits.output) * size
    hitTokensShared += Int64(hits.shared) * size
    hitTokensSession += Int64(hits.session) * size
    hitTokensOutput += Int64(hits.output) * size
    hitTokensRunning += Int64(hits.running) * size
    if isWhole { hitTokensComputedAgain += size }
  }
}
