internal import Memory
public import Units

/// How a running request loses its blocks.
public enum Preemption: Sendable {
  /// Its KV is lost.
  case recompute
  /// Its KV goes to the host, which must have room.
  case swap
  /// To the host if that has room, else it is lost.
  case swapOrRecompute
}

// MARK: - What schedulers see

extension Batch {
  /// Whether there is a host to swap to.
  public var canSwap: Bool { swap != nil }
  /// Whether steps wait for the copies that were decided with them.
  public var awaitsCopies: Bool { swap?.mode.isAwaited ?? false }
  /// The sequence after `slot` in running order.
  public func next(after slot: Slot) -> Slot? {
    let next = sequences[Int(slot)].next
    return next < 0 ? nil : next
  }
  /// The request of a sequence.
  public func request(of slot: Slot) -> RequestID { sequences[Int(slot)].entry.request }
  /// Admissions before that of a sequence; it keeps its place while it is away.
  public func order(of slot: Slot) -> Int { sequences[Int(slot)].order }
  /// Blocks that a sequence holds, or will when it is back.
  public func blocks(of slot: Slot) -> Int32 {
    switch sequences[Int(slot)].phase {
    case .away: return blocksToReturn(slot)
    case .gone, .prefilling, .decoding, .leaving, .returning, .kept: return blocksHeld(by: slot)
    }
  }
  /// Blocks that turns may still start with if all that have started, and those that wait for
  /// their contexts, are to fit into `share` of the host at once; O(sequences).
  public func startableBlocks(share: Double) -> Int32 {
    guard let space = swap else { return .max }
    var started = space.claimed
    for slot in sequences.indices {
      let s = sequences[slot]
      guard s.phase != .gone, !s.isOver else { continue }
      started += blocks(for: max(length(Slot(slot)), s.entry.tokens))
    }
    let room = Int32(share * Double(space.memory.blocks))
    return started == 0 ? max(room, totalBlocks) : room - started
  }
  /// Tokens of a waiting turn's prompt whose KV the host has from the turns before it.
  public func contextTokens(of entry: Waiting) -> Int32 {
    guard entry.session >= 0, let context = swap?.contexts[entry.session],
      entry.prompt > context.copy.tokens
    else { return 0 }
    return context.copy.tokens
  }
  /// Whether the context of a waiting turn is still on its way to the host.
  public func contextIsLeaving(of entry: Waiting) -> Bool {
    guard contextTokens(of: entry) > 0, let context = swap?.contexts[entry.session] else {
      return false
    }
    return !context.isLanded && !awaitsCopies
  }
}

// MARK: - Verbs of schedulers

extension Batch {
  /// Takes a running sequence, or one that is coming back, out of the batch.
  ///
  /// False, and no trace, when it should go to the host and that has no room even without copies
  /// of what runs and the contexts of turns that are over, or when nothing of it is computed.
  @discardableResult
  public mutating func preempt(_ slot: Slot, _ how: Preemption) -> Bool {
    if how != .recompute, swapOut(slot) { return true }
    guard how != .swap, swap == nil || sequences[Int(slot)].phase != .returning else {
      return false
    }
    preempt(slot)
    return true
  }

  /// Starts to bring a sequence back from the host; false, and no trace, when its blocks, those
  /// that it opens in its next step and `reserve` are short.
  public mutating func swapIn(_ slot: Slot, keeping reserve: Int32 = 0) -> Bool {
    guard swap != nil else { return false }
    let need = blocksToReturn(slot)
    let opens: Int32 = opensBlock(slot) ? 1 : 0
    guard need + opens + reserve <= blocks.available else { return false }
    away.removeAll { $0 == slot }
    startReturn(slot, .swapIn, blocks: need)
    return true
  }

  /// Admits the waiting request at `index`, whose context the host has, and starts to bring that
  /// back; false, and no trace, when blocks for its whole prompt and `reserve` are short or the
  /// context is still on its way out.
  public mutating func recall(_ index: Int, keeping reserve: Int32 = 0) -> Bool {
    let entry = waiting[index]
    let context = contextTokens(of: entry)
    guard context > 0, !contextIsLeaving(of: entry) else { return false }
    let need = blocks(for: entry.tokens)
    guard need + reserve <= blocks.available, let copy = swap?.claim(entry.session) else {
      return false
    }
    var sequence = Sequence(entry)
    sequence.stored = context
    sequence.host = copy
    sequence.phase = .away
    let slot = place(sequence)
    noteLeavingQueue(entry)
    waiting.remove(at: index)
    admitted.append(
      Admission(request: entry.request, preemptedAt: entry.preemptedAt, lost: entry.lost))
    startReturn(slot, .contextIn, blocks: need)
    return true
  }

  /// Tokens that a step computes of prompts whose contexts it waits for.
  public var recalledTokens: Int32 { swap?.mode.isAwaited == true ? returningTokens : 0 }

  private func blocksToReturn(_ slot: Slot) -> Int32 {
    let s = sequences[Int(slot)]
    return blocks(for: max(s.stored, s.entry.tokens))
  }

