import Metrics
import Units

/// Instances that one closed loop couples: an oracle each, and clients that send one request after
/// the other.
///
/// Written from `vllm/benchmarks/serve.py`, where a client is a place in a semaphore: whoever gets
/// an answer sends the next request of the list at once.
struct ClosedOracle {
  private(set) var servers: [Oracle]
  /// When each request was sent, in picoseconds.
  private(set) var arrival: [Int64]
  private var stepEnds: [Int64?]
  private var sent = 0
  private var now: Int64 = 0

  init(_ scenario: RandomScenario) {
    servers = Array(repeating: Oracle(scenario), count: scenario.instances)
    stepEnds = Array(repeating: nil, count: scenario.instances)
    arrival = []
    for _ in 0..<(scenario.concurrency ?? 0) { send() }
    repeat { startSteps() } while endSteps()
  }

  /// A client sends the next request of the list, and on a refusal the one after it.
  private mutating func send() {
    while sent < servers[0].table.count {
      let server = sent % servers.count
      arrival.append(now)
      sent += 1
      servers[server].now = now
      if servers[server].receive(sent - 1, on: server) { return }
    }
  }

  private mutating func startSteps() {
    for i in servers.indices where stepEnds[i] == nil {
      servers[i].now = now
      servers[i].plan()
      guard servers[i].running.contains(where: { $0.scheduled > 0 }) else { continue }
      stepEnds[i] = servers[i].stepEnd()
    }
  }

  /// Goes to the next end of a step; false when nobody works any more.
  private mutating func endSteps() -> Bool {
    guard let next = stepEnds.compactMap({ $0 }).min() else { return false }
    now = next
    var answers = 0
    for i in servers.indices where stepEnds[i] == now {
      servers[i].now = now
      answers += servers[i].endStep()
      stepEnds[i] = nil
    }
    for _ in 0..<answers { send() }
    return true
  }
}

/// What the oracles make of a scenario: the columns of the engine's record.
struct OracleRecord {
  private(set) var table: RequestTable
  private(set) var steps = 0
  /// Most blocks that an instance had in use at the end of a step, with paged memory.
  private(set) var peak = 0
  private(set) var gaps: [Int64: Int64] = [:]
  /// Arrivals in picoseconds.
  private(set) var arrival: [Int64]
  /// What prompts found in the prefix cache, in blocks.
  private(set) var hits = OraclePool.Hits()
  /// Blocks that two requests computed at once, and cached blocks that made room.
  private(set) var (copied, evicted) = (0, 0)

  init(_ scenario: RandomScenario) {
    table = scenario.table
    table.prepareRun()
    let count = scenario.instances
    if scenario.concurrency != nil {
      let loop = ClosedOracle(scenario)
      arrival = loop.arrival
      for (i, server) in loop.servers.enumerated() { add(server, instance: i, of: count) }
    } else {
      arrival = table.arrival.map(\.picoseconds)
      for i in 0..<count {
        var server = Oracle(scenario)
        server.run(rows: (0..<table.count).filter { $0 % count == i }, on: i)
        add(server, instance: i, of: count)
      }
    }
  }

  private mutating func add(_ server: Oracle, instance: Int, of count: Int) {
    steps += server.steps
    peak = max(peak, server.peak)
    gaps.merge(server.gaps) { $0 + $1 }
    if let pool = server.pool {
      hits.add(pool.hits)
      copied += pool.copied
      evicted += pool.evicted
    }
    for row in stride(from: instance, to: table.count, by: count) {
      table.instance[row] = server.table.instance[row]
      table.firstScheduled[row] = server.table.firstScheduled[row]
      table.firstToken[row] = server.table.firstToken[row]
      table.finished[row] = server.table.finished[row]
      table.longestGap[row] = server.table.longestGap[row]
      table.preemptedTime[row] = server.table.preemptedTime[row]
      table.preemptions[row] = server.table.preemptions[row]
      table.recomputed[row] = server.table.recomputed[row]
      table.cached[row] = server.table.cached[row]
      table.isRejected[row] = server.table.isRejected[row]
    }
  }
}
