internal import Kernel
internal import Serving
internal import Units

/// Serves live turns by priorities that change every so many steps: what `priority` and
/// `fastswitch` share.
///
/// At an update the turns are ranked; the longest run of them, from the top, whose blocks fit into
/// a share of the pool is feasible. Who runs and is not, goes to the host; who is feasible comes
/// back from there, or is admitted. Between updates who runs stays, and free room goes to the
/// others in the order of their priorities. A step is either prompts or decodes. When a decode
/// finds no block, the lowest priority makes room.
///
/// A turn without any KV starts only if the host could hold it with all that have started: what is
/// swapped out then has room. What may start is reckoned at updates. Where turns outgrow that, who
/// finds no room is recomputed.
struct PriorityRotation: Sendable {
  let maxTokens: Int32
  let maxSequences: Int32
  let interval: Int
  let share: Double
  let hostShare: Double
  /// Returning requests over all that run, above which a step waits for them.
  let waitsAbove: Double
  var trace: PriorityTrace
  private var nextUpdate = 0
  /// Blocks with which turns may start until the next update.
  private var startable: Int32 = 0

  init(_ options: PriorityOptions, _ context: EngineContext, waitsAbove: Double) {
    let standard = max(Int(context.maxModelLength), 2048)
    maxTokens = Int32(clamping: options.maxNumBatchedTokens.value(or: standard))
    maxSequences = Int32(clamping: options.maxNumSeqs)
    interval = options.updateInterval
    share = options.poolShare
    hostShare = options.hostShare
    self.waitsAbove = waitsAbove
    trace = PriorityTrace(options.pattern, seed: context.seed)
  }

  private func reserve(of blocks: Int32) -> Int32 {
    blocks - Int32(share * Double(blocks))
  }

  mutating func plan(_ batch: inout Batch) -> Plan {
    if batch.step >= nextUpdate {
      nextUpdate = batch.step - batch.step % interval + interval
      rotate(&batch)
    }
    while batch.shortage > 0, let victim = lowest(in: batch) {
      batch.preempt(victim, .swapOrRecompute)
    }
    let tokens = compute(&batch)
    fill(&batch, tokens: tokens)
    if !batch.chunks.isEmpty || batch.recalledTokens > 0 { return .prefill }
    // Blocks of who leaves beside the steps are free only when they have left.
    if batch.growth > batch.availableBlocks || isNearlyEmpty(batch) { return .idle }
    return .decode(steps: nextUpdate - batch.step, heedsArrivals: batch.count < maxSequences)
  }

  /// Whether a step without those who are on their way back would hardly be worth it.
  private func isNearlyEmpty(_ batch: Batch) -> Bool {
    guard !batch.awaitsCopies, !batch.returning.isEmpty else { return false }
    return Double(batch.returning.count) > waitsAbove * Double(batch.count)
  }

  func canServe(_ request: Waiting, in pool: EmptyPool) -> Bool {
    request.tokens <= maxTokens && pool.couldHold(request, keeping: reserve(of: pool.totalBlocks))
  }
}

// MARK: - An update

extension PriorityRotation {
  private struct Turn {
    var row: Int32
    var blocks: Int32
    /// Where it runs or is coming back; nil where it waits or is away.
    var slot: Slot?
    /// Whether it has no KV anywhere.
    var isFresh = false
  }

  private mutating func rotate(_ batch: inout Batch) {
    var turns = live(in: batch)
    trace.advance(turns.map { ($0.row, $0.slot != nil) })
    let ranked = trace
    turns.sort {
      let (a, b) = (ranked.priority(of: $0.row), ranked.priority(of: $1.row))
      return a != b ? a > b : $0.row < $1.row
    }
    startable = batch.startableBlocks(share: hostShare)
    var rest = startable
    turns.removeAll { turn in
      guard turn.isFresh else { return false }
      rest -= turn.blocks
      return rest < 0
    }
    var room = batch.totalBlocks - reserve(of: batch.totalBlocks)
    var seats = maxSequences
    let feasible = turns.prefix { turn in
      room -= turn.blocks
      seats -= 1
      return room >= 0 && seats >= 0
    }.count
    for turn in turns[feasible...].reversed() {
      if let slot = turn.slot { batch.preempt(slot, .swapOrRecompute) }
    }
  }

