public import Cost
public import Metrics
public import Units

/// One model replica: batch, scheduler, cost model and the leap in flight.
public struct Instance: Sendable {
  /// Requests and KV.
  public internal(set) var batch: Batch
  /// What this instance counted.
  public internal(set) var recorder: Recorder
  var scheduler: any Scheduler
  private let cost: any StepCost
  var isStepping = false
  var plan = Plan.idle
  // The leap: steps `done..<count` end at `ends`; the batch is as it was after step `done`.
  var shape = StepShape()
  var ends: [Instant]
  var start = Instant.zero
  var count = 0
  var done = 0
  /// When the last step that has ended began; nil before.
  var lastStart: Instant?
  private var reach: Int
  private let maxLeap: Int
  // Accounts of time.
  /// Where the arrival window ends; `.never` while requests may still arrive.
  var lastArrival = Instant.never
  var accountedUntil = Instant.zero
  var measuredBusyTime: Int128?
  var tokensAccountedUntil = Instant.zero
  var waitingSince = Instant.never
  private var waitingAtLaunch: Int32 = 0
  /// Since when copies keep it from its next step; `.never` while they do not.
  var stalledSince = Instant.never
  /// Whether a plan waits for the copies that were decided with it.
  var isHolding = false
  /// Bytes a second that copies move through the HBM of one GPU.
  public internal(set) var copyRate = 0.0
  /// Whether the cache is asked about every arrival, for `Load.pendingPrefill`.
  public var looksUpArrivals = false
  /// Prompt tokens of the requests here.
  var promptTokens: Int64 = 0
  /// How many times as long as its cost model says its steps take.
  public internal(set) var slowness = 1.0
  /// Nine times the budget of a step, as a tenth of which it counts as full; nil without a budget.
  private let leastTokens: Int64?
  /// The batch as it was when the instance started.
  let blank: Batch
  /// The requests that finished with the last leap.
  public internal(set) var finished: [RequestID] = []
  /// The sequences whose prompts the last step completed and which another instance decodes.
  public internal(set) var prefilled: [Prefilled] = []
  /// Prompt tokens computed since the last token was made.
  var fruitlessPrefill: Int64 = 0

  /// An idle instance.
  ///
  /// `maxLeap` is the most steps in one event; 1 plans every step anew (`--exact-steps`).
  public init(
    batch: Batch, scheduler: any Scheduler, cost: any StepCost, maxLeap: Int, recorder: Recorder
  ) {
    var batch = batch
    batch.countService(scheduler.serviceWeights)
    batch.readPrefixes(scheduler.sharedPrefixAttention(batch.askedAttention))
    leastTokens = scheduler.tokenBudget.map { Int64($0) * 9 }
    self.batch = batch
    blank = batch
    self.scheduler = scheduler
    self.cost = cost
    self.maxLeap = maxLeap
    self.recorder = recorder
    reach = min(8, maxLeap)
    ends = Array(repeating: .zero, count: reach)
  }

  /// The end of the last step that was applied since the leap began; the leap's start before.
  public var progress: Instant { isStepping && done > 0 ? ends[done - 1] : start }
  /// Whether a step is in flight.
  public var isBusy: Bool { isStepping }
  /// Whether it throws prompts away faster than it makes tokens of them.
  ///
  /// What is computed without a token must be stored, so without preemptions the pool bounds it;
  /// sixteen pools' worth of recomputation between two tokens is no progress.
  public var isStuck: Bool {
    let pool = Int64(batch.totalBlocks) * Int64(batch.tokensPerBlock)
    return fruitlessPrefill > 16 * max(pool, 1024)
  }
  /// The request that is served next, for reports of a stop.
  public var oldestRequest: RequestID? {
    if let first = batch.first ?? batch.away.first ?? batch.returning.first {
      return batch.request(of: first)
    }
    return batch.waiting.first?.request
  }

