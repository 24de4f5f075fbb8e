import Cluster
import Cost
import Kernel
import Metrics
import Schedulers
import Serving
import Testing
import Units

/// Computes the head's prompt and throws it away again, for ever.
private struct Thrasher: Scheduler {
  static let name = "thrasher"
  static let summary = "a policy with a bug"
  init(_ options: NoOptions, _ context: EngineContext) {}
  mutating func plan(_ batch: inout Batch) -> Plan {
    if let victim = batch.last { batch.preempt(victim) }
    _ = batch.admit(upTo: 8)
    return .prefill
  }
}

/// Never runs anything.
private struct Sleeper: Scheduler {
  static let name = "sleeper"
  static let summary = "a policy with another bug"
  init(_ options: NoOptions, _ context: EngineContext) {}
  mutating func plan(_ batch: inout Batch) -> Plan { .idle }
}

/// Preempts everything that runs after the third step and runs nothing in that plan; `isStubborn`
/// does so in every plan from then on.
private struct Clearer: Scheduler {
  static let name = "clearer"
  static let summary = "a policy that leaves nothing to run"
  private var v1: VLLMv1
  private var isCleared = false
  var isStubborn = false
  init(_ options: NoOptions, _ context: EngineContext) { v1 = VLLMv1(VLLMv1.Options(), context) }
  mutating func plan(_ batch: inout Batch) -> Plan {
    guard batch.step >= 3, !isCleared || isStubborn else {
      var plan = v1.plan(&batch)
      if batch.step < 3 { plan.steps = min(plan.steps, 3 - batch.step) }
      return plan
    }
    isCleared = true
    if isStubborn, batch.count == 0 { _ = batch.admit(upTo: 8) }
    while let victim = batch.last { batch.preempt(victim) }
    return .decode()
  }
}

/// Runs that would never end, end: with an answer or with a reason.
@Suite struct WatchdogTests {
  private let context = EngineContext(maxModelLength: .max, gpuMemory: Bytes(80 * 0x1p30))

  private func run(
    _ table: RequestTable, _ scheduler: any Scheduler, blocks: Int32, tokensPerBlock: Int32 = 16
  ) -> RunRecord {
    let instance = Instance(
      batch: Batch(blocks: blocks, tokensPerBlock: tokensPerBlock), scheduler: scheduler,
      cost: SmoothCost(), maxLeap: 256, recorder: Recorder())
    var simulation = Simulation(
      requests: table, instances: [instance],
      router: RoundRobin(NoOptions(), RouterContext(instances: 1)),
      series: TimeSeries(width: 1_000_000_000_000, instances: 1))
    simulation.run()
    return simulation.record()
  }

  private func table(_ rows: [(time: Double, prompt: Int32, output: Int32)]) -> RequestTable {
    var table = RequestTable()
    for row in rows {
      table.append(
        at: Instant(picoseconds: Int64(row.time * 1e12)), prompt: row.prompt, output: row.output)
    }
    return table
  }

  @Test func `a policy that thrashes is stopped and the request is named`() {
    let record = run(
      table([(0, 40, 3), (0, 50, 3)]), Thrasher(NoOptions(), context), blocks: 16)
    #expect(record.stop?.contains("recomputes prompts without making a token") == true)
    #expect(record.stop?.contains("request 0 (40 prompt tokens)") == true, "\(record.stop ?? "")")
    #expect(record.requests.finished.allSatisfy { $0 == .never })
  }

  @Test func `a plan that preempts all that runs is made again at once`() {
    let rows: [(time: Double, prompt: Int32, output: Int32)] = [(0, 40, 30), (0, 50, 30)]
    let record = run(table(rows), Clearer(NoOptions(), context), blocks: 16)
    #expect(record.stop == nil && record.totals.finished == 2)
    #expect(record.requests.preemptions == [1, 1])
    #expect(record.requests.preemptedTime == [0, 0])
    // The third token of each was the last before.
    #expect(record.requests.recomputed == [42, 52])
  }

