public import Cost
public import Memory
internal import Units

/// The prefix cache goes on in tiers under HBM.
///
/// Rules. What follows a prompt's hits in HBM and lies in a tier is loaded, if `LoadRule` says so,
/// before anything of the prompt is computed. The request has its blocks, those of its first chunk
/// among them, and a seat from then on, and its blocks in the tiers cannot go; when all has landed
/// it is an unfinished prompt like any other. Preempted on its way, the youngest first as ever, it
/// calls off what has not landed. At least one token of a prompt is computed.
///
/// Simplifications. What is stored is copied within HBM first, so that its block is free at once;
/// stores that wait for a slow link are as many as they are, and what they hold can be loaded
/// before they land. A loaded block counts, when it is hit, as one that its loader computed. HBM
/// is looked up to the first gap only: what it has after that is loaded, or computed, again.
extension Batch {
  /// Puts `store` under HBM, for a batch that caches prefixes and does not swap.
  ///
  /// `cost` and `links` say what computing and loading take, for `LoadRule.cheaper`. Under its
  /// tiers there may be one that is common to all instances: it is lent to the instance that acts,
  /// `links` lead to it, too, and blocks go there when they are computed.
  public mutating func offload(
    to store: TieredStore, _ mode: OffloadMode, _ layout: BlockLayout, computing cost: any StepCost,
    over links: TierLinks, sharingOneMore: Bool = false
  ) {
    precondition(!sharingOneMore || mode.writing == .through, "a common tier is written through")
    precondition(prefix != nil && swap == nil, "tiers hold blocks of a prefix cache, and no swaps")
    offload = OffloadState(store, mode, layout, cost, links, isSharing: sharingOneMore)
    hasTiers = true
    loadsFromTiers = mode.load != .never
    storesEvicted = mode.writing == .back
    raisesQueued = mode.prefetch == .queued
    prefix?.notesEvictions = storesEvicted
  }

  /// The tiers under HBM; nil without.
  public var lowerTiers: TieredStore? { offload?.store }

  /// Prompt tokens that an unfinished prompt lacks.
  public func uncomputedTokens(of slot: Slot) -> Int32 {
    let s = sequences[Int(slot)]
    return s.entry.tokens - s.stored
  }

  /// Admits the waiting request at `index`, as a rule the head: with up to `limit` tokens of its
  /// prompt, as `admit` does, or without, when it first loads what tiers under HBM have of it or
  /// fetches its KV from another instance.
  ///
  /// Returns the tokens that the step computes, 0 when it loads; nil, and no trace, when nobody
  /// waits, `limit` is 0 or blocks for what it loads and its first chunk, with `reserve` left, are
  /// short.
  public mutating func admitLoading(
    _ index: Int = 0, upTo limit: Int32, keeping reserve: Int32 = 0
  ) -> Int32? {
    if index < waiting.count, waiting[index].elsewhere != nil {
      return admitHandover(index, keeping: reserve)
    }
    guard hasTiers, limit > 0, index < waiting.count else {
      let tokens = admit(index, upTo: limit, keeping: reserve)
      return tokens > 0 ? tokens : nil
    }
    let entry = waiting[index]
    let load = planLoad(entry)
    if load.blocks == 0 {
      let tokens = admit(index, upTo: limit, keeping: reserve)
      if tokens == 0 { noteRefusal(load) }
      return tokens > 0 ? tokens : nil
    }
    let stored = (load.hits.blocks + load.blocks) * tokensPerBlock
    let total = blocks(for: stored + min(entry.tokens - stored, limit))
    let need = total - load.hits.blocks + load.hits.idle
    let later = blocksBesideKept(entry, after: total)
    guard need + later + reserve <= blocks.available else {
      noteRefusal(load)
      return nil
    }
    var sequence = Sequence(entry)
    sequence.phase = .returning
    sequence.blocks = total
    sequence.stored = stored
    sequence.cached = load.hits.blocks
    startLoad(index, sequence, load, taking: need)
    return 0
  }

