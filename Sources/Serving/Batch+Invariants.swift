internal import Memory
internal import Units

extension Batch {
  /// Recomputes every sum from the rows (invariants I3 and I4); for tests, O(sequences).
  public func checkInvariants() {
    var count: Int32 = 0
    var warmingUp: Int32 = 0
    var sum: Int64 = 0
    var most = Int.min
    var partialSum: Int64 = 0
    var held: Int32 = 0
    var reserved: Int32 = 0
    var phases = growthAt.map { _ in Int32(0) }
    for slot in sequences.indices where sequences[slot].phase != .gone {
      let s = sequences[slot]
      let now = length(Slot(slot))
      held += blocksHeld(by: Slot(slot)) - s.cached
      reserved += s.region?.tokens ?? 0
      if s.phase == .prefilling { partialSum += Int64(s.stored) }
      guard s.phase == .decoding else { continue }
      count += 1
      if !s.entry.isMeasured { warmingUp += 1 }
      sum += Int64(now)
      most = max(most, Int(now) - clock)
      let phase = (clock - Int(now)) & Int(tokensPerBlock - 1)
      if s.region == nil { phases[phase] += 1 }
      precondition(s.finishes >= clock, "a sequence outlived its last token")
      if let region = s.region { precondition(now <= region.tokens, "KV outgrew its region") }
    }
    precondition(count == decodes && sum == context, "sums of the decodes drifted (I3)")
    precondition(warmingUp == unmeasured, "decodes of the warm-up drifted (I3)")
    var copy = longest
    let known = copy.length(clock: clock, sequences)
    precondition(known == (count > 0 ? most + clock : nil), "the longest decode drifted (I3)")
    precondition(partialSum == partial, "tokens of unfinished prompts drifted (I3)")
    precondition(phases == growthAt, "growth phases drifted (I3)")
    let cached = prefix.map { $0.cache.held + $0.cache.copies } ?? 0
    precondition(held + cached == blocks.used, "blocks leaked (I4)")
    precondition((prefix?.cache.idle ?? 0) <= blocks.available, "idle blocks beyond the pool (I4)")
    prefix?.cache.checkInvariants()
    precondition(reserved == regions.used, "regions leaked (I4)")
    precondition(blocks.used <= blocks.total, "more blocks than the pool (I4)")
    checkRunningOrder()
    checkHost()
    checkLoads()
    checkHandovers()
    checkPages()
    checkGroups()
    checkReaders()
  }

  private func checkPages() {
    guard let map = pages?.map else { return }
    map.checkInvariants()
    for slot in sequences.indices where sequences[slot].phase != .gone {
      precondition(map.capacity(of: Slot(slot)) >= blocksHeld(by: Slot(slot)), "no page (I4)")
    }
  }

  /// Recounts what is on the host and on its way (invariant I5).
  private func checkHost() {
    guard let swap else { return }
    var (room, leavingNow, freeing) = (Int32(0), Int32(0), Int32(0))
    var (growth, lacking, recalled) = (Int32(0), Int32(0), Int32(0))
    var moving: [Slot] = []
    for slot in sequences.indices where sequences[slot].phase != .gone {
      let s = sequences[slot]
      room += s.host.room
      precondition(blocks(for: s.host.tokens) <= s.host.room, "a copy outgrew its room (I5)")
      switch s.phase {
      case .gone, .prefilling, .decoding, .kept: break
      case .away: precondition(s.blocks == 0 && s.host.tokens == s.stored, "away in part (I5)")
      case .leaving:
        moving.append(Slot(slot))
        if !s.isOver { leavingNow += 1 }
        freeing += s.blocks
      case .returning:
        moving.append(Slot(slot))
        if s.isRecalled { recalled += 1 }
        precondition(s.host.tokens == s.stored, "returns what the host does not have (I5)")
        if s.stored >= s.entry.tokens, s.stored % tokensPerBlock == 0 { growth += 1 }
        lacking += max(0, s.entry.tokens - s.stored)
      }
    }
    var (unwanted, wanted, claimed) = (Int32(0), Int32(0), Int32(0))
    for context in swap.contexts.values {
      room += context.copy.room
      if context.isWanted { claimed += context.copy.room }
      guard context.isLanded else { continue }
      if context.isWanted { wanted += context.copy.room } else { unwanted += context.copy.room }
    }
    precondition(unwanted == swap.unwanted && wanted == swap.wanted, "contexts drifted (I5)")
    precondition(claimed == swap.claimed, "claims on contexts drifted (I5)")
    precondition(room == swap.used && room <= swap.memory.blocks, "the host leaked (I5)")
    precondition(leavingNow == leaving && freeing == leavingBlocks, "leaving drifted (I5)")
    precondition(recalled == recalling, "recalled contexts drifted (I5)")
    precondition(growth == returningGrowth && lacking == returningTokens, "returning drifted (I5)")
    precondition(moving.sorted() == copying.sorted(), "copies and sequences differ (I5)")
    precondition(Int(copies) == copying.count, "copies drifted (I5)")
    guard let groups else { return }
    groups.checkInvariants()
    for slot in sequences.indices where sequences[slot].phase != .gone {
      precondition(groups.capacity(of: Slot(slot)) >= blocksHeld(by: Slot(slot)), "no group (I4)")
    }
  }