  private func live(in batch: Batch) -> [Turn] {
    var turns: [Turn] = []
    var slot = batch.first
    while let current = slot {
      turns.append(turn(current, in: batch, isIn: true))
      slot = batch.next(after: current)
    }
    for slot in batch.returning { turns.append(turn(slot, in: batch, isIn: true)) }
    for slot in batch.away { turns.append(turn(slot, in: batch, isIn: false)) }
    for i in 0..<batch.waiting.count {
      let entry = batch.waiting[i]
      turns.append(
        Turn(
          row: entry.request.row, blocks: batch.blocks(for: entry.tokens),
          isFresh: batch.contextTokens(of: entry) == 0))
    }
    return turns
  }

  private func turn(_ slot: Slot, in batch: Batch, isIn: Bool) -> Turn {
    Turn(
      row: batch.request(of: slot).row, blocks: batch.blocks(of: slot), slot: isIn ? slot : nil)
  }

  private func lowest(in batch: Batch) -> Slot? {
    var (lowest, least) = (batch.first, Double.infinity)
    var slot = batch.first
    while let current = slot {
      let priority = trace.priority(of: batch.request(of: current).row)
      if priority < least { (lowest, least) = (current, priority) }
      slot = batch.next(after: current)
    }
    return lowest
  }
}

// MARK: - Free room

extension PriorityRotation {
  /// Goes on with prompts whose contexts are back; answers how many tokens the step computes.
  private func compute(_ batch: inout Batch) -> Int32 {
    var tokens: Int32 = 0
    for slot in batch.prefilling where tokens < maxTokens {
      tokens += batch.extend(slot, upTo: maxTokens - tokens, keeping: 0)
    }
    return tokens
  }

  private enum Candidate {
    case away(Slot)
    case waiting(Int)
  }

  private mutating func fill(_ batch: inout Batch, tokens: Int32) {
    var tokens = tokens
    let reserve = reserve(of: batch.totalBlocks)
    // Nobody is admitted who would make another leave in the same step.
    guard batch.leavingBlocks == 0 || batch.availableBlocks > reserve + batch.growth else { return }
    // Without a step no update would come.
    if batch.count == 0, batch.away.isEmpty {
      startable = batch.startableBlocks(share: hostShare)
    }
    while batch.count < maxSequences, let next = best(in: batch) {
      let kept = batch.growth + (batch.count == 0 ? 0 : reserve)
      switch next {
      case .away(let slot):
        guard batch.swapIn(slot, keeping: kept) else { return }
      case .waiting(let index):
        let entry = batch.waiting[index]
        let context = batch.contextTokens(of: entry)
        let lacking = entry.tokens - context
        guard tokens == 0 || lacking <= maxTokens - tokens else { return }
        if context > 0 {
          guard batch.recall(index, keeping: kept) else { return }
        } else {
          guard batch.admit(index, upTo: .max, keeping: kept) > 0 else { return }
          startable -= batch.blocks(for: entry.tokens)
        }
        if context == 0 || batch.awaitsCopies { tokens += lacking }
      }
    }
  }

  /// The highest priority among those that neither run nor are on their way and may start.
  private func best(in batch: Batch) -> Candidate? {
    var (best, most) = (Candidate?.none, -1.0)
    for slot in batch.away {
      let priority = trace.priority(of: batch.request(of: slot).row)
      if priority > most { (best, most) = (.away(slot), priority) }
    }
    for i in 0..<batch.waiting.count {
      let entry = batch.waiting[i]
      let priority = trace.priority(of: entry.request.row)
      guard priority > most, !batch.contextIsLeaving(of: entry),
        batch.blocks(for: entry.tokens) <= startable || batch.contextTokens(of: entry) > 0
      else { continue }
      (best, most) = (.waiting(i), priority)
    }
    return best
  }
}
