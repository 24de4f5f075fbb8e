import Cluster
import Cost
import Kernel
import Metrics
import Schedulers
import Serving
import TestSupport
import Testing
import Units

/// One microsecond a prompt token: the service time of a request is its length.
struct MicrosecondPerToken: StepCost {
  func time(of shape: StepShape) -> Seconds { Seconds(Double(shape.prefillTokens) * 1e-6) }
  func parts(of shape: StepShape) -> StepParts {
    StepParts([.init("all", time(of: shape), .compute)], total: time(of: shape))
  }
}

/// Queueing theory: one request at a time, output 1, so an instance is a single server.
///
/// Mean service is one second. Expected waits are the textbook formulas (Kleinrock, Queueing
/// Systems 1, 1975, §3.2 M/M/1, §5.5 Pollaczek–Khinchin, §6.4 G/M/1).
@Suite struct TheoryTests {
  /// Student's t for 39 degrees of freedom at 99.5 %, from tables.
  private let t = 2.7079
  private let replications = 40
  private let requests = 200_000

  @Test(.enabled(if: !isDebug, "skipped: 8 M requests, release only"), arguments: [0.5, 0.8])
  func `waiting at fixed service is that of M-D-1`(load: Double) {
    expect(load: load, wait: load / (2 * (1 - load))) { _ in 1 }
  }

  @Test(.enabled(if: !isDebug, "skipped: 8 M requests, release only"), arguments: [0.5, 0.8])
  func `waiting at exponential service is that of M-M-1`(load: Double) {
    expect(load: load, wait: load / (1 - load)) { -logarithm(1 - $0) }
  }

  @Test(.enabled(if: !isDebug, "skipped: 8 M requests, release only"))
  func `round-robin over four instances makes each an E4-M-1 queue`() {
    // The root of σ = A*(μ(1 − σ)); A* is the transform of four exponential gaps of rate 4 · 0.8.
    var sigma = 0.5
    for _ in 0..<200 {
      let ratio = 3.2 / (3.2 + 1 - sigma)
      sigma = ratio * ratio * ratio * ratio
    }
    expect(load: 0.8, instances: 4, wait: sigma / (1 - sigma)) { -logarithm(1 - $0) }
  }

  @Test(arguments: [0.5, 0.8])
  func `every wait is that of Lindley's recursion, to the picosecond`(load: Double) {
    var random = SplitMix(seed: 77)
    let count = isDebug ? 5_000 : requests
    let table = arrivals(count, load, { -logarithm(1 - $0) }, &random)
    let record = run(table, instances: 1).requests
    var wait: Int64 = 0
    for row in 0..<count {
      if row > 0 {
        let service = Int64(table.prompt[row - 1]) * 1_000_000
        wait = max(0, wait + service - (table.arrival[row] - table.arrival[row - 1]))
      }
      guard record.firstScheduled[row] - record.arrival[row] == wait else {
        Issue.record("request \(row) waits \(wait) ps in the recursion")
        return
      }
    }
  }

  @Test func `a client alone waits for its own steps, whatever else there is to serve`() {
    var random = SplitMix(seed: 12)
    var table = RequestTable()
    for _ in 0..<200 {
      table.append(
        at: .zero, prompt: Int32(1 + random.below(400)), output: Int32(1 + random.below(90)))
    }
    table.close(at: 1)
    let context = EngineContext(maxModelLength: 1024, gpuMemory: Bytes(80e9))
    let server = Instance(
      batch: Batch(blocks: 4096, tokensPerBlock: 16), scheduler: VLLMv0(.init(), context),
      cost: SmoothCost(), maxLeap: 256, recorder: Recorder())
    var simulation = Simulation(
      requests: table, instances: [server],
      router: RoundRobin(NoOptions(), RouterContext(instances: 1)))
    simulation.run()
    let record = simulation.record().requests
    var time = Instant.zero
    for row in 0..<table.count {
      #expect(record.arrival[row] == time, "request \(row)")
      let prompt = Int64(table.prompt[row])
      var shape = StepShape()
      (shape.prefillTokens, shape.prefillKeys) = (table.prompt[row], prompt)
      shape.prefillPairs = prompt * (prompt + 1) / 2
      time = time + SmoothCost().time(of: shape)
      shape = StepShape()
      for token in 1..<Int64(max(1, table.output[row])) {
        (shape.decodes, shape.context) = (1, prompt + token)
        time = time + SmoothCost().time(of: shape)
      }
      #expect(record.finished[row] == time, "request \(row)")
    }
  }

