import Cluster
import Kernel
import Metrics
import Schedulers
import Serving
import TestSupport
import Testing
import Units

/// Closed sessions: turns that wait for the one before them.
@Suite struct FollowingTurnsTests {
  static let seeds: [UInt64] = (0..<(isDebug ? 6 : 80)).map { 9000 + UInt64($0) }

  private func runs(_ check: (RunRecord, RandomScenario, String) -> Void) {
    for seed in Self.seeds {
      let scenario = RandomScenario(seed: seed, sessions: true)
      check(scenario.run(maxLeap: 256), scenario, "seed \(seed) \(scenario.policy)")
    }
  }

  @Test func `a turn arrives when the one before it has ended and its delay has passed`() throws {
    var (following, preempted, refused, simultaneous) = (0, 0, 0, 0)
    runs { record, scenario, name in
      let r = record.requests
      guard let turns = r.turns else { return }
      for row in 0..<r.count where turns.parent[row] >= 0 {
        let before = Int(turns.parent[row])
        let end = r.isRejected[before] ? r.arrival[before] : r.finished[before]
        #expect(r.arrival[row] - end == turns.delay[row], "\(name) row \(row)")
        #expect(before < row && turns.turn[row] == turns.turn[before] + 1, "\(name)")
        following += 1
        if r.preemptions[before] > 0 { preempted += 1 }
        if r.isRejected[before] { refused += 1 }
        if r.arrival[row] == r.arrival[row - 1] { simultaneous += 1 }
      }
      #expect(zip(r.arrival, r.arrival.dropFirst()).allSatisfy { $0 <= $1 }, "\(name)")
      let first = scenario.table.arrival.filter { $0 != .never }
      let roots = r.arrival.indices.filter { turns.parent[$0] < 0 }.map { r.arrival[$0] }
      #expect(roots == first, "\(name)")
    }
    #expect(following > 20 * Self.seeds.count, "\(following)")
    #expect(preempted > 2 * Self.seeds.count, "\(preempted)")
    #expect(refused > 0 && simultaneous > 0, "\(refused) \(simultaneous)")
  }

  @Test func `every turn arrives and is finished or refused, and Little's law is exact`() {
    runs { record, scenario, name in
      let r = record.requests
      #expect(record.stop == nil && r.count == scenario.table.count, "\(name)")
      var sojourn = Int128(0)
      for row in 0..<r.count {
        #expect(r.arrival[row] < .never, "\(name)")
        #expect((r.finished[row] < .never) != r.isRejected[row], "\(name)")
        if !r.isRejected[row] { sojourn += Int128(r.finished[row] - r.arrival[row]) }
      }
      #expect(record.totals.presenceTime == sojourn, "\(name)")
      #expect(r.prompt.sorted() == scenario.table.prompt.sorted(), "\(name)")
      #expect(record.lastArrival == r.arrival.last, "\(name)")
    }
  }

  @Test(arguments: [2, 17, 256])
  func `a leap gives the bytes of single steps`(reach: Int) {
    for seed in Self.seeds {
      let scenario = RandomScenario(seed: seed, sessions: true)
      let warmup = Warmup.requests(scenario.table.count / 3)
      for logs in [false, true] {
        let exact = bytes(scenario.run(maxLeap: 1, logsSteps: logs, warmup: warmup))
        let leaping = bytes(scenario.run(maxLeap: reach, logsSteps: logs, warmup: warmup))
        #expect(leaping == exact, "seed \(seed) \(scenario.policy)")
      }
    }
  }

  @Test(arguments: RandomScenario.policies)
  func `the engine equals users that wait, think and send`(policy: String) throws {
    for seed in Self.seeds {
      let scenario = RandomScenario(seed: seed, policy: policy, sessions: true)
      let turns = try #require(scenario.table.turns)
      let engine = scenario.run(maxLeap: 256).requests
      let oracle = SessionOracle(scenario, turns)
      let rows = oracle.arrivals.map(\.row)
      #expect(engine.arrival.map(\.picoseconds) == oracle.arrivals.map(\.time), "seed \(seed)")
      #expect(engine.prompt == rows.map { scenario.table.prompt[$0] }, "seed \(seed)")
      #expect(engine.output == rows.map { scenario.table.output[$0] }, "seed \(seed)")
      var numbers: [Int32: Int32] = [:]  // sessions count by first appearance
      for row in rows where numbers[turns.session[row]] == nil {
        numbers[turns.session[row]] = Int32(numbers.count)
      }
      let sessions = rows.map { numbers[turns.session[$0]] }
      #expect(engine.turns?.session == sessions, "seed \(seed)")
      #expect(engine.instance == rows.indices.map { Int32($0 % scenario.instances) })
      for (place, row) in rows.enumerated() {
        let server = oracle.servers[place % scenario.instances].table
        #expect(engine.firstScheduled[place] == server.firstScheduled[row], "seed \(seed)")
        #expect(engine.firstToken[place] == server.firstToken[row], "seed \(seed)")
        #expect(engine.finished[place] == server.finished[row], "seed \(seed)")
        #expect(engine.longestGap[place] == server.longestGap[row], "seed \(seed)")
        #expect(engine.preemptions[place] == server.preemptions[row], "seed \(seed)")
        #expect(engine.recomputed[place] == server.recomputed[row], "seed \(seed)")
        #expect(engine.preemptedTime[place] == server.preemptedTime[row], "seed \(seed)")
        #expect(engine.isRejected[place] == server.isRejected[row], "seed \(seed)")
      }
    }
  }

