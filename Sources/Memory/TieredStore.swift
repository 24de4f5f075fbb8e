public import Units

/// Named KV blocks in the tiers under HBM, the nearest first, each with its own policy of who goes.
///
/// With write-back a block lies in one tier. It comes into the nearest one; where it must make room
/// it goes down to the next one, and from the last it is dropped. With write-through it is written
/// into all tiers at once, each from the one above; where it must make room its copy is given up,
/// and moves down only when no lower tier has it. A lower tier makes room for what comes down in
/// the same way. Of victims that cannot all enter it, because what lies there is pinned or they
/// are more than it holds, those worth most enter and the others go on to the tier below.
///
/// Room is counted for a whole call before anything moves; pinned blocks and those of the call
/// itself stay. What finds no room then is not stored or promoted, by the rule of `Admission`.
/// Modelled: a block that moves lies where it goes to at once, so a transfer's source and target
/// never both count. Entering a tier is a use of it there. Names are those of the trace; those of
/// one call follow each other in a prompt and are different from each other. A block may go while
/// those that follow it stay; `find` ends at such a hole.
///
/// Invariants: a block lies at most once in a tier, and no tier holds more than its capacity;
/// pinned blocks never go (I10); blocks that come, go and lie there add up for each tier (I4).
///
/// Source: "LMCache", arXiv 2510.09665, 2025 (tiers, lookup of the longest prefix, pin,
/// copies in lower tiers); "CachedAttention", USENIX ATC 2024 (what leaves DRAM goes to SSD).
public struct TieredStore: Sendable {
  /// What a tier is made of.
  public struct Tier: Sendable {
    /// Blocks that it holds, above 0.
    public var capacity: Int32
    /// Who goes first; empty, and no oracle.
    public var policy: any EvictionPolicy

    /// A tier; the parameters are the fields.
    public init(capacity: Int32, policy: any EvictionPolicy) {
      self.capacity = capacity
      self.policy = policy
    }
  }

  /// When blocks are written into lower tiers.
  public enum Writing: String, Sendable, CaseIterable {
    /// When they must leave the tier above.
    case back = "write-back"
    /// When they are stored.
    case through = "write-through"
  }

  /// What happens when the nearest tier has no room for all blocks of a call.
  public enum Admission: String, Sendable, CaseIterable {
    /// As many enter as have room, the first ones.
    case prefix
    /// None enters.
    case whole
  }

  /// Neighbours in a list of names that lie in one tier.
  public struct Found: Sendable, Equatable {
    /// The nearest tier in which they lie; the nearest of all is 0.
    public var tier: Int32
    /// How many they are.
    public var blocks: Int32

    /// A run; the parameters are the fields.
    public init(tier: Int32, blocks: Int32) {
      self.tier = tier
      self.blocks = blocks
    }
  }

  /// Blocks that go from one place to another in one call.
  public struct TierMove: Sendable, Equatable {
    /// In the place of a tier: HBM.
    public static let hbm: Int32 = -1
    /// In the place of a tier: blocks go and nothing travels.
    public static let dropped = Int32.max

    /// The tier that they come from, or `hbm`.
    public var from: Int32
    /// The tier that they go to, or `dropped`.
    public var to: Int32
    /// How many they are.
    public var blocks: Int32

    /// A move; the parameters are the fields.
    public init(from: Int32, to: Int32, blocks: Int32) {
      self.from = from
      self.to = to
      self.blocks = blocks
    }
  }

  /// When blocks are written into lower tiers.
  public let writing: Writing
  /// What happens when the nearest tier has no room for all blocks of a call.
  public let admission: Admission

  var tiers: [TierBlocks]
  /// The tiers in which each block lies, a bit each.
  var places: [UInt8] = []
  /// How often each block is pinned.
  var pins: [Int32] = []
  /// What a policy is told of a block that goes down: its depth and the request that last used it.
  var depths: [Int32] = []
  var requests: [Int32] = []
  private var names = BlockNumbers()
  var numbers: [BlockID] = []

  /// Empty tiers, one to eight of them.
  public init(
    tiers: [Tier], writing: Writing = .back, admission: Admission = .prefix
  ) {
    precondition((1...8).contains(tiers.count), "one to eight tiers")
    precondition(tiers.allSatisfy { $0.capacity > 0 }, "a tier holds at least one block")
    for tier in tiers {
      let fault = Self.fault(type(of: tier.policy))
      precondition(fault == nil, fault ?? "")
    }
    self.writing = writing
    self.admission = admission
    self.tiers = tiers.map { TierBlocks(capacity: $0.capacity, policy: $0.policy) }
  }

