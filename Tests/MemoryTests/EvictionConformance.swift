import Kernel
import Memory
import TestSupport
import Testing
import Units

/// What every registered policy must do, by its defaults; no code here names one.
@Suite struct EvictionConformance {
  private static let names = evictions.map { $0.name }

  private func type(_ name: String) throws -> any EvictionPolicy.Type {
    try #require(evictions.first { $0.name == name } as (any EvictionPolicy.Type)?)
  }

  private func answers<P: EvictionPolicy>(_ type: P.Type, seed: UInt64) -> [Int]? {
    Walk<P>.answers(seed: seed)
  }

  @Test func `names are unique, summaries are one line and not empty`() {
    #expect(Set(Self.names).count == evictions.count)
    for type in evictions {
      #expect(!type.summary.isEmpty && !type.summary.contains("\n"), "\(type.name)")
      #expect(type.summary.count <= 72, "\(type.name)")
      #expect(type.name.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "-" }, "\(type.name)")
    }
  }

  @Test(arguments: names)
  func `it knows exactly what is in the cache and never names what is held`(name: String) throws {
    let type = try type(name)
    for seed in 0..<UInt64(isDebug ? 60 : 600) {
      #expect(answers(type, seed: seed) != nil, "seed \(seed)")
    }
  }

  @Test(arguments: names)
  func `the same calls give the same answers`(name: String) throws {
    let type = try type(name)
    for seed in 0..<UInt64(20) {
      #expect(answers(type, seed: seed) == answers(type, seed: seed))
    }
  }

  @Test(arguments: names)
  func `numbers that it hears of later give the same answers`(name: String) throws {
    func late<P: EvictionPolicy>(_ type: P.Type, seed: UInt64) -> [Int]? {
      Walk<P>.answers(seed: seed, growsLate: true)
    }
    let type = try type(name)
    for seed in 0..<UInt64(isDebug ? 20 : 200) {
      #expect(late(type, seed: seed) == answers(type, seed: seed))
    }
  }

  @Test(arguments: names)
  func `advice that was asked for before gives the same answers`(name: String) throws {
    func early<P: EvictionPolicy>(_ type: P.Type, seed: UInt64) -> [Int]? {
      Walk<P>.answers(seed: seed, hasAdvice: true)
    }
    let type = try type(name)
    for seed in 0..<UInt64(10) {
      #expect(early(type, seed: seed) == answers(type, seed: seed))
    }
  }

  @Test(arguments: names)
  func `it has no more prefix hits than the optimum, which has no more than infinite room`(
    name: String
  ) throws {
    func hits<P: EvictionPolicy>(
      _ type: P.Type, _ trace: BlockTrace, _ capacity: Int, _ order: VisitOrder
    ) -> CacheHits { replay(type, P.Options(), trace, capacity: capacity, order: order) }
    let type = try type(name)
    for seed in 0..<UInt64(isDebug ? 100 : 1000) {
      var stream = SplitMixStream(seed: seed, name: "bounds")
      let trace = randomPrompts(&stream)
      let capacity = 1 + stream.below(20)
      let most = replay(Infinite.self, NoOptions(), trace, capacity: capacity)
      let bound = replay(Min.self, NoOptions(), trace, capacity: capacity)
      #expect(bound.prefixHits <= most.prefixHits)
      for order in VisitOrder.allCases {
        let found = hits(type, trace, capacity, order)
        #expect(found.prefixHits <= found.plainHits)
        #expect(found.perRequest.reduce(0) { $0 + Int($1) } == found.prefixHits)
        if type.isUnbounded {
          #expect(found == most)
        } else {
          #expect(found.prefixHits <= bound.prefixHits, "seed \(seed), \(order)")
        }
        if type.keepsPrefixes, order == .rev {
          #expect(found.prefixHits == found.plainHits, "seed \(seed)")
        }
      }
    }
  }

  @Test(arguments: names)
  func `with room for every block it misses each block once`(name: String) throws {
    func faults<P: EvictionPolicy>(_ type: P.Type, _ trace: BlockTrace) -> Int {
      replay(type, P.Options(), trace, capacity: trace.blockCount).faults
    }
    var stream = SplitMixStream(seed: 7, name: "room")
    var trace = randomPrompts(&stream)
    // At one moment, so that nothing grows old.
    trace = BlockTrace(
      blocks: trace.blocks, ends: trace.ends,
      arrivals: trace.ends.map { _ in .zero }, blockCount: trace.blockCount)
    let count = trace.blockCount
    // Advice that drops what is never used again, or late, may miss more often.
    guard !name.hasPrefix("mark0") else { return }
    let type = try type(name)
    #expect(faults(type, trace) == count)
  }
}

