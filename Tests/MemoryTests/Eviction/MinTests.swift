import Kernel
import Memory
import Testing
import Units

@Suite struct MinTests {
  /// Looks for the next use of every block in the trace itself; blocks that have none are equal.
  struct Slow: SlowCache {
    let capacity: Int
    let bypasses: Bool
    var entries: [(block: BlockID, next: Int)] = []
    var content: [BlockID] { entries.map(\.block) }

    init(capacity: Int, bypasses: Bool) {
      self.capacity = capacity
      self.bypasses = bypasses
    }

    mutating func use(_ use: SlowUse) {
      entries.removeAll { $0.block == use.block }
      if entries.count == capacity, let farthest = entries.map(\.next).max() {
        if bypasses, use.next >= farthest { return }
        entries.removeAll { [victim = entries.first { $0.next == farthest }] in
          $0.block == victim?.block
        }
      }
      entries.append((use.block, use.next))
    }
  }

  @Test func `it equals a search of the trace for every next use`() {
    expectAgreement(Min.self, NoOptions()) { Slow(capacity: $0, bypasses: true) }
  }

  @Test func `no choice of what to keep has more prefix hits`() {
    for seed in 0..<UInt64(60) {
      var stream = SplitMixStream(seed: seed, name: "brute force")
      var trace = BlockTrace(blockCount: 6)
      let prompts: [[BlockID]] = [[0], [0, 1], [0, 1, 2], [0, 3], [4], [4, 5]]
      for _ in 0..<6 { trace.append(prompts[stream.below(prompts.count)]) }
      let capacity = 1 + stream.below(3)
      let best = mostHits(trace, request: 0, content: [], capacity: capacity)
      let found = replay(Min.self, NoOptions(), trace, capacity: capacity)
      #expect(found.prefixHits == best, "seed \(seed), capacity \(capacity)")
    }
  }

  /// The most prefix hits from `request` on when after each request any of what was there and what
  /// it used may be kept.
  private func mostHits(
    _ trace: BlockTrace, request: Int, content: Set<BlockID>, capacity: Int
  ) -> Int {
    guard request < trace.count else { return 0 }
    let range = (request == 0 ? 0 : trace.ends[request - 1])..<trace.ends[request]
    let prompt = Array(trace.blocks[range])
    let hits = prompt.prefix { content.contains($0) }.count
    let candidates = content.union(prompt).sorted()
    var best = 0
    for choice in 0..<1 << candidates.count where choice.nonzeroBitCount <= capacity {
      let kept = candidates.indices.filter { choice >> $0 & 1 == 1 }.map { candidates[$0] }
      best = max(
        best, mostHits(trace, request: request + 1, content: Set(kept), capacity: capacity))
    }
    return hits + best
  }
}
