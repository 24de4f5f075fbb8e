internal import Memory
internal import Units

/// What waiting requests need rises to the nearest tier, so that they load it from there.
///
/// Rules. A request that joins the queue, and waits at the end of that instant, has what `LoadRule`
/// would load of it from the nearest tier raised there: blocks that lie only below it, those of the
/// common tier among them. They have their room from the start, where others go down as ever, and
/// nothing reads them before they have landed: who is admitted sooner has its load from the nearest
/// tier set out then. What is there already, or rises for somebody else, is shared. All of it is
/// pinned until the request leaves the queue, so neither what rises for others nor what is stored
/// drives it out.
///
/// Nothing rises that would have more than half of the nearest tier pinned; requests get their
/// share in the order in which they came, and those that find no room get it as soon as there is
/// some. So who is served next has what it needs before those behind it. What rises for a request
/// that is withdrawn or computes its prompt lands all the same; the end of the instance calls it
/// off.
///
/// Simplifications. Each request is asked for once: what leaves HBM while it waits, or had been
/// there before it was preempted, is loaded from where it lies. The common tier may drop what rises
/// from it. For `LoadRule.cheaper` what still rises costs what it did where it came from.
///
/// Source: "LMCache", arXiv 2510.09665, 2025 (prefetch to CPU memory while a request waits in the
/// queue, pinned by its lookup).
extension Batch {
  /// A request has joined the queue.
  mutating func notePrefetch(of entry: Waiting) {
    guard raisesQueued, entry.elsewhere == nil else { return }
    offload?.prefetch.await(entry)
  }

  /// Lets blocks rise for those who wait, as far as there is room.
  mutating func raiseQueued(at time: Instant) {
    guard offload?.prefetch.isDue == true else { return }
    now = time
    offload?.prefetch.isDue = false
    while let entry = offload?.prefetch.next(), raise(entry) {
      offload?.prefetch.forget(entry.request.row)
    }
    offload?.prefetch.isDue = false
  }

  /// Lets what `entry` finds rise; false when there is no room for all of it.
  private mutating func raise(_ entry: Waiting) -> Bool {
    let (row, time) = (Int(entry.request.row), now)
    letGoOfKept(for: entry.request)
    let plan = planLoad(entry, fromNearest: true)
    guard plan.blocks > 0, let user = prefix?.user(row, at: time) else { return true }
    let first = plan.hits.blocks
    var names: [BlockID] = []
    prefix?.appendNames(first..<first + plan.blocks, of: row, to: &names)
    return offload?.raise(names[...], after: first, user, of: row, to: &outbox) ?? true
  }

  /// A request leaves the queue: what the nearest tier keeps for it can go.
  mutating func endPrefetch(for id: RequestID) {
    guard raisesQueued else { return }
    letGoOfKept(for: id)
    offload?.prefetch.forget(id.row)
  }

  private mutating func letGoOfKept(for id: RequestID) {
    guard let user = prefix?.user(Int(id.row), at: now) else { return }
    offload?.letGoOfKept(for: id.row, user)
  }

  /// What `tag` carried has landed: it can be loaded, and goes like any other when nobody needs it.
  mutating func endRise(_ tag: Int32, at time: Instant) {
    guard let rise = offload?.prefetch.end(tag), let user = prefix?.user(rise.row, at: time) else {
      preconditionFailure("what nobody sent has risen (I5)")
    }
    offload?.store.unpin(rise.blocks, user)
    offload?.startLoads(after: tag, to: &inbox)
  }
}

extension OffloadState {
  /// Most blocks of the nearest tier that are pinned when something rises to it.
  private var mostPinned: Int32 { store.capacity(of: 0) - store.capacity(of: 0) / 2 }

  /// Lets `names`, which follow `first` others of the prompt in `row`, rise, and keeps them in the
  /// nearest tier; false when there is no room for all of them.
  mutating func raise(
    _ names: ArraySlice<BlockID>, after first: Int32, _ user: BlockUser, of row: Int,
    to list: inout [Transfer]
  ) -> Bool {
    var moves: [TieredStore.TierMove] = []
    let raised = store.raise(names, depth: first, user, upTo: mostPinned, moves: &moves)
    prefetch.keep(raised.kept, for: Int32(row))
    write(moves, to: &list)
    for tier in 1..<max(1, Int32(count)) {
      let source = tier < store.count ? tier : -1
      let blocks = raised.risen.filter { $0.from == source }.map(\.block)
      guard !blocks.isEmpty else { continue }
      if source < 0 {
        for block in blocks { common?.touch([block.name], depth: block.depth, user) }
      }
      let tag = nextTag()
      list.append(rise(blocks, tag: tag, from: tier))
      prefetch.begin(tag, PrefetchState.Rise(tier: tier, row: row, blocks: blocks))
    }
    return raised.reached == names.count
  }

  /// Ends what is kept for the request in `row`.
  mutating func letGoOfKept(for row: Int32, _ user: BlockUser) {
    let kept = prefetch.takeKept(for: row)
    if !kept.isEmpty { store.unpin(kept, user) }
  }

  /// `runs` of `names`, with what rises in the tiers that it comes from.
  func origins(
    of names: ArraySlice<BlockID>, _ runs: [TieredStore.Found]
  ) -> [TieredStore.Found] {
    var (origins, rest) = ([TieredStore.Found](), names)
    for run in runs {
      for name in rest.prefix(Int(run.blocks)) {
        let tier = prefetch.source(of: name) ?? run.tier
        if let last = origins.indices.last, origins[last].tier == tier {
          origins[last].blocks += 1
        } else {
          origins.append(TieredStore.Found(tier: tier, blocks: 1))
        }
      }
      rest = rest.dropFirst(Int(run.blocks))
    }
    return origins
  }

  /// The transfers that carry what of `names`, which lie as `runs` say, still rises, each once.
  func rising(_ names: ArraySlice<BlockID>, _ runs: [TieredStore.Found]) -> [Int32] {
    guard !prefetch.isIdle else { return [] }
    var (tags, rest) = ([Int32](), names)
    for run in runs {
      for name in rest.prefix(Int(run.blocks)) where run.tier == 0 {
        guard let tag = prefetch.tag(of: name), !tags.contains(tag) else { continue }
        tags.append(tag)
      }
      rest = rest.dropFirst(Int(run.blocks))
    }
    return tags
  }

  /// The loads that waited for nothing but what `tag` carried set out.
  mutating func startLoads(after tag: Int32, to list: inout [Transfer]) {
    for i in loads.indices where loads[i].awaited.contains(tag) {
      loads[i].awaited.removeAll { $0 == tag }
      guard loads[i].awaited.isEmpty, let transfer = loads[i].held else { continue }
      loads[i].held = nil
      list.append(transfer)
    }
  }
}
