import Kernel
import Memory
import TestSupport
import Testing
import Units

@Suite struct Mark0Tests {
  private func faults(
    _ trace: BlockTrace, _ capacity: Int, error: Double = 0, bypass: Bool = false, seed: UInt64 = 1
  ) -> Int {
    var options = Mark0.Options()
    (options.error, options.bypass) = (error, bypass)
    return replay(Mark0.self, options, trace, capacity: capacity, seed: seed).faults
  }

  @Test func `with advice that is right it misses as often as the optimum whose advice it is`() {
    for seed in 0..<UInt64(isDebug ? 200 : 2000) {
      var stream = SplitMixStream(seed: seed, name: "case")
      let trace = randomPrompts(&stream)
      let capacity = 1 + stream.below(14)
      let demand = replay(MinDemand.self, NoOptions(), trace, capacity: capacity)
      #expect(faults(trace, capacity) == demand.faults, "seed \(seed), capacity \(capacity)")
      let bypassing = replay(Min.self, NoOptions(), trace, capacity: capacity)
      let found = replay(Mark0.self, Mark0.Options(), trace, capacity: capacity)
      #expect(found == bypassing, "seed \(seed), capacity \(capacity)")
    }
  }

  @Test func `on skewed and cyclic pages it is exact, too`() {
    let k = 50
    let skewed = pages(skewedPages(isDebug ? 3000 : 20_000, of: 500, seed: 3))
    let cycle = pages((0..<5000).map { BlockID($0 % (k + 1)) })
    for trace in [skewed, cycle] {
      let optimum = replay(MinDemand.self, NoOptions(), trace, capacity: k).faults
      #expect(faults(trace, k) == optimum)
    }
    // Belady misses once in k uses of the cycle.
    #expect(faults(cycle, k) == k + 1 + (5000 - k - 1) / k)
  }

  @Test func `misses grow smoothly with the errors of the advice, by less than 2 H_k each`() {
    let k = 50
    let count = isDebug ? 3000 : 20_000
    let trace = pages(skewedPages(count, of: 500, seed: 4))
    let harmonic = (1...k).map { 1 / Double($0) }.reduce(0, +)
    var last = faults(trace, k)
    let optimum = last
    for error in [0.05, 0.1, 0.2, 0.5] {
      let found = faults(trace, k, error: error)
      #expect(found > last, "error \(error)")
      // About error · count bits are wrong, and each costs at most 2 H_k misses.
      #expect(Double(found - optimum) <= 2 * harmonic * error * Double(count), "error \(error)")
      last = found
    }
  }

  @Test func `a victim is drawn from what was not used in the phase`() {
    // 0 1 2 fill the cache, and the phase that begins with them lasts until all were used.
    for seed in 0..<UInt64(20) {
      var options = Mark0.Options()
      options.predictor = .history
      var policy = Mark0(options, EvictionContext(capacity: 3, blockCount: 9, seed: seed))
      func use(_ block: BlockID) -> BlockUse {
        BlockUse(block: block, depth: 0, request: 0, position: -1, time: .zero)
      }
      for block in 0..<BlockID(3) { _ = policy.insert(use(block)) }
      _ = policy.touch(use(0))
      // A phase of {0} ended with that, {0, 1, 2} is the next.
      _ = policy.touch(use(0))
      _ = policy.touch(use(2))
      #expect(policy.evict(for: nil) == 1)
    }
  }

  @Test func `other seeds draw other victims, equal ones the same`() {
    let trace = pages(skewedPages(1000, of: 100, seed: 5))
    let found = (1...5).map { faults(trace, 10, error: 0.5, seed: $0) }
    #expect(Set(found).count > 1)
    #expect(found[2] == faults(trace, 10, error: 0.5, seed: 3))
  }

  @Test func `history sees no future and never beats the optimum`() {
    var options = Mark0.Options()
    options.predictor = .history
    for seed in 0..<UInt64(100) {
      var stream = SplitMixStream(seed: seed, name: "case")
      let trace = randomPrompts(&stream)
      let capacity = 1 + stream.below(14)
      let found = replay(Mark0.self, options, trace, capacity: capacity)
      let optimum = replay(Min.self, NoOptions(), trace, capacity: capacity)
      #expect(found.prefixHits <= optimum.prefixHits && found.faults >= optimum.faults)
      // Without the trace it decides the same.
      var blind = Mark0(
        options, EvictionContext(capacity: capacity, blockCount: trace.blockCount))
      let again = blind.replay(trace, capacity: capacity, order: .fwd, logsRequests: true)
      #expect(again == found)
    }
  }

  @Test func `a probability beyond 1 is refused`() {
    var options = Mark0.Options()
    #expect(options.fault == nil)
    options.error = 1.01
    #expect(options.fault == "error 1.01 must be a probability from 0 to 1")
  }
}
