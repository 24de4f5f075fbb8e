internal import Cost
internal import Memory
internal import Units

/// What of a waiting prompt would come from where if it were admitted now.
struct PlannedLoad: Sendable {
  /// What HBM has.
  var hits = CachedPrefix()
  /// Blocks after those that lie in lower tiers.
  var found: Int32 = 0
  /// The first ones of them, which are to be loaded, as runs that lie in one tier.
  var runs: [TieredStore.Found] = []
  /// How many those are.
  var blocks: Int32 = 0
  /// Whether a block more was found, which is computed again.
  var isWhole = false
}

/// The tiers under an instance's HBM and what is on its way from them.
///
/// Invariant: what is pinned in `store` are the blocks of `loads` and those of `prefetch`.
struct OffloadState: Sendable {
  /// Blocks of a sequence on their way to HBM.
  struct Load: Sendable {
    let slot: Slot
    /// Blocks before the first of them, and how many they are.
    let first: Int32
    let count: Int32
    /// Where they lie.
    var runs: [TieredStore.Found] = []
    /// The tiers from which some have not landed, a bit each.
    var pending: UInt8 = 0
    /// What still rises of its blocks in the nearest tier, and the transfer that waits for it.
    var awaited: [Int32] = []
    var held: Transfer?
  }

  /// Blocks of one tier.
  private struct Part {
    var blocks: Int32 = 0
    var runs: Int32 = 0
  }

  var store: TieredStore
  /// Whether a tier under those is common to all instances.
  let isSharing: Bool
  /// That tier while the instance acts.
  var common: TieredStore?
  /// Whether what lies there has changed since it was lent.
  var hasChangedCommon = false
  let mode: OffloadMode
  let layout: BlockLayout
  private let cost: any StepCost
  private let links: TierLinks
  var loads: [Load] = []
  var prefetch = PrefetchState()
  /// Transfers between tiers or out of HBM so far: their tags are below 0.
  private var writes: Int32 = 0

  init(
    _ store: TieredStore, _ mode: OffloadMode, _ layout: BlockLayout, _ cost: any StepCost,
    _ links: TierLinks, isSharing: Bool
  ) {
    self.store = store
    self.isSharing = isSharing
    self.mode = mode
    self.layout = layout
    self.cost = cost
    self.links = links
  }

  /// Tag of a load; a slot has at most one from each tier.
  static func tag(_ slot: Slot, tier: Int32) -> Int32 { slot << 3 | tier }

  /// Tiers under HBM.
  var count: Int { store.count + (isSharing ? 1 : 0) }

  /// Takes the common tier in, or gives it back.
  mutating func exchange(_ other: inout TieredStore?) { swap(&common, &other) }

  // MARK: What is loaded

  /// Where the longest prefix of `names` lies whose blocks all lie in some tier.
  mutating func find(_ names: [BlockID], at now: Instant) -> [TieredStore.Found] {
    var runs: [TieredStore.Found] = []
    store.find(names[...], at: now, into: &runs)
    guard isSharing else { return runs }
    precondition(common != nil, "the common tier was not lent")
    runs.removeAll(keepingCapacity: true)
    common?.expire(at: now)
    for name in names {
      var tier = store.tier(of: name)
      if tier < 0, common?.tier(of: name) == 0 { tier = Int32(store.count) }
      guard tier >= 0 else { break }
      if let last = runs.indices.last, runs[last].tier == tier {
        runs[last].blocks += 1
      } else {
        runs.append(TieredStore.Found(tier: tier, blocks: 1))
      }
    }
    return runs
  }

  /// How many blocks of `size` tokens, the first ones of `runs`, are loaded of a prompt that lacks
  /// `tokens` tokens after the `stored` ones that HBM has.
  func worthLoading(
    _ runs: [TieredStore.Found], of tokens: Int32, after stored: Int32, size: Int32
  ) -> Int32 {
    switch mode.load {
    case .never: return 0
    case .always: return runs.reduce(0) { $0 + $1.blocks }
    case .cheaper: break
    }
    let all = computing(tokens, after: stored)
    var parts = [Part](repeating: Part(), count: count)
    var times = [Double](repeating: 0, count: count)
    var (most, best, blocks) = (0.0, Int32(0), Int32(0))
    for run in runs {
      let tier = Int(run.tier)
      blocks += run.blocks
      parts[tier].blocks += run.blocks
      parts[tier].runs += 1
      times[tier] = links.time(of: transfer(parts[tier], .load, tag: 0, tier: run.tier)).value
      let rest = computing(tokens - blocks * size, after: stored + blocks * size)
      let gain = all - rest - times.reduce(0, +)
      if gain > most { (most, best) = (gain, blocks) }
    }
    return best
  }

  /// Time that a step of one chunk takes, s.
  private func computing(_ tokens: Int32, after stored: Int32) -> Double {
    var shape = StepShape()
    shape.addChunk(tokens: tokens, after: stored)
    shape.samples = 1
    return cost.time(of: shape).value
  }

