/// The policies as their papers write them.
extension Oracle {
  /// vLLM V0: whole prompts or decodes.
  mutating func planV0() {
    let watermark = Int(0.01 * Double(scenario.blocks))
    let budget = max(scenario.maxTokens, scenario.maxModelLength)
    var tokens = 0
    while let head = waiting.first, running.count < scenario.maxSequences {
      let found = pool?.lookUp(head) ?? OraclePool.Found()
      let uncached = head.tokens - found.blocks.count * scenario.tokensPerBlock
      let reserve = blocks(head.tokens) + watermark > scenario.blocks ? 0 : watermark
      guard tokens == 0 || tokens + uncached <= budget,
        scenario.blocks - used - (blocks(head.tokens) - found.heldBlocks) >= reserve
      else { break }
      start(head, computing: uncached, found: found)
      tokens += uncached
    }
    guard tokens == 0 else { return }
    for s in running { s.scheduled = 1 }
    while used > scenario.blocks {
      let victim = running.removeLast()
      preempt(victim)
      victim.isDecoding = false
    }
  }

  /// vLLM V1: running requests in order, then the queue, within one budget.
  mutating func planV1() {
    var budget = scenario.maxTokens
    var hasPreempted = false
    let threshold = scenario.longestChunk == 0 ? Int.max : scenario.longestChunk
    // Decodes before unfinished prompts; among each, the order of admission.
    for s in running.filter(\.isDecoding) + running.filter({ !$0.isDecoding }) {
      guard running.contains(where: { $0 === s }) else { continue }
      let tokens = min(s.tokens - s.computed, budget, threshold)
      guard tokens > 0 else { continue }
      s.scheduled = tokens
      while used > scenario.blocks {
        let victim = running.removeLast()
        budget += victim === s ? 0 : victim.scheduled
        preempt(victim)
        victim.isDecoding = false
        hasPreempted = true
        if victim === s { break }
      }
      budget -= s.scheduled
      if !s.isDecoding { pool?.grow(s) }
    }
    while !hasPreempted, budget > 0, running.count < min(scenario.maxSequences, scenario.maxTokens),
      let head = waiting.first
    {
      let found = pool?.lookUp(head) ?? OraclePool.Found()
      let cached = found.blocks.count * scenario.tokensPerBlock
      let tokens = min(head.tokens - cached, budget, threshold)
      guard used + blocks(cached + tokens) - found.heldBlocks <= scenario.blocks else { break }
      start(head, computing: tokens, found: found)
      budget -= tokens
    }
  }

  /// Tokens of contiguous memory that a request reserves, before rounding.
  func reservation(_ s: Sequence) -> Int {
    switch scenario.policy {
    case "orca-oracle": return s.prompt + s.output
    case "orca-pow2":
      var power = 1
      while power < s.output { power *= 2 }
      return min(s.prompt + power, scenario.maxModelLength)
    default: return scenario.maxModelLength
    }
  }

  /// The largest power of two not above the pool.
  var largestRegion: Int {
    var size = 1
    while 2 * size <= memory.count { size *= 2 }
    return size
  }

  mutating func admitContiguous(limit: Int) {
    while let head = waiting.first, running.count < limit, let region = findRegion(head) {
      for token in region { memory[token] = true }
      head.region = region
      start(head, computing: head.tokens)
    }
  }

  /// The smallest free buddy region that fits, the lowest among equals, cut from its low end.
  ///
  /// A buddy region is maximal when its own buddy is not wholly free; the pool's initial regions
  /// are the powers of two of its size, largest first.
  func findRegion(_ s: Sequence) -> Range<Int>? {
    var size = 1
    while size < reservation(s) { size *= 2 }
    var whole = size
    while whole <= memory.count {
      for region in regions(of: whole) where isFree(region) && isMaximal(region) {
        return region.lowerBound..<region.lowerBound + size
      }
      whole *= 2
    }
    return nil
  }

  /// All aligned regions of `size` within the pool's initial regions.
  private func regions(of size: Int) -> [Range<Int>] {
    var result: [Range<Int>] = []
    for root in roots where root.count >= size {
      for start in stride(from: root.lowerBound, to: root.upperBound, by: size) {
        result.append(start..<start + size)
      }
    }
    return result
  }

  private var roots: [Range<Int>] {
    var result: [Range<Int>] = []
    var offset = 0
    for order in (0..<31).reversed() where memory.count >> order & 1 == 1 {
      result.append(offset..<offset + 1 << order)
      offset += 1 << order
    }
    return result
  }

  private func isFree(_ region: Range<Int>) -> Bool { region.allSatisfy { !taken($0) } }

  /// A token is taken when the buddy region of any running sequence covers it.
  private func taken(_ token: Int) -> Bool { memory[token] }

  private func isMaximal(_ region: Range<Int>) -> Bool {
    guard !roots.contains(region) else { return true }
    let buddy = region.lowerBound ^ region.count
    return !isFree(buddy..<buddy + region.count)
  }

  mutating func free(_ s: Sequence) {
    guard let region = s.region else { return }
    for token in region { memory[token] = false }
  }
}