  @Test func `a warm-up is the first to arrive, whatever the order of rows`() {
    var cut = 0
    for seed in Self.seeds {
      let scenario = RandomScenario(seed: seed, sessions: true)
      let whole = scenario.run(maxLeap: 256)
      let half = whole.requests.arrival[whole.requests.count / 2] - whole.requests.arrival[0]
      for warmup in [Warmup.requests(scenario.table.count / 3), .time(half)] {
        let record = scenario.run(maxLeap: 256, warmup: warmup)
        let table = record.requests
        #expect(table.arrival == whole.requests.arrival)
        #expect(table.finished == whole.requests.finished)
        let measured = (0..<table.count).filter { table.isMeasured($0) }
        #expect(measured == Array(table.warmupRequests..<table.count), "seed \(seed)")
        if case .requests(let count) = warmup { #expect(table.warmupRequests == count) }
        let finished = measured.filter { table.finished[$0] < .never }
        let time = finished.reduce(Int128(0)) {
          $0 + Int128(table.finished[$1] - table.firstToken[$1])
        }
        #expect(record.gaps.sum == time, "seed \(seed) \(warmup)")
        let early = Int64((0..<table.warmupRequests).count { table.finished[$0] < .never })
        #expect(record.totals.finishedOfWarmup == early, "seed \(seed)")
        if (1..<table.count).contains(table.warmupRequests), record.gaps.count > 0 { cut += 1 }
      }
    }
    #expect(cut > Self.seeds.count)
  }

  private func sessions(
    _ turns: [(parent: Int32, delay: Int64)], _ requests: [Request]
  ) -> RequestTable {
    var table = Scenario(requests, VLLMv0(.init(), Scenario.context())).table()
    var column = SessionTurns()
    for (parent, delay) in turns {
      column.append(session: 0, turn: 1, parent: parent, delay: delay * 1_000_000_000)
    }
    table.turns = column
    table.closeSessions()
    return table
  }

  @Test func `two turns that follow one arrive together, the lower row first`() {
    // 0–10 a prompt of 10, 10–20 its second token; both followers arrive 5 ms later. The second
    // root arrives then, too, and stands between them.
    let table = sessions(
      [(-1, -1), (0, 5), (-1, -1), (0, 5), (1, 0)],
      [Request(0, 10, 2), Request(0, 10, 1), Request(25, 6, 1), Request(0, 7, 1), Request(0, 8, 1)])
    var simulation = Scenario([], VLLMv0(.init(), Scenario.context())).simulation(over: table)
    simulation.run()
    let record = simulation.record()
    #expect(record.requests.arrival.map { $0.picoseconds / 1_000_000_000 } == [0, 25, 25, 25, 48])
    #expect(record.requests.prompt == [10, 10, 6, 7, 8])
    #expect(record.requests.turns?.parent == [-1, 0, -1, 0, 1])
    #expect(record.ends == [20, 48, 48, 48, 56])
    // And once more, from rows that are in order now.
    var again = Scenario([], VLLMv0(.init(), Scenario.context()))
      .simulation(over: record.requests)
    again.run()
    #expect(bytes(again.record()) == bytes(record))
  }

  @Test func `a refused turn is followed at once, and an end beyond the clock stops the run`() {
    let day: Int64 = 86_400_000
    let table = sessions(
      [(-1, -1), (0, 0), (1, 100 * day), (2, 100 * day)],
      [Request(3, 3000, 2), Request(0, 10, 1), Request(0, 10, 1), Request(0, 10, 1)])
    var simulation = Scenario([], VLLMv0(.init(), Scenario.context())).simulation(over: table)
    simulation.run()
    let record = simulation.record()
    #expect(record.requests.isRejected == [true, false, false, false])
    #expect(record.requests.arrival == [ms(3), ms(3), ms(13 + 100 * day), .never])
    #expect(record.ends.prefix(3).suffix(2) == [13, 23 + 100 * day])
    #expect(record.stop == "simulated time passed 106 days, the range of the clock")
    #expect(record.requests.released == 3)
    let summary = Summary(
      record, RunDescription(model: "m", gpu: "g", scheduler: "s", toolVersion: "0"))
    #expect((summary.completed, summary.unfinished, summary.rejected) == (2, 1, 1))
    // Three arrivals in 100 days and 10 ms.
    #expect(abs((summary.requestRate ?? 0) * 8_640_000.01 - 2) < 1e-12)
  }
}
