import Cost
import Metrics
import Serving
import Units

/// One instance with one object a sequence and every sum by a loop: slow and obvious.
///
/// Written from the pseudo-code of the papers, not from the engine: it shares with it only the
/// request table and the cost model.
struct Oracle {
  final class Sequence {
    let row: Int
    let prompt: Int
    let output: Int
    /// Tokens whose KV is stored, and output tokens made.
    var computed = 0
    var generated = 0
    /// Tokens scheduled in this step.
    var scheduled = 0
    var region: Range<Int>?
    /// Its blocks from the first token on, when there is a prefix cache.
    var table: [OraclePool.Block] = []
    /// Blocks of `table` that are in the cache.
    var published = 0
    /// Tokens stored when it was preempted last.
    var lost = 0
    var preemptedAt: Int64?
    var lastToken: Int64?
    /// Whether its prompt is complete since its last admission.
    var isDecoding = false
    init(row: Int, prompt: Int, output: Int) {
      (self.row, self.prompt, self.output) = (row, prompt, output)
    }
    /// Tokens that must be stored before the next token can be made.
    var tokens: Int { prompt + generated }
  }

  let scenario: RandomScenario
  var table: RequestTable
  var steps = 0
  /// Most blocks in use at the end of a step.
  var peak = 0
  var gaps: [Int64: Int64] = [:]
  var waiting: [Sequence] = []
  var running: [Sequence] = []
  var now: Int64 = 0
  /// Contiguous memory, one entry a token.
  var memory: [Bool]
  /// The paged pool with its prefix cache; nil without.
  var pool: OraclePool?

  init(_ scenario: RandomScenario) {
    self.scenario = scenario
    table = scenario.table
    table.prepareRun()
    memory = Array(repeating: false, count: scenario.blocks * scenario.tokensPerBlock)
    if scenario.prefixes != nil { pool = OraclePool(scenario) }
  }

  func blocks(_ tokens: Int) -> Int {
    (tokens + scenario.tokensPerBlock - 1) / scenario.tokensPerBlock
  }
  var used: Int {
    guard let pool else { return running.reduce(0) { $0 + blocks($1.computed + $1.scheduled) } }
    return running.reduce(pool.held) {
      $0 + max(0, blocks($1.computed + $1.scheduled) - $1.table.count)
    }
  }

  /// Serves the requests of `rows` alone to their end.
  mutating func run(rows: [Int], on instance: Int) {
    var next = 0
    now = 0
    (waiting, running) = ([], [])
    while true {
      while next < rows.count, table.arrival[rows[next]].picoseconds <= now {
        _ = receive(rows[next], on: instance)
        next += 1
      }
      plan()
      if running.allSatisfy({ $0.scheduled == 0 }) {
        guard next < rows.count else { return }
        now = table.arrival[rows[next]].picoseconds
        continue
      }
      now = stepEnd()
      _ = endStep()
    }
  }

  /// Queues a request that arrives now; false when it is refused.
  mutating func receive(_ row: Int, on instance: Int) -> Bool {
    let s = Sequence(row: row, prompt: Int(table.prompt[row]), output: Int(table.output[row]))
    table.instance[row] = Int32(instance)
    table.isRejected[row] = !canServe(s)
    if !table.isRejected[row] { waiting.append(s) }
    return !table.isRejected[row]
  }

  func canServe(_ s: Sequence) -> Bool {
    let total = s.prompt + s.output
    guard total <= scenario.maxModelLength else { return false }
    switch scenario.policy {
    case "vllm-v0":
      let watermark = Int(0.01 * Double(scenario.blocks))
      return blocks(total - 1) <= scenario.blocks
        && blocks(s.prompt) + watermark <= scenario.blocks
        && s.prompt <= max(scenario.maxTokens, scenario.maxModelLength)
    case "vllm-v1": return blocks(total - 1) <= scenario.blocks
    default: return reservation(s) <= largestRegion
    }
  }

  mutating func plan() {
    switch scenario.policy {
    case "vllm-v0": planV0()
    case "vllm-v1": planV1()
    case "static-batch":
      if running.isEmpty { admitContiguous(limit: scenario.maxSequences) } else { decodeAll() }
    default:
      decodeAll()
      admitContiguous(limit: scenario.maxSequences)
    }
  }

  /// Runs the head of the queue, which has found `found` in the prefix cache.
  mutating func start(
    _ s: Sequence, computing tokens: Int, found: OraclePool.Found = OraclePool.Found()
  ) {
    waiting.removeFirst()
    running.append(s)
    pool?.admit(s, found, isNew: s.preemptedAt == nil)
    s.computed = found.blocks.count * scenario.tokensPerBlock
    s.scheduled = tokens
    pool?.grow(s)
    if let since = s.preemptedAt {
      table.preemptedTime[s.row] += now - since
      table.recomputed[s.row] -= Int32(min(s.computed, s.lost))
    } else {
      table.firstScheduled[s.row] = Instant(picoseconds: now)
      table.cached[s.row] = Int32(s.computed)
    }
  }

  mutating func preempt(_ s: Sequence) {
    table.preemptions[s.row] += 1
    table.recomputed[s.row] += Int32(s.computed)
    s.lost = s.computed
    pool?.release(s, isPreempted: true)
    (s.computed, s.scheduled, s.preemptedAt) = (0, 0, now)
    waiting.insert(s, at: 0)
  }

  mutating func decodeAll() {
    for s in running { s.scheduled = 1 }
  }

  /// When the step that was planned now ends.
  func stepEnd() -> Int64 {
    var shape = StepShape()
    for s in running where s.scheduled > 0 {
      if s.computed + s.scheduled > s.tokens { fatalError("computed a token that is not there") }
      if s.isDecoding {
        shape.decodes += 1
        shape.samples += 1
        shape.context += Int64(s.computed + 1)
        shape.lengthening += 1
      } else {
        shape.chunks += 1
        shape.prefillTokens += Int32(s.scheduled)
        shape.prefillKeys += Int64(s.computed + s.scheduled)
        for i in 0..<s.scheduled { shape.prefillPairs += Int64(s.computed + i + 1) }
        if s.computed + s.scheduled == s.tokens { shape.samples += 1 }
      }
    }
    return (Instant(picoseconds: now) + scenario.cost.time(of: shape)).picoseconds
  }

  /// Ends the step now; returns how many requests finished with it.
  mutating func endStep() -> Int {
    steps += 1
    for s in running where s.scheduled > 0 { pool?.grow(s) }
    peak = max(peak, used)
    for s in running where s.scheduled > 0 {
      s.computed += s.scheduled
      s.scheduled = 0
      if !s.isDecoding { pool?.publish(s) }
      guard s.computed == s.tokens else { continue }
      emit(s)
    }
    for s in running where s.generated == s.output {
      free(s)
      pool?.release(s, isPreempted: false)
    }
    let before = running.count
    running.removeAll { $0.generated == $0.output }
    return before - running.count
  }

  mutating func emit(_ s: Sequence) {
    s.generated += 1
    s.isDecoding = true
    if let last = s.lastToken {
      gaps[now - last, default: 0] += 1
      table.longestGap[s.row] = max(table.longestGap[s.row], now - last)
    } else {
      table.firstToken[s.row] = Instant(picoseconds: now)
    }
    s.lastToken = now
    if s.generated == s.output { table.finished[s.row] = Instant(picoseconds: now) }
  }
}