  /// A closed network without think time: N = X · R, and the server never rests.
  @Test(arguments: [1, 4, 25], [1, 3])
  func `clients at equal servers see Little's law to the picosecond`(clients: Int, servers: Int) {
    let (perServer, service) = (100, Int64(1_000_000_000))
    var table = RequestTable()
    for _ in 0..<perServer * servers { table.append(at: .zero, prompt: 1000, output: 1) }
    table.close(at: clients * servers)
    let record = run(table, instances: servers)
    // R = N · service / servers for all but the first round, X = servers / service.
    for row in 0..<table.count {
      let (arrival, finished) = (record.requests.arrival[row], record.requests.finished[row])
      let place = min(Int64(row / servers + 1), Int64(clients))
      #expect(finished - arrival == place * service, "request \(row)")
    }
    #expect(record.end.picoseconds == Int64(perServer) * service)
    #expect(record.totals.busyTime == Int128(record.end.picoseconds) * Int128(servers))
    let full = Int128(record.lastArrival.picoseconds) * Int128(clients * servers)
    let draining = (1...clients).reduce(Int128(0)) { $0 + Int128($1) * Int128(service) }
    #expect(record.totals.presenceTime == full + draining * Int128(servers))
  }

  /// Checks that the 99 % interval of the mean wait holds `wait` and is at most 2 % wide each way.
  private func expect(
    load: Double, instances: Int = 1, wait: Double, service: (Double) -> Double
  ) {
    var means: [Double] = []
    for replication in 0..<replications {
      var random = SplitMix(seed: UInt64(6000 + replication))
      let table = arrivals(requests, load * Double(instances), service, &random)
      means.append(meanWait(table, instances: instances))
    }
    let mean = means.reduce(0, +) / Double(means.count)
    let variance = means.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(means.count - 1)
    let half = t * (variance / Double(means.count)).squareRoot()
    #expect(half <= 0.02 * wait, "half width \(half)")
    #expect(abs(mean - wait) <= half, "mean \(mean) ± \(half), theory \(wait)")
  }

  private func arrivals(
    _ requests: Int, _ rate: Double, _ service: (Double) -> Double, _ random: inout SplitMix
  ) -> RequestTable {
    var table = RequestTable()
    table.reserve(requests)
    var time = Instant.zero
    for _ in 0..<requests {
      time = time + Seconds(-logarithm(1 - random.uniform()) / rate)
      let tokens = max(1, service(random.uniform()) * 1e6 + 0.5)
      table.append(at: time, prompt: Int32(tokens), output: 1)
    }
    return table
  }

  /// The mean wait in seconds after a cut of the first tenth.
  private func meanWait(_ table: RequestTable, instances: Int) -> Double {
    let r = run(table, instances: instances).requests
    var sum: Int64 = 0
    for row in r.count / 10..<r.count { sum += r.firstScheduled[row] - r.arrival[row] }
    return Double(sum) * 1e-12 / Double(r.count - r.count / 10)
  }

  /// Single servers behind round-robin.
  private func run(_ table: RequestTable, instances: Int) -> RunRecord {
    var options = VLLMv0.Options()
    options.maxNumSeqs = 1
    let context = EngineContext(maxModelLength: .max, gpuMemory: Bytes(80e9))
    let servers = (0..<instances).map { _ in
      Instance(
        batch: Batch(blocks: 1 << 17, tokensPerBlock: 1024),
        scheduler: VLLMv0(options, context), cost: MicrosecondPerToken(), maxLeap: 256,
        recorder: Recorder())
    }
    var simulation = Simulation(
      requests: table, instances: servers,
      router: RoundRobin(NoOptions(), RouterContext(instances: instances)))
    simulation.run()
    return simulation.record()
  }
}
