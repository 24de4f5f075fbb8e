import Kernel
import Memory
import TestSupport
import Testing
import Units

/// A random stream of calls to a store of prompts that share their first blocks.
private struct Churn {
  static let names = 200
  var stream: SplitMixStream
  var store: TieredStore
  var model: SlowTiers?
  var pinned: [(list: [BlockID], depth: Int32)] = []
  var request: Int32 = 0
  var seconds: Int64 = 0
  var moves: [TieredStore.TierMove] = []
  let seed: UInt64

  init(seed: UInt64, hasModel: Bool, policy: (Int) -> any EvictionPolicy) {
    self.seed = seed
    var draws = SplitMixStream(seed: seed, name: "tiers")
    let most = 1 << (1 + draws.below(6))
    let capacities = (0..<1 + draws.below(4)).map { _ in 1 + draws.below(most) }
    let (isThrough, isWhole) = (draws.below(2) == 0, draws.below(3) == 0)
    stream = draws
    store = TieredStore(
      tiers: capacities.map { TieredStore.Tier(capacity: Int32($0), policy: policy($0)) },
      writing: isThrough ? .through : .back, admission: isWhole ? .whole : .prefix)
    if hasModel { model = SlowTiers(capacities, isThrough: isThrough, isWhole: isWhole) }
  }

  private var user: BlockUser {
    BlockUser(request: request, time: Instant(picoseconds: seconds * 1_000_000_000_000))
  }

  /// The next blocks of one of eight prompts, the first eight of which are common to all.
  private mutating func draw() -> (list: [BlockID], depth: Int32) {
    let prompt = BlockID(stream.below(8))
    let all = Array(0..<8) + (0..<24).map { 8 + 24 * prompt + $0 }
    let from = stream.below(3) == 0 ? stream.below(all.count) : 0
    let count = 1 + stream.below(min(all.count - from, 1 + stream.below(32)))
    return (Array(all[from..<from + count]), Int32(from))
  }

