import Metrics
import Units

/// Instances that sessions couple: an oracle each, and users that wait for an answer, think, and
/// send what follows.
///
/// Written from the definition, with a list of messages under way that is searched from end to end.
struct SessionOracle {
  private(set) var servers: [Oracle]
  /// Rows in the order in which they arrived, with the time of each in picoseconds.
  private(set) var arrivals: [(row: Int, time: Int64)] = []
  private let turns: SessionTurns
  private var stepEnds: [Int64?]
  private var underWay: [(time: Int64, row: Int)] = []
  private var isAnswered: [Bool]

  init(_ scenario: RandomScenario, _ turns: SessionTurns) {
    self.turns = turns
    servers = Array(repeating: Oracle(scenario), count: scenario.instances)
    stepEnds = Array(repeating: nil, count: scenario.instances)
    isAnswered = Array(repeating: false, count: turns.count)
    let table = scenario.table
    for row in 0..<table.count where turns.parent[row] < 0 {
      underWay.append((table.arrival[row].picoseconds, row))
    }
    while let now = (underWay.map(\.time) + stepEnds.compactMap { $0 }).min() {
      for i in servers.indices where stepEnds[i] == now { endStep(of: i, at: now) }
      while let next = underWay.min(by: <), next.time == now { receive(next.row, at: now) }
      startSteps(at: now)
    }
  }

  private mutating func answer(_ row: Int, at now: Int64) {
    isAnswered[row] = true
    for child in 0..<turns.count where turns.parent[child] == Int32(row) {
      underWay.append((now + turns.delay[child], child))
    }
  }

  private mutating func receive(_ row: Int, at now: Int64) {
    underWay.removeAll { $0.row == row }
    let server = arrivals.count % servers.count
    arrivals.append((row, now))
    servers[server].now = now
    if !servers[server].receive(row, on: server) { answer(row, at: now) }
  }

  private mutating func endStep(of i: Int, at now: Int64) {
    servers[i].now = now
    _ = servers[i].endStep()
    stepEnds[i] = nil
    for row in 0..<turns.count
    where !isAnswered[row] && servers[i].table.finished[row].picoseconds == now {
      answer(row, at: now)
    }
  }

  private mutating func startSteps(at now: Int64) {
    for i in servers.indices where stepEnds[i] == nil {
      servers[i].now = now
      servers[i].plan()
      guard servers[i].running.contains(where: { $0.scheduled > 0 }) else { continue }
      stepEnds[i] = servers[i].stepEnd()
    }
  }
}
