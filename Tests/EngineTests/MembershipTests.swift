import Cluster
import Kernel
import Metrics
import Schedulers
import Serving
import Testing
import Units

/// The instance with the fewest requests, the first of them.
private struct FewestRequests: Router {
  static let name = "fewest"
  static let summary = "fewest requests"
  init(_ options: NoOptions, _ context: RouterContext) {}
  mutating func route(_ request: Arrival, in fleet: inout Fleet) -> Int {
    fleet.openInstances.min {
      (fleet.loads[$0].requests, $0) < (fleet.loads[$1].requests, $1)
    } ?? 0
  }
}

/// Instances that come and go, by hand: a prompt token takes 1 ms and so does a decode step.
@Suite struct MembershipTests {
  private func seconds(_ time: Double) -> Instant { .zero + Seconds(time) }

  private func run(
    _ requests: [Request], instances: Int, _ rules: ClusterRules, maxLeap: Int = 256
  ) -> RunRecord {
    var scenario = Scenario(requests, VLLMv1(.init(), Scenario.context()))
    (scenario.instances, scenario.rules, scenario.maxLeap) = (instances, rules, maxLeap)
    scenario.logsSteps = false
    return scenario.run()
  }

  @Test func `who joins is open after its cold start`() {
    var rules = ClusterRules()
    rules.absent = [1]
    rules.coldStart = Seconds(0.02)
    rules.changes = [PlannedChange(at: seconds(0.01), .join, instance: 1)]
    let requests = [0, 5, 15, 29, 30, 35].map { Request(Int64($0), 1, 1) }
    let record = run(requests, instances: 2, rules)
    // Open at 30 ms; what arrives then comes after that.
    #expect(record.requests.instance == [0, 0, 0, 0, 1, 0])
    #expect(record.cluster.members[1].upTime(from: .zero, until: record.end) == 26_000_000_000)
  }

  // It fails at 10 ms, starts at 15 ms and would be open at 75 ms, but fails again at 70 ms.
  @Test func `a start that a failure ended opens nothing`() {
    var rules = ClusterRules()
    rules.coldStart = Seconds(0.06)
    rules.changes = [
      PlannedChange(at: seconds(0.01), .outage(Seconds(0.005)), instance: 0),
      PlannedChange(at: seconds(0.07), .outage(Seconds(0)), instance: 0),
    ]
    let record = run([Request(0, 1, 1), Request(80, 1, 1)], instances: 1, rules)
    #expect(record.requests.firstScheduled[1] == seconds(0.13))
  }

  @Test func `what is planned for after the last request does not happen, sampled or not`() {
    for isSampled in [false, true] {
      var scenario = Scenario([Request(0, 1, 1)], VLLMv1(.init(), Scenario.context()))
      scenario.rules.changes = [PlannedChange(at: seconds(9), .fail, instance: 0)]
      if isSampled { scenario.series = TimeSeries(width: 1_000_000_000_000, instances: 1) }
      let record = scenario.run()
      #expect(record.cluster.members[0].failures == 0 && record.end == seconds(0.001))
    }
  }

  @Test func `who leaves gives its queue away and finishes the rest`() {
    var rules = ClusterRules()
    rules.changes = [PlannedChange(at: seconds(0.012), .leave, instance: 0)]
    // Instance 0 computes 10 tokens until 10 ms, then decodes; the third arrives beside its step.
    let requests = [Request(0, 10, 5), Request(0, 10, 5), Request(11, 40, 1), Request(20, 2, 1)]
    let record = run(requests, instances: 2, rules)
    #expect(record.requests.instance == [0, 1, 1, 1])
    #expect(record.requests.migrations == [0, 0, 1, 0])
    #expect(record.requests.isFailed.allSatisfy { !$0 })
    #expect(record.cluster.members[0].movedOut == 1)
  }