  /// What the refused head finds may change within a leap: blocks that decodes push out of HBM
  /// come to the tiers and push others out, and some grow too old.
  private mutating func noteRefusal(_ load: PlannedLoad) {
    guard load.hits.idle > 0 || load.found > 0 else { return }
    let isMoving = load.found > 0 && offload?.mode.writing == .back
    if load.hits.idle > 0 || isMoving { refusedWithIdleHits = true }
    if load.found > 0 { refusedWithFinds = true }
  }

  /// What would be loaded of a waiting prompt now, or if all of it lay in the nearest tier; leaves
  /// no trace but that blocks which have grown too old are gone.
  mutating func planLoad(_ entry: Waiting, fromNearest: Bool = false) -> PlannedLoad {
    let (row, time, size) = (Int(entry.request.row), now, tokensPerBlock)
    var plan = PlannedLoad()
    plan.hits = prefix?.lookUp(row, tokens: entry.tokens, at: time) ?? CachedPrefix()
    guard offload?.mode.load != .never, !plan.hits.isWhole else { return plan }
    var names: [BlockID] = []
    let first = plan.hits.blocks
    prefix?.appendNames(first..<max(first, entry.tokens / size), of: row, to: &names)
    guard !names.isEmpty, var runs = offload?.find(names, at: time), !runs.isEmpty else {
      return plan
    }
    plan.found = runs.reduce(0) { $0 + $1.blocks }
    var count = plan.found
    if (first + count) * size == entry.tokens {
      count -= 1
      plan.isWhole = true
      runs.keepFirst(count)
    }
    let stored = first * size
    var origins = runs
    if fromNearest {
      origins = count > 0 ? [TieredStore.Found(tier: 0, blocks: count)] : []
    } else if raisesQueued {
      origins = offload?.origins(of: names[...], runs) ?? runs
    }
    let worth = offload?.worthLoading(origins, of: entry.tokens - stored, after: stored, size: size)
    plan.blocks = worth ?? 0
    runs.keepFirst(plan.blocks)
    plan.isWhole = plan.isWhole && plan.blocks == count
    plan.runs = runs
    return plan
  }

  private mutating func startLoad(
    _ index: Int, _ sequence: Sequence, _ load: PlannedLoad, taking need: Int32
  ) {
    let (entry, time) = (sequence.entry, now)
    let (row, first) = (Int(entry.request.row), load.hits.blocks)
    var admission = Admission(
      request: entry.request, preemptedAt: entry.preemptedAt, lost: entry.lost)
    if let hits = prefix?.hold(first, of: row, at: time) { admission.hits = hits }
    (admission.cached, admission.isWhole) = (sequence.stored, load.isWhole)
    for run in load.runs {
      admission.loaded[min(3, Int(run.tier))] += run.blocks * tokensPerBlock
    }
    waiting.remove(at: index)
    hasChanged = true
    admitted.append(admission)
    let slot = place(sequence)
    returning.append(slot)
    link(slot)
    var names: [BlockID] = []
    prefix?.appendNames(first..<first + load.blocks, of: row, to: &names)
    // Before any block makes room for it, in HBM and then in the tiers.
    offload?.pin(names[...], load.runs)
    endPrefetch(for: entry.request)
    take(need)
    for transfer in offload?.begin(slot, after: first, names[...], load.runs) ?? [] {
      inbox.append(transfer)
      copies += 1
    }
    if offload?.loads.last?.held != nil { copies += 1 }
  }

  /// Some of a load has landed; with the last of it the sequence is an unfinished prompt.
  mutating func endLoad(_ tag: Int32) {
    guard let load = offload?.land(tag) else { return }
    unpin(load, isUsed: true)
    let slot = load.slot
    returning.removeAll { $0 == slot }
    sequences[Int(slot)].phase = .prefilling
    sequences[Int(slot)].began = now
    let order = sequences[Int(slot)].order
    let place = prefilling.firstIndex { sequences[Int($0)].order > order } ?? prefilling.endIndex
    prefilling.insert(slot, at: place)
    partial += Int64(sequences[Int(slot)].stored)
    enterCache(slot)
  }