  /// Recounts what is on its way from lower tiers, or between them (invariant I5); for tests.
  public func checkLoads() {
    guard let offload, let prefix else { return }
    let loading = returning.filter { sequences[Int($0)].entry.elsewhere == nil }
    precondition(offload.loads.map(\.slot).sorted() == loading.sorted(), "a load is lost (I5)")
    precondition(prefix.notesEvictions == (offload.mode.writing == .back), "evictions are lost")
    var names: [BlockID] = []
    for load in offload.loads {
      let s = sequences[Int(load.slot)]
      precondition(s.phase == .returning && s.cached == load.first, "not on its way (I5)")
      precondition(s.stored == (load.first + load.count) * tokensPerBlock, "a load drifted (I5)")
      let range = load.first..<load.first + load.count
      prefix.appendNames(range, of: Int(s.entry.request.row), to: &names)
    }
    // Of the common tier others pin some, too.
    names = []
    for load in offload.loads {
      var first = load.first
      for run in load.runs {
        let row = Int(sequences[Int(load.slot)].entry.request.row)
        if Int(run.tier) < offload.store.count {
          prefix.appendNames(first..<first + run.blocks, of: row, to: &names)
        }
        first += run.blocks
      }
    }
    checkPrefetches(offload, &names)
    let pinned = Set(names)
    for tier in 0..<offload.store.count {
      let count = pinned.count { offload.store.contains($0, in: tier) }
      precondition(offload.store.pinned(in: tier) == count, "pins and loads differ (I5)")
    }
    // It sorts all that lies there, so not each time.
    if step & 15 == 0 { offload.store.checkInvariants() }
  }

  /// Recounts what rises to the nearest tier and what is kept there, whose names it adds to
  /// `names`; nothing that rises is on its way to HBM.
  private func checkPrefetches(_ offload: OffloadState, _ names: inout [BlockID]) {
    let prefetch = offload.prefetch
    for (tag, rise) in prefetch.rises {
      for block in rise.blocks {
        precondition(prefetch.tag(of: block.name) == tag, "a block rises twice (I5)")
        precondition(offload.store.contains(block.name, in: 0), "what rises is gone (I10)")
        names.append(block.name)
      }
    }
    let rows = Set((0..<waiting.count).map { waiting[$0].request.row })
    for (row, blocks) in prefetch.kept {
      precondition(rows.contains(row), "blocks are kept for nobody (I5)")
      names += blocks.map(\.name)
    }
    precondition(
      prefetch.unserved.allSatisfy { rows.contains($0.request.row) }, "nobody waits (I5)")
    for load in offload.loads {
      var own: [BlockID] = []
      let row = Int(sequences[Int(load.slot)].entry.request.row)
      self.prefix?.appendNames(load.first..<load.first + load.count, of: row, to: &own)
      let rising = offload.rising(own[...], load.runs)
      precondition(rising.sorted() == load.awaited.sorted(), "a load reads what rises (I5)")
      precondition((load.held != nil) == !rising.isEmpty, "a load waits for nothing (I5)")
    }
  }

  private func checkRunningOrder() {
    var seen: Int32 = 0
    var slot = first
    while let current = slot {
      seen += 1
      let next = sequences[Int(current)].next
      precondition(next >= 0 || last == current, "running order lost its tail (I3)")
      slot = next < 0 ? nil : next
    }
    // Who loads keeps its place; who comes back from the host has lost it.
    let unlinked = swap != nil ? Int32(returning.count) : 0
    precondition(seen + unlinked == self.count, "running order lost a sequence (I3)")
  }
}
