public import Units

extension TieredStore {
  /// Adds blocks to the move between two places.
  static func add(_ blocks: Int32, from: Int32, to: Int32, _ moves: inout [TierMove]) {
    guard blocks > 0 else { return }
    if let i = moves.firstIndex(where: { $0.from == from && $0.to == to }) {
      moves[i].blocks += blocks
    } else {
      moves.append(TierMove(from: from, to: to, blocks: blocks))
    }
  }

  /// Whether `block` lies in `tier`.
  func isIn(_ block: BlockID, _ tier: Int) -> Bool { places[Int(block)] >> UInt8(tier) & 1 == 1 }
  /// Whether `block` lies in a tier under `tier`.
  private func isBelow(_ block: BlockID, _ tier: Int) -> Bool {
    Int(places[Int(block)]) >> (tier + 1) != 0
  }
  /// Notes that `block` no longer lies in `tier`.
  mutating func clear(_ block: BlockID, _ tier: Int) { places[Int(block)] &= ~(1 << UInt8(tier)) }

  /// A block that is held comes into `tier`, where there is room.
  mutating func enter(_ block: BlockID, _ tier: Int, _ use: BlockUse) {
    _ = tiers[tier].insert(use, isHeld: true)
    places[Int(block)] |= 1 << UInt8(tier)
  }

  /// A block that is held leaves `tier`.
  mutating func take(_ block: BlockID, from tier: Int) {
    tiers[tier].takeHeld(block)
    clear(block, tier)
  }

  /// Makes room in `tier` for `count` blocks, which is at most its `room`.
  mutating func makeRoom(
    _ count: Int32, in tier: Int, _ now: Instant, _ moves: inout [TierMove]
  ) {
    let excess = tiers[tier].excess(for: count)
    guard excess > 0 else { return }
    var victims: [BlockID] = []
    tiers[tier].evict(excess, into: &victims)
    for block in victims { clear(block, tier) }
    let copies = victims.count { isBelow($0, tier) }
    if copies > 0 {
      victims.removeAll { isBelow($0, tier) }
      tiers[tier].counts.surrendered += copies
      Self.add(Int32(copies), from: Int32(tier), to: TierMove.dropped, &moves)
    }
    demote(victims, from: tier, now, &moves)
  }

  /// Takes `victims` of `source`, the one worth least first, into the tiers under it.
  private mutating func demote(
    _ victims: [BlockID], from source: Int, _ now: Instant, _ moves: inout [TierMove]
  ) {
    var rest = victims[...]
    for tier in tiers.indices.dropFirst(source + 1) where !rest.isEmpty {
      let count = min(rest.count, Int(tiers[tier].room))
      makeRoom(Int32(count), in: tier, now, &moves)
      var entered: Int32 = 0
      for block in rest.suffix(count) {
        let use = BlockUse(
          block: block, depth: depths[Int(block)], request: requests[Int(block)], position: -1,
          time: now)
        guard tiers[tier].insert(use, isHeld: false) else {
          drop(1, from: source, &moves)
          continue
        }
        places[Int(block)] |= 1 << UInt8(tier)
        entered += 1
      }
      rest.removeLast(count)
      tiers[source].counts.demoted += Int(entered)
      tiers[tier].counts.received += Int(entered)
      Self.add(entered, from: Int32(source), to: Int32(tier), &moves)
    }
    drop(rest.count, from: source, &moves)
  }

  private mutating func drop(_ count: Int, from tier: Int, _ moves: inout [TierMove]) {
    tiers[tier].counts.dropped += count
    Self.add(Int32(count), from: Int32(tier), to: TierMove.dropped, &moves)
  }

  /// When the next block grows too old, `.never` if none does.
  public var nextExpiry: Instant { tiers.reduce(.never) { min($0, $1.nextExpiry) } }

  /// Takes blocks that have grown too old at `now` out of their tiers.
  public mutating func expire(at now: Instant) {
    var moves: [TierMove] = []
    expire(at: now, &moves)
  }

  mutating func expire(at now: Instant, _ moves: inout [TierMove]) {
    for tier in tiers.indices {
      var count: Int32 = 0
      while case let block = tiers[tier].expire(at: now), block >= 0 {
        clear(block, tier)
        count += 1
      }
      Self.add(count, from: Int32(tier), to: TierMove.dropped, &moves)
    }
  }
}
