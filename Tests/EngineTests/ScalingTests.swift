import Cluster
import Kernel
import Metrics
import Schedulers
import Serving
import Testing
import Units

/// Autoscaling in the loop: who joins and leaves when, leaping or not.
@Suite struct ScalingTests {
  private static let second: Int64 = 1_000_000_000_000

  /// One request at a time on each instance, 10 ms a prompt and 10 ms a further token: 50 ms each.
  private func oneByOne() -> VLLMv1 {
    var options = VLLMv1.Options()
    options.maxNumSeqs = .value(1)
    return VLLMv1(options, Scenario.context())
  }

  /// 10, then 60, then 5 requests a second: one instance serves 20 a second.
  private var loadStep: [Request] {
    (0..<100).map { Request(Int64($0) * 100, 10, 5) }
      + (0..<600).map { Request(10_000 + Int64($0) * 1000 / 60, 10, 5) }
      + (0..<150).map { Request(20_000 + Int64($0) * 200, 10, 5) }
  }

  private func rules(_ scaler: any Autoscaler, coldStart: Double) -> ClusterRules {
    var rules = ClusterRules()
    rules.absent = [1, 2, 3, 4, 5]
    rules.coldStart = Seconds(coldStart)
    rules.scaling = ScalingRule(
      scaler, instances: 0..<6, fewest: 1, most: 6, interval: Seconds(1), cooldown: Seconds(1))
    return rules
  }

  private func run(
    _ requests: [Request], _ rules: ClusterRules, maxLeap: Int = 256, series: Bool = false
  ) -> RunRecord {
    var scenario = Scenario(requests, oneByOne())
    (scenario.instances, scenario.maxLeap) = (6, maxLeap)
    var simulation = Simulation(
      requests: scenario.table(), instances: (0..<6).map { _ in scenario.instance() },
      router: RoundRobin(NoOptions(), RouterContext(instances: 6)),
      series: series ? TimeSeries(width: Self.second, instances: 6) : nil, rules: rules)
    simulation.checksInvariants = true
    simulation.run()
    return simulation.record()
  }

  /// Instances that are there, in steps: (time in s, number).
  private func presence(_ record: RunRecord) -> [(time: Int64, count: Int)] {
    var changes: [(Int64, Int)] = []
    for member in record.cluster.members {
      for span in member.spans {
        changes.append((span.start.picoseconds, 1))
        changes.append((span.end.picoseconds, -1))
      }
    }
    var count = 0
    return changes.sorted { $0 < $1 }.map { time, change in
      count += change
      return (time / Self.second, count)
    }
  }

  static let scalers: [any Autoscaler] = [
    QueueScaler(.init(), AutoscalerContext()),
    attainment(),
    tokenRate(),
  ]

  private static func attainment() -> SLOScaler {
    var options = SLOScaler.Options()
    options.window = Seconds(5)
    return SLOScaler(options, AutoscalerContext(ttftTarget: 0.5))
  }

  /// 15 tokens a request, of which an instance serves 20 a second.
  private static func tokenRate() -> TokenRateScaler {
    var options = TokenRateScaler.Options()
    (options.tokensPerSecond, options.window) = (300, Seconds(3))
    return TokenRateScaler(options, AutoscalerContext())
  }

  @Test(arguments: 0..<3)
  func `a load step lets instances join and leave again, none of them cold`(which: Int) {
    let record = run(loadStep, rules(Self.scalers[which], coldStart: 2))
    #expect(record.stop == nil)
    #expect(record.requests.finished.allSatisfy { $0 != .never })
    let presence = presence(record)
    // 60 requests a second need three instances; what waited meanwhile a fourth.
    #expect((presence.map(\.count).max() ?? 0) >= 4)
    #expect(presence.filter { $0.time < 9 }.allSatisfy { $0.count <= 2 })
    let members = record.cluster.members
    #expect(members[0].spans.count == 1 && record.cluster.comesAndGoes)
    #expect(members[1...].contains { ($0.spans.first?.end ?? .never) < record.end })
    // Nobody is routed to an instance before its cold start is over.
    for row in 0..<record.requests.count {
      let instance = Int(record.requests.instance[row])
      let arrival = record.requests.arrival[row]
      let span = members[instance].spans.last { $0.start <= arrival }
      guard instance > 0, let span, record.requests.migrations[row] == 0 else { continue }
      #expect(arrival - span.start >= 2 * Self.second, "row \(row)")
    }
  }

  @Test(arguments: 0..<3)
  func `decisions are the same leaping and step by step`(which: Int) {
    let rules = rules(Self.scalers[which], coldStart: 0.5)
    let (leaping, exact) = (
      run(loadStep, rules, series: true), run(loadStep, rules, maxLeap: 1, series: true)
    )
    #expect(leaping.requests.finished == exact.requests.finished)
    #expect(leaping.requests.instance == exact.requests.instance)
    #expect(leaping.cluster.members == exact.cluster.members)
    #expect(leaping.series?.running == exact.series?.running)
    #expect(leaping.totals == exact.totals)
  }

  @Test func `it never keeps a run alive`() {
    let requests = [Request(0, 10, 5), Request(200_000, 10, 5)]
    for hasSeries in [false, true] {
      let record = run(
        requests, rules(QueueScaler(.init(), AutoscalerContext()), coldStart: 1),
        series: hasSeries)
      #expect(record.end == record.requests.finished[1])
      #expect(record.end.picoseconds == 200_050_000_000_000)
    }
  }

  @Test func `a failed instance is replaced, and who waits for one is served`() {
    var rules = rules(QueueScaler(.init(), AutoscalerContext()), coldStart: 3)
    rules.changes = [PlannedChange(at: Instant(picoseconds: Self.second / 100), .fail, instance: 0)]
    for maxLeap in [1, 256] {
      let record = run([Request(0, 10, 5)], rules, maxLeap: maxLeap, series: true)
      // Seen at 1 s, open 3 s later, then 50 ms.
      #expect(record.requests.finished[0].picoseconds == 4050 * Self.second / 1000)
      #expect(record.requests.retries == [1])
      #expect(record.cluster.members[0].spans.count == 2)
    }
  }

  @Test func `bounds and cooldown hold`() {
    var rules = rules(QueueScaler(.init(), AutoscalerContext()), coldStart: 0)
    rules.scaling?.most = 2
    #expect(presence(run(loadStep, rules)).map(\.count).max() == 2)
    rules.scaling?.most = 6
    rules.scaling?.cooldown = Seconds(1000)
    #expect(presence(run(loadStep, rules)).map(\.count).max() == 2)
  }
}
