internal import Cluster
internal import Cost
internal import Kernel
internal import Memory
internal import Metrics
internal import Schedulers
internal import Serving
internal import Units

/// The workloads of the engine benchmarks.
enum Workloads {
  /// CodeLlama-34B in fp16 on two A100-80GB as one roofline: a cost with all its usual terms.
  struct TwoA100: StepCost {
    func time(of shape: StepShape) -> Seconds {
      let tokens = Double(shape.decodes + shape.prefillTokens)
      let bytes = 67.5e9 + 196_608.0 * Double(shape.context)
      let pairs = Double(shape.prefillPairs) + Double(shape.context)
      return Seconds(2e-3 + max(bytes / 3.26e12, (67.5e9 * tokens + 1.57e6 * pairs) / 5.0e14))
    }
    func parts(of shape: StepShape) -> StepParts {
      StepParts([.init("step", time(of: shape), .hbm)], total: time(of: shape))
    }
  }

  /// Prompts of 512 and outputs of 128 tokens, Poisson arrivals at `rate` requests a second.
  static func poisson(_ count: Int, rate: Double) -> RequestTable {
    var stream = RandomStream(seed: 7, name: "arrivals")
    var table = RequestTable()
    table.reserve(count)
    var time = Instant.zero
    for _ in 0..<count {
      time = time + Seconds(stream.exponential(mean: 1 / rate))
      table.append(at: time, prompt: 512, output: 128)
    }
    return table
  }

  /// Everything at once: prompts of 128–1,127 tokens, exponential outputs.
  static func burst(_ count: Int, meanOutput: Double) -> RequestTable {
    var stream = RandomStream(seed: 3, name: "lengths")
    var table = RequestTable()
    for _ in 0..<count {
      let prompt = Int32(128 + stream.below(1000))
      table.append(
        at: .zero, prompt: prompt, output: Int32(2 + stream.exponential(mean: meanOutput)))
    }
    return table
  }

  /// Sessions of five turns behind a few system prompts, in blocks of 16: prompts of about 110
  /// blocks of which half are known, outputs of 20 tokens.
  static func sessions(_ count: Int) -> RequestTable {
    var stream = RandomStream(seed: 11, name: "sessions")
    var (table, turns) = (RequestTable(), SessionTurns())
    var chains = PromptChains(tokensPerBlock: 16)
    func extend(_ chain: inout [BlockID], by count: Int) {
      for _ in 0..<count { chain.append(chains.addBlock(after: chain.last ?? -1)) }
    }
    var systems = [[BlockID]](repeating: [], count: 8)
    for i in systems.indices { extend(&systems[i], by: 20) }
    var time = Instant.zero
    // Forty sessions at once, each with its chain, its next turn and its last row.
    var open = [(chain: [BlockID], turn: Int32, row: Int32)](
      repeating: ([], 6, -1), count: 40)
    for row in 0..<count {
      time = time + Seconds(stream.exponential(mean: 0.15))
      let i = stream.below(open.count)
      if open[i].turn > 5 { open[i] = (systems[stream.below(8)], 1, -1) }
      extend(&open[i].chain, by: open[i].turn == 1 ? 20 : 20 + stream.below(41))
      for block in open[i].chain { chains.append(block) }
      chains.endRequest()
      table.append(
        at: time, prompt: Int32(16 * open[i].chain.count - stream.below(16)), output: 20)
      turns.append(
        session: Int32(row), turn: open[i].turn, parent: open[i].row, delay: -1)
      (open[i].turn, open[i].row) = (open[i].turn + 1, Int32(row))
    }
    (table.chains, table.turns) = (chains, turns)
    return table
  }

  /// One vLLM V1 with a prefix cache over `blocks` blocks, run to its end.
  static func runCached(_ table: RequestTable, blocks: Int32) -> RunRecord {
    var batch = Batch(blocks: blocks, tokensPerBlock: 16)
    guard let keys = PrefixKeys(table, tokensPerBlock: 16) else { preconditionFailure("16 = 16") }
    batch.cachePrefixes(
      keys, .hash, LRU(NoOptions(), EvictionContext(capacity: Int(blocks))))
    let instance = Instance(
      batch: batch, scheduler: v1(sequences: 256), cost: TwoA100(), maxLeap: 256,
      recorder: Recorder(exactGaps: 1 << 21))
    var simulation = Simulation(
      requests: table, instances: [instance],
      router: RoundRobin(NoOptions(), RouterContext(instances: 1)))
    simulation.run()
    return simulation.record()
  }

  /// A cluster behind a round-robin router, run to its end.
  static func run(
    _ table: RequestTable, instances count: Int, scheduler: any Scheduler, blocks: Int32
  ) -> RunRecord {
    let instances = (0..<count).map { _ in
      Instance(
        batch: Batch(blocks: blocks, tokensPerBlock: 16), scheduler: scheduler, cost: TwoA100(),
        maxLeap: 256, recorder: Recorder(exactGaps: max(4096, 1 << 21 / count)))
    }
    var simulation = Simulation(
      requests: table, instances: instances,
      router: RoundRobin(NoOptions(), RouterContext(instances: count)))
    simulation.run()
    return simulation.record()
  }

  private static let context = EngineContext(
    maxModelLength: 16_384, gpuMemory: Bytes(80 * 0x1p30))

  /// vLLM V0 as it comes.
  static var v0: any Scheduler {
    var options = VLLMv0.Options()
    options.maxNumBatchedTokens = .value(4096)
    return VLLMv0(options, context)
  }

  /// vLLM V1 with a budget of 2,048 tokens and at most `sequences` requests.
  static func v1(sequences: Int) -> any Scheduler {
    var options = VLLMv1.Options()
    options.maxNumBatchedTokens = .value(2048)
    options.maxNumSeqs = .value(sequences)
    return VLLMv1(options, context)
  }
}
