import Cluster
import Cost
import Kernel
import Memory
import Metrics
import Schedulers
import Serving
import TestSupport
import Testing
import Units

/// 10 ms a step.
private struct EvenCost: StepCost {
  func time(of shape: StepShape) -> Seconds { Seconds(10e-3) }
  func parts(of shape: StepShape) -> StepParts {
    StepParts([.init("all", time(of: shape), .hbm)], total: time(of: shape))
  }
}

/// A request of a user, by arrival.
private struct Sent {
  var user: Int32
  var time: Double
  var prompt: Int32 = 50
  var output: Int32 = 40
}

@Suite struct VTCTests {
  private static let seeds: [UInt64] = (0..<(isDebug ? 12 : 200)).map { UInt64($0) }
  private let context = EngineContext(maxModelLength: 512, gpuMemory: Bytes(0x1p35))

  private func table(_ sent: [Sent]) -> RequestTable {
    var table = RequestTable()
    var turns = SessionTurns()
    for request in sent.sorted(by: { ($0.time, $0.user) < ($1.time, $1.user) }) {
      table.append(
        at: .zero + Seconds(request.time), prompt: request.prompt, output: request.output)
      turns.append(session: request.user, turn: 1, parent: -1, delay: -1)
    }
    table.turns = turns
    return table
  }

  private func run(
    _ sent: [Sent], _ scheduler: any Scheduler, blocks: Int32 = 1000, maxLeap: Int = 256
  ) -> RunRecord {
    let instance = Instance(
      batch: Batch(blocks: blocks, tokensPerBlock: 16, maxModelLength: 512),
      scheduler: scheduler, cost: EvenCost(), maxLeap: maxLeap,
      recorder: Recorder(logsSteps: true))
    var simulation = Simulation(
      requests: table(sent), instances: [instance],
      router: RoundRobin(NoOptions(), RouterContext(instances: 1)))
    simulation.checksInvariants = true
    simulation.run()
    return simulation.record()
  }

  private func vtc(_ sequences: Int = 4) -> VTC {
    var options = VTC.Options()
    options.maxNumSeqs = sequences
    return VTC(options, context)
  }

  private func arrivalOrder(_ sequences: Int = 4) -> VLLMv0 {
    var options = VLLMv0.Options()
    options.maxNumSeqs = sequences
    return VLLMv0(options, context)
  }

  /// Weighted tokens of each user by `time`, from the log of steps: a prompt when it is first
  /// scheduled, a token when the step ends that makes it.
  private func service(_ record: RunRecord, at time: Double) -> [Double] {
    let (r, log, end) = (record.requests, record.steps[0], Instant.zero + Seconds(time))
    var service = [0.0, 0.0]
    for row in 0..<r.count {
      var tokens = r.firstScheduled[row] <= end ? Double(r.prompt[row]) : 0
      if r.firstToken[row] <= end {
        let last = min(end, r.finished[row])
        let made = log.end.indices.count {
          log.decodeTokens[$0] > 0 && log.start[$0] >= r.firstToken[row] && log.end[$0] <= last
        }
        tokens += 2 * Double(1 + made)
      }
      service[Int(r.turns?.session[row] ?? 0)] += tokens
    }
    return service
  }

  /// One user sends ten times as much as the other; both more than half of what can be served.
  private func floods(_ prompts: [Int32]) -> [Sent] {
    (0..<600).map { Sent(user: 0, time: Double($0) * 0.01, prompt: prompts[0]) }
      + (0..<60).map { Sent(user: 1, time: Double($0) * 0.1, prompt: prompts[1]) }
  }