  /// The transfers that bring `runs` of `names` to `slot`, one from each tier, but for one that
  /// waits for what still rises.
  mutating func begin(
    _ slot: Slot, after first: Int32, _ names: ArraySlice<BlockID>, _ runs: [TieredStore.Found]
  ) -> [Transfer] {
    var load = Load(slot: slot, first: first, count: runs.reduce(0) { $0 + $1.blocks })
    load.runs = runs
    load.awaited = rising(names, runs)
    var parts = [Part](repeating: Part(), count: count)
    for run in runs {
      parts[Int(run.tier)].blocks += run.blocks
      parts[Int(run.tier)].runs += 1
    }
    var transfers: [Transfer] = []
    for (tier, part) in parts.enumerated() where part.blocks > 0 {
      load.pending |= 1 << UInt8(tier)
      let tag = Self.tag(slot, tier: Int32(tier))
      let transfer = transfer(part, .load, tag: tag, tier: Int32(tier))
      if tier == 0, !load.awaited.isEmpty {
        load.held = transfer
      } else {
        transfers.append(transfer)
      }
    }
    loads.append(load)
    return transfers
  }

  /// What `runs` have of `names` stays where it is until `unpin`.
  mutating func pin(_ names: ArraySlice<BlockID>, _ runs: [TieredStore.Found]) {
    var rest = names
    for run in runs {
      let own = rest.prefix(Int(run.blocks))
      if Int(run.tier) < store.count { store.pin(own) } else { common?.pin(own) }
      rest = rest.dropFirst(own.count)
    }
  }

  /// Ends that for blocks that follow `depth` others, those of the common tier alone if so said;
  /// `isUsed`: they were loaded.
  mutating func unpin(
    _ names: ArraySlice<BlockID>, _ runs: [TieredStore.Found], depth: Int32, _ user: BlockUser,
    isUsed: Bool, inCommonAlone: Bool = false
  ) {
    var (rest, depth) = (names, depth)
    for run in runs {
      let own = rest.prefix(Int(run.blocks))
      if Int(run.tier) == store.count {
        if isUsed { common?.touch(own, depth: depth, user) }
        common?.unpin(own, depth: depth, user)
      } else if !inCommonAlone {
        if isUsed { store.touch(own, depth: depth, user) }
        store.unpin(own, depth: depth, user)
      }
      rest = rest.dropFirst(own.count)
      depth += run.blocks
    }
  }

  /// Ends the load of `slot`, if there is one.
  mutating func end(_ slot: Slot) -> Load? {
    guard let i = loads.firstIndex(where: { $0.slot == slot }) else { return nil }
    return loads.remove(at: i)
  }

  /// A transfer has landed; answers the load that is complete with it.
  mutating func land(_ tag: Int32) -> Load? {
    let (slot, tier) = (tag >> 3, UInt8(tag & 7))
    guard let i = loads.firstIndex(where: { $0.slot == slot }) else { return nil }
    loads[i].pending &= ~(1 << tier)
    return loads[i].pending == 0 ? loads.remove(at: i) : nil
  }

  // MARK: What is stored

  /// Writes those of `names`, which follow `depth` others, that it lacks into the common tier, from
  /// the lowest of its own.
  mutating func shareOut(
    _ names: ArraySlice<BlockID>, depth: Int32, _ user: BlockUser, to list: inout [Transfer]
  ) {
    guard isSharing else { return }
    precondition(common != nil, "the common tier was not lent")
    var moves: [TieredStore.TierMove] = []
    _ = common?.store(names, depth: depth, user, moves: &moves)
    if !moves.isEmpty { hasChangedCommon = true }
    let last = Int32(store.count)
    moves = moves.filter { $0.from == TieredStore.TierMove.hbm }.map {
      TieredStore.TierMove(from: last - 1, to: last, blocks: $0.blocks)
    }
    write(moves, to: &list)
  }

  /// Adds the transfers of `moves` to those of the same kind in `list`.
  mutating func write(_ moves: [TieredStore.TierMove], to list: inout [Transfer]) {
    for move in moves where move.to != TieredStore.TierMove.dropped {
      let cause: TransferCause = move.from == TieredStore.TierMove.hbm ? .store : .demote
      let part = Part(blocks: move.blocks, runs: 1)
      let new = transfer(part, cause, tag: ~writes, tier: move.to)
      if let i = list.firstIndex(where: { $0.cause == cause && $0.tier == new.tier }) {
        list[i].blocks += new.blocks
        list[i].bytes += new.bytes
        list[i].copies += new.copies
      } else {
        list.append(new)
        _ = nextTag()
      }
    }
  }

  /// A tag of a transfer between tiers or out of HBM.
  mutating func nextTag() -> Int32 {
    defer { writes = (writes + 1) & .max }
    return ~writes
  }

  /// The transfer that takes `blocks` up to the nearest tier.
  func rise(_ blocks: [TieredStore.Place], tag: Int32, from tier: Int32) -> Transfer {
    let pairs = zip(blocks.dropFirst(), blocks)
    let runs = 1 + pairs.count { $0.depth != $1.depth + 1 }
    let part = Part(blocks: Int32(blocks.count), runs: Int32(runs))
    return transfer(part, .prefetch, tag: tag, tier: tier)
  }

  private func transfer(
    _ part: Part, _ cause: TransferCause, tag: Int32, tier: Int32
  ) -> Transfer {
    Transfer(
      cause, tag: tag, tier: tier, isOut: cause == .store || cause == .demote,
      blocks: part.blocks, bytes: Int64(part.blocks) * layout.bytesPerBlock,
      copies: layout.copies(of: part.blocks, runs: part.runs, by: mode.granularity))
  }
}
