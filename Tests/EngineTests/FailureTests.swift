import Cluster
import Kernel
import Metrics
import Serving
import TestSupport
import Testing
import Units

/// A random scenario in which instances fail, and some come back.
struct FailureScenario {
  /// What the instances have besides their pools.
  enum Kind: CaseIterable { case plain, cached, swapping, offloading }

  let kind: Kind
  let plain: RandomScenario
  let swapping: SwapScenario
  let offloading: OffloadScenario

  /// The scenario of `seed`: one failure at a random moment, or `failures` of them, until a second
  /// after the last known arrival.
  init(seed: UInt64, failures: Int = 1, retries: Int = 1000) {
    var random = SplitMix(seed: seed ^ 0x4641_494C)
    kind = Kind.allCases[random.below(4)]
    var plain =
      kind == .cached
      ? RandomScenario(prefixSeed: seed)
      : RandomScenario(seed: seed, policy: random.pick(["vllm-v0", "vllm-v1", "vtc"]))
    var (swapping, offloading) = (SwapScenario(seed: seed), OffloadScenario(seed: seed))
    let tables = [plain.table, swapping.base.table, offloading.base.table]
    let table = tables[kind == .swapping ? 1 : kind == .offloading ? 2 : 0]
    let last = table.arrival.last { $0 < .never }?.picoseconds ?? 0
    let counts = [plain.instances, swapping.base.instances, offloading.base.instances]
    let instances = kind == .swapping ? counts[1] : kind == .offloading ? counts[2] : counts[0]
    var rules = ClusterRules()
    rules.retries = retries
    rules.retryDelay = Seconds(random.pick([0, 0, 0.3]))
    rules.coldStart = Seconds(random.pick([0, 0.5, 3]))
    rules.latency = Seconds(random.pick([0, 0, 0.01]))
    rules.refresh = Seconds(random.pick([0, 0, 0.5]))
    for _ in 0..<failures {
      let tick = Int64(plain.isQuantised ? 10_000_000_000 : 1)
      let time = Int64(random.uniform() * (Double(last) + 1e12)) / tick * tick
      let instance = random.below(instances)
      let kind: PlannedChange.Kind = random.below(4) == 0 && failures > 1 ? .leave : .fail
      rules.changes.append(
        PlannedChange(at: Instant(picoseconds: time), kind, instance: instance))
      let slow = PlannedChange.Kind.slow(1 + random.uniform())
      if random.below(3) == 0 {
        rules.changes.append(
          PlannedChange(at: Instant(picoseconds: time / 2), slow, instance: instance))
      }
      // Somebody comes back, so that nobody waits for ever.
      rules.changes.append(
        PlannedChange(
          at: Instant(picoseconds: time) + Seconds(2 * random.uniform()), .join,
          instance: instance))
    }
    plain.rules = rules
    swapping.base.rules = rules
    offloading.base.rules = rules
    (self.plain, self.swapping, self.offloading) = (plain, swapping, offloading)
  }

  func run(maxLeap: Int) -> RunRecord {
    switch kind {
    case .plain, .cached: plain.run(maxLeap: maxLeap)
    case .swapping: swapping.run(maxLeap: maxLeap)
    case .offloading: offloading.run(maxLeap: maxLeap)
    }
  }
}

/// Instances that fail at any moment; every run also checks the invariants at each event.
@Suite struct FailureTests {
  static let seeds: [UInt64] = (0..<(isDebug ? 20 : 200)).map { UInt64($0) }

  @Test func `whenever an instance fails, requests, blocks and bytes add up`() {
    var (lost, retried) = (Int64(0), 0)
    for seed in Self.seeds {
      let scenario = FailureScenario(seed: seed)
      let record = scenario.run(maxLeap: 256)
      check(record, "seed \(seed)")
      #expect(!record.requests.isFailed.contains(true), "seed \(seed)")
      #expect(bytes(record) == bytes(scenario.run(maxLeap: 256)), "seed \(seed): same bytes")
      #expect(bytes(record) == bytes(scenario.run(maxLeap: 1)), "seed \(seed): single steps")
      lost += record.cluster.members.reduce(0) { $0 + $1.lost }
      retried += record.requests.retries.reduce(0) { $0 + Int($1) }
    }
    #expect(lost > 2 * Int64(Self.seeds.count), "failures hit requests: \(lost)")
    #expect(Int64(retried) == lost, "what is hit is sent again")
  }

  @Test func `many failures and departures, and few retries: what is given up is reported`() {
    var failed = 0
    for seed in Self.seeds.dropLast(Self.seeds.count / 3) {
      let scenario = FailureScenario(seed: seed, failures: 6, retries: 1)
      let record = scenario.run(maxLeap: 256)
      check(record, "seed \(seed)")
      #expect(bytes(record) == bytes(scenario.run(maxLeap: 3)), "seed \(seed)")
      for row in 0..<record.requests.count where record.requests.isFailed[row] {
        failed += 1
        #expect(record.requests.outcome(of: row).finishReason == .failed)
        #expect(record.requests.retries[row] <= 1)
      }
    }
    #expect(failed > 0)
  }

  /// Each request has exactly one end, its times are in order, and links balance.
  private func check(_ record: RunRecord, _ name: String) {
    let r = record.requests
    #expect(record.stop == nil, "\(name): \(record.stop ?? "")")
    for i in 0..<r.count where r.arrival[i] < .never {
      let ends = (r.finished[i] < .never ? 1 : 0) + (r.isRejected[i] ? 1 : 0)
      #expect(ends + (r.isFailed[i] ? 1 : 0) == 1, "\(name): request \(i)")
      guard r.finished[i] < .never else { continue }
      #expect(r.arrival[i] <= r.firstScheduled[i], "\(name)")
      #expect(r.firstScheduled[i] < r.firstToken[i], "\(name)")
      #expect(r.firstToken[i] <= r.finished[i], "\(name)")
    }
    let finished = r.finished.count { $0 < .never }
    #expect(record.totals.finished == finished, "\(name)")
    guard let memory = record.memory else { return }
    // Of each transfer either all has landed or what had moved is known.
    for transfer in memory.log where transfer.outcome == .landed {
      #expect(transfer.started <= transfer.ended, "\(name)")
    }
    #expect(memory.log.allSatisfy { $0.outcome != .unfinished || $0.ended == memory.end })
  }
}