  private mutating func find(_ list: [BlockID]) -> [BlockID] {
    var found: [TieredStore.Found] = []
    store.find(list[...], at: user.time, into: &found)
    #expect(zip(found, found.dropFirst()).allSatisfy { $0.tier != $1.tier }, "seed \(seed)")
    let tiers = found.flatMap { Array(repeating: Int($0.tier), count: Int($0.blocks)) }
    if let model { #expect(tiers == model.found(list), "seed \(seed)") }
    #expect(tiers == list.prefix(tiers.count).map { Int(store.tier(of: $0)) })
    return Array(list.prefix(tiers.count))
  }

  private func checkMoves(_ expected: [[Int32]: Int32]) {
    let pairs = moves.map { ([$0.from, $0.to], $0.blocks) }
    #expect(Dictionary(pairs) { _, _ in -1 } == expected, "seed \(seed)")
  }

  mutating func step() {
    request += 1
    seconds += Int64(stream.below(40))
    let (list, depth) = draw()
    switch stream.below(21) {
    case 0...7:
      let kept = store.store(list[...], depth: depth, user, moves: &moves)
      #expect(list.prefix(Int(kept)).allSatisfy { store.tier(of: $0) >= 0 }, "seed \(seed)")
      if let expected = model?.store(list) {
        #expect(kept == expected, "seed \(seed)")
        checkMoves(model?.moves ?? [:])
      }
    case 8...11:
      let hits = find(list)
      store.touch(hits[...], depth: depth, user)
      model?.touch(hits)
    case 12, 13:
      let hits = find(list)
      let count = store.promote(hits[...], depth: depth, user, moves: &moves)
      if let expected = model?.promote(hits) {
        #expect(count == expected, "seed \(seed)")
        checkMoves(model?.moves ?? [:])
      }
    case 14, 15:
      let hits = find(list)
      store.pin(hits[...])
      model?.pin(hits)
      pinned.append((hits, depth))
    case 16:
      store.discard(list[...])
      model?.discard(list)
    default:
      guard !pinned.isEmpty else { return }
      let (list, depth) = pinned.remove(at: stream.below(pinned.count))
      store.unpin(list[...], depth: depth, user)
      model?.unpin(list)
    }
    check()
  }

  private func check() {
    store.checkInvariants()
    for (list, _) in pinned {
      #expect(list.allSatisfy { store.tier(of: $0) >= 0 }, "seed \(seed)")
    }
    guard let model else { return }
    for (tier, list) in model.lists.enumerated() {
      let names = (0..<BlockID(Self.names)).filter { store.contains($0, in: tier) }
      #expect(names == list.sorted(), "seed \(seed)")
      #expect(store.counts(of: tier) == model.counts[tier], "seed \(seed)")
      #expect(store.occupancy(of: tier) == list.count && store.peak(of: tier) >= list.count)
    }
  }

  /// Without pins everything can go again.
  mutating func end() {
    while let (list, depth) = pinned.popLast() {
      store.unpin(list[...], depth: depth, user)
      model?.unpin(list)
    }
    for tier in 0..<store.count { #expect(store.pinned(in: tier) == 0, "seed \(seed)") }
    check()
  }
}

@Suite struct TieredStoreTests {
  private typealias Move = TieredStore.TierMove
  private static let able = evictions.filter { !$0.isOracle }.map { $0.name }

  private static func lru(_ capacity: Int) -> any EvictionPolicy {
    LRU(NoOptions(), EvictionContext(capacity: capacity))
  }

  private func store(
    _ capacities: [Int], writing: TieredStore.Writing = .back,
    admission: TieredStore.Admission = .prefix, policy: (Int) -> any EvictionPolicy = Self.lru
  ) -> TieredStore {
    TieredStore(
      tiers: capacities.map { TieredStore.Tier(capacity: Int32($0), policy: policy($0)) },
      writing: writing, admission: admission)
  }

  private func user(_ request: Int32, seconds: Int64 = 0) -> BlockUser {
    BlockUser(request: request, time: Instant(picoseconds: seconds * 1_000_000_000_000))
  }

  private func contents(_ store: TieredStore) -> [[BlockID]] {
    (0..<store.count).map { tier in (0..<64).filter { store.contains($0, in: tier) } }
  }

  @Test func `random streams of calls agree with lists in order of use`() {
    for seed in 0..<UInt64(isDebug ? 25 : 1500) {
      var churn = Churn(seed: seed, hasModel: true, policy: Self.lru)
      for _ in 0..<100 { churn.step() }
      churn.end()
    }
  }

  @Test(arguments: able)
  func `under every policy blocks add up and pinned ones stay`(name: String) throws {
    func make<P: EvictionPolicy>(_ type: P.Type, _ capacity: Int) -> any EvictionPolicy {
      P(P.Options(), EvictionContext(capacity: capacity))
    }
    let type = try #require(
      evictions.first { $0.name == name } as (any EvictionPolicy.Type)?)
    for seed in 0..<UInt64(isDebug ? 5 : 200) {
      var churn = Churn(seed: seed, hasModel: false) { make(type, $0) }
      for _ in 0..<100 { churn.step() }
      churn.end()
    }
  }

  @Test func `what must make room goes down tier by tier, tails first, and then is dropped`() {
    var store = store([4, 3, 2])
    var moves: [Move] = []
    #expect(store.store([0, 1, 2, 3], depth: 0, user(0), moves: &moves) == 4)
    #expect(moves == [Move(from: Move.hbm, to: 0, blocks: 4)])
    #expect(store.store([8, 9, 10], depth: 0, user(1), moves: &moves) == 3)
    #expect(
      moves == [Move(from: 0, to: 1, blocks: 3), Move(from: Move.hbm, to: 0, blocks: 3)])
    #expect(contents(store) == [[0, 8, 9, 10], [1, 2, 3], []])
    #expect(store.store([16, 17, 18, 19], depth: 0, user(2), moves: &moves) == 4)
    // 0, 10, 9 and 8 leave the first tier, in this order from the least; 10, 9 and 8 enter the
    // second, where 3, 2 and 1 leave, of which 2 and 1 enter the third; 0 is left for it, too.
    #expect(contents(store) == [[16, 17, 18, 19], [8, 9, 10], [0, 1]])
    #expect(
      moves == [
        Move(from: 1, to: 2, blocks: 2), Move(from: 1, to: Move.dropped, blocks: 1),
        Move(from: 0, to: 1, blocks: 3), Move(from: 2, to: Move.dropped, blocks: 1),
        Move(from: 0, to: 2, blocks: 1), Move(from: Move.hbm, to: 0, blocks: 4),
      ])
    #expect(store.counts(of: 1).dropped == 1 && store.counts(of: 2).dropped == 1)
    var found: [TieredStore.Found] = []
    store.find([0, 1, 8, 9, 16, 2, 17], at: .zero, into: &found)
    #expect(
      found == [
        .init(tier: 2, blocks: 2), .init(tier: 1, blocks: 2), .init(tier: 0, blocks: 1),
      ])
    store.checkInvariants()
  }

  @Test func `written through, a block stays below and its copy is given up`() {
    var store = store([2, 4], writing: .through)
    var moves: [Move] = []
    _ = store.store([0, 1], depth: 0, user(0), moves: &moves)
    #expect(moves == [Move(from: -1, to: 0, blocks: 2), Move(from: 0, to: 1, blocks: 2)])
    _ = store.store([8, 9], depth: 0, user(1), moves: &moves)
    #expect(contents(store) == [[8, 9], [0, 1, 8, 9]])
    #expect(
      moves == [
        Move(from: 0, to: Move.dropped, blocks: 2), Move(from: -1, to: 0, blocks: 2),
        Move(from: 0, to: 1, blocks: 2),
      ])
    #expect(store.counts(of: 0).surrendered == 2 && store.counts(of: 0).dropped == 0)
    #expect(store.promote([0, 1], depth: 0, user(2), moves: &moves) == 2)
    #expect(contents(store) == [[0, 1], [0, 1, 8, 9]])
    #expect(moves == [Move(from: 0, to: Move.dropped, blocks: 2), Move(from: 1, to: 0, blocks: 2)])
    store.checkInvariants()
  }

  @Test(arguments: TieredStore.Admission.allCases)
  func `what finds only pinned blocks in its way is not stored`(
    admission: TieredStore.Admission
  ) {
    var store = store([4, 2], admission: admission)
    var moves: [Move] = []
    _ = store.store([0, 1, 2, 3], depth: 0, user(0), moves: &moves)
    store.pin([0, 1, 2])
    // Block 0 lies there already, so one of the three new ones has room beside it.
    let isWhole = admission == .whole
    #expect(store.store([0, 8, 9, 10], depth: 0, user(1), moves: &moves) == (isWhole ? 1 : 2))
    #expect(contents(store) == (isWhole ? [[0, 1, 2, 3], []] : [[0, 1, 2, 8], [3]]))
    store.pin([isWhole ? 3 : 8])
    #expect(store.store([16], depth: 0, user(2), moves: &moves) == 0 && moves.isEmpty)
    store.unpin([0, 1, 2], depth: 0, user(3))
    #expect(store.store([16, 17, 18], depth: 0, user(3), moves: &moves) == 3)
    #expect(contents(store) == [[isWhole ? 3 : 8, 16, 17, 18], [0, 1]])
    store.checkInvariants()
  }

  @Test func `blocks that rise change places with those that go down`() {
    var store = store([2, 2])
    var moves: [Move] = []
    _ = store.store([0, 1], depth: 0, user(0), moves: &moves)
    _ = store.store([8, 9], depth: 0, user(1), moves: &moves)
    #expect(contents(store) == [[8, 9], [0, 1]])
    #expect(store.promote([0, 1], depth: 0, user(2), moves: &moves) == 2)
    #expect(contents(store) == [[0, 1], [8, 9]])
    #expect(moves == [Move(from: 0, to: 1, blocks: 2), Move(from: 1, to: 0, blocks: 2)])
    // Pinned blocks stay where they are read.
    store.pin([8])
    #expect(store.promote([8, 9], depth: 0, user(3), moves: &moves) == 1)
    #expect(contents(store) == [[0, 9], [1, 8]])
  }

  @Test(arguments: TieredStore.Writing.allCases)
  func `what rises for somebody stays until nobody needs it`(writing: TieredStore.Writing) {
    var store = store([4, 8], writing: writing)
    var moves: [Move] = []
    _ = store.store([0, 1, 2, 3], depth: 0, user(0), moves: &moves)
    _ = store.store([8, 9, 10, 11], depth: 0, user(1), moves: &moves)
    // The first two of four fit under a limit of two; a third one comes from outside.
    var raised = store.raise([0, 1, 2, 3], depth: 0, user(2), upTo: 2, moves: &moves)
    #expect(raised.reached == 2 && raised.kept.map(\.name) == [0, 1])
    #expect(raised.risen.map(\.from) == [1, 1] && raised.risen.map(\.block.depth) == [0, 1])
    let lost = Move(from: 0, to: writing == .back ? 1 : Move.dropped, blocks: 2)
    #expect(moves == [lost] && store.pinned(in: 0) == 2)
    // Another one shares block 1 and has room for one more.
    let other = store.raise([1, 16, 17], depth: 1, user(3), upTo: 3, moves: &moves)
    #expect(other.reached == 2 && other.kept.map(\.name) == [1, 16])
    #expect(other.risen.map(\.from) == [-1] && store.tier(of: 16) == 0)
    store.checkInvariants()
    // It has landed; both still need it.
    store.unpin(raised.risen.map(\.block), user(4))
    store.unpin(other.risen.map(\.block), user(4))
    #expect(store.pinned(in: 0) == 3)
    raised.kept.removeFirst()
    store.unpin(raised.kept, user(5))
    #expect(store.pinned(in: 0) == 3)
    store.unpin(other.kept, user(5))
    #expect(store.pinned(in: 0) == 1)
    // What is read from below stays there.
    store.pin([9])
    let below = store.tier(of: 9)
    let third = store.raise([8, 9], depth: 0, user(6), upTo: 4, moves: &moves)
    #expect(third.reached == 2 && store.tier(of: 8) == 0 && store.tier(of: 9) == below)
    store.checkInvariants()
  }

  @Test func `blocks that are too old are gone from their tier`() {
    var options = TTL.Options()
    options.ttl = Seconds(10)
    var store = store([4]) { TTL(options, EvictionContext(capacity: $0)) }
    var moves: [Move] = []
    _ = store.store([0, 1], depth: 0, user(0, seconds: 0), moves: &moves)
    #expect(store.nextExpiry == user(0, seconds: 10).time)
    store.touch([0], depth: 0, user(1, seconds: 5))
    var found: [TieredStore.Found] = []
    store.find([0, 1], at: user(0, seconds: 12).time, into: &found)
    #expect(found == [.init(tier: 0, blocks: 1)])
    #expect(store.counts(of: 0).expired == 1 && store.counts(of: 0).hits == 1)
    _ = store.store([0], depth: 0, user(2, seconds: 20), moves: &moves)
    #expect(
      moves == [Move(from: 0, to: Move.dropped, blocks: 1), Move(from: -1, to: 0, blocks: 1)])
  }

  @Test func `policies that know the future are refused by name`() {
    #expect(TieredStore.fault(LRU.self) == nil)
    for type in evictions where type.isOracle {
      #expect(TieredStore.fault(type)?.hasPrefix("\(type.name) knows the uses of a trace") == true)
    }
    #expect(TieredStore.fault(Min.self)?.contains("write one of lru, ") == true)
  }

  @Test func `a pin of what lies nowhere, and an unpin too many, stop the process`() async {
    await #expect(processExitsWith: .failure) {
      var store = TieredStore(
        tiers: [.init(capacity: 2, policy: LRU(NoOptions(), .init(capacity: 2)))])
      store.pin([0])
    }
    await #expect(processExitsWith: .failure) {
      var store = TieredStore(
        tiers: [.init(capacity: 2, policy: LRU(NoOptions(), .init(capacity: 2)))])
      var moves: [TieredStore.TierMove] = []
      let user = BlockUser(request: 0, time: .zero)
      _ = store.store([0], depth: 0, user, moves: &moves)
      store.unpin([0], depth: 0, user)
    }
  }
}
