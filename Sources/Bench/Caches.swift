internal import Kernel
internal import Memory

/// Prompts for the benchmarks of eviction policies.
enum Caches {
  /// 12,000 requests of about 25 blocks each, half of them later turns that go on where one of the
  /// last thousand requests ended.
  static let trace: BlockTrace = {
    var stream = RandomStream(seed: 11, name: "prompts")
    var prompts: [[Int32]] = []
    var count: Int32 = 0
    for row in 0..<12_000 {
      var prompt: [Int32] = []
      if row > 0, stream.below(2) == 0 {
        prompt = prompts[row - 1 - stream.below(min(row, 1000))]
        if prompt.count > 60 { prompt = Array(prompt.prefix(1)) }
      }
      for _ in 0..<2 + stream.below(30) {
        prompt.append(count)
        count += 1
      }
      prompts.append(prompt)
    }
    var trace = BlockTrace(blockCount: Int(count))
    for prompt in prompts { trace.append(prompt) }
    return trace
  }()

  /// Replays the trace `times` times through a cache of `capacity` blocks, and counts the blocks.
  static func accesses<Policy: EvictionPolicy>(
    of type: Policy.Type, capacity: Int, times: Int
  ) -> Double {
    var accesses = 0
    for _ in 0..<times {
      let context = EvictionContext(
        capacity: capacity, blockCount: trace.blockCount,
        nextUse: Policy.isOracle ? trace.nextUses : [],
        uses: Policy.isOracle ? trace.blocks : [])
      var policy: any EvictionPolicy = Policy(Policy.Options(), context)
      let order = Policy.visitOrder ?? .rev
      accesses +=
        policy.replay(trace, capacity: capacity, order: order, logsRequests: false)
        .accesses
    }
    return Double(accesses)
  }
}
