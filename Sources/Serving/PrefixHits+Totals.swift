internal import Memory
internal import Metrics

extension RunTotals {
  /// Counts what the prompt of a new request, `prompt` tokens long, found in the prefix cache,
  /// `loaded` tokens of it in the tiers under HBM.
  mutating func countHits(
    _ hits: PrefixHits, of prompt: Int32, isWhole: Bool, tokensPerBlock: Int32,
    loaded: SIMD4<Int32>
  ) {
    let size = Int64(tokensPerBlock)
    prefixQueryTokens += Int64(prompt)
    prefixHitTokens += Int64(hits.shared + hits.session + hits.output) * size
    prefixHitTokens += Int64(loaded.wrappedSum())
    tierHitTokens &+= SIMD4(truncatingIfNeeded: loaded)
    hitTokensShared += Int64(hits.shared) * size
    hitTokensSession += Int64(hits.session) * size
    hitTokensOutput += Int64(hits.output) * size
    hitTokensRunning += Int64(hits.running) * size
    if isWhole { hitTokensComputedAgain += size }
  }
}
