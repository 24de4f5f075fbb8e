import Cluster
import Cost
import Kernel
import Metrics
import Schedulers
import Serving
import Testing
import Units

/// 1 ms a prefill token and 10 ms for the decodes together, so that step ends can be read off.
struct HandCost: StepCost {
  func time(of shape: StepShape) -> Seconds {
    Seconds(0.001 * Double(shape.prefillTokens) + (shape.decodes > 0 ? 0.010 : 0))
  }
  func parts(of shape: StepShape) -> StepParts {
    StepParts([.init("all", time(of: shape), .host)], total: time(of: shape))
  }
}

/// `value` milliseconds after the start.
func ms(_ value: Int64) -> Instant { Instant(picoseconds: value * 1_000_000_000) }

/// A request of a hand-worked scenario: arrival in ms, prompt and output tokens.
struct Request {
  let at: Int64
  let prompt: Int32
  let output: Int32
  init(_ at: Int64, _ prompt: Int32, _ output: Int32) {
    (self.at, self.prompt, self.output) = (at, prompt, output)
  }
}

/// What a step did, in ms and tokens.
struct Step: Equatable, CustomStringConvertible {
  let start: Int64
  let end: Int64
  let prefill: Int32
  let decodes: Int32
  init(_ start: Int64, _ end: Int64, prefill: Int32 = 0, decodes: Int32 = 0) {
    (self.start, self.end, self.prefill, self.decodes) = (start, end, prefill, decodes)
  }
  var description: String { "\(start)–\(end) prefill \(prefill) decode \(decodes)" }
}

/// A scenario small enough to be worked out by hand.
struct Scenario {
  var requests: [Request]
  var scheduler: any Scheduler
  var blocks: Int32 = 10_000
  var tokensPerBlock: Int32 = 1
  var maxModelLength: Int32 = 2048
  var instances = 1
  /// Requests in flight of a closed loop, which ignores the arrivals; nil is an open one.
  var concurrency: Int?
  var maxLeap = 256
  var logsSteps = true
  var series: TimeSeries?
  var rules = ClusterRules()
  var router: (any Router)?

  init(_ requests: [Request], _ scheduler: any Scheduler) {
    (self.requests, self.scheduler) = (requests, scheduler)
  }

  static func context(length: Int32 = 2048, gibibytes: Double = 40) -> EngineContext {
    EngineContext(maxModelLength: length, gpuMemory: Bytes(gibibytes * 0x1p30))
  }

  func table() -> RequestTable {
    var table = RequestTable()
    for r in requests { table.append(at: ms(r.at), prompt: r.prompt, output: r.output) }
    if let concurrency { table.close(at: concurrency) }
    return table
  }

  func instance() -> Instance {
    Instance(
      batch: Batch(
        blocks: blocks, tokensPerBlock: tokensPerBlock, maxModelLength: maxModelLength),
      scheduler: scheduler, cost: HandCost(), maxLeap: maxLeap,
      recorder: Recorder(logsSteps: logsSteps))
  }

  func simulation(over table: RequestTable? = nil) -> Simulation {
    let standing = RoundRobin(NoOptions(), RouterContext(instances: instances))
    var simulation = Simulation(
      requests: table ?? self.table(), instances: (0..<instances).map { _ in instance() },
      router: router ?? standing, series: series, rules: rules)
    simulation.checksInvariants = true
    return simulation
  }

  func run() -> RunRecord {
    var simulation = simulation()
    simulation.run()
    return simulation.record()
  }
}

extension RunRecord {
  /// The steps of instance `i`, when they were logged.
  func log(_ i: Int = 0) -> [Step] {
    (0..<steps[i].count).map {
      Step(
        steps[i].start[$0].picoseconds / 1_000_000_000,
        steps[i].end[$0].picoseconds / 1_000_000_000,
        prefill: steps[i].prefillTokens[$0], decodes: steps[i].decodeTokens[$0])
    }
  }
  /// First tokens in ms.
  var firstTokens: [Int64] { requests.firstToken.map { $0.picoseconds / 1_000_000_000 } }
  /// Ends in ms.
  var ends: [Int64] { requests.finished.map { $0.picoseconds / 1_000_000_000 } }
  /// First admissions in ms.
  var starts: [Int64] { requests.firstScheduled.map { $0.picoseconds / 1_000_000_000 } }
}

@Suite struct InstanceTests {
  private func v1() -> any Scheduler { VLLMv1(.init(), Scenario.context()) }

  @Test func `a request longer than the model is unservable, one as long is served`() {
    var scenario = Scenario([Request(0, 60, 4), Request(0, 61, 4), Request(0, 64, 1)], v1())
    scenario.maxModelLength = 64
    let record = scenario.run()
    #expect(record.requests.isRejected == [false, true, true])
    #expect(record.totals.finished == 1)
    #expect(record.stop == nil)
  }

  @Test func `a request is unservable when its last token needs more than the pool`() {
    // KV of prompt + output − 1 tokens is stored when the last token is made: 16 of 16 fit.
    var scenario = Scenario([Request(0, 10, 7), Request(0, 10, 8)], v1())
    scenario.blocks = 16
    let record = scenario.run()
    #expect(record.requests.isRejected == [false, true])
    #expect(record.totals.peakBlocks == 16)
  }

