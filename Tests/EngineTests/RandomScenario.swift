import Cluster
import Cost
import Kernel
import Memory
import Metrics
import Schedulers
import Serving
import Units

/// SplitMix64: the tests' own random numbers, so that no scenario depends on the code under test.
struct SplitMix {
  private var state: UInt64
  /// The seed is mixed: states of neighbouring seeds would else be one stream, shifted by a draw.
  init(seed: UInt64) { state = Self.mix(seed &+ 1) }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return Self.mix(state)
  }
  private static func mix(_ x: UInt64) -> UInt64 {
    var z = x
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
  mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }
  mutating func below(_ count: Int) -> Int { Int(next() % UInt64(count)) }
  mutating func pick<T>(_ choices: [T]) -> T { choices[below(choices.count)] }
}

/// A cost that depends on every count of a step.
struct SmoothCost: StepCost {
  func time(of shape: StepShape) -> Seconds {
    let tokens = Double(shape.decodes + shape.prefillTokens)
    return Seconds(
      2e-3 + tokens * 1.3e-5 + Double(shape.context) * 1.7e-8 + Double(shape.prefillPairs) * 1.1e-9
        + Double(shape.prefillKeys) * 0.7e-8)
  }
  func parts(of shape: StepShape) -> StepParts {
    StepParts([.init("all", time(of: shape), .hbm)], total: time(of: shape))
  }
}

/// Whole multiples of 10 ms: arrivals and step ends coincide all the time.
struct QuantisedCost: StepCost {
  func time(of shape: StepShape) -> Seconds {
    Seconds(0.01 * Double(1 + (Int(shape.prefillTokens) + Int(shape.context) / 64) / 256))
  }
  func parts(of shape: StepShape) -> StepParts {
    StepParts([.init("all", time(of: shape), .compute)], total: time(of: shape))
  }
}

/// One random configuration under preemption pressure; a seed is the whole of it.
struct RandomScenario {
  let seed: UInt64
  let policy: String
  var blocks: Int
  var tokensPerBlock: Int
  var instances: Int
  var maxModelLength: Int
  let maxTokens: Int
  let maxSequences: Int
  let longestChunk: Int
  let isQuantised: Bool
  /// Most requests in flight of a closed loop; nil is an open one.
  let concurrency: Int?
  var table: RequestTable
  /// How prompts are cached; nil: not at all.
  var prefixes: PrefixSetting?
  /// How pages are mapped; nil: not at all.
  var pages: PageMapping?
  /// What happens to the cluster.
  var rules = ClusterRules()

  static let policies = [
    "vllm-v0", "vllm-v1", "orca-max", "orca-pow2", "orca-oracle", "static-batch",
  ]
  /// Only paged engines preempt, so they are drawn more often.
  private static let lots = policies + ["vllm-v0", "vllm-v1", "vllm-v0", "vllm-v1"]

  /// `sessions` makes turns of the requests that wait for each other.
  init(seed: UInt64, policy: String? = nil, sessions: Bool = false) {
    var random = SplitMix(seed: seed)
    self.seed = seed
    let picked = Self.lots[random.below(Self.lots.count)]
    self.policy = policy ?? picked
    instances = 1 + random.below(3)
    tokensPerBlock = random.pick([1, 8, 16, 32])
    blocks = (300 + random.below(1700)) / tokensPerBlock + 4
    maxModelLength = random.pick([256, 400, 512])
    maxSequences = random.pick([4, 24, 64])
    maxTokens = random.pick([64, 128, 512])
    longestChunk = random.pick([0, 0, 40])
    isQuantised = random.below(3) == 0
    // Of sessions the first turns alone arrive at this rate.
    let rate = random.pick([0.5, 2, 8, 40]) * Double(instances) * (sessions ? 20 : 1)
    let isBurst = random.below(4) == 0
    var table = RequestTable()
    var time: Int64 = 0
    for _ in 0..<(20 + random.below(150)) {
      let gap = -logarithm(1 - random.uniform()) / rate
      if !isBurst {
        time += Int64(gap * 1e12)
      } else if random.below(12) == 0 {
        time += 500_000_000_000
      }
      let tick: Int64 = isQuantised ? 10_000_000_000 : 1
      table.append(
        at: Instant(picoseconds: time / tick * tick), prompt: Int32(1 + random.below(300)),
        output: Int32(1 + random.below(180)))
    }
    let isClosed = random.below(3) == 0
    concurrency = isClosed && !sessions ? random.pick([1, 2, 7, 30, 90]) : nil
    if let concurrency { table.close(at: concurrency) }
    if sessions {
      let turns = Self.turns(table.count, isQuantised, &random)
      table.turns = turns
      table.closeSessions()
    }
    self.table = table
  }