  /// Theorem 4.4 of the paper: 2 · max(w_in · longest prompt, w_out · tokens of a batch).
  @Test(arguments: [[50, 50], [200, 20], [20, 200]] as [[Int32]])
  func `users with requests waiting are served alike whatever they send`(prompts: [Int32]) {
    let sent = floods(prompts)
    let longest = prompts.max() ?? 0
    let bound = 2 * max(Double(longest), 2 * 4 * Double(longest + 40))
    let fair = run(sent, vtc())
    #expect(fair.totals.preemptions == 0, "a preemption would hide steps from the log")
    let start = service(fair, at: 1)
    for time in [2.0, 3, 4, 5, 6] {
      let now = service(fair, at: time)
      let (most, least) = (now[0] - start[0], now[1] - start[1])
      #expect(abs(most - least) <= bound, "\(time): \(most) and \(least)")
    }
    // In order of arrival the user who sends ten times as much gets ten times as many answers.
    let first = run(sent, arrivalOrder())
    let (before, after) = (service(first, at: 1), service(first, at: 6))
    let (most, least) = (after[0] - before[0], after[1] - before[1])
    #expect(most > 2 * least)
    if prompts[0] >= prompts[1] { #expect(most - least > bound) }
  }

  @Test func `the counter of a user who comes back is lifted to those who stayed`() {
    // While user 1 is away, user 0 is served for 10 s; then both send as much as they can.
    let sent =
      (0..<1500).map { Sent(user: 0, time: Double($0) * 0.01) }
      + [Sent(user: 1, time: 0)] + (0..<500).map { Sent(user: 1, time: 10 + Double($0) * 0.01) }
    let record = run(sent, vtc())
    let (before, after) = (service(record, at: 10), service(record, at: 15))
    #expect(before[0] > 10 * before[1])
    #expect(abs(after[0] - before[0] - (after[1] - before[1])) <= 2 * 2 * 4 * 90)
  }

  @Test func `weights say what counts`() {
    // Long prompts against long answers: by prompts alone the latter is served more often.
    let sent = (0..<200).flatMap { i in
      [
        Sent(user: 0, time: Double(i) * 1e-3, prompt: 200, output: 2),
        Sent(user: 1, time: Double(i) * 1e-3, prompt: 20, output: 20),
      ]
    }
    func finished(_ weightInput: Double, _ weightOutput: Double, by end: Double) -> [Int] {
      var options = VTC.Options()
      options.maxNumSeqs = 2
      (options.weightInput, options.weightOutput) = (weightInput, weightOutput)
      let record = run(sent, VTC(options, context))
      var count = [0, 0]
      for row in 0..<record.requests.count
      where record.requests.finished[row] < .zero + Seconds(end) {
        count[Int(record.requests.turns?.session[row] ?? 0)] += 1
      }
      return count
    }
    let (byPrompts, byAnswers) = (finished(1, 0, by: 8), finished(0, 1, by: 4))
    // Ten short prompts for a long one; ten short answers for a long one.
    #expect(byPrompts[1] > 7 * byPrompts[0])
    #expect(byAnswers[0] > 7 * byAnswers[1])
  }

  @Test func `one user alone, and users without sessions, go in order of arrival`() {
    for seed in Self.seeds.prefix(12) {
      var scenario = RandomScenario(seed: seed, policy: "vllm-v0")
      guard scenario.table.count > 0 else { continue }
      var turns = SessionTurns()
      for _ in 0..<scenario.table.count { turns.append(session: 0, turn: 1, parent: -1, delay: -1) }
      scenario.table.turns = turns
      var fair = RandomScenario(seed: seed, policy: "vtc")
      fair.table.turns = turns
      #expect(bytes(fair.run(maxLeap: 256)) == bytes(scenario.run(maxLeap: 256)), "seed \(seed)")
    }
  }

  @Test func `leaping equals single steps for users with many requests`() {
    var preempted = 0
    for seed in Self.seeds {
      var scenario = RandomScenario(seed: seed, policy: "vtc", sessions: seed % 2 == 0)
      if seed % 2 == 1 {
        // A few users who send at will.
        var (random, turns) = (SplitMix(seed: seed), SessionTurns())
        let users = 2 + random.below(5)
        for _ in 0..<scenario.table.count {
          turns.append(
            session: Int32(random.below(users)), turn: 1, parent: -1, delay: -1)
        }
        scenario.table.turns = turns
      }
      let exact = scenario.run(maxLeap: 1, logsSteps: true)
      #expect(bytes(scenario.run(maxLeap: 256, logsSteps: true)) == bytes(exact), "seed \(seed)")
      #expect(bytes(scenario.run(maxLeap: 17)) == bytes(scenario.run(maxLeap: 1)), "seed \(seed)")
      if exact.totals.preemptions > 0 { preempted += 1 }
    }
    #expect(preempted > Self.seeds.count / 5)
  }

  @Test func `settings out of range are refused`() {
    var options = VTC.Options()
    #expect(options.fault == nil)
    options.weightInput = -1
    #expect(options.fault == "weight_input must not be negative")
    options = VTC.Options()
    options.weightOutput = .infinity
    #expect(options.fault == "weight_output must not be negative")
    options = VTC.Options()
    options.maxNumSeqs = 0
    #expect(options.fault == "max_num_seqs must be at least 1")
  }
}