  @Test func `a policy that preempts for ever without a step is found`() {
    var scheduler = Clearer(NoOptions(), context)
    scheduler.isStubborn = true
    let record = run(table([(0, 40, 30)]), scheduler, blocks: 16)
    #expect(record.stop?.contains("has nothing that it could run") == true)
  }

  @Test func `a policy that sleeps on work is found when nothing is pending`() {
    let record = run(table([(0, 40, 3)]), Sleeper(NoOptions(), context), blocks: 16)
    #expect(record.stop?.contains("has nothing that it could run") == true)
  }

  @Test func `a run past the range of the clock stops and says so`() {
    struct Day: StepCost {
      func time(of shape: StepShape) -> Seconds { Seconds(86_400) }
      func parts(of shape: StepShape) -> StepParts {
        StepParts([.init("all", time(of: shape), .host)], total: time(of: shape))
      }
    }
    func record(maxLeap: Int) -> RunRecord {
      let instance = Instance(
        batch: Batch(blocks: 64, tokensPerBlock: 16),
        scheduler: VLLMv1(VLLMv1.Options(), context), cost: Day(), maxLeap: maxLeap,
        recorder: Recorder(logsSteps: true))
      var simulation = Simulation(
        requests: table([(0, 10, 200), (5, 20, 30)]), instances: [instance],
        router: RoundRobin(NoOptions(), RouterContext(instances: 1)))
      simulation.run()
      return simulation.record()
    }
    let leaping = record(maxLeap: 256)
    #expect(leaping.stop?.contains("106 days") == true)
    #expect(leaping.stop?.contains("request 0 (10 prompt tokens)") == true, "\(leaping.stop ?? "")")
    #expect(leaping.totals.steps == 106 && bytes(leaping) == bytes(record(maxLeap: 1)))
  }

  private var paged: [any Scheduler] {
    var v0 = VLLMv0.Options()
    v0.watermark = 0
    v0.maxNumBatchedTokens = .value(1 << 21)
    return [VLLMv1(VLLMv1.Options(), context), VLLMv0(v0, context)]
  }

  @Test func `a cache of one block serves what fits into it and refuses the rest`() {
    let rows: [(time: Double, prompt: Int32, output: Int32)] = [
      (0, 10, 7), (0, 16, 1), (0, 16, 2), (0, 17, 1), (0, 1, 16),
    ]
    for scheduler in paged {
      let record = run(table(rows), scheduler, blocks: 1)
      #expect(record.requests.isRejected == [false, false, true, true, false])
      #expect(record.totals.finished == 3)
    }
  }

  @Test func `ten times overload on a small cache drains`() {
    var random = SplitMix(seed: 4)
    let rows = (0..<2000).map { i in
      (Double(i) * 1e-3, Int32(1 + random.below(200)), Int32(1 + random.below(200)))
    }
    for scheduler in paged {
      let record = run(table(rows), scheduler, blocks: 40)
      #expect(record.totals.finished == 2000 && record.stop == nil)
      #expect(record.totals.preemptions > 0)
    }
  }

  @Test func `outputs of one token and a prompt of a million tokens finish`() {
    for scheduler in paged {
      let record = run(
        table([(0, 1, 1), (0, 1_000_000, 1), (0.1, 5, 1)]), scheduler, blocks: 65_536)
      #expect(record.totals.finished == 3)
      #expect(record.gaps.count == 0)
    }
  }

  @Test func `a budget of one token a step is slow progress, not a livelock`() {
    var options = VLLMv1.Options()
    options.maxNumBatchedTokens = .value(1)
    options.maxNumSeqs = .value(1)
    let record = run(
      table([(0, 5000, 2), (0, 100, 2)]), VLLMv1(options, context), blocks: 400)
    #expect(record.totals.finished == 2 && record.totals.steps == 5102)
  }
}