  @Test func `blocks are whole, so the pool is counted in blocks`() {
    // 4 blocks of 8 tokens: 32 tokens stored fit, 33 do not.
    var scenario = Scenario([Request(0, 30, 3), Request(0, 30, 4)], v1())
    (scenario.blocks, scenario.tokensPerBlock) = (4, 8)
    #expect(scenario.run().requests.isRejected == [false, true])
  }

  @Test func `an unservable request leaves no mark but its instance`() {
    var scenario = Scenario([Request(3, 100, 1), Request(5, 10, 1)], v1())
    scenario.blocks = 50
    let requests = scenario.run().requests
    #expect(requests.instance == [0, 0])
    #expect(requests.firstScheduled == [.never, ms(5)])
    #expect(requests.firstToken == [.never, ms(15)])
    #expect(requests.finished == [.never, ms(15)])
  }

  @Test func `load counts the queued and the running, and prompt tokens until they are computed`()
    throws
  {
    let scenario = Scenario([Request(0, 10, 2), Request(0, 20, 2)], v1())
    var table = scenario.table()
    table.prepareRun()
    var instance = scenario.instance()
    #expect(instance.load == Load())
    let isQueued = [
      instance.enqueue(RequestID(0), at: .zero, table),
      instance.enqueue(RequestID(1), at: .zero, table),
    ]
    #expect(isQueued == [true, true])
    #expect((instance.load.requests, instance.load.waiting) == (2, 2))
    #expect((instance.load.promptTokens, instance.load.pendingPrefill) == (30, 30))
    instance.decide(at: .zero, &table)
    #expect((instance.load.requests, instance.load.waiting) == (2, 0))
    #expect(instance.load.pendingPrefill == 30)
    #expect(instance.oldestRequest == RequestID(0))
    let end = instance.launch(at: .zero)
    instance.finish(at: try #require(end), &table)
    #expect((instance.load.promptTokens, instance.load.pendingPrefill) == (30, 0))
  }

  /// An instance with one request that decodes its 100 tokens from 10 ms on, leap in flight.
  private func decoding(_ policy: any Scheduler) -> (Instance, RequestTable, end: Instant?) {
    var scenario = Scenario([Request(0, 10, 101)], policy)
    scenario.logsSteps = false
    var table = scenario.table()
    table.prepareRun()
    var instance = scenario.instance()
    _ = instance.enqueue(RequestID(0), at: .zero, table)
    instance.decide(at: .zero, &table)
    #expect(!instance.isBusy)
    let prefill = instance.launch(at: .zero)
    #expect(prefill == ms(10))
    #expect(instance.isBusy)
    instance.finish(at: ms(10), &table)
    instance.decide(at: ms(10), &table)
    let end = instance.launch(at: ms(10))
    return (instance, table, end)
  }

  @Test func `a leap is cut to the step in flight`() {
    // The first leap reaches 8 steps: 10 ms to 90 ms.
    var (instance, _, end) = decoding(v1())
    #expect(end == ms(90))
    let cut = instance.cut(at: ms(35))
    #expect(cut == ms(40))
    // Already cut: nothing sooner.
    let again = instance.cut(at: ms(35))
    #expect(again == nil)
  }

  @Test func `a cut at a step's end ends there`() {
    var (instance, _, _) = decoding(v1())
    let cut = instance.cut(at: ms(30))
    #expect(cut == ms(30))
  }

  @Test func `a step that was applied is not taken back by a cut at its end`() {
    var (instance, _, _) = decoding(v1())
    instance.settle(at: ms(30))
    #expect(instance.recorder.totals.generatedTokens == 3)
    let cut = instance.cut(at: ms(30))
    #expect(cut == ms(30))
  }

  @Test func `settling applies the steps that have ended and no other`() {
    var (instance, table, _) = decoding(v1())
    instance.settle(at: ms(39))
    #expect(instance.recorder.totals.generatedTokens == 3)  // prefill, 20 ms, 30 ms
    instance.settle(at: ms(39))
    #expect(instance.recorder.totals.generatedTokens == 3)
    instance.settle(at: ms(40))
    #expect(instance.recorder.totals.generatedTokens == 4)
    instance.finish(at: ms(90), &table)
    #expect(instance.recorder.totals.generatedTokens == 9)
    #expect(instance.recorder.totals.steps == 9)
    instance.batch.checkInvariants()
  }

  @Test func `an arrival cuts only a plan that heeds arrivals`() {
    var (open, _, _) = decoding(v1())
    let cut = open.cut(at: ms(35), forArrival: true)
    #expect(cut == ms(40))
    var (closed, _, _) = decoding(StaticBatch(.init(), Scenario.context()))
    let none = closed.cut(at: ms(35), forArrival: true)
    #expect(none == nil)
  }

  @Test func `finishing a leap at any other time stops the process`() async {
    await #expect(processExitsWith: .failure) {
      let scenario = Scenario([Request(0, 10, 5)], VLLMv1(.init(), Scenario.context()))
      var table = scenario.table()
      table.prepareRun()
      var instance = scenario.instance()
      _ = instance.enqueue(RequestID(0), at: .zero, table)
      instance.decide(at: .zero, &table)
      _ = instance.launch(at: .zero)
      instance.finish(at: ms(9), &table)
    }
  }
}