  @Test func `what a failure hits starts again, and its time to first token goes on`() throws {
    var rules = ClusterRules()
    rules.changes = [PlannedChange(at: seconds(0.013), .fail, instance: 0)]
    let record = run([Request(0, 10, 5), Request(1, 10, 5)], instances: 2, rules)
    let r = record.requests
    #expect(r.instance == [1, 1] && r.retries == [1, 0])
    let first = r.outcome(of: 0)
    #expect(first.firstScheduled >= seconds(0.013))
    #expect(try #require(first.ttft) >= 23_000_000_000, "10 ms of prompt after the failure")
    #expect(record.cluster.members[0].lost == 1 && record.cluster.members[0].failures == 1)
  }

  @Test func `without an open instance requests wait for the next one, or fail at the end`() {
    var rules = ClusterRules()
    rules.changes = [
      PlannedChange(at: seconds(0.001), .fail, instance: 0),
      PlannedChange(at: seconds(0.050), .join, instance: 0),
    ]
    let waited = run([Request(2, 10, 1)], instances: 1, rules)
    #expect(waited.requests.firstScheduled == [seconds(0.050)])
    rules.changes.removeLast()
    let failed = run([Request(0, 10, 3), Request(2, 10, 1)], instances: 1, rules)
    #expect(failed.requests.isFailed == [true, true] && failed.stop == nil)
  }

  @Test func `an outage ends by itself, and what is not there has none`() {
    var rules = ClusterRules()
    rules.coldStart = Seconds(0.005)
    rules.changes = [
      PlannedChange(at: seconds(0.010), .outage(Seconds(0.020)), instance: 0),
      PlannedChange(at: seconds(0.015), .outage(Seconds(0.001)), instance: 0),
      PlannedChange(at: seconds(0.010), .leave, instance: 1),
      PlannedChange(at: seconds(0.020), .outage(Seconds(0.001)), instance: 1),
    ]
    let record = run([Request(12, 1, 1), Request(60, 1, 1)], instances: 2, rules)
    // Down at 10 ms, starts at 30, open at 35.
    #expect(record.requests.firstScheduled == [seconds(0.035), seconds(0.060)])
    #expect(record.requests.instance == [0, 0])
    #expect(record.cluster.members[0].failures == 1 && record.cluster.members[1].failures == 0)
  }

  @Test func `a slow instance takes so many times as long, to the picosecond`() {
    var rules = ClusterRules()
    rules.changes = [
      PlannedChange(at: seconds(0.020), .slow(2.5), instance: 0),
      PlannedChange(at: seconds(0.055), .slow(1), instance: 0),
    ]
    let requests = [Request(0, 10, 8)]
    for maxLeap in [1, 256] {
      let record = run(requests, instances: 1, rules, maxLeap: maxLeap)
      // Prompt until 10 ms, a decode of 10 ms until 20, slow ones of 25 ms until 45 and 70, then
      // four more.
      #expect(record.requests.finished == [seconds(0.110)], "leaps of \(maxLeap)")
    }
  }

  @Test func `signals are looked at so often, and own picks count or not`() {
    // Four at once, then one: with picks they alternate, without all go to the first.
    let requests = [0, 0, 0, 0, 900].map { Request(Int64($0), 4, 2) }
    func targets(_ change: (inout ClusterRules) -> Void) -> [Int32] {
      var scenario = Scenario(requests, VLLMv1(.init(), Scenario.context()))
      scenario.instances = 2
      change(&scenario.rules)
      scenario.router = FewestRequests(NoOptions(), RouterContext(instances: 2))
      return scenario.run().requests.instance
    }
    #expect(targets { _ in } == [0, 1, 0, 1, 0])
    #expect(targets { $0.refresh = Seconds(10) } == [0, 1, 0, 1, 0])
    #expect(
      targets {
        $0.refresh = Seconds(10)
        $0.addsOwnPicks = false
      } == [0, 0, 0, 0, 0])
    #expect(
      targets {
        $0.refresh = Seconds(0.001)
        $0.addsOwnPicks = false
      } == [0, 0, 0, 0, 0])
  }

  @Test func `a request is routed so long after it has arrived`() {
    var rules = ClusterRules()
    rules.latency = Seconds(0.003)
    let record = run([Request(0, 10, 1), Request(1, 10, 1)], instances: 2, rules)
    #expect(record.requests.firstScheduled == [seconds(0.003), seconds(0.004)])
    #expect(record.requests.outcome(of: 0).ttft == 13_000_000_000)
  }
}