  /// Why tiers cannot use a policy, nil when they can.
  public static func fault(_ policy: any EvictionPolicy.Type) -> String? {
    guard policy.isOracle else { return nil }
    let able = evictions.filter { !$0.isOracle }.map { $0.name }.joined(separator: ", ")
    return "\(policy.name) knows the uses of a trace, not what a tier under HBM is asked for; "
      + "write one of \(able)"
  }

  // MARK: What lies where

  /// Number of tiers.
  public var count: Int { tiers.count }
  /// Blocks that lie in `tier`.
  public func occupancy(of tier: Int) -> Int32 { tiers[tier].occupancy }
  /// Blocks that `tier` holds at most.
  public func capacity(of tier: Int) -> Int32 { tiers[tier].capacity }
  /// Blocks in `tier` that are pinned.
  public func pinned(in tier: Int) -> Int32 { tiers[tier].held }
  /// Most blocks that ever lay in `tier`.
  public func peak(of tier: Int) -> Int32 { tiers[tier].peak }
  /// What happened in `tier` so far.
  public func counts(of tier: Int) -> TierCounts { tiers[tier].counts }

  /// The nearest tier in which the block called `name` lies; −1 if in none.
  public func tier(of name: BlockID) -> Int32 {
    let number = names.number(of: name)
    return number < 0 ? -1 : nearest(number)
  }

  /// Whether the block called `name` lies in `tier`.
  public func contains(_ name: BlockID, in tier: Int) -> Bool {
    let number = names.number(of: name)
    return number >= 0 && places[Int(number)] >> UInt8(tier) & 1 == 1
  }

  /// The nearest tier of a number, −1 if it lies in none.
  func nearest(_ number: BlockID) -> Int32 {
    let mask = places[Int(number)]
    return mask == 0 ? -1 : Int32(mask.trailingZeroBitCount)
  }

  /// Puts into `found` where the longest prefix of `list` lies whose blocks all lie in some tier.
  ///
  /// Leaves no trace but that blocks too old at `now` are gone.
  public mutating func find(
    _ list: ArraySlice<BlockID>, at now: Instant, into found: inout [Found]
  ) {
    expire(at: now)
    found.removeAll(keepingCapacity: true)
    for name in list {
      let tier = tier(of: name)
      guard tier >= 0 else { return }
      if let last = found.indices.last, found[last].tier == tier {
        found[last].blocks += 1
      } else {
        found.append(Found(tier: tier, blocks: 1))
      }
    }
  }

  // MARK: Use

  /// Keeps the blocks called `list`, which lie in some tier, where they are until `unpin`.
  ///
  /// For blocks that are read or written. Pins add up.
  public mutating func pin(_ list: ArraySlice<BlockID>) {
    number(list)
    for block in numbers {
      precondition(places[Int(block)] != 0, "only what lies in a tier can be pinned")
    }
    hold()
  }

  /// Ends a pin of the blocks called `list`, which follow `depth` others, the last first; for its
  /// policy that is the end of a use by `user`.
  public mutating func unpin(_ list: ArraySlice<BlockID>, depth: Int32, _ user: BlockUser) {
    number(list)
    letGo(depth, user)
  }

  /// `user` uses the blocks called `list`, which follow `depth` others and lie in some tier: a hit
  /// of the nearest one, whose policy hears of it.
  public mutating func touch(_ list: ArraySlice<BlockID>, depth: Int32, _ user: BlockUser) {
    number(list)
    for (i, block) in numbers.enumerated() {
      let tier = nearest(block)
      precondition(tier >= 0, "only what lies in a tier can be used")
      tiers[Int(tier)].touch(user.use(of: block, depth: depth + Int32(i)))
    }
    hold()
    letGo(depth, user)
  }

  /// Takes the blocks called `list`, which follow `depth` others, up into the nearest tier.
  ///
  /// Pinned ones stay where they are. Answers how many moved; `moves` is what that moved, victims
  /// among them.
  public mutating func promote(
    _ list: ArraySlice<BlockID>, depth: Int32, _ user: BlockUser, moves: inout [TierMove]
  ) -> Int32 {
    moves.removeAll(keepingCapacity: true)
    expire(at: user.time, &moves)
    number(list)
    let rising = numbers.indices.filter {
      nearest(numbers[$0]) > 0 && pins[Int(numbers[$0])] == 0
    }
    hold()
    let count = admitted(rising.count)
    var sources: [Int32] = []
    for i in rising.prefix(Int(count)) {
      let tier = nearest(numbers[i])
      sources.append(tier)
      tiers[Int(tier)].counts.promoted += 1
      if writing == .back { take(numbers[i], from: Int(tier)) }
    }
    makeRoom(count, in: 0, user.time, &moves)
    for (i, source) in zip(rising, sources) {
      enter(numbers[i], 0, user.use(of: numbers[i], depth: depth + Int32(i)))
      tiers[0].counts.raised += 1
      Self.add(1, from: source, to: 0, &moves)
    }
    letGo(depth, user)
    return count
  }