  /// Trees of turns in any order of rows, with forks, long chains and delays from 0 on.
  private static func turns(
    _ count: Int, _ isQuantised: Bool, _ random: inout SplitMix
  ) -> SessionTurns {
    var order = Array(0..<count)
    if random.below(2) == 0 {
      for i in order.indices.reversed() { order.swapAt(i, random.below(i + 1)) }
    }
    let (roots, reach) = (random.pick([2, 2, 3, 20]), random.pick([1, 4, 1000]))
    var parent = [Int32](repeating: -1, count: count)
    var session = [Int32](repeating: -1, count: count)
    var turn = [Int32](repeating: 1, count: count)
    for i in order.indices.dropFirst() where random.below(roots) > 0 {
      let row = order[i - 1 - random.below(min(i, reach))]
      parent[order[i]] = Int32(row)
      turn[order[i]] = turn[row] + 1
      session[order[i]] = session[row] < 0 ? Int32(row) : session[row]
    }
    var turns = SessionTurns()
    for row in 0..<count {
      let tick: Int64 = isQuantised ? 10_000_000_000 : 1
      let delay = random.pick([0, 0, 0.02, 0.5, 2]) * random.uniform()
      turns.append(
        session: session[row] < 0 ? Int32(row) : session[row], turn: turn[row],
        parent: parent[row], delay: parent[row] < 0 ? -1 : Int64(delay * 1e12) / tick * tick)
    }
    return turns
  }

  var cost: any StepCost {
    if isQuantised { return QuantisedCost() }
    return SmoothCost()
  }

  var context: EngineContext {
    EngineContext(maxModelLength: Int32(maxModelLength), gpuMemory: Bytes(40 * 0x1p30))
  }

  /// The scheduler of this scenario, small enough for its limits to bind.
  func scheduler() -> any Scheduler {
    var orca = OrcaOptions()
    orca.maxBatchSize = maxSequences
    switch policy {
    case "vllm-v0":
      var options = VLLMv0.Options()
      options.maxNumSeqs = maxSequences
      options.maxNumBatchedTokens = .value(max(maxTokens, maxModelLength))
      return VLLMv0(options, context)
    case "vtc":
      var options = VTC.Options()
      options.maxNumSeqs = maxSequences
      options.maxNumBatchedTokens = .value(max(maxTokens, maxModelLength))
      return VTC(options, context)
    case "vllm-v1":
      var options = VLLMv1.Options()
      options.maxNumSeqs = .value(min(maxSequences, maxTokens))
      options.maxNumBatchedTokens = .value(maxTokens)
      options.longPrefillTokenThreshold = longestChunk
      return VLLMv1(options, context)
    case "orca-max": return OrcaMax(orca, context)
    case "orca-pow2": return OrcaPow2(orca, context)
    case "orca-oracle": return OrcaOracle(orca, context)
    default:
      var options = StaticBatch.Options()
      options.maxBatchSize = maxSequences
      return StaticBatch(options, context)
    }
  }

