import Kernel
import Memory
import Testing
import Units

@Suite struct GDSFTests {
  struct Slow: SlowCache {
    let capacity: Int
    let options: GDSF.Options
    // Least recent first.
    var entries: [(block: BlockID, count: Int, value: Double)] = []
    var age = 0.0
    var content: [BlockID] { entries.map(\.block) }

    init(capacity: Int, _ options: GDSF.Options) {
      self.capacity = capacity
      self.options = options
    }

    mutating func use(_ use: SlowUse) {
      var count = 1
      if let index = entries.firstIndex(where: { $0.block == use.block }) {
        count = entries.remove(at: index).count + 1
      } else if entries.count == capacity, let least = entries.map(\.value).min(),
        let victim = entries.firstIndex(where: { $0.value == least })
      {
        age = least
        entries.remove(at: victim)
      }
      let cost = options.costBase + options.costPerToken * 16 * Double(use.depth)
      entries.append((use.block, count, age + Double(count) * cost))
    }
  }

  @Test func `it equals values that are searched from end to end`() {
    expectAgreement(GDSF.self, GDSF.Options()) { Slow(capacity: $0, GDSF.Options()) }
    var steep = GDSF.Options()
    (steep.costBase, steep.costPerToken) = (0.5, 0.125)
    expectAgreement(GDSF.self, steep) { Slow(capacity: $0, steep) }
  }

  @Test func `what is deep costs more and stays longer`() {
    // 0 1 are one prompt; 2 needs room and 0, the cheaper one, goes.
    var trace = BlockTrace(blockCount: 3)
    trace.append([0, 1])
    trace.append([2])
    trace.append([0, 1])
    #expect(replay(GDSF.self, GDSF.Options(), trace, capacity: 2).plainHits == 1)
    #expect(replay(GDSF.self, GDSF.Options(), trace, capacity: 2).prefixHits == 0)
  }

  @Test func `a cost is that of tokens, whatever the size of blocks`() {
    /// Whether a block `depth` blocks deep outlives one that was used twice and is the first.
    func outlives(depth: Int32, tokensPerBlock: Int32) -> Bool {
      var policy = GDSF(
        GDSF.Options(),
        EvictionContext(capacity: 2, blockCount: 2, tokensPerBlock: tokensPerBlock))
      func use(_ block: BlockID, _ depth: Int32) -> BlockUse {
        BlockUse(block: block, depth: depth, request: 0, position: -1, time: .zero)
      }
      _ = policy.insert(use(0, 0))
      _ = policy.touch(use(0, 0))
      _ = policy.insert(use(1, depth))
      return policy.evict(for: nil) == 0
    }
    // Attention costs as much as the matrices at 2 · 8·10⁹ / (4 · 32 · 4096) = 30,518 tokens.
    for (size, blocks) in [(Int32(16), Int32(1907)), (512, 60), (1, 30_518)] {
      #expect(!outlives(depth: blocks * 99 / 100, tokensPerBlock: size))
      #expect(outlives(depth: blocks * 101 / 100, tokensPerBlock: size))
    }
  }

  @Test func `costs that are none are refused`() {
    var options = GDSF.Options()
    #expect(options.fault == nil)
    options.costBase = 0
    #expect(options.fault != nil)
    (options.costBase, options.costPerToken) = (1, -1)
    #expect(options.fault == "cost_per_token -1.0 must be from 0 to 1e9")
  }
}