/// A random walk of a cache that holds blocks as running requests do.
private struct Walk<Policy: EvictionPolicy> {
  private var policy: Policy
  private var stream: SplitMixStream
  private let uses: [BlockID]
  private let capacity: Int
  private var cached: [BlockID] = []
  private var held: Set<BlockID> = []
  private var position = 0
  private var answers: [Int] = []
  private var isSound = true

  private static var blocks: Int { 24 }

  private init(seed: UInt64, growsLate: Bool, hasAdvice: Bool) {
    var draws = SplitMixStream(seed: seed, name: "walk")
    capacity = 1 + draws.below(16)
    let count = 300
    uses = (0..<count).map { _ in BlockID(draws.below(1 + draws.below(Self.blocks))) }
    var trace = BlockTrace(blockCount: Self.blocks)
    for use in uses { trace.append([use]) }
    var context = EvictionContext(
      capacity: capacity, blockCount: growsLate ? 0 : Self.blocks, seed: seed,
      nextUse: Policy.isOracle ? trace.nextUses : [], uses: Policy.isOracle ? uses : [])
    if hasAdvice { context.advice = Policy.advice(Policy.Options(), context) }
    policy = Policy(Policy.Options(), context)
    stream = draws
  }

  /// Every answer of the policy; nil when one breaks the contract.
  static func answers(
    seed: UInt64, growsLate: Bool = false, hasAdvice: Bool = false
  ) -> [Int]? {
    var walk = Walk(seed: seed, growsLate: growsLate, hasAdvice: hasAdvice)
    while walk.position < walk.uses.count, walk.isSound {
      switch walk.stream.below(8) {
      case 0...4: walk.use()
      case 5, 6: walk.release()
      default: walk.drop()
      }
    }
    walk.drain()
    return walk.isSound ? walk.answers : nil
  }

  private var time: Instant { Instant(picoseconds: Int64(position) * 20_000_000_000_000) }

  private func describe(_ block: BlockID, at position: Int) -> BlockUse {
    BlockUse(
      block: block, depth: block % 5, request: Int32(position), position: position, time: time)
  }

  /// The next use of the trace: the block may be held from then on.
  private mutating func use() {
    while true {
      let old = policy.expired(at: time)
      answers.append(Int(old))
      guard old >= 0 else { break }
      leave(old)
      guard isSound else { return }
    }
    let use = describe(uses[position], at: position)
    position += 1
    // As late as it can; where it has room already nothing changes.
    policy.grow(to: Int(use.block) + 1)
    let stays: Bool
    if cached.contains(use.block) {
      stays = policy.touch(use)
    } else {
      guard makeRoom(for: use) else { return }
      stays = policy.insert(use)
      cached.append(use.block)
    }
    answers.append(stays ? 1 : 0)
    if held.contains(use.block) { return }
    if stream.below(2) == 0 {
      policy.retain(use.block)
      held.insert(use.block)
    } else if !stays {
      policy.remove(use.block)
      cached.removeAll { $0 == use.block }
    }
  }

  /// Whether the block of `use` can enter.
  private mutating func makeRoom(for use: BlockUse) -> Bool {
    guard cached.count >= capacity else { return true }
    guard cached.contains(where: { !held.contains($0) }) else { return false }
    let isForced = stream.below(3) == 0
    let victim = policy.evict(for: isForced ? nil : use)
    answers.append(Int(victim))
    if victim < 0, !isForced { return false }
    leave(victim)
    return isSound
  }

  private mutating func leave(_ block: BlockID) {
    isSound = isSound && cached.contains(block) && !held.contains(block)
    cached.removeAll { $0 == block }
  }

  private mutating func release() {
    let candidates = held.sorted()
    guard !candidates.isEmpty else { return }
    let block = candidates[stream.below(candidates.count)]
    held.remove(block)
    let last = uses[..<position].lastIndex(of: block) ?? 0
    let stays = policy.release(describe(block, at: last))
    answers.append(stays ? 1 : 0)
    guard !stays else { return }
    policy.remove(block)
    cached.removeAll { $0 == block }
  }

  private mutating func drop() {
    guard stream.below(6) == 0, !cached.isEmpty else { return }
    let block = cached[stream.below(cached.count)]
    policy.remove(block)
    held.remove(block)
    cached.removeAll { $0 == block }
  }

  private mutating func drain() {
    while isSound, !held.isEmpty { release() }
    while isSound, !cached.isEmpty {
      let victim = policy.evict(for: nil)
      answers.append(Int(victim))
      leave(victim)
    }
  }
}