  /// Writes those blocks of `list`, which follow `depth` others, that lie in no tier from HBM into
  /// the nearest one; for the others it is a use.
  ///
  /// Answers how many of `list`, from the first on, then lie in a tier; `moves` is what that moved,
  /// victims among them.
  public mutating func store(
    _ list: ArraySlice<BlockID>, depth: Int32, _ user: BlockUser, moves: inout [TierMove]
  ) -> Int32 {
    moves.removeAll(keepingCapacity: true)
    expire(at: user.time, &moves)
    number(list)
    let new = numbers.indices.filter { places[Int(numbers[$0])] == 0 }
    hold()
    var count = admitted(new.count)
    let kept = Int(count) < new.count ? Int32(new[Int(count)]) : Int32(numbers.count)
    for tier in writing == .through ? tiers.indices : 0..<1 {
      count = min(count, tiers[tier].room)
      makeRoom(count, in: tier, user.time, &moves)
      for i in new.prefix(Int(count)) {
        enter(numbers[i], tier, user.use(of: numbers[i], depth: depth + Int32(i)))
      }
      tiers[tier].counts.stored += Int(count)
      Self.add(count, from: Int32(tier) - 1, to: Int32(tier), &moves)
    }
    letGo(depth, user)
    return kept
  }

  /// Forgets the blocks called `list` in every tier; those that are pinned and those that lie
  /// nowhere are passed over.
  public mutating func discard(_ list: ArraySlice<BlockID>) {
    for name in list {
      let block = names.number(of: name)
      guard block >= 0, pins[Int(block)] == 0 else { continue }
      for tier in tiers.indices where isIn(block, tier) {
        tiers[tier].discard(block)
        clear(block, tier)
      }
    }
  }

  /// How many of `count` blocks the nearest tier takes.
  private func admitted(_ count: Int) -> Int32 {
    let room = tiers[0].room
    return Int(room) >= count ? Int32(count) : admission == .whole ? 0 : room
  }

  // MARK: Numbers and holds

  /// Leaves the numbers of `list` in `numbers`, new ones for names never heard of.
  mutating func number(_ list: ArraySlice<BlockID>) {
    numbers.removeAll(keepingCapacity: true)
    for name in list { numbers.append(names.add(name)) }
    let count = names.count
    guard count > places.count else { return }
    places.grow(to: count, with: 0)
    pins.grow(to: count, with: 0)
    depths.grow(to: count, with: 0)
    requests.grow(to: count, with: -1)
    for tier in tiers.indices { tiers[tier].grow(to: count) }
  }

  /// `numbers` cannot go.
  mutating func hold() {
    for block in numbers {
      pins[Int(block)] += 1
      guard pins[Int(block)] == 1 else { continue }
      for tier in tiers.indices where isIn(block, tier) { tiers[tier].hold(block) }
    }
  }

  /// `numbers`, which follow `depth` others, can go as far as nobody else holds them.
  mutating func letGo(_ depth: Int32, _ user: BlockUser) {
    for i in numbers.indices.reversed() {
      let block = numbers[i]
      precondition(pins[Int(block)] > 0, "a block was unpinned twice")
      pins[Int(block)] -= 1
      let use = user.use(of: block, depth: depth + Int32(i))
      depths[Int(block)] = use.depth
      requests[Int(block)] = use.request
      guard pins[Int(block)] == 0 else { continue }
      for tier in tiers.indices where isIn(block, tier) && !tiers[tier].letGo(use) {
        clear(block, tier)
      }
    }
  }

  /// Counts all again (invariants I4 and I10); for tests, O(tiers · blocks · log blocks).
  public func checkInvariants() {
    for tier in tiers.indices {
      let blocks = places.indices.map { BlockID($0) }.filter { isIn($0, tier) }
      let idle = blocks.filter { pins[Int($0)] == 0 }
      tiers[tier].checkInvariants(
        idle: idle, held: Int32(blocks.count - idle.count), keepsPromoted: writing == .through)
    }
    precondition(
      writing == .through || places.allSatisfy { $0.nonzeroBitCount <= 1 },
      "with write-back a block lies in one tier")
    precondition(
      zip(pins, places).allSatisfy { $0 >= 0 && ($0 == 0 || $1 != 0) }, "a pinned block went (I10)")
  }
}