  /// Calls off what a sequence loads; answers the tokens that it would have had.
  mutating func callOff(_ slot: Slot) -> Int32 {
    let s = sequences[Int(slot)]
    returning.removeAll { $0 == slot }
    guard let load = offload?.end(slot) else { return s.stored }
    for tier in 0..<Int32(8) where load.pending >> UInt8(tier) & 1 == 1 {
      copies -= 1
      if tier == 0, load.held != nil { continue }
      let (tag, before) = (OffloadState.tag(slot, tier: tier), inbox.count)
      inbox.removeAll { $0.tag == tag }
      if inbox.count == before { cancelled.append(tag) }
    }
    unpin(load, isUsed: false)
    sequences[Int(slot)].stored = s.cached * tokensPerBlock
    return s.stored
  }

  private mutating func unpin(_ load: OffloadState.Load, isUsed: Bool) {
    let row = Int(sequences[Int(load.slot)].entry.request.row)
    var names: [BlockID] = []
    prefix?.appendNames(load.first..<load.first + load.count, of: row, to: &names)
    guard let user = prefix?.user(row, at: now) else { return }
    offload?.unpin(names[...], load.runs, depth: load.first, user, isUsed: isUsed)
    if raisesQueued { offload?.prefetch.isDue = true }
  }

  /// Lets go of what it loads from the common tier: it is about to lose all it has.
  mutating func unpinCommon() {
    for load in offload?.loads ?? [] {
      let row = Int(sequences[Int(load.slot)].entry.request.row)
      var names: [BlockID] = []
      prefix?.appendNames(load.first..<load.first + load.count, of: row, to: &names)
      guard let user = prefix?.user(row, at: now) else { continue }
      offload?.unpin(
        names[...], load.runs, depth: load.first, user, isUsed: false, inCommonAlone: true)
    }
  }
}

// MARK: - Stores

extension Batch {
  /// Writes blocks of a request that HBM has into the tiers, as far as none has them.
  mutating func store(_ range: Range<Int32>, of row: Int, isShared: Bool = true) {
    guard offload?.mode.writing == .through, !range.isEmpty else { return }
    var names: [BlockID] = []
    prefix?.appendNames(range, of: row, to: &names)
    guard !names.isEmpty, let user = prefix?.user(row, at: now) else { return }
    var moves: [TieredStore.TierMove] = []
    _ = offload?.store.store(names[...], depth: range.lowerBound, user, moves: &moves)
    offload?.write(moves, to: &outbox)
    guard isShared else { return }
    offload?.shareOut(names[...], depth: range.lowerBound, user, to: &outbox)
  }

  /// Writes blocks that have just made room in HBM into the tiers, as one run.
  mutating func storeEvicted() {
    var (all, moves): ([TieredStore.TierMove], [TieredStore.TierMove]) = ([], [])
    guard let evicted = prefix?.takeEvicted() else { return }
    let names = evicted.map(\.name)
    for (i, block) in evicted.enumerated() {
      let user = BlockUser(request: block.request, time: now)
      _ = offload?.store.store(names[i...i], depth: block.depth, user, moves: &moves)
      for move in moves {
        if let same = all.firstIndex(where: { $0.from == move.from && $0.to == move.to }) {
          all[same].blocks += move.blocks
        } else {
          all.append(move)
        }
      }
    }
    offload?.write(all, to: &outbox)
  }
}

extension [TieredStore.Found] {
  /// Cuts what follows the first `count` blocks off.
  fileprivate mutating func keepFirst(_ count: Int32) {
    var left = count
    for i in indices {
      self[i].blocks = Swift.min(self[i].blocks, left)
      left -= self[i].blocks
    }
    removeAll { $0.blocks == 0 }
  }
}