  private func opensBlock(_ slot: Slot) -> Bool {
    let s = sequences[Int(slot)]
    return s.stored >= s.entry.tokens && s.stored & (tokensPerBlock - 1) == 0
  }

  private mutating func startReturn(_ slot: Slot, _ cause: TransferCause, blocks need: Int32) {
    hasChanged = true
    take(need)
    sequences[Int(slot)].blocks = need
    sequences[Int(slot)].phase = .returning
    returning.append(slot)
    if cause == .contextIn {
      sequences[Int(slot)].isRecalled = true
      recalling += 1
    }
    if opensBlock(slot) { returningGrowth += 1 }
    let s = sequences[Int(slot)]
    returningTokens += max(0, s.entry.tokens - s.stored)
    allocateGroups(slot, need)
    let stored = blocks(for: s.stored)
    issue(cause, slot, isOut: false, from: 0, to: stored, pieces: s.host.pieces)
  }

  /// Whether the sequence is on its way to the host, or there again.
  private mutating func swapOut(_ slot: Slot) -> Bool {
    let s = sequences[Int(slot)]
    guard swap != nil, prefix == nil, s.region == nil else { return false }
    if s.phase == .returning { return turnBack(slot) }
    let stored = length(slot)
    let held = blocks(for: stored)
    guard stored > 0, makeHostRoom(withReserve: held, for: slot) else { return false }
    hasChanged = true
    if s.phase == .decoding { leave(slot) } else { unschedule(slot) }
    unlink(slot)
    sequences[Int(slot)].preemptedAt = now
    preempted.append((s.entry.request, 0))
    sendOut(slot, .swapOut)
    return true
  }

  /// A sequence on its way back stays on the host after all.
  private mutating func turnBack(_ slot: Slot) -> Bool {
    guard !awaitsCopies, copying.contains(slot) else { return false }
    hasChanged = true
    let count = inbox.count
    inbox.removeAll { $0.tag == slot }
    if inbox.count == count { cancelled.append(slot) }
    copies -= 1
    copying.removeAll { $0 == slot }
    endReturn(slot)
    giveBlocks(of: slot)
    sequences[Int(slot)].phase = .away
    away.append(slot)
    return true
  }
}

// MARK: - Copies

extension Batch {
  /// Takes `count` blocks of the host for a sequence in all; false, and no trace, if it cannot.
  ///
  /// Room kept behind copies goes first, then contexts for which nobody waits, the oldest first,
  /// then copies of what runs, the youngest first, then the other contexts.
  mutating func makeHostRoom(_ count: Int32, for slot: Slot) -> Bool {
    guard let space = swap else { return false }
    let own = sequences[Int(slot)].host.room
    let need = max(0, count - own)
    if need > space.free {
      guard space.free + space.unwanted + space.wanted + spareHostRoom(but: slot) >= need else {
        return false
      }
      trimCopies(until: need, but: slot)
      swap?.makeRoom(need, dropsWanted: false)
      dropCopies(until: need, but: slot)
      swap?.makeRoom(need, dropsWanted: true)
    }
    swap?.take(need)
    sequences[Int(slot)].host.room = max(own, count)
    return true
  }

  /// The same with room behind it, if that is free.
  private mutating func makeHostRoom(withReserve count: Int32, for slot: Slot) -> Bool {
    guard let space = swap else { return false }
    let own = sequences[Int(slot)].host.room
    let isReserved = count + space.mode.reserve - own <= space.free
    guard makeHostRoom(isReserved ? count + space.mode.reserve : count, for: slot) else {
      return false
    }
    // What grows beyond the room kept behind it lies elsewhere.
    if own < count { sequences[Int(slot)].host.pieces += 1 }
    return true
  }

  /// What copies could give up, all of what runs and the room behind the others.
  private func spareHostRoom(but slot: Slot) -> Int32 {
    var sum: Int32 = 0
    for other in sequences.indices where other != Int(slot) {
      let s = sequences[other]
      switch s.phase {
      case .gone, .kept: break
      case .prefilling, .decoding: sum += s.host.room
      case .leaving, .away, .returning: sum += s.host.room - hostBlocks(of: s)
      }
    }
    return sum
  }

  /// Blocks of the host that a sequence fills, or will when it is there.
  private func hostBlocks(of s: Sequence) -> Int32 {
    blocks(for: s.phase == .leaving ? s.stored : s.host.tokens)
  }

  private mutating func trimCopies(until need: Int32, but slot: Slot) {
    for other in sequences.indices where other != Int(slot) {
      guard let space = swap, space.free < need else { return }
      let s = sequences[other]
      let filled = hostBlocks(of: s)
      guard s.phase != .gone, s.host.room > filled else { continue }
      swap?.give(s.host.room - filled)
      sequences[other].host.room = filled
    }
  }

  private mutating func dropCopies(until need: Int32, but slot: Slot) {
    var other = last
    while let space = swap, space.free < need, let current = other {
      if current != slot { dropCopy(current) }
      other = sequences[Int(current)].previous < 0 ? nil : sequences[Int(current)].previous
    }
  }