  /// Forms the next step at a boundary, or goes on waiting for the copies of the one formed before.
  public mutating func decide(at now: Instant, _ requests: inout RequestTable) {
    account(until: now)
    accountTokens(until: now, stored: batch.storedTokens)
    batch.now = now
    accountStall(until: now)
    if batch.copies > 0 { batch.receiveCopies() }
    if isHolding, batch.copies == 0 {
      isHolding = false
      // What was away when the plan was made is back: it runs with the others.
      if hasWork { return noteResumed(at: now, &requests) }
    }
    if !isHolding { form(at: now, &requests) }
    noteResumed(at: now, &requests)
    let waits = isHolding || !hasWork
    if waits, batch.copies > 0, load.requests > 0 { stalledSince = now }
  }

  private mutating func form(at now: Instant, _ requests: inout RequestTable) {
    batch.hasChanged = false
    makePlan()
    // No later boundary would come: what was preempted has the whole pool now.
    if !batch.preempted.isEmpty, !hasWork, batch.copies == 0 { makePlan() }
    isHolding = batch.copies > 0 && batch.awaitsCopies
    // Who arrives in the meantime is not in the plan.
    if isHolding { plan.steps = min(plan.steps, 1) }
    guard batch.hasChanged else { return }
    plan.steps = min(plan.steps, 1)
    if !batch.preempted.isEmpty { notePreempted(&requests) }
    for place in batch.admitted.indices { note(batch.admitted[place], at: now, &requests) }
    batch.admitted.removeAll(keepingCapacity: true)
    if batch.waiting.isEmpty {
      waitingSince = .never
    } else if waitingSince == .never {
      waitingSince = now
    }
  }

  private mutating func notePreempted(_ requests: inout RequestTable) {
    for (id, lost) in batch.preempted {
      requests.preemptions[Int(id.row)] += 1
      requests.recomputed[Int(id.row)] += lost
      recorder.totals.preemptions += 1
      recorder.totals.recomputedTokens += Int64(lost)
    }
    batch.preempted.removeAll(keepingCapacity: true)
  }

  private mutating func noteResumed(at now: Instant, _ requests: inout RequestTable) {
    guard !batch.resumed.isEmpty else { return }
    for (id, since) in batch.resumed { requests.preemptedTime[Int(id.row)] += now - since }
    batch.resumed.removeAll(keepingCapacity: true)
  }

  private mutating func makePlan() {
    // Nobody was refused yet.
    (batch.refusedWithIdleHits, batch.refusedWithFinds) = (false, false)
    plan = scheduler.plan(&batch)
    // Copies of nothing have landed already.
    if !batch.landed.isEmpty { batch.receiveCopies() }
  }

  private var runsDecodes: Bool { plan.decodes && batch.decodes > 0 }
  /// Whether the plan runs anything.
  private var hasWork: Bool { plan.steps > 0 && (runsDecodes || !batch.chunks.isEmpty) }

  private mutating func note(
    _ admission: Admission, at now: Instant, _ requests: inout RequestTable
  ) {
    let row = Int(admission.request.row)
    if admission.preemptedAt == .never {
      guard !admission.isHandedOver else { return }
      requests.firstScheduled[row] = now
      guard batch.cachesPrefixes else { return }
      requests.cached[row] = admission.cached
      recorder.totals.countHits(
        admission.hits, of: requests.prompt[row], isWhole: admission.isWhole,
        tokensPerBlock: batch.tokensPerBlock, loaded: admission.loaded)
    } else {
      requests.preemptedTime[row] += now - admission.preemptedAt
      // What it finds again is not computed a second time.
      let found = min(admission.cached, admission.lost)
      requests.recomputed[row] -= found
      recorder.totals.recomputedTokens -= Int64(found)
      recorder.totals.hitTokensPreempted += Int64(admission.cached)
    }
  }

