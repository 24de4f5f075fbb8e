internal import Cost
internal import Kernel
internal import Memory
internal import Metrics
internal import Units

/// What the engine, not a scheduler, does to a batch.
extension Batch {
  // A caller that changes the batch may copy it for a question, so what is asked often is asked of
  // the sequence.
  func length(_ slot: Slot) -> Int32 { sequences[Int(slot)].length(at: clock) }

  /// Blocks that a sequence holds now.
  func blocksHeld(by slot: Slot) -> Int32 {
    sequences[Int(slot)].blocksHeld(at: clock, of: tokensPerBlock)
  }

  /// Where a sequence of `length` at `clock` stands in `growthAt`.
  private static func phase(_ length: Int32, at clock: Int, of size: Int32) -> Int {
    (clock - Int(length)) & Int(size - 1)
  }

  /// KV tokens stored in the pool.
  var storedTokens: Int64 { context + partial + (handover?.keptTokens ?? 0) }

  /// Blocks in use, contiguous regions counted in blocks.
  var usedBlocks: Int32 {
    blocks.used + (regions.used + tokensPerBlock - 1) / tokensPerBlock
  }

  /// The counts of the step that `plan` describes.
  mutating func shape(_ plan: Plan) -> StepShape {
    var shape = StepShape()
    if plan.decodes {
      if let most = longest.length(clock: clock, sequences) {
        shape.longestContext = Int32(clamping: most + 1)
      }
      shape.decodes = decodes
      shape.context = context + Int64(decodes)
      shape.lengthening = decodes
      shape.samples = decodes
      if sharesReads { addSharedReads(to: &shape) }
    }
    for chunk in chunks {
      let s = sequences[Int(chunk.slot)]
      shape.addChunk(tokens: chunk.tokens, after: s.stored)
      if s.stored + chunk.tokens == s.entry.tokens { shape.samples += 1 }
    }
    return shape
  }

  /// Decode steps, `limit` at most, before a sequence finishes or blocks run out.
  func steadySteps(limit: Int) -> Int {
    var steps = limit
    if let key = milestones.first { steps = min(steps, Int(key >> 24) - clock) }
    let size = Int(tokensPerBlock)
    var room = Int(blocks.available)
    if refusedWithIdleHits {
      // What the refused prompt needs changes with the first block that is evicted.
      room -= idleCached
      return room > 0 ? max(1, stepsWithin(room, limit: steps)) : 1
    }
    if room < (steps / size + 1) * Int(decodes) { steps = stepsWithin(room, limit: steps) }
    guard storesEvicted else { return steps }
    // What makes room is stored when it does: the step that evicts is the last of its leap.
    return min(steps, stepsWithin(room - idleCached, limit: steps) + 1)
  }

  /// Blocks of the prefix cache that no request holds.
  private var idleCached: Int { Int(prefix?.cache.idle ?? 0) }

  private func stepsWithin(_ blocks: Int, limit: Int) -> Int {
    let size = Int(tokensPerBlock)
    var room = blocks
    let perRound = growthAt.reduce(0) { $0 + Int($1) }
    let rounds = perRound > 0 ? min(limit / size, room / perRound) : limit / size
    room -= rounds * perRound
    for step in rounds * size..<max(limit, rounds * size) {
      room -= Int(growthAt[(clock + step) & (size - 1)])
      if room < 0 { return step }
    }
    return limit
  }

  /// Blocks that the next `steps` decode steps open.
  func blocksOpened(in steps: Int) -> Int32 {
    let size = Int(tokensPerBlock)
    var need: Int32 = 0
    if steps >= size {
      for count in growthAt { need += count * Int32(steps / size) }
    }
    for step in 0..<(steps & (size - 1)) { need += growthAt[(clock + step) & (size - 1)] }
    return need
  }

  /// Advances every decode by `steps` tokens; no sequence finishes before the last of them.
  mutating func advance(_ steps: Int) {
    let need = blocksOpened(in: steps)
    if need > 0 { take(need) }
    clock += steps
    context += Int64(decodes) * Int64(steps)
  }

  /// Takes out what finishes at this clock and leaves it in `finished`.
  mutating func reachMilestones() {
    while let key = milestones.first, Int(key >> 24) == clock {
      milestones.removeFirst()
      let slot = Slot(key & 0xFF_FFFF)
      let s = sequences[Int(slot)]
      if s.phase == .decoding, s.fills == clock { full.append(slot) }
      // A sequence that left early leaves a stale key, which only cut a leap.
      guard s.phase == .decoding, s.finishes == clock else { continue }
      leave(slot)
      unlink(slot)
      finished.append(slot)
    }
  }

