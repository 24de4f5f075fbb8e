import Kernel
import Memory
import TestSupport
import Testing
import Units

/// Evicts the idle block with the smallest scrambled number: prefixes get holes.
private struct Scrambled: EvictionPolicy {
  static let name = "scrambled"
  static let summary = "For tests."
  private var idle: Set<BlockID> = []
  init(_ options: NoOptions, _ context: EvictionContext) {}
  mutating func grow(to blockCount: Int) {}
  mutating func insert(_ use: BlockUse) -> Bool {
    idle.insert(use.block)
    return true
  }
  mutating func touch(_ use: BlockUse) -> Bool { true }
  mutating func retain(_ block: BlockID) { idle.remove(block) }
  mutating func release(_ use: BlockUse) -> Bool {
    idle.insert(use.block)
    return true
  }
  mutating func evict(for incoming: BlockUse?) -> BlockID {
    let victim = idle.min { rank($0) < rank($1) } ?? -1
    idle.remove(victim)
    return victim
  }
  mutating func remove(_ block: BlockID) { idle.remove(block) }
  private func rank(_ block: BlockID) -> UInt32 { UInt32(block) &* 2_654_435_769 }
}

/// Drops every third block when it is released.
private struct Forgetful: EvictionPolicy {
  static let name = "forgetful"
  static let summary = "For tests."
  private var lru: LRU
  init(_ options: NoOptions, _ context: EvictionContext) { lru = LRU(options, context) }
  mutating func grow(to blockCount: Int) { lru.grow(to: blockCount) }
  mutating func insert(_ use: BlockUse) -> Bool { lru.insert(use) }
  mutating func touch(_ use: BlockUse) -> Bool { lru.touch(use) }
  mutating func retain(_ block: BlockID) { lru.retain(block) }
  mutating func release(_ use: BlockUse) -> Bool { use.block % 3 > 0 && lru.release(use) }
  mutating func evict(for incoming: BlockUse?) -> BlockID { lru.evict(for: incoming) }
  mutating func remove(_ block: BlockID) { lru.remove(block) }
}

@Suite struct PrefixCacheTests {
  private static let context = EvictionContext(capacity: 60)

  /// A cache of blocks whose names are their numbers.
  private func cache(
    _ index: PrefixIndex, names: Int = 8,
    policy: any EvictionPolicy = LRU(NoOptions(), Self.context)
  ) -> PrefixCache {
    var cache = PrefixCache(index: index, policy: policy)
    var numbers = Array(0..<Int32(names))
    cache.number(&numbers)
    precondition(numbers == Array(0..<Int32(names)))
    return cache
  }

  private func user(_ request: Int32) -> BlockUser {
    BlockUser(request: request, time: .zero)
  }

  @Test func `blocks are hits in the order of the prompt, up to the first that is not there`() {
    var cache = cache(.hash)
    _ = cache.publish(
      [0, 1, 2], after: -1, depth: 0, session: 7, isOutput: false, user(0))
    #expect(cache.probe([0, 1, 2, 3]) == (3, 0))
    #expect(cache.probe([0, 3, 2]) == (1, 0))
    #expect(cache.probe([4]) == (0, 0))
    #expect(cache.release([0, 1, 2], depth: 0, user(0)) == 3)
    #expect(cache.probe([0, 1, 2, 3]) == (3, 3))
    #expect((cache.idle, cache.held) == (3, 0))
  }

  @Test func `a cache numbers what it has seen, and finds names up to the first that it has not`() {
    var cache = PrefixCache(index: .hash, policy: LRU(NoOptions(), Self.context))
    var chain: [Int32] = [900_000, 900_001, 500_000]
    cache.number(&chain)
    #expect(Set(chain).count == 3 && chain.allSatisfy { $0 < 128 })
    _ = cache.publish(chain[...], after: -1, depth: 0, session: 0, isOutput: false, user(0))
    var names: [Int32] = [900_000, 900_001, 500_000, 7, 900_000]
    cache.find(&names)
    #expect(names == chain && cache.probe(names) == (3, 0))
    names = [900_000, 900_002, 900_001]
    cache.find(&names)
    #expect(cache.probe(names) == (1, 0))
    cache.checkInvariants()
  }

  @Test func `hits are counted by who computed the block and by who holds it`() {
    var cache = cache(.hash)
    _ = cache.publish([0, 1], after: -1, depth: 0, session: 7, isOutput: false, user(0))
    _ = cache.publish([2], after: 1, depth: 2, session: 7, isOutput: true, user(0))
    var own = PrefixHits()
    (own.session, own.output, own.running) = (2, 1, 3)
    #expect(cache.hold([0, 1, 2], session: 7, user(1)) == own)
    _ = cache.release([0, 1, 2], depth: 0, user(0))
    _ = cache.release([0, 1, 2], depth: 0, user(1))
    var other = PrefixHits()
    (other.shared, other.output) = (2, 1)
    #expect(cache.hold([0, 1, 2], session: 8, user(2)) == other)
  }

