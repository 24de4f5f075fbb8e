import Kernel
import Memory
import Metrics
import Serving
import Units

/// How a random scenario caches prompts.
struct PrefixSetting {
  var index: PrefixIndex
  var eviction: any EvictionPolicy.Type = LRU.self
  /// How long blocks live; with it the policy is `TTL`.
  var life: Seconds?

  /// Gives `batch` its cache.
  func install(in batch: inout Batch, _ table: RequestTable) {
    guard var keys = PrefixKeys(table, tokensPerBlock: batch.tokensPerBlock) else {
      preconditionFailure("block sizes are powers of two")
    }
    let trace = eviction.isOracle ? keys.trace(of: table) : nil
    let context = EvictionContext(
      capacity: Int(batch.totalBlocks),
      nextUse: trace?.nextUses ?? [], uses: trace?.blocks ?? [])
    if let life {
      var options = TTL.Options()
      options.ttl = life
      batch.cachePrefixes(keys, index, TTL(options, context))
    } else {
      batch.cachePrefixes(keys, index, Self.make(eviction, context))
    }
  }

  private static func make<P: EvictionPolicy>(
    _ type: P.Type, _ context: EvictionContext
  ) -> any EvictionPolicy { P(P.Options(), context) }
}

extension RandomScenario {
  /// A random scenario of a paged engine whose prompts share beginnings, with a prefix cache:
  /// sessions, forks, partial blocks, blocks of the trace of other sizes than the engine's, and
  /// rows whose blocks are not, or not all, in the trace.
  init(prefixSeed seed: UInt64, policy: String? = nil, index: PrefixIndex? = nil) {
    var random = SplitMix(seed: seed ^ 0x5052_4546)
    let drawn = (random.pick(["vllm-v0", "vllm-v1"]), random.pick(PrefixIndex.allCases))
    self.init(seed: seed, policy: policy ?? drawn.0)
    prefixes = PrefixSetting(index: index ?? drawn.1)
    // Some pools hold many prompts, others hardly one.
    let tokens = blocks * tokensPerBlock * random.pick([1, 1, 2, 5])
    tokensPerBlock = random.pick([1, 2, 4, 8, 16, 16, 32, 64])
    blocks = tokens / tokensPerBlock + 2
    addPrefixes(&random)
  }

  private mutating func addPrefixes(_ random: inout SplitMix) {
    let shorter = random.pick([1, 1, 4])
    let lengths = table.output.map { 1 + Int($0) / shorter }
    let trace = TokenTrace(&random, outputs: lengths, longest: 300, size: tokensPerBlock)
    var new = RequestTable()
    for row in 0..<table.count {
      new.append(
        at: concurrency == nil ? table.arrival[row] : .zero,
        prompt: Int32(trace.prompts[row].count), output: Int32(lengths[row]))
    }
    let gaps = random.pick([0, 0, 20])
    let told = (0..<table.count).map { _ in
      random.below(100) >= gaps ? 1 : random.pick([0, 0.5])
    }
    let size = random.pick([1, 4, 8, 16, 32, 64])
    if random.below(20) > 0 {
      new.chains = trace.chains(size: size) { Int(told[$0] * Double($1)) }
    }
    let unknown = random.pick([0, 0, 10])
    let known = (0..<table.count).map { _ in random.below(100) >= unknown }
    if random.below(4) > 0 { new.turns = trace.turns { known[$0] } }
    if let concurrency { new.close(at: concurrency) }
    table = new
  }
}
