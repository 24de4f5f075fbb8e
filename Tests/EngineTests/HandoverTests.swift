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

/// A millisecond a prompt token, ten a decode step.
private struct RoundCost: StepCost {
  func time(of shape: StepShape) -> Seconds {
    Seconds(1e-3 * Double(shape.prefillTokens) + (shape.decodes > 0 ? 1e-2 : 0))
  }
  func parts(of shape: StepShape) -> StepParts {
    StepParts([.init("all", time(of: shape), .hbm)], total: time(of: shape))
  }
}

/// Prompts of 100 tokens and 5 tokens of output, copied in 5 ms + 10 messages of 1 ms + 100 ms.
private struct SmallCluster {
  var roles: [InstanceRole] = [.prefill, .decode]
  var arrivals: [Int64] = [0]
  var blocks: [Int32] = []
  var firstToken = HandoverMode.FirstToken.decode
  var overlap = HandoverMode.Overlap.none
  var layers: Int64 = 4
  var rules = ClusterRules()
  var output: Int32 = 5
  var maxLeap = 256

  func run() -> RunRecord {
    var table = RequestTable()
    for time in arrivals {
      table.append(at: Instant(picoseconds: time * ms), prompt: 100, output: output)
    }
    var mode = HandoverMode(bytesPerToken: 1000, messageBytes: 10_000, layers: layers, gpus: 2)
    (mode.firstToken, mode.overlap) = (firstToken, overlap)
    let context = EngineContext(maxModelLength: 1000, gpuMemory: Bytes(80 * 0x1p30))
    let instances = roles.enumerated().map { i, role in
      var batch = Batch(
        blocks: i < blocks.count ? blocks[i] : 1000, tokensPerBlock: 16, maxModelLength: 1000)
      if role != .mixed { batch.serve(as: role, mode) }
      return Instance(
        batch: batch, scheduler: VLLMv1(.init(), context), cost: RoundCost(), maxLeap: maxLeap,
        recorder: Recorder())
    }
    var topology = Topology.none
    let lane = Lane("nic", bandwidth: BytesPerSecond(1e6), perCopy: Seconds(1e-3))
    var out = lane
    out.latency = Seconds(5e-3)
    topology.connect(roles.count, by: SharedLink(outward: out, inward: lane))
    topology.gpus = 2
    var simulation = Simulation(
      requests: table, instances: instances,
      router: RoundRobin(NoOptions(), RouterContext(instances: roles.count)),
      topology: topology, rules: rules)
    simulation.checksInvariants = true
    simulation.run()
    return simulation.record()
  }

  /// First tokens and ends in ms, −1 where there is none.
  func times() -> [[Int64]] {
    var exact = self
    exact.maxLeap = 1
    let (r, other) = (run().requests, exact.run().requests)
    #expect(r.firstToken == other.firstToken && r.finished == other.finished)
    return (0..<r.count).map { i in
      [r.firstToken[i], r.finished[i]].map { $0 == .never ? -1 : $0.picoseconds / ms }
    }
  }

  mutating func change(at time: Int64, _ kind: PlannedChange.Kind, _ instance: Int) {
    rules.changes.append(
      PlannedChange(at: Instant(picoseconds: time * ms), kind, instance: instance))
  }
}

private let ms: Int64 = 1_000_000_000

/// One phase after the other on two instances, by arithmetic.
@Suite struct HandoverTests {
  @Test func `the first token follows the prompt, its copy and one more prompt token`() {
    let cluster = SmallCluster()
    // 100 ms of prompt, 115 ms of copy, 1 ms for the last prompt token; four steps more.
    #expect(cluster.times() == [[216, 256]])
    let record = cluster.run()
    #expect(record.requests.instance == [0] && record.requests.decodeInstance == [1])
    #expect(record.totals.handovers == 1 && record.totals.handoverBytes == 200_000)
    #expect(record.totals.generatedTokens == 5 && record.totals.finished == 1)
    #expect(record.totals.prefillTokens == 101 && record.totals.promptTokens == 100)
    #expect(record.totals.presenceTime == Int128(256 * ms))
    let memory = record.memory
    #expect(memory?.links.map(\.name) == ["nic out", "nic in", "nic out", "nic in"])
    let index = TransferCause.handover.index
    #expect(memory?.links.map(\.causes[index].bytes) == [100_000, 0, 0, 100_000])
    #expect(memory?.links.map(\.causes[index].copies) == [10, 0, 0, 10])
    #expect(memory?.links[0].busy == Int128(110 * ms))
  }

  @Test func `where the prompt's instance makes the first token, the second waits for the copy`() {
    var cluster = SmallCluster()
    cluster.firstToken = .prefill
    #expect(cluster.times() == [[100, 255]])
    let record = cluster.run()
    #expect(record.requests.longestGap == [125 * ms])
    #expect(gapText(record.gaps) == "\(10 * ms):3 \(125 * ms):1\n")
    #expect(record.totals.prefillTokens == 100 && record.totals.generatedTokens == 5)
  }

  @Test func `a request of one token ends where its prompt was computed`() {
    var cluster = SmallCluster()
    cluster.output = 1
    #expect(cluster.times() == [[100, 100]])
    let record = cluster.run()
    #expect(record.totals.handovers == 0 && record.requests.decodeInstance == [-1])
  }