  /// A prefilled sequence decodes from the next step on.
  mutating func join(_ slot: Slot) {
    let s = sequences[Int(slot)]
    let finishes = clock + Int(s.entry.output - s.generated)
    sequences[Int(slot)].phase = .decoding
    sequences[Int(slot)].joined = clock
    sequences[Int(slot)].finishes = finishes
    decodes += 1
    service?.join(s.entry.user, clock: clock)
    if !s.entry.isMeasured { unmeasured += 1 }
    context += Int64(s.stored)
    if sharesReads { startReading(slot) }
    longest.join(slot, length: s.stored, clock: clock)
    longest.compact(decodes: decodes, sequences)
    milestones.push(UInt64(finishes) << 24 | UInt64(slot))
    if s.region == nil { growthAt[Self.phase(s.stored, at: clock, of: tokensPerBlock)] += 1 }
    if groups != nil || pages != nil { noteFilling(of: slot) }
    fresh.append(slot)
  }

  /// Takes a decode out of the sums and writes its state back into its row.
  mutating func leave(_ slot: Slot) {
    let s = sequences[Int(slot)]
    let now = s.length(at: clock)
    let held = s.blocksHeld(at: clock, of: tokensPerBlock)
    decodes -= 1
    service?.leave(s.entry.user, joined: s.joined, clock: clock)
    if !s.entry.isMeasured { unmeasured -= 1 }
    context -= Int64(now)
    if sharesReads { stopReading(slot) }
    if s.region == nil { growthAt[Self.phase(now, at: clock, of: tokensPerBlock)] -= 1 }
    if clock > s.joined {
      let longest = gaps.longest(since: s.joined + 1)
      sequences[Int(slot)].longestGap = max(s.longestGap, longest)
      sequences[Int(slot)].lastToken = gaps.lastEnd
    }
    sequences[Int(slot)].phase = .gone  // now: a stale milestone of this clock may follow
    sequences[Int(slot)].finishes = -1
    sequences[Int(slot)].fills = -1
    sequences[Int(slot)].blocks = held
    sequences[Int(slot)].stored = now
    sequences[Int(slot)].generated += Int32(clock - s.joined)
    if decodes == 0 { gaps.forget() }
  }

  /// Frees what a sequence holds and its slot.
  mutating func release(_ slot: Slot, isPreempted: Bool = false) {
    let s = sequences[Int(slot)]
    if swap != nil {
      dropCopy(slot)
      groups?.release(slot)
    }
    pages?.map.release(slot)
    if let region = s.region {
      regions.give(region)
    } else if !cachesPrefixes {
      blocks.give(s.blocks)
    } else {
      releaseCached(slot, isPreempted: isPreempted)
    }
    if groupsPrompts { noteGroupRelease(slot, isPreempted: isPreempted) }
    sequences[Int(slot)].phase = .gone
    freeSlots.append(slot)
  }

  /// Ends the chunks of a step: a complete prompt has its token and decodes from now on.
  mutating func endChunks(
    at now: Instant, _ requests: inout RequestTable, _ recorder: inout Recorder
  ) {
    for place in chunks.indices {
      let chunk = chunks[place]
      let slot = Int(chunk.slot)
      sequences[slot].stored += chunk.tokens
      partial += Int64(chunk.tokens)
      if cachesPrefixes { publish(chunk.slot) }
      let s = sequences[slot]
      guard s.stored == s.entry.tokens else { continue }
      partial -= Int64(s.stored)
      if prefilling.first == chunk.slot {
        prefilling.removeFirst()
      } else {
        prefilling.removeAll { $0 == chunk.slot }
      }
      let row = Int(s.entry.request.row)
      let isHandedOver = role == .prefill && requests.output[row] > 1
      if isHandedOver, handover?.mode.firstToken == .decode {
        keep(chunk.slot)
        continue
      }
      sequences[slot].generated += 1
      service?.makeToken(s.entry.user)
      if requests.firstToken[row] == .never {
        requests.firstToken[row] = now
        recorder.totals.promptTokens += Int64(requests.prompt[row])
      } else {
        if s.entry.isMeasured { recorder.gaps.add(now - s.lastToken, weight: 1) }
        sequences[slot].longestGap = max(s.longestGap, now - s.lastToken)
      }
      recorder.totals.generatedTokens += 1
      if isHandedOver { keep(chunk.slot) } else { endPrefill(chunk.slot, at: now) }
    }
    chunks.removeAll(keepingCapacity: true)
    prefillTokens = 0
  }

  private mutating func endPrefill(_ slot: Slot, at now: Instant) {
    let s = sequences[Int(slot)]
    sequences[Int(slot)].lastToken = now
    if s.generated < s.entry.output {
      join(slot)
    } else {
      sequences[Int(slot)].phase = .gone
      unlink(slot)
      finished.append(slot)
    }
  }

  mutating func link(_ slot: Slot) {
    sequences[Int(slot)].previous = last ?? -1
    sequences[Int(slot)].next = -1
    if let last { sequences[Int(last)].next = slot } else { first = slot }
    last = slot
  }

  mutating func unlink(_ slot: Slot) {
    let (previous, next) = (sequences[Int(slot)].previous, sequences[Int(slot)].next)
    if previous >= 0 {
      sequences[Int(previous)].next = next
    } else {
      first = next < 0 ? nil : next
    }
    if next >= 0 {
      sequences[Int(next)].previous = previous
    } else {
      last = previous < 0 ? nil : previous
    }
  }
}
