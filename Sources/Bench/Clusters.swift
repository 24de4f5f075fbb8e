internal import Cluster
internal import Kernel
internal import Memory
internal import Metrics
internal import Schedulers
internal import Serving
internal import Units

/// Clusters behind a router that knows prompts.
enum Clusters {
  /// Sessions of five turns behind 64 system prompts, a third of them behind one, in blocks of 512
  /// tokens: twenty sessions at once and two requests a second for each of `instances` instances.
  static func sessions(_ count: Int, instances: Int) -> RequestTable {
    var stream = RandomStream(seed: 13, name: "sessions")
    var table = RequestTable()
    table.reserve(count)
    var chains = PromptChains(tokensPerBlock: 512)
    func extend(_ chain: inout [BlockID], by count: Int) {
      for _ in 0..<count { chain.append(chains.addBlock(after: chain.last ?? -1)) }
    }
    var systems = [[BlockID]](repeating: [], count: 64)
    for i in systems.indices { extend(&systems[i], by: 1 + i % 4) }
    var open = [(chain: [BlockID], turns: Int)](repeating: ([], 0), count: 20 * instances)
    var time = Instant.zero
    for _ in 0..<count {
      time = time + Seconds(stream.exponential(mean: 0.5 / Double(instances)))
      let i = stream.below(open.count)
      if open[i].turns == 0 {
        open[i] = (systems[stream.below(3) == 0 ? 0 : stream.below(64)], 5)
      }
      extend(&open[i].chain, by: 1 + stream.below(2))
      open[i].turns -= 1
      for block in open[i].chain { chains.append(block) }
      chains.endRequest()
      table.append(
        at: time, prompt: Int32(512 * open[i].chain.count - stream.below(512)), output: 20)
    }
    table.chains = chains
    return table
  }

  /// CPU seconds of a run of `table` behind `prefix-load` with an approximate index, and the
  /// requests that finished.
  static func run(_ table: RequestTable, instances count: Int) -> (
    seconds: Double, requests: Double
  ) {
    let blocks: Int32 = 400
    guard let keys = PrefixKeys(table, tokensPerBlock: 512) else {
      preconditionFailure("512 = 512")
    }
    let instances = (0..<count).map { _ in
      var batch = Batch(blocks: blocks, tokensPerBlock: 512)
      batch.cachePrefixes(
        keys, .hash, LRU(NoOptions(), EvictionContext(capacity: Int(blocks))))
      return Instance(
        batch: batch, scheduler: Workloads.v1(sequences: 256), cost: Workloads.TwoA100(),
        maxLeap: 256, recorder: Recorder(exactGaps: max(4096, 1 << 21 / count)))
    }
    var rules = ClusterRules()
    rules.index = .approximate(capacityTokens: Int(blocks) * 512)
    let start = cpuSeconds()
    var simulation = Simulation(
      requests: table, instances: instances,
      router: PrefixLoad(PrefixLoad.Options(), RouterContext(instances: count)), rules: rules)
    simulation.run()
    let record = simulation.record()
    return (cpuSeconds() - start, Double(record.totals.finished))
  }

  /// What a request costs on 1,024 instances in percent of what it costs on 64.
  static func growth() -> Double {
    let costs = [64, 1024].map { count in
      let (seconds, requests) = run(
        sessions(200_000, instances: count), instances: count)
      return seconds / requests
    }
    return costs[1] / costs[0] * 100
  }
}
