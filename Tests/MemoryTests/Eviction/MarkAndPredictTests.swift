import Kernel
import Memory
import TestSupport
import Testing
import Units

@Suite struct MarkAndPredictTests {
  private func faults(_ trace: BlockTrace, _ capacity: Int, error: Double = 0) -> Int {
    var options = MarkAndPredict.Options()
    options.error = error
    return replay(MarkAndPredict.self, options, trace, capacity: capacity).faults
  }

  private func optimum(_ trace: BlockTrace, _ capacity: Int) -> Int {
    replay(MinDemand.self, NoOptions(), trace, capacity: capacity).faults
  }

  @Test func `with advice that is right it misses at most twice as often as the optimum`() {
    for seed in 0..<UInt64(isDebug ? 200 : 2000) {
      var stream = SplitMixStream(seed: seed, name: "case")
      let trace = randomPrompts(&stream)
      let capacity = 1 + stream.below(14)
      let found = faults(trace, capacity)
      #expect(found <= 2 * optimum(trace, capacity), "seed \(seed), capacity \(capacity)")
    }
    let skewed = pages(skewedPages(isDebug ? 3000 : 20_000, of: 500, seed: 3))
    #expect(faults(skewed, 50) <= 2 * optimum(skewed, 50))
  }

  @Test func `with advice that is wrong throughout it stays below 2 H_k times the optimum`() {
    let k = 50
    let harmonic = (1...k).map { 1 / Double($0) }.reduce(0, +)
    let cycle = pages((0..<8000).map { BlockID($0 % (k + 1)) })
    #expect(faults(cycle, k) <= 2 * optimum(cycle, k))
    #expect(Double(faults(cycle, k, error: 1)) <= 2 * harmonic * Double(optimum(cycle, k)))
    #expect(faults(cycle, k, error: 1) > faults(cycle, k))
  }

  @Test func `a victim is unmarked, and one that does not come back if there is one`() {
    // Phases of two different pages: 0 1 | 2 0 | 3 2 | 0: 0 comes back in the second phase, 1 not.
    let trace = pages([0, 1, 2, 0, 3, 2, 0])
    // 2 takes the room of 1, so 0 hits; of 2 and 0 only 2 is used in the third phase.
    let hits = replay(MarkAndPredict.self, MarkAndPredict.Options(), trace, capacity: 2)
    #expect(hits.perRequest == [0, 0, 0, 1, 0, 1, 0])
  }

  @Test func `history sees no future`() {
    var options = MarkAndPredict.Options()
    options.predictor = .history
    let trace = pages(skewedPages(2000, of: 100, seed: 6))
    let found = replay(MarkAndPredict.self, options, trace, capacity: 20)
    var blind = MarkAndPredict(
      options, EvictionContext(capacity: 20, blockCount: trace.blockCount))
    let again = blind.replay(trace, capacity: 20, order: .fwd, logsRequests: true)
    #expect(again == found)
    #expect(found.faults >= optimum(trace, 20))
  }

  @Test func `a probability below 0 is refused`() {
    var options = MarkAndPredict.Options()
    #expect(options.fault == nil)
    options.error = -0.1
    #expect(options.fault == "error -0.1 must be a probability from 0 to 1")
  }
}
