import Cluster
import Experiment
import Files
import Metrics
import TestSupport
import Testing
import Units

/// DualMap on the paper's traces (arXiv 2602.06502), by the experiments under Workloads/papers that
/// users run; release builds only.
///
/// Figures of an independent prototype of each router stand beside the checks as "prototype".
@Suite(.enabled(if: !isDebug, "skipped: some hundred runs of 4,000 to 8,000 requests"))
struct DualMapScenarioTests {
  private static let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

  /// A trace of the scenario.
  enum Scenario: String, CaseIterable {
    case conversation
    case toolAgent = "tool-agent"

    /// The experiments of the traces that are there.
    static var known: [Scenario] {
      sharedTrace("mooncake_conversation_trace.jsonl.gz") == nil ? [.toolAgent] : allCases
    }
  }

  private static let single = ["router.name=dualmap", "router.candidates=1"]
  private static let half = ["router.name=preble", "router.rule=half"]
  private static let stale = ["router.signals.refresh=1s", "router.signals.own_picks=false"]

  private func execute(
    _ scenario: Scenario, rate: Double, _ settings: [String] = []
  ) throws -> Execution {
    var overrides = [try Override("workload.rate=\(rate)")]
    if let path = sharedTrace("mooncake_conversation_trace.jsonl.gz"), scenario == .conversation {
      overrides.append(try Override("workload.trace=\(path)"))
    }
    for setting in settings { overrides.append(try Override(setting)) }
    let file = "/\(Self.root)/Workloads/papers/dualmap/\(scenario.rawValue).yaml"
    let assembly = try Assembly(try ExperimentConfig.load(file, overrides: overrides))
    var warnings = Warnings()
    return try assembly.execute(
      exactSteps: false, clock: { 0 }, warnings: &warnings, progress: { _ in })
  }

  private func attainment(
    _ scenario: Scenario, _ rate: Double, _ settings: [String] = []
  ) throws -> Double {
    try #require(try execute(scenario, rate: rate, settings).summary.attainment)
  }

  /// The greatest rate at which 90 % of requests meet the target, to 1 %.
  private func goodput(_ scenario: Scenario, _ settings: [String] = []) throws -> Double {
    var (low, high) = (2.0, 14.0)
    while high / low > 1.01 {
      let middle = (low * high).squareRoot()
      if try attainment(scenario, middle, settings) >= 0.9 { low = middle } else { high = middle }
    }
    return low
  }

  // Prototype: conversation 6.21 against 5.05 (least) and 4.02 (single hash), Tool&Agent 11.15
  // against 8.16 and 5.92; longest hit 6.65, min-TTFT 6.47 and 11.10, Preble 6.61 and 11.21.
  @Test(arguments: Scenario.known)
  func `goodput: 1.15 to 1.5 over one hash and least tokens, about that of the best`(
    scenario: Scenario
  ) throws {
    let own = try goodput(scenario)
    let published = scenario == .conversation ? 6.21 : 11.15
    #expect(abs(own / published - 1) < 0.06, "\(own)")
    let plain = [Self.single, ["router.name=least-tokens"]]
    let slower = try plain.map { try attainment(scenario, own / 1.15, $0) }
    let slow = try plain.map { try attainment(scenario, own / 1.5, $0) }
    #expect(slower.allSatisfy { $0 < 0.9 } && slow.contains { $0 >= 0.9 }, "\(slower) \(slow)")
    let others = ["cache-affinity", "min-ttft", "preble"].map { ["router.name=\($0)"] }
    let beyond = try (others + [Self.half]).map { try attainment(scenario, own / 0.9, $0) }
    #expect(beyond.allSatisfy { $0 < 0.9 }, "none has more than 1.1 times its goodput: \(beyond)")
  }

