import Metrics
import Testing
import Units

@Suite struct VerdictTests {
  /// One server with a constant service of 1 s and Poisson arrivals of rate `load`: M/D/1.
  static func queue(seed: UInt64, load: Double, count: Int, servers: Int = 1) -> RunRecord {
    var random = TestRandom(seed)
    var time = 0.0
    var free = [Int64](repeating: 0, count: servers)
    return record(
      (0..<count).map { row in
        time += random.exponential() / (load * Double(servers))
        let arrival = Int64(time * 1e12)
        let server = row % servers
        let scheduled = max(arrival, free[server])
        free[server] = scheduled + second
        return Event(
          arrival: arrival, scheduled: scheduled, first: free[server], finish: free[server],
          output: 1, instance: Int32(server))
      }, instances: servers)
  }

  @Test func `a queue at load 0.7 is stable on 100 seeds`() {
    var wrong: [UInt64] = []
    for seed in 1...100 as ClosedRange<UInt64> {
      let verdict = Verdict(of: Self.queue(seed: seed, load: 0.7, count: 2000))
      if verdict.kind != .stable { wrong.append(seed) }
    }
    #expect(wrong.count <= 1, "\(wrong)")
  }

  @Test func `a queue at load 1.2 is overloaded on 100 seeds`() {
    for seed in 1...100 as ClosedRange<UInt64> {
      let verdict = Verdict(of: Self.queue(seed: seed, load: 1.2, count: 2000))
      #expect(verdict.kind == .overloaded, "seed \(seed): \(verdict.reason)")
    }
  }

  @Test func `a queue at load 0.9 waits most of the time and is no longer stable`() {
    // P(someone waits) = P(N ≥ 2) of M/D/1 = 1 − (1 − ρ)·e^ρ = 0.754 at ρ = 0.9.
    for seed in 1...20 as ClosedRange<UInt64> {
      #expect(Verdict(of: Self.queue(seed: seed, load: 0.9, count: 5000)).kind != .stable)
    }
  }

  @Test func `one instance that rarely waits keeps a run from being saturated`() {
    let run = Self.queue(seed: 5, load: 0.9, count: 4000)
    var requests = run.requests
    for row in 0..<requests.count where row % 40 == 0 {
      requests.instance[row] = 1
      requests.firstScheduled[row] = requests.arrival[row]
    }
    var two = record([], instances: 2)
    two.requests = requests
    let kind = Verdict(of: two).kind
    #expect(kind == .stable)
  }

  @Test func `an instance that is not there does not keep a run from being saturated`() {
    let run = Self.queue(seed: 5, load: 0.9, count: 4000)
    var two = record([], instances: 2)
    (two.requests, two.end) = (run.requests, run.end)
    #expect(Verdict(of: two).kind == .stable)
    two.cluster.comesAndGoes = true
    two.cluster.members[0].spans = [UpSpan(from: .zero, until: run.end)]
    #expect(Verdict(of: two).kind != .stable)
    // One that is there and idle does.
    two.cluster.members[1].spans = [UpSpan(from: .zero, until: instant(second))]
    #expect(Verdict(of: two).kind == .stable)
  }

  @Test func `the slope is the one that the arrivals imply`() {
    // Arrivals each 0.5 s, one served each second: the backlog grows by exactly 1 request/s.
    let run = record(
      (0..<4000).map { row in
        let arrival = Int64(row) * second / 2
        let start = Int64(row) * second
        return Event(arrival: arrival, scheduled: start, first: start + 1, finish: start + 2)
      })
    let verdict = Verdict(of: run)
    #expect(verdict.kind == .overloaded)
    #expect(verdict.reason.hasPrefix("backlog slope 1.000 ± 0.00"), "\(verdict.reason)")
    #expect(verdict.reason.contains("2.001 req/s arriving"), "\(verdict.reason)")
  }

  @Test func `a backlog that grows over instances that run empty is no overload`() {
    // Services of 0.1 s to 8 s, ever longer, on 1,000 servers of their own, each free at once: the
    // requests in flight grow, but every server is empty most of the time.
    let run = record(
      (0..<1000).map { row in
        let arrival = Int64(row) * second / 10
        let finish = arrival + Int64(row + 1) * second / 125
        return Event(
          arrival: arrival, scheduled: arrival, first: finish, finish: finish, output: 1,
          instance: Int32(row))
      }, instances: 1000)
    let verdict = Verdict(of: run)
    #expect(verdict.kind == .stable, "\(verdict.reason)")
    #expect(verdict.growth.map { $0 > 0.05 } == true)
  }

