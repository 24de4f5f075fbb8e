internal import Cost
internal import Memory
public import Metrics
public import Units

// MARK: - Accounts of time

extension Instance {
  /// The last request has arrived: running requests are averaged over the time up to now.
  public mutating func endArrivals(at now: Instant) {
    account(until: now)
    lastArrival = now
  }

  /// The first measured request has arrived somewhere: notes how long this instance was busy.
  public mutating func endWarmup(at now: Instant) {
    recorder.totals.busyTimeInWarmup = busyTime(until: now)
  }

  /// The last measured request was settled somewhere: what follows is not measured.
  public mutating func endMeasurement(at now: Instant) { measuredBusyTime = busyTime(until: now) }

  private mutating func busyTime(until now: Instant) -> Int128 {
    settle(at: now)
    let running = isStepping ? now - progress : 0
    return recorder.totals.busyTime + Int128(running)
  }

  /// Adds up who was here since the last change of membership.
  mutating func account(until now: Instant) {
    let span = now - accountedUntil
    guard span > 0 else { return }
    let running = batch.count - Int32(batch.returning.count)
    let waiting =
      batch.waiting.count + Int(batch.absent + batch.unplaced) + batch.returning.count
    if batch.canSwap { accountSwapped(span) }
    recorder.totals.presenceTime += Int128(span) * Int128(waiting + Int(running))
    if waiting > 0 { recorder.totals.waitingTime += Int128(span) }
    let counted = min(now, lastArrival) - accountedUntil
    if counted > 0 {
      recorder.totals.runningTime += Int128(counted) * Int128(running)
      if waiting > 0 { recorder.totals.waitingTimeInWindow += Int128(counted) }
    }
    accountedUntil = now
  }

  /// Adds up who was away from HBM for `span`.
  private mutating func accountSwapped(_ span: Int64) {
    let returning = Int32(batch.returning.count) - batch.recalling
    let swapped = batch.absent + returning
    if swapped > 0 { recorder.totals.swappedTime += Int128(span) }
    recorder.totals.swappedWait += Int128(span) * Int128(swapped)
    recorder.totals.swapInWait += Int128(span) * Int128(returning)
    recorder.totals.contextInWait += Int128(span) * Int128(batch.recalling)
  }

  /// Adds up the tokens stored while somebody waited.
  mutating func accountTokens(until now: Instant, stored: Int64) {
    let span = now - max(tokensAccountedUntil, waitingSince)
    tokensAccountedUntil = now
    guard span > 0 else { return }
    recorder.totals.tokenTimeWaiting += Int128(span) * Int128(stored)
  }

  /// State now and counts since `earlier`.
  public mutating func sample(at now: Instant, since earlier: RunTotals) -> TimeSeries.Row {
    settle(at: now)
    var counts = RunTotals()
    counts.promptTokens = recorder.totals.promptTokens - earlier.promptTokens
    counts.generatedTokens = recorder.totals.generatedTokens - earlier.generatedTokens
    counts.finished = recorder.totals.finished - earlier.finished
    counts.preemptions = recorder.totals.preemptions - earlier.preemptions
    let absent = batch.absent + batch.unplaced + Int32(batch.returning.count)
    return TimeSeries.Row(
      running: batch.count - Int32(batch.returning.count),
      waiting: Int32(batch.waiting.count) + absent, blocks: batch.usedBlocks,
      counts: counts)
  }

  /// What each of `count` tiers under HBM holds of this instance at `now`, nearest first; after
  /// `sample`.
  public mutating func tierUses(_ count: Int, at now: Instant) -> [TierUse] {
    // What is too old is gone, whether somebody has looked since or not.
    batch.offload?.store.expire(at: now)
    batch.offload?.common?.expire(at: now)
    var uses = Array(repeating: TierUse(), count: count)
    // Swapping knows the nearest tier alone.
    if count > 0 { batch.addHostUse(to: &uses[0]) }
    if let store = batch.lowerTiers {
      for tier in 0..<min(count, store.count) { uses[tier].cached += store.occupancy(of: tier) }
      // That of all instances.
      if let common = batch.offload?.common, store.count < count {
        uses[store.count].cached += common.occupancy(of: 0)
      }
    }
    return uses
  }

  /// Adds up the time in which copies kept the instance from its next step.
  mutating func accountStall(until now: Instant) {
    guard stalledSince < now else { return }
    recorder.totals.copyStallTime += Int128(now - stalledSince)
    stalledSince = .never
  }

  /// Ends the accounts at the run's end.
  public mutating func close(at now: Instant) {
    settle(at: now)
    accountStall(until: now)
    account(until: now)
    if let measuredBusyTime {
      recorder.totals.busyTimeAfterwards = recorder.totals.busyTime - measuredBusyTime
    }
  }
}