  // Prototype: 11.10 against 8.06, 7.40, 6.15. Routers that keep accounts of what they have sent,
  // as Preble's own rule and SGLang's trees do, need no signals and are not among these.
  @Test func `with signals a second old and no own picks it is 1.2 times the best`() throws {
    let own = try goodput(.toolAgent, Self.stale)
    let names = [
      "least-requests", "least-tokens", "min-pending-prefill", "power-of-two", "cache-affinity",
      "min-ttft", "prefix-load",
    ]
    let others = [Self.single, Self.half] + names.map { ["router.name=\($0)"] }
    for settings in others {
      let share = try attainment(.toolAgent, own / 1.2, settings + Self.stale)
      #expect(share < 0.9, "\(settings): \(share) at \(own / 1.2)")
    }
    let best = try others.map { try attainment(.toolAgent, own, $0 + Self.stale) }.max() ?? 1
    #expect(try attainment(.toolAgent, own, Self.stale) / best >= 1.3, "\(best)")
  }

  // Prototype: hit ratio .323 of one hash, .100 of least.
  @Test(arguments: Scenario.known)
  func `hits: one hash, then DualMap, then min-TTFT, then least tokens`(scenario: Scenario) throws {
    let rate = scenario == .conversation ? 6.0 : 8.0
    let hits = try [
      Self.single, [], ["router.name=min-ttft"], ["router.name=least-tokens"],
    ].map { try execute(scenario, rate: rate, $0).record.totals.prefixHitTokens }
    #expect(hits[0] > hits[1] && hits[1] > hits[2] && hits[2] > hits[3], "\(hits)")
    #expect(Double(hits[1]) >= 0.9 * Double(hits[0]), "\(hits)")
    if scenario == .conversation { #expect(hits[0] >= 2 * hits[3], "\(hits)") }
  }

  // Where on the rings keys fall decides P90 of single seeds (without the choice 0 to 17 % worse),
  // so means over seeds are compared: 4.9 % over 24 seeds, without rebalancing 0.7 %. Prototype,
  // one seed: 18 and 11 %; the paper, on real instances: 11 % for rebalancing.
  @Test(.enabled(if: Scenario.known.contains(.conversation), "skipped: needs ../shared"))
  func `P90 is worse without the choice by target, and no better without rebalancing`() throws {
    var sums = [0.0, 0.0, 0.0]
    let parts = [[], ["router.choice=min-ttft"], ["router.rebalance=false"]]
    for rate in [6.3, 6.4, 6.5] {
      var met = 0.0
      for seed in 1...8 {
        for (i, part) in parts.enumerated() {
          let summary = try execute(.conversation, rate: rate, part + ["seed=\(seed)"]).summary
          sums[i] += Double(try #require(summary.ttft).p90) * 1e-12
          if i == 0 { met += try #require(summary.attainment) / 8 }
        }
      }
      #expect((0.8...0.9).contains(met), "\(met) at \(rate)")
    }
    #expect(sums[1] >= 1.04 * sums[0], "\(sums[1] / sums[0])")
    #expect(sums[2] >= sums[0], "\(sums[2] / sums[0])")
  }

  // Fig. 12: four instances and four more at 74 s, at 4 requests/s.
  @Test(.enabled(if: Scenario.known.contains(.conversation), "skipped: needs ../shared"))
  func `four more instances make up for an overload within two minutes`() throws {
    let execution = try execute(
      .conversation, rate: 4,
      ["cluster.instances=4", "cluster.events=[{at: 74 s, join: 4}]", "cluster.cold_start=0 s"])
    let r = execution.record.requests
    let end = r.arrival.last?.seconds.value ?? 0
    var windows: [Double] = []
    for start in stride(from: 194.0, through: end - 60, by: 60) {
      let rows = (0..<r.count).filter {
        (start..<start + 60).contains(r.arrival[$0].seconds.value)
      }
      let met = rows.count { r.outcome(of: $0).ttft.map { $0 <= 5_000_000_000_000 } ?? false }
      windows.append(Double(met) / Double(rows.count))
    }
    #expect(windows.count > 10)
    #expect(windows.allSatisfy { $0 >= 0.85 }, "\(windows)")
  }
}