  /// Starts the planned step or leap and returns its end; nil when there is nothing to run.
  public mutating func launch(at now: Instant) -> Instant? {
    guard hasWork, !isHolding else { return nil }
    if runsDecodes, !batch.full.isEmpty { batch.growGroups() }
    shape = batch.shape(plan)
    shape.copyRate = copyRate
    let limit = batch.chunks.isEmpty ? min(plan.steps, reach) : 1
    count = runsDecodes ? batch.steadySteps(limit: limit) : 1
    precondition(count > 0, "a decode step was planned without blocks for it")
    if ends.count < count { ends += Array(repeating: .zero, count: reach - ends.count) }
    let mapped = mapPages(at: now)
    cost.ends(of: shape, from: mapped, count: count, into: &ends)
    if slowness != 1 { stretch(from: mapped) }
    (start, done) = (now, 0)
    if count > 1, let expiry = batch.expiryOfIdleHits {
      count = firstEnd(notBefore: expiry) + 1
    }
    isStepping = true
    waitingAtLaunch = Int32(batch.waiting.count)
    return ends[count - 1]
  }

  /// Maps the pages of the step that starts now; answers when it can begin to compute.
  private mutating func mapPages(at now: Instant) -> Instant {
    guard batch.pages != nil else { return now }
    let stall = batch.pageStall(window: lastStart.map { now - $0 })
    recorder.totals.mappedPageGroups = batch.pages?.count ?? 0
    recorder.totals.mapStallTime += Int128(stall)
    return Instant(picoseconds: now.picoseconds + stall)
  }

  /// Shortens the leap to the step in flight at `now`; returns its end when that is sooner.
  ///
  /// Nothing else changes: what is left out was only computed, never applied.
  public mutating func cut(at now: Instant, forArrival: Bool = false) -> Instant? {
    guard isStepping, !forArrival || plan.heedsArrivals || recorder.steps != nil else {
      return nil
    }
    // A step that ended just now may be applied already: the one after it has not begun.
    let atBoundary = done > 0 && ends[done - 1] == now
    let index = atBoundary ? done - 1 : firstEnd(notBefore: now)
    guard index < count - 1 else { return nil }
    count = index + 1
    reach = max(min(4, maxLeap), min(maxLeap, 2 * count))
    return ends[index]
  }

  /// Applies the steps that ended by `now`, so that progress can be read; the leap goes on.
  public mutating func settle(at now: Instant) {
    guard isStepping else { return }
    var index = firstEnd(notBefore: now)
    if index < count - 1, ends[index] == now { index += 1 }
    let steps = min(index, count - 1) - done
    if steps > 0 { apply(steps) }
  }