  mutating func dropCopy(_ slot: Slot) {
    guard sequences[Int(slot)].host.room > 0 else { return }
    swap?.give(sequences[Int(slot)].host.room)
    sequences[Int(slot)].host = HostCopy()
  }

  /// Copies what the host does not have of a sequence, whose room there is taken.
  ///
  /// Its blocks are free at once for those who wait for the copies too.
  mutating func sendOut(_ slot: Slot, _ cause: TransferCause) {
    let s = sequences[Int(slot)]
    let total = blocks(for: s.stored)
    let first = s.host.tokens == s.stored ? total : s.host.tokens / tokensPerBlock
    sequences[Int(slot)].phase = .leaving
    if !s.isOver { leaving += 1 }
    issue(cause, slot, isOut: true, from: first, to: total, pieces: 1)
    if awaitsCopies { giveBlocks(of: slot) } else { leavingBlocks += s.blocks }
  }

  private mutating func issue(
    _ cause: TransferCause, _ slot: Slot, isOut: Bool, from: Int32, to: Int32, pieces: Int32
  ) {
    guard let space = swap else { return }
    copies += 1
    copying.append(slot)
    let count = to - from
    var transfer = Transfer(
      cause, tag: slot, isOut: isOut, blocks: count,
      bytes: Int64(count) * space.memory.layout.bytesPerBlock, copies: 0)
    guard count > 0 else {
      landed.append(transfer)
      return
    }
    let runs = groups.map { $0.groups(of: slot, from: from, to: to) + pieces - 1 }
    transfer.copies = space.memory.layout.copies(
      of: count, runs: runs ?? count, by: space.mode.granularity)
    if isOut { outbox.append(transfer) } else { inbox.append(transfer) }
  }

  /// Ends the copies that have landed.
  mutating func receiveCopies() {
    var index = 0
    while index < landed.count {
      let transfer = landed[index]
      index += 1
      copies -= 1
      if transfer.cause == .load || transfer.cause == .handover {
        if transfer.cause == .load { endLoad(transfer.tag) } else { endHandover(transfer.tag) }
        continue
      }
      copying.removeAll { $0 == transfer.tag }
      if transfer.isOut { endOut(transfer.tag) } else { endIn(transfer.tag) }
    }
    landed.removeAll(keepingCapacity: true)
  }

  private mutating func giveBlocks(of slot: Slot) {
    blocks.give(sequences[Int(slot)].blocks)
    sequences[Int(slot)].blocks = 0
    groups?.release(slot)
  }

  private mutating func endOut(_ slot: Slot) {
    let s = sequences[Int(slot)]
    if s.blocks > 0 {
      leavingBlocks -= s.blocks
      giveBlocks(of: slot)
    }
    if s.isOver {
      swap?.land(s.entry.session, s.stamp)
      sequences[Int(slot)].phase = .gone
      freeSlots.append(slot)
    } else {
      leaving -= 1
      sequences[Int(slot)].host.tokens = s.stored
      sequences[Int(slot)].phase = .away
      away.append(slot)
    }
  }

  private mutating func endReturn(_ slot: Slot) {
    let s = sequences[Int(slot)]
    returning.removeAll { $0 == slot }
    if opensBlock(slot) { returningGrowth -= 1 }
    returningTokens -= max(0, s.entry.tokens - s.stored)
    if s.isRecalled {
      sequences[Int(slot)].isRecalled = false
      recalling -= 1
    }
  }

  private mutating func endIn(_ slot: Slot) {
    endReturn(slot)
    let s = sequences[Int(slot)]
    if swap?.mode.reusesCopies != true { dropCopy(slot) }
    if s.preemptedAt < .never {
      resumed.append((s.entry.request, s.preemptedAt))
      sequences[Int(slot)].preemptedAt = .never
    }
    link(slot)
    if s.stored >= s.entry.tokens {
      join(slot)
    } else {
      sequences[Int(slot)].phase = .prefilling
      prefilling.append(slot)
      partial += Int64(s.stored)
      // The step that waited for it computes the rest.
      if awaitsCopies { schedule(slot, s.entry.tokens - s.stored) }
    }
  }

  /// Frees what a finished sequence holds, or sends it to the host for the next turn.
  mutating func end(_ slot: Slot) {
    let s = sequences[Int(slot)]
    guard let space = swap, space.mode.keepsContexts, s.entry.session >= 0 else {
      release(slot)
      return
    }
    let stored = min(s.stored, s.entry.repeated)
    guard stored > 0, makeHostRoom(withReserve: blocks(for: stored), for: slot) else {
      release(slot)
      return
    }
    sequences[Int(slot)].stored = stored
    sequences[Int(slot)].isOver = true
    sendOut(slot, .contextOut)
    var copy = sequences[Int(slot)].host
    copy.tokens = stored
    sequences[Int(slot)].host = HostCopy()
    sequences[Int(slot)].stamp = swap?.keep(copy, of: s.entry.session) ?? 0
  }
}