  @Test(arguments: [(4, 27), (100, 10)] as [(Int64, Int64)])
  func `layers that set out early leave the last one, or what their time did not do`(
    layers: Int64, left: Int64
  ) {
    var cluster = SmallCluster()
    (cluster.overlap, cluster.layers) = (.layers, layers)
    cluster.firstToken = .prefill
    // 110 ms of copy over 4 layers leave 27.5 ms; over 100 layers the 10 ms beyond the prompt's.
    #expect(cluster.times() == [[100, 100 + 5 + left + 40]])
    #expect(cluster.run().totals.handoverBytes == 200_000)
  }

  @Test func `copies to one instance go one after the other, to two beside each other`() {
    var cluster = SmallCluster()
    cluster.arrivals = [0, 0]
    cluster.roles = [.prefill, .prefill, .decode]
    // The second copy waits until 215 ms and takes 110 ms.
    #expect(cluster.times() == [[216, 256], [326, 366]])
    cluster.roles = [.prefill, .prefill, .decode, .decode]
    #expect(cluster.times() == [[216, 256], [216, 256]])
    #expect(cluster.run().requests.decodeInstance == [2, 3])
  }

  @Test func `blocks of a prompt are free when its copy has landed`() {
    var cluster = SmallCluster()
    cluster.arrivals = [0, 0]
    cluster.blocks = [7]
    #expect(cluster.times() == [[216, 256], [431, 471]])
  }

  @Test func `a copy sets out when there is room for it`() {
    var cluster = SmallCluster()
    cluster.arrivals = [0, 0]
    cluster.roles = [.prefill, .prefill, .decode]
    cluster.blocks = [1000, 1000, 7]
    #expect(cluster.times() == [[216, 256], [372, 412]])
  }

  @Test func `mixed instances beside the others do both`() {
    var cluster = SmallCluster()
    cluster.arrivals = [0, 0]
    cluster.roles = [.mixed, .prefill, .decode]
    #expect(cluster.times() == [[100, 140], [216, 256]])
    #expect(cluster.run().requests.decodeInstance == [-1, 2])
  }
}

/// Instances that come and go while KV lies between them.
@Suite struct HandoverFailureTests {
  @Test func `a prompt whose instance fails under its copy starts again`() {
    var cluster = SmallCluster()
    cluster.roles = [.prefill, .prefill, .decode]
    cluster.change(at: 150, .fail, 0)
    #expect(cluster.times() == [[366, 406]])
    let record = cluster.run()
    #expect(record.requests.retries == [1] && record.requests.instance == [1])
    let index = TransferCause.handover.index
    // 45 of its 110 ms were over: 40,909 bytes and 4 messages.
    #expect(record.memory?.links[0].causes[index].bytes == 40_909)
    #expect(record.memory?.links[0].causes[index].cancelledBytes == 59_091)
    #expect(record.totals.handoverBytes == 200_000)
  }

  @Test func `KV that has not come to an instance that fails goes to another one`() {
    var cluster = SmallCluster()
    cluster.roles = [.prefill, .decode, .decode]
    cluster.change(at: 150, .fail, 1)
    #expect(cluster.times() == [[266, 306]])
    let record = cluster.run()
    #expect(record.requests.retries == [0] && record.requests.decodeInstance == [2])
  }

  @Test func `KV that has come to an instance that fails is lost`() {
    var cluster = SmallCluster()
    cluster.roles = [.prefill, .decode, .decode]
    cluster.change(at: 230, .fail, 1)
    #expect(cluster.times() == [[446, 486]])
    #expect(cluster.run().requests.retries == [1])
  }

  @Test func `a prompt waits with its KV until somebody decodes, or fails in the end`() {
    var cluster = SmallCluster()
    cluster.rules.absent = [1]
    cluster.arrivals = [0, 0]
    cluster.blocks = [7]
    var never = cluster
    cluster.change(at: 500, .join, 1)
    #expect(cluster.times() == [[616, 656], [831, 871]])
    #expect(never.times() == [[-1, -1], [-1, -1]])
    #expect(never.run().requests.isFailed == [true, true])
    never.firstToken = .prefill
    #expect(never.times() == [[100, -1], [200, -1]])
  }

  @Test func `instances that leave hand over what they hold`() {
    var cluster = SmallCluster()
    cluster.roles = [.prefill, .decode, .decode]
    cluster.change(at: 150, .leave, 0)
    #expect(cluster.times() == [[216, 256]])
    #expect(cluster.run().cluster.members[0].upTime(from: .zero, until: .never) == Int128(215 * ms))
    // The second waits for room there when its instance leaves.
    var second = SmallCluster()
    second.roles = [.prefill, .prefill, .decode, .decode]
    second.arrivals = [0, 0]
    second.blocks = [1000, 1000, 7, 7]
    second.rules.absent = [3]
    second.change(at: 230, .join, 3)
    second.change(at: 240, .leave, 2)
    #expect(second.times() == [[216, 256], [356, 396]])
    #expect(second.run().requests.migrations == [0, 1])
  }
}