  private func firstEnd(notBefore now: Instant) -> Int {
    var (low, high) = (done, count - 1)
    while low < high {
      let middle = (low + high) / 2
      if ends[middle] < now { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Ends the leap: applies its last steps, first tokens and finishes; `finished` has the requests
  /// that are through.
  public mutating func finish(at now: Instant, _ requests: inout RequestTable) {
    precondition(isStepping && ends[count - 1] == now, "a leap ends at its own event (I8)")
    if count == reach { reach = min(maxLeap, 2 * reach) }
    let before = recorder.totals.generatedTokens
    batch.now = now
    apply(count - done)
    isStepping = false
    lastStart = count > 1 ? ends[count - 2] : start
    account(until: now)
    let computed = Int64(batch.prefillTokens)
    batch.endChunks(at: now, &requests, &recorder)
    fruitlessPrefill += computed
    if recorder.totals.generatedTokens > before { fruitlessPrefill = 0 }
    if batch.role == .prefill { notePrefilled(at: now, requests) }
    batch.reachMilestones()
    batch.orderFinished()
    finished.removeAll(keepingCapacity: true)
    for place in batch.finished.indices {
      let slot = batch.finished[place]
      let s = batch.sequences[Int(slot)]
      finished.append(s.entry.request)
      promptTokens -= Int64(s.entry.prompt)
      requests.finished[Int(s.entry.request.row)] = now
      requests.longestGap[Int(s.entry.request.row)] = s.longestGap
      if !requests.isMeasured(Int(s.entry.request.row)) { recorder.totals.finishedOfWarmup += 1 }
      batch.end(slot)
      recorder.totals.finished += 1
    }
    batch.finished.removeAll(keepingCapacity: true)
  }
}

// MARK: - Applying steps

extension Instance {
  private mutating func apply(_ steps: Int) {
    if recorder.steps != nil { log(steps) }
    let began = done == 0 ? start : ends[done - 1]
    recorder.totals.busyTime += Int128(ends[done + steps - 1] - began)
    recorder.totals.steps += Int64(steps)
    recorder.totals.prefillTokens += Int64(shape.prefillTokens)
    recorder.totals.prefillPairs += shape.prefillPairs
    recorder.totals.prefillKeys += shape.prefillKeys
    recorder.totals.samples += Int64(shape.samples) * Int64(steps)
    recorder.totals.sharedContext += shape.sharedContext * Int64(steps)
    recorder.totals.sharedKeys += shape.sharedKeys * Int64(steps)
    if let leastTokens {
      let tokens = Int64(shape.decodes) + Int64(shape.prefillTokens)
      recorder.totals.budgetedSteps += Int64(steps)
      if tokens * 10 < leastTokens { recorder.totals.underfilledSteps += Int64(steps) }
    }
    if cost.isExtrapolated(shape) { recorder.totals.extrapolatedSteps += Int64(steps) }
    batch.step += steps
    if runsDecodes { applyDecodes(steps) } else { applyPrefill() }
    let blocks = Int64(batch.usedBlocks)
    if blocks > recorder.totals.peakBlocks { recorder.totals.peakBlocks = blocks }
    done += steps
  }

  private mutating func applyPrefill() {
    accountTokens(until: ends[done], stored: batch.storedTokens)
  }

  private mutating func applyDecodes(_ steps: Int) {
    let decodes = Int64(batch.decodes)
    recorder.totals.decodes += decodes * Int64(steps)
    recorder.totals.generatedTokens += decodes * Int64(steps)
    for i in done..<done + steps {
      recorder.totals.context += shape.context
      let end = ends[i]
      if waitingSince < end {
        accountTokens(until: end, stored: shape.context - decodes + batch.partial)
      }
      if batch.fresh.isEmpty {
        let gap = end - batch.gaps.lastEnd
        if batch.decodes > batch.unmeasured {
          recorder.gaps.add(gap, weight: batch.decodes - batch.unmeasured)
        }
        batch.gaps.push(gap, at: batch.clock + i - done)
      } else {
        greetNewcomers(at: end, clock: batch.clock + i - done)
      }
      batch.gaps.lastEnd = end
      shape.advance()
    }
    batch.advance(steps)
  }

  /// Inter-token gaps of a decode step with newcomers: theirs one by one, all others at once.
  private mutating func greetNewcomers(at end: Instant, clock: Int) {
    var (newcomers, measured) = (Int32(0), batch.decodes - batch.unmeasured)
    for slot in batch.fresh {
      let s = batch.sequences[Int(slot)]
      guard s.phase == .decoding, s.joined == clock, s.lastToken < end else { continue }
      if s.entry.isMeasured {
        recorder.gaps.add(end - s.lastToken, weight: 1)
        measured -= 1
      }
      batch.sequences[Int(slot)].longestGap = max(s.longestGap, end - s.lastToken)
      batch.sequences[Int(slot)].lastToken = end
      newcomers += 1
    }
    batch.fresh.removeAll(keepingCapacity: true)
    guard batch.decodes > newcomers else { return }
    let gap = end - batch.gaps.lastEnd
    if measured > 0 { recorder.gaps.add(gap, weight: measured) }
    batch.gaps.push(gap, at: clock)
  }

  /// One row for each of the next `steps` steps.
  private mutating func log(_ steps: Int) {
    var step = shape
    let held = batch.usedBlocks
    let running = batch.count
    for i in 0..<steps {
      let opened = plan.decodes ? batch.blocksOpened(in: i + 1) : 0
      let bound = cost.parts(of: step).bound.index
      recorder.steps?.append(
        step: Int64(batch.step + i), start: done + i == 0 ? start : ends[done + i - 1],
        end: ends[done + i], running: running, waiting: waitingAtLaunch,
        prefillTokens: step.prefillTokens, decodeTokens: step.decodes, blocks: held + opened,
        bound: bound)
      step.advance()
    }
  }
}
