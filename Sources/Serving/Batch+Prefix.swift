internal import Memory
internal import Units

/// What a batch does with its prefix cache.
extension Batch {
  /// Prompt tokens that the request with `index` others before it in the queue would have to
  /// compute if it were admitted now; 0 if it would load first.
  public mutating func uncachedTokens(at index: Int) -> Int32 {
    let entry = waiting[index]
    if entry.elsewhere != nil { return 0 }
    if hasTiers, planLoad(entry).blocks > 0 { return 0 }
    let time = now
    let found = prefix?.lookUp(Int(entry.request.row), tokens: entry.tokens, at: time)
    return entry.tokens - (found?.blocks ?? 0) * tokensPerBlock
  }

  /// Prompt tokens that the request with `index` others before it in the queue would not have to
  /// compute if it were admitted now: those in the prefix cache and those that it would load.
  public mutating func foundTokens(at index: Int) -> Int32 {
    let entry = waiting[index]
    let time = now
    let found = prefix?.lookUp(Int(entry.request.row), tokens: entry.tokens, at: time)
    let loaded = hasTiers ? planLoad(entry).blocks : 0
    return ((found?.blocks ?? 0) + loaded) * tokensPerBlock
  }

  /// Says that the plan depends on what idle blocks of the prefix cache, or tiers under it, hold of
  /// those who wait: a leap ends when some go.
  public mutating func heedEvictions() {
    refusedWithIdleHits = true
    if hasTiers { refusedWithFinds = true }
  }

  /// When the next idle block expires; nil unless the queue's head waits for room and hits some,
  /// there or in the tiers.
  ///
  /// From then on the head finds less, so what it needs and what is idle may differ.
  var expiryOfIdleHits: Instant? {
    let (hits, finds) = (refusedWithIdleHits, refusedWithFinds)
    guard hits || finds else { return nil }
    let expiry = hits ? prefix?.cache.nextExpiry ?? .never : .never
    guard finds, let offload else { return expiry }
    return min(expiry, offload.store.nextExpiry)
  }

  /// Puts the full blocks of a sequence that have a name into the prefix cache, and what is new of
  /// them into the tiers below.
  ///
  /// What a preempted request has decoded goes to the common tier when it ends: nobody sees what
  /// others decide at the same moment.
  mutating func publish(_ slot: Slot, isPreempted: Bool = false) {
    let held = sequences[Int(slot)].cached
    enterCache(slot)
    guard hasTiers else { return }
    let s = sequences[Int(slot)]
    store(held..<s.cached, of: Int(s.entry.request.row), isShared: !isPreempted)
  }

  /// Puts the full blocks of a sequence that have a name into the prefix cache.
  mutating func enterCache(_ slot: Slot) {
    let s = sequences[Int(slot)]
    let (row, full, time) = (Int(s.entry.request.row), s.stored / tokensPerBlock, now)
    let copies = prefix?.cache.copies
    guard
      let new = prefix?.publish(
        row, from: s.cached, upTo: full, prompt: s.entry.prompt, at: time)
    else { return }
    sequences[Int(slot)].cached = new.held
    if s.common == s.cached, copies == prefix?.cache.copies {
      sequences[Int(slot)].common = new.held
    }
    blocks.give(new.merged)
    if groupsPrompts { pin(Int(s.entry.group), by: slot) }
  }

  /// Puts what finishes in this step into running order, in which vLLM frees it: the order in which
  /// blocks go.
  mutating func orderFinished() {
    guard cachesPrefixes, finished.count > 1 else { return }
    let sequences = sequences
    finished.sort { sequences[Int($0)].order < sequences[Int($1)].order }
  }

  /// Leaves all blocks of a sequence in the prefix cache, those that nobody else can know too: as
  /// in vLLM, whatever is freed waits in one queue for its next use.
  mutating func releaseCached(_ slot: Slot, isPreempted: Bool) {
    publish(slot, isPreempted: isPreempted)
    let s = sequences[Int(slot)]
    // Copies of what it hit may have gone from the tiers since.
    if hasTiers, !isPreempted { store(0..<s.cached, of: Int(s.entry.request.row)) }
    let own = s.blocks - s.cached
    let keeping = isPreempted ? max(0, s.stored / tokensPerBlock - s.cached) : nil
    let (row, time) = (Int(s.entry.request.row), now)
    let left = prefix?.release(
      row, held: s.cached, abandoning: own, keeping: keeping, at: time)
    blocks.give(own + (left ?? 0))
  }
}