  /// Clients that each take a place at a single server of 1 s as soon as they are served.
  private func loop(clients: Int, closed: Bool = true) -> RunRecord {
    let count = 200
    var run = record(
      (0..<count).map { row in
        let start = Int64(row) * second
        let arrival = max(0, Int64(row - clients + 1) * second)
        return Event(arrival: arrival, scheduled: start, first: start + 1, finish: start + second)
      })
    guard closed else { return run }
    let arrivals = run.requests.arrival
    run.requests.close(at: clients)
    for row in clients..<count { run.requests.release(row, at: arrivals[row]) }
    return run
  }

  @Test func `in a closed loop no slope is fitted and waiting decides`() {
    let full = Verdict(of: loop(clients: 30))
    #expect(full.kind == .saturated)
    #expect(
      full.reason == "closed loop of 30 in flight: the backlog cannot grow; requests waited "
        + "100.0 % of the time on the instance where they waited least")
    let alone = Verdict(of: loop(clients: 1))
    #expect(alone.kind == .stable)
    #expect(alone.reason.hasPrefix("closed loop of 1 in flight: the backlog cannot grow; "))
    #expect(Verdict(of: loop(clients: 1, closed: false)).reason.hasPrefix("backlog slope"))
  }

  @Test func `a closed loop wider than its requests is judged as a burst`() {
    var run = record((0..<50).map { _ in Event(arrival: 0, scheduled: 5, first: 6, finish: 7) })
    var requests = run.requests
    requests.close(at: 80)
    run.requests = requests
    #expect(Verdict(of: run).reason.contains("50 requests arrived at once and had to wait"))
  }

  @Test func `waits of no length do not count`() {
    let run = record(
      (0..<100).map { row in
        let time = Int64(row) * second
        return Event(arrival: time, scheduled: time, first: time + 1, finish: time + 2)
      })
    let verdict = Verdict(of: run)
    #expect(verdict.kind == .stable)
    #expect(verdict.reason.contains("requests waited 0.0 % of the time"))
  }

  @Test func `overlapping waits count once and waits after the last arrival not at all`() {
    // Window 0…100 s; waits 0–30 and 10–40 and 100–900: 40 %.
    let events = [
      Event(arrival: 0, scheduled: 30 * second, first: 31 * second, finish: 32 * second),
      Event(
        arrival: 10 * second, scheduled: 40 * second, first: 41 * second, finish: 42 * second),
      Event(
        arrival: 100 * second, scheduled: 900 * second, first: 901 * second,
        finish: 902 * second),
    ]
    let verdict = Verdict(of: record(events))
    #expect(verdict.kind == .stable)
    #expect(verdict.reason.contains("waited 40.0 %"), "\(verdict.reason)")
    #expect(verdict.reason.contains("3 requests are too few"))
  }

  @Test func `a burst that waits is saturated, one that does not is stable`() {
    func burst(_ wait: Int64) -> Verdict {
      Verdict(
        of: record(
          (0..<50).map { _ in
            Event(arrival: 0, scheduled: wait, first: wait + 1, finish: wait + 2)
          }))
    }
    #expect(burst(second).kind == .saturated)
    #expect(burst(second).reason.contains("arrived at once"))
    #expect(burst(0).kind == .stable)
  }

  @Test func `a stopped or unfinished run is never stable`() {
    var events = (0..<100).map { row in
      let time = Int64(row) * second
      return Event(arrival: time, scheduled: time, first: time + 1, finish: time + 2)
    }
    #expect(Verdict(of: record(events, stop: "no token in 1000 steps")).kind == .saturated)
    events[99].finish = nil
    let verdict = Verdict(of: record(events))
    #expect(verdict.kind == .saturated)
    #expect(verdict.reason.hasPrefix("1 request did not finish; "))
  }

  @Test func `rejected requests are no backlog`() {
    let run = record(
      (0..<100).map { Event(arrival: Int64($0) * second, isRejected: true) })
    let verdict = Verdict(of: run)
    #expect(verdict.kind == .stable)
    #expect(verdict.reason == "no request was served, so none waited")
  }
}
