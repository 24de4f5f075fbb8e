import Cluster
import Experiment
import Files
import Testing
import Units

@Suite struct ElasticConfigTests {
  private func yaml(_ cluster: String, slo: String = "{}") -> String {
    """
    model: llama-3-8b
    workload: {trace: t.csv}
    slo: \(slo)
    cluster:
      gpu: a100-80gb-sxm
      instances: 4
    \(cluster.split(separator: "\n").map { "  \($0)\n" }.joined())
    """
  }

  private func assembled(_ yaml: String) throws -> Assembly {
    try Assembly(try ExperimentConfig.read(yaml, file: "my.yaml"))
  }

  private func assemblyFault(_ yaml: String) -> String {
    do {
      _ = try assembled(yaml)
      return ""
    } catch {
      return "\(error)"
    }
  }

  private let everything = """
    cold_start: 30 s
    retries: 5
    retry_delay: 1 s
    events:
      - {at: 74 s, join: 2}
      - {at: 100 s, leave: 3}
      - {at: 120 s, fail: 2, restart: 60 s}
      - {at: 200 s, slow: 5, factor: 2, for: 1 min}
      - {at: 300 s, join: 1}
      - {at: 0 s, fail: 0}
    """

  @Test func `events become changes, and those that join come behind those of the start`() throws {
    let assembly = try assembled(yaml(everything))
    let rules = assembly.rules
    #expect(assembly.instanceCount == 7)
    #expect(rules.absent == [4, 5, 6])
    #expect(rules.coldStart == Seconds(30))
    #expect((rules.retries, rules.retryDelay) == (5, Seconds(1)))
    func at(_ seconds: Int64) -> Instant { Instant(picoseconds: seconds * 1_000_000_000_000) }
    #expect(
      rules.changes == [
        PlannedChange(at: at(74), .join, instance: 4),
        PlannedChange(at: at(74), .join, instance: 5),
        PlannedChange(at: at(100), .leave, instance: 3),
        PlannedChange(at: at(120), .outage(Seconds(60)), instance: 2),
        PlannedChange(at: at(300), .join, instance: 6),
        PlannedChange(at: at(0), .fail, instance: 0),
        PlannedChange(at: at(200), .slow(2), instance: 5),
        PlannedChange(at: at(260), .slow(1), instance: 5),
      ])
  }

  @Test func `of overlapping slow times the last to begin counts`() throws {
    let events = """
      events:
        - {at: 1 s, slow: 0, factor: 4}
        - {at: 2 s, slow: 0, factor: 8, for: 4 s}
        - {at: 3 s, slow: 0, factor: 2, for: 1 s}
      """
    let changes = try assembled(yaml(events)).rules.changes
    #expect(changes.map { $0.time.picoseconds / 1_000_000_000_000 } == [1, 2, 3, 4, 6])
    #expect(changes.map(\.kind) == [.slow(4), .slow(8), .slow(2), .slow(8), .slow(4)])
  }

  @Test func `in a pool that is named, instances join behind its own`() throws {
    let assembly = try assembled(
      """
      model: llama-3-8b
      workload: {trace: t.csv}
      cluster:
        pools:
          - {name: a, gpu: h100-80gb-sxm, instances: 2}
          - {name: b, gpu: a100-80gb-sxm, instances: 3}
        events: [{at: 1 s, join: 2, pool: a}, {at: 2 s, join: 1, pool: b}]

      """)
    #expect(assembly.rules.absent == [2, 3, 7])
    #expect(assembly.rules.changes.map(\.instance) == [2, 3, 7])
    #expect(assembly.pools.map(\.pool.instances) == [0..<4, 4..<8])
  }

  @Test func `they are written again as read`() throws {
    for text in [
      everything,
      "cold_start: 5 s\nautoscaler: {name: queue, min: 2, max: 9, interval: 5 s, up: 3}",
    ] {
      let assembly = try assembled(yaml(text))
      let first = assembly.config.effectiveYAML(assembly.resolved, in: "out")
      let config = try ExperimentConfig.read(first, file: "out/config.effective.yaml")
      let again = try Assembly(config)
      #expect(again.config.effectiveYAML(again.resolved, in: "out") == first)
      #expect(again.rules.changes == assembly.rules.changes)
      #expect(again.instanceCount == assembly.instanceCount)
    }
    let fixed = try assembled(yaml(""))
    #expect(!fixed.config.effectiveYAML(fixed.resolved, in: "out").contains("cold_start"))
  }

  @Test(arguments: [
    (
      "events: [{at: 1 s}]",
      "my.yaml:7: cluster.events.0 has no action; write join: 1, leave: 0, fail: 0 or slow: 0"
    ),
    (
      "events: [{at: 1 s, join: 1, fail: 0}]",
      "my.yaml:7: cluster.events.0.fail stands beside join; write an entry for each"
    ),
    (
      "events: [{at: -1 s, join: 1}]",
      "my.yaml:7: cluster.events.0.at -1 s is out of range; write an amount of at least 0"
    ),
    (
      "events: [{at: 1 s, leave: 1, restart: 2 s}]",
      "my.yaml:7: cluster.events.0.restart goes with fail, not with leave; leave it out"
    ),
    (
      "events: [{at: 1 s, slow: 1}]",
      "my.yaml:7: cluster.events.0.factor is missing; "
        + "write factor: 2, how many times as long its steps take"
    ),
    (
      "events: [{join: 1}]",
      "my.yaml:7: cluster.events.0.at is missing; "
        + "write at: 60 s, the time from the start of the run"
    ),
    ("events: 3", "my.yaml:7: cluster.events is \"3\"; write a list, - {at: 60 s, join: 2}"),
    (
      "events: [{at: 1 s, fail: 4}]",
      "my.yaml:7: cluster.events.0.fail 4 is no instance; there are 0 to 3, "
        + "those that join included"
    ),
    (
      "events: [{at: 1 s, join: 9999}, {at: 2 s, join: 2}]",
      "my.yaml:7: cluster.events.1.join lets 10001 instances join, all events together; "
        + "write at most 10000"
    ),
    (
      "autoscaler: {name: queue, max: 10005}",
      "my.yaml:7: cluster.autoscaler.max 10005 lets 10001 instances join; write at most 10004"
    ),
    (
      "events: [{at: 1 s, join: 2, pool: a}]",
      "my.yaml:7: unknown pool \"a\"; known: none"
    ),
    (
      "autoscaler: queue",
      "my.yaml:7: cluster.autoscaler is \"queue\"; write {name: queue, max: 8}"
    ),
    (
      "autoscaler: {name: queue}",
      "my.yaml:7: cluster.autoscaler.max is missing; write max: 8, the most instances"
    ),
    (
      "autoscaler: {name: queue, max: 3}",
      "my.yaml:7: cluster.autoscaler.max 3 is below the 4 instances of the start; "
        + "write at least as many"
    ),
    (
      "autoscaler: {max: 3, min: 5}",
      "my.yaml:7: cluster.autoscaler.max 3 is below min 5; write at least as many"
    ),
    (
      "autoscaler: {max: 9, upp: 5}",
      "my.yaml:7: unknown option of autoscaler queue \"upp\" (did you mean \"up\"?); known: "
        + "up, down, step, min, max, interval, cooldown, pool"
    ),
    (
      "autoscaler: {name: queu, max: 9}",
      "my.yaml:7: unknown autoscaler \"queu\" (did you mean \"queue\"?); known: "
        + "queue, slo, token-rate"
    ),
    (
      "autoscaler: {name: slo, max: 9}",
      "my.yaml:7: autoscaler slo: needs a target; write slo: {ttft_ms: 500}, for example"
    ),
    (
      "autoscaler: {max: 9}\nevents: [{at: 1 s, join: 1}]",
      "my.yaml:8: cluster.events.0.join stands beside cluster.autoscaler, which decides who joins "
        + "and leaves; leave the one or the other out"
    ),
  ])
  func `a fault says what, where and what would be right`(cluster: String, message: String) {
    #expect(assemblyFault(yaml(cluster)) == message)
  }
}