  @Test func `a block falls idle when its last holder lets go`() {
    var cache = cache(.hash)
    _ = cache.publish([0, 1, 2], after: -1, depth: 0, session: 0, isOutput: false, user(0))
    _ = cache.hold([0, 1], session: 1, user(1))
    #expect(cache.release([0, 1, 2], depth: 0, user(0)) == 1)
    #expect((cache.holders(of: 0), cache.holders(of: 2)) == (1, 0))
    #expect(cache.release([0, 1], depth: 0, user(1)) == 2)
    cache.checkInvariants()
  }

  @Test(arguments: PrefixIndex.allCases)
  func `a block computed twice is a copy while the first is held, and replaces it when idle`(
    index: PrefixIndex
  ) {
    var cache = cache(index)
    func publish(_ request: Int32) -> Int32 {
      cache.publish(
        [0, 1], after: -1, depth: 0, session: request, isOutput: false, user(request))
    }
    let isTable = index == .hash
    #expect(publish(0) == 0)
    #expect(publish(1) == (isTable ? 0 : 2))
    #expect(cache.copies == (isTable ? 2 : 0))
    #expect(cache.holders(of: 1) == 2)
    #expect(cache.release([0, 1], depth: 0, user(0)) == (isTable ? 2 : 0))
    #expect(cache.copies == 0)
    #expect(cache.release([0, 1], depth: 0, user(1)) == 2)
    #expect(publish(2) == 0)
    #expect((cache.idle, cache.held) == (0, 2))
  }

  /// What each request frees when 0, 1 and 2 compute a block at once, 3 finds it, and they go.
  private func freed(_ order: [Int32]) -> [Int32] {
    var cache = cache(.hash)
    for request in Int32(0)..<3 {
      _ = cache.publish(
        [0], after: -1, depth: 0, session: request, isOutput: false, user(request))
    }
    _ = cache.hold([0], session: 3, user(3))
    return order.map { request in
      let freed = cache.release([0], depth: 0, user(request))
      cache.checkInvariants()
      return freed
    }
  }

  @Test func `a copy goes with its request, or takes the place of the block itself`() {
    // The block itself stays for the one that found it.
    #expect(freed([0, 1, 2, 3]) == [0, 1, 1, 1])
    #expect(freed([1, 2, 0, 3]) == [1, 1, 0, 1])
    #expect(freed([3, 0, 1, 2]) == [0, 1, 1, 1])
    // When 0 and 3 are gone, the copy of 1 is the block itself.
    #expect(freed([0, 3, 2, 1]) == [0, 1, 1, 1])
    #expect(freed([2, 0, 3, 1]) == [1, 0, 1, 1])
  }

  @Test func `what is found after the block itself has gone is the oldest copy`() {
    func freed(_ order: [Int32]) -> [Int32] {
      var cache = cache(.hash)
      for request in Int32(0)..<3 {
        _ = cache.publish(
          [0], after: -1, depth: 0, session: request, isOutput: false, user(request))
      }
      _ = cache.release([0], depth: 0, user(0))
      _ = cache.hold([0], session: 3, user(3))
      return order.map { cache.release([0], depth: 0, user($0)) }
    }
    #expect(freed([1, 2, 3]) == [0, 1, 1])
    #expect(freed([2, 1, 3]) == [1, 0, 1])
    #expect(freed([3, 1, 2]) == [0, 1, 1])
  }

  @Test func `a use of a block that another request holds counts`() {
    var cache = cache(.hash, policy: LFU(NoOptions(), Self.context))
    for request in Int32(0)..<2 {
      _ = cache.publish([0], after: -1, depth: 0, session: 0, isOutput: false, user(request))
    }
    _ = cache.publish([1], after: -1, depth: 0, session: 0, isOutput: false, user(2))
    for request in Int32(0)..<2 { _ = cache.release([0], depth: 0, user(request)) }
    _ = cache.release([1], depth: 0, user(2))
    cache.shrink(to: 1)
    // The first one was used twice.
    #expect(cache.contains(0) && !cache.contains(1))
  }