  /// An empty batch over the pool, with the prefix cache if there is one.
  private func batch() -> Batch {
    var batch = Batch(
      blocks: Int32(blocks), tokensPerBlock: Int32(tokensPerBlock),
      maxModelLength: Int32(maxModelLength))
    prefixes?.install(in: &batch, table)
    if let pages { batch.mapPages(pages) }
    return batch
  }

  /// Runs it; the same seed gives the same record for every `maxLeap`.
  func run(
    maxLeap: Int, logsSteps: Bool = false, width: Int64 = 700_000_000_000, warmup: Warmup = .none
  ) -> RunRecord {
    var table = table
    table.warmup = warmup
    let instances = (0..<instances).map { _ in
      Instance(
        batch: batch(), scheduler: scheduler(), cost: cost, maxLeap: maxLeap,
        recorder: Recorder(logsSteps: logsSteps))
    }
    var simulation = Simulation(
      requests: table, instances: instances,
      router: RoundRobin(NoOptions(), RouterContext(instances: self.instances)),
      series: TimeSeries(width: width, instances: self.instances), rules: rules)
    simulation.checksInvariants = true
    simulation.run()
    return simulation.record()
  }
}

/// log(x) by the identity log(x) = −Σ (1 − x)^k / k after halving: tests need not import a libm.
func logarithm(_ x: Double) -> Double {
  var (x, twos) = (x, 0.0)
  while x < 0.7 { (x, twos) = (2 * x, twos + 1) }
  let y = (x - 1) / (x + 1)
  var (term, sum) = (y, 0.0)
  for k in stride(from: 1.0, to: 60, by: 2) {
    sum += term / k
    term *= y * y
  }
  return 2 * sum - twos * 0.693147180559945309417
}

/// Every result of a run as text: what the files would hold.
func bytes(_ record: RunRecord) -> String {
  let r = record.requests
  var text = "\(record.totals) \(record.instanceTotals) \(record.end) \(record.events)\n"
  for i in 0..<r.count {
    text += "\(i),\(r.instance[i]),\(r.arrival[i].picoseconds),\(r.firstScheduled[i].picoseconds),"
    text += "\(r.firstToken[i].picoseconds),\(r.finished[i].picoseconds),\(r.longestGap[i]),"
    text += "\(r.preemptions[i]),\(r.recomputed[i]),\(r.preemptedTime[i]),\(r.isRejected[i]),"
    text += "\(r.cached[i]),\(r.migrations[i]),\(r.retries[i]),\(r.isFailed[i])\n"
  }
  text += gapText(record.gaps)
  text += "\(record.cluster)\n"
  if let series = record.series {
    for i in 0..<series.count {
      text += "\(series.time(of: i)),\(series.running[i]),\(series.waiting[i]),"
      text += "\(series.blocks[i]),\(series.promptTokens[i]),\(series.generatedTokens[i]),"
      text += "\(series.finished[i]),\(series.preemptions[i])\n"
    }
    for i in 0..<series.tiers.count { text += "\(series.tiers[i])\n" }
  }
  if let memory = record.memory {
    text += "\(memory.transfers) \(memory.copies) \(memory.waiting)\n"
    for link in memory.links { text += "\(link)\n" }
    for transfer in memory.log { text += "\(transfer)\n" }
  }
  for log in record.steps {
    for i in 0..<log.count {
      text += "\(log.step[i]),\(log.start[i]),\(log.end[i]),\(log.running[i]),"
      text += "\(log.waiting[i]),\(log.prefillTokens[i]),\(log.decodeTokens[i]),"
      text += "\(log.blocks[i]),\(log.bound[i])\n"
    }
  }
  return text
}

/// The multiset of inter-token gaps, ascending.
func gapText(_ tally: GapTally) -> String {
  let (gaps, weights) = tally.entries()
  var counts: [Int64: Int64] = [:]
  for (gap, weight) in zip(gaps, weights) { counts[gap, default: 0] += weight }
  return counts.keys.sorted().map { "\($0):\(counts[$0] ?? 0)" }.joined(separator: " ") + "\n"
}
