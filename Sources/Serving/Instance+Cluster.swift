public import Memory
internal import Metrics
public import Units

// MARK: - What a cluster asks of an instance besides serving

extension Instance {
  /// Tokens of a request's prompt that the cache, or a tier under it, has now; at least one token
  /// is always computed.
  ///
  /// - Complexity: O(blocks of the prompt).
  public mutating func cachedTokens(of id: RequestID, _ tokens: Int32, at now: Instant) -> Int32 {
    guard batch.cachesPrefixes else { return 0 }
    settle(at: now)
    return batch.cachedTokens(of: Int(id.row), tokens, at: now)
  }

  /// Requests that have waited here since they came, in the order in which they are served, and the
  /// prompt tokens of each that were not cached then.
  public func waitingRequests() -> [(request: RequestID, uncached: Int32)] {
    (0..<batch.waiting.count).compactMap {
      let entry = batch.waiting[$0]
      return entry.preemptedAt == .never ? (entry.request, entry.uncached) : nil
    }
  }

  /// Takes a request that has never run out of the queue; false when it does not wait there.
  ///
  /// - Complexity: O(queue).
  public mutating func withdraw(_ id: RequestID, at now: Instant) -> Bool {
    for index in 0..<batch.waiting.count where batch.waiting[index].request == id {
      let entry = batch.waiting[index]
      guard entry.preemptedAt == .never else { return false }
      account(until: now)
      settle(at: now)
      accountTokens(until: now, stored: batch.storedTokens)
      batch.now = now
      batch.withdraw(index)
      promptTokens -= Int64(entry.prompt)
      if batch.waiting.isEmpty { waitingSince = .never }
      return true
    }
    return false
  }

  /// Takes the tier that all instances have in common in, or gives it back; without one nothing.
  public mutating func exchangeCommonTier(_ tier: inout TieredStore?) {
    batch.offload?.exchange(&tier)
  }

  /// Whether it has changed what lies there since it was last asked.
  public mutating func takeChangeOfCommonTier() -> Bool {
    guard batch.offload?.hasChangedCommon == true else { return false }
    batch.offload?.hasChangedCommon = false
    return true
  }

  /// Whether what lies there may decide who of its queue runs next.
  public var heedsCommonTier: Bool { batch.offload?.isSharing == true && !batch.waiting.isEmpty }

  /// Multiplies the time of the steps that start from now on by `factor`.
  public mutating func slow(by factor: Double) { slowness = factor }

  /// The steps of the leap that starts at `begin` take so many times as long, each rounded once.
  mutating func stretch(from begin: Instant) {
    var (before, last) = (begin, begin)
    for i in 0..<count {
      let time = Double(ends[i] - before) * slowness
      before = ends[i]
      last = Instant(picoseconds: last.picoseconds + max(1, Int64(time + 0.5)))
      ends[i] = last
    }
  }

  /// Loses all that it holds at `now`, the step in flight included, and is as when it started.
  ///
  /// What it has counted stays. Answers the requests that were here, in the order of their rows;
  /// the caller calls off the copies on their way.
  public mutating func fail(at now: Instant) -> [RequestID] {
    settle(at: now)
    if isStepping { recorder.totals.busyTime += Int128(now - progress) }
    accountStall(until: now)
    account(until: now)
    accountTokens(until: now, stored: batch.storedTokens)
    let requests = batch.requests
    let step = batch.step
    batch.now = now
    batch.unpinCommon()
    var common: TieredStore?
    exchangeCommonTier(&common)
    batch = blank
    exchangeCommonTier(&common)
    batch.step = step
    (isStepping, plan, isHolding) = (false, .idle, false)
    (lastStart, fruitlessPrefill, promptTokens) = (nil, 0, 0)
    (waitingSince, stalledSince) = (.never, .never)
    finished.removeAll(keepingCapacity: true)
    prefilled.removeAll(keepingCapacity: true)
    return requests.sorted { $0.row < $1.row }
  }
}

extension Batch {
  /// Tokens of the request in `row` that are cached here, in HBM or where it may be loaded from.
  mutating func cachedTokens(of row: Int, _ tokens: Int32, at time: Instant) -> Int32 {
    var found = prefix?.lookUp(row, tokens: tokens, at: time) ?? CachedPrefix()
    if loadsFromTiers, !found.isWhole {
      var names: [BlockID] = []
      let first = found.blocks
      prefix?.appendNames(first..<max(first, tokens / tokensPerBlock), of: row, to: &names)
      let runs = names.isEmpty ? [] : offload?.find(names, at: time) ?? []
      found.blocks += runs.reduce(0) { $0 + $1.blocks }
    }
    return min(found.blocks * tokensPerBlock, tokens - 1)
  }

  /// Takes the request at `index` out of the queue.
  mutating func withdraw(_ index: Int) {
    let entry = waiting[index]
    service?.admit(entry.user, tokens: 0)
    if contextTokens(of: entry) > 0 { swap?.unwant(entry.session) }
    endPrefetch(for: entry.request)
    waiting.remove(at: index)
    leaveGroup(entry.group)
  }

  /// Every request that waits, runs or is away.
  var requests: [RequestID] {
    var all = (0..<waiting.count).map { waiting[$0].request }
    for s in sequences where s.phase != .gone && !s.isOver { all.append(s.entry.request) }
    return all
  }
}