  @Test func `the tail of the request that left first goes first`() {
    var cache = cache(.hash)
    _ = cache.publish([0, 1, 2], after: -1, depth: 0, session: 0, isOutput: false, user(0))
    _ = cache.publish([3, 4], after: -1, depth: 0, session: 1, isOutput: false, user(1))
    _ = cache.release([3, 4], depth: 0, user(1))
    _ = cache.release([0, 1, 2], depth: 0, user(0))
    var left: [[Int32]] = []
    for room in [Int32(4), 3, 2, 1, 0] {
      cache.shrink(to: room)
      left.append((0..<5).filter { cache.contains($0) })
    }
    #expect(left == [[0, 1, 2, 3], [0, 1, 2], [0, 1], [0], []])
  }

  @Test func `blocks without a name wait in the queue and their numbers are used again`() {
    var cache = cache(.hash, names: 2)
    _ = cache.publish([0, 1], after: -1, depth: 0, session: 0, isOutput: false, user(0))
    let numbers = cache.abandon(2, depth: 2, request: 0, user(0))
    #expect(numbers == [2, 3])
    _ = cache.release([0, 1], depth: 0, user(0))
    #expect(cache.isIntact(numbers[1], of: 0) && !cache.isIntact(numbers[1], of: 1))
    cache.shrink(to: 3)
    #expect(!cache.isIntact(numbers[1], of: 0) && cache.isIntact(numbers[0], of: 0))
    cache.shrink(to: 0)
    for round in 0..<20 {
      let again = cache.abandon(4, depth: 0, request: Int32(round), user(Int32(round)))
      // Of the blocks with a name the policy remembers nothing, so their numbers are free too.
      #expect(Set(again) == [0, 1, 2, 3])
      cache.shrink(to: 0)
    }
  }

  private func contains(_ name: Int32, in cache: PrefixCache) -> Bool {
    var numbers = [name]
    cache.find(&numbers)
    return numbers.contains { cache.contains($0) }
  }

  private func holders(of name: Int32, in cache: PrefixCache) -> Int {
    var numbers = [name]
    cache.find(&numbers)
    return max(0, numbers.map { Int(cache.holders(of: $0)) }.first ?? 0)
  }

  /// Requests come, compute, and go at random over a tree of 40 blocks.
  private func churn(
    _ seed: UInt64, _ index: PrefixIndex, _ policy: any EvictionPolicy,
    check: (PrefixCache, [Int32]) -> Void
  ) {
    var state = seed &* 2 + 1
    func below(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % count
    }
    let above = (0..<40).map {
      $0 == 0 ? Int32(-1) : Int32(below(min($0, 12)) - 1 + max(0, $0 - 12))
    }
    var cache = cache(index, names: 40, policy: policy)
    var running: [[Int32]] = []
    for request in 0..<Int32(200) {
      if !running.isEmpty, below(2) == 0 {
        let chain = running.remove(at: below(running.count))
        _ = cache.abandon(
          Int32(below(3)), depth: Int32(chain.count), request: request, user(request))
        var numbers = chain
        cache.find(&numbers)
        _ = cache.release(numbers[...], depth: 0, user(request))
      } else {
        var chain: [Int32] = []
        var block = Int32(below(40))
        while block >= 0 {
          chain.insert(block, at: 0)
          block = above[Int(block)]
        }
        var known = chain
        cache.find(&known)
        let found = Int(cache.probe(known).hits)
        _ = cache.hold(known[..<found], session: request, user(request))
        var numbers = chain
        cache.number(&numbers)
        _ = cache.publish(
          numbers[found...], after: found > 0 ? numbers[found - 1] : -1, depth: Int32(found),
          session: request, isOutput: false, user(request))
        running.append(chain)
      }
      cache.shrink(to: Int32(below(12)))
      cache.checkInvariants()
      let holds = running.flatMap { $0 }
      for block in Int32(0)..<40 {
        #expect(holders(of: block, in: cache) == holds.filter { $0 == block }.count)
      }
      check(cache, above)
    }
  }

  @Test func `a radix tree never keeps a block without those before it`() {
    for seed in 0..<UInt64(isDebug ? 20 : 200) {
      for policy: any EvictionPolicy in [
        Scrambled(NoOptions(), Self.context), Forgetful(NoOptions(), Self.context),
        LRU(NoOptions(), Self.context),
      ] {
        churn(seed, .radix, policy) { cache, above in
          for block in 0..<Int32(40) where contains(block, in: cache) && above[Int(block)] >= 0 {
            #expect(
              contains(above[Int(block)], in: cache), "\(type(of: policy)) \(seed) block \(block)")
          }
        }
      }
    }
  }

  @Test func `a table of hashes may keep one`() {
    var holes = 0
    churn(1, .hash, Scrambled(NoOptions(), Self.context)) { cache, above in
      for block in 0..<Int32(40) where contains(block, in: cache) && above[Int(block)] >= 0 {
        if !contains(above[Int(block)], in: cache) { holes += 1 }
      }
    }
    #expect(holes > 0)
  }
}
