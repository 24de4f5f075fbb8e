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

@Suite struct TopologyRecordTests {
  /// Two instances behind one link of 1 kB/ms and 0.5 ms a copy.
  ///
  /// Each has 20 blocks of one token and gets prompts of 10 and 6 tokens with 8 tokens of output.
  /// At 36 ms the pool is full, and the 8 blocks of the second prompt go out in 16 copies, which
  /// takes 8 ms + 8 ms.
  private func run(maxLeap: Int = 256) -> RunRecord {
    var scenario = Scenario(
      [Request(0, 10, 8), Request(0, 10, 8), Request(0, 6, 8), Request(0, 6, 8)],
      VLLMv0(
        {
          var options = VLLMv0.Options()
          options.watermark = 0
          return options
        }(), Scenario.context()))
    scenario.blocks = 20
    scenario.maxLeap = maxLeap
    func lane(_ way: String) -> Lane {
      Lane("bus \(way)", bandwidth: BytesPerSecond(1e6), perCopy: Seconds(0.5e-3))
    }
    let link = SharedLink(outward: lane("out"), inward: lane("in"), instances: 2)
    var topology = Topology([link], paths: [TierPath([0])], instances: 2)
    topology.tiers = [TierDescription(name: "dram", blocks: 100, bytesPerBlock: 1000)]
    topology.logTransfers()
    let instances = (0..<2).map { _ in
      var batch = Batch(blocks: 20, tokensPerBlock: 1, maxModelLength: 2048)
      batch.swapTo(
        HostMemory(blocks: 100, layout: BlockLayout(bytesPerBlock: 1000, tensors: 2)), SwapMode())
      return Instance(
        batch: batch, scheduler: scenario.scheduler, cost: HandCost(), maxLeap: maxLeap,
        recorder: Recorder())
    }
    var simulation = Simulation(
      requests: scenario.table(), instances: instances,
      router: RoundRobin(NoOptions(), RouterContext(instances: 2)),
      series: TimeSeries(width: 50_000_000_000, instances: 2, tiers: 1), topology: topology)
    simulation.checksInvariants = true
    simulation.run()
    return simulation.record()
  }

  private let ms: Int128 = 1_000_000_000

  @Test func `the lanes carried what arithmetic says`() throws {
    let record = run()
    let memory = try #require(record.memory)
    // Instance 0 copies out 36–52, 1 waits for it until 68; each decodes 5 steps of 10 ms and
    // copies in, 0 from 102 and 1 from 118.
    #expect(record.end == Instant(picoseconds: 184_000_000_000))
    #expect(memory.links.map(\.name) == ["bus out", "bus in"])
    #expect(memory.links.map(\.link) == ["bus", "bus"])
    for link in memory.links {
      #expect(link.instances == 2 && link.fabric == 0 && link.touchesHBM)
      #expect(link.busy == 32 * ms)
      #expect((link.total.transfers, link.total.copies, link.total.bytes) == (2, 32, 16_000))
      #expect(link.total.cancelledTransfers == 0 && link.total.cancelledBytes == 0)
    }
    let (out, back) = (TransferCause.swapOut.index, TransferCause.swapIn.index)
    #expect(memory.links[0].causes[out].waiting == 16 * ms)
    #expect(
      memory.links[0].causes[out].bytes == 16_000 && memory.links[1].causes[back].bytes == 16_000)
    #expect(memory.links[1].total.waiting == 0)
    #expect(memory.waiting.reduce(0, +) == 16 * ms)
    #expect((memory.transfers, memory.copies) == (4, 64))
  }

  @Test func `waiting and stalls are those of the timetable`() {
    let totals = run().totals
    // Steps 0–36 and five or ten of 10 ms each; copies 36–52 and 102–118, 36–68 and 118–134.
    #expect(totals.busyTime == 2 * (36 + 50 + 50) * ms)
    #expect(totals.copyStallTime == (16 + 16 + 32 + 16) * ms)
    #expect(totals.swappedWait == ((118 - 36) + (134 - 36)) * ms)
    #expect(totals.swappedTime == totals.swappedWait, "one at a time")
    #expect(totals.swapInWait == 32 * ms && totals.contextInWait == 0)
    #expect((totals.swapOutBytes, totals.swapInBytes) == (16_000, 16_000))
  }

  @Test func `the host holds a copy from the decision to the return`() throws {
    let series = try #require(run().series)
    // At 50, 100, 150 and 200 ms, instance by instance.
    #expect(series.tiers.swapped == [8, 8, 8, 8, 0, 0, 0, 0])
    #expect((0..<8).allSatisfy { series.tiers[$0].total == series.tiers.swapped[$0] })
  }

  @Test func `the log has each transfer with its wait`() throws {
    let log = try #require(run().memory).log
    #expect(log.map(\.instance) == [0, 1, 0, 1])
    #expect(log.map { $0.submitted.picoseconds / 1_000_000_000 } == [36, 36, 102, 118])
    #expect(log.map { $0.started.picoseconds / 1_000_000_000 } == [36, 52, 102, 118])
    #expect(log.map { $0.ended.picoseconds / 1_000_000_000 } == [52, 68, 118, 134])
    #expect(log.allSatisfy { $0.outcome == .landed && $0.bytes == 8_000 && $0.copies == 16 })
    #expect(bytes(run()) == bytes(run(maxLeap: 1)))
  }

  @Test func `causes have the names of the engine`() {
    let names = TransferCause.allCases.map {
      $0.rawValue.split(separator: "-").joined(separator: "_")
    }
    #expect(LinkRecord.causeNames == names)
    #expect(TransferCause.allCases.map(\.index) == Array(names.indices))
  }

  @Test func `a drive behind the bus does not end at HBM, and one way at a time is both ways`()
    throws
  {
    let lane = Lane("ssd out", bandwidth: BytesPerSecond(1e9))
    let bus = SharedLink(outward: Lane("bus", bandwidth: BytesPerSecond(1e9)), inward: nil)
    let drive = SharedLink(outward: lane, inward: Lane("ssd in", bandwidth: BytesPerSecond(1e9)))
    let topology = Topology([bus, drive], paths: [TierPath([0, 1])], instances: 2)
    let simulation = Simulation(
      requests: Scenario([Request(0, 4, 2)], VLLMv0(.init(), Scenario.context())).table(),
      instances: (0..<2).map { _ in
        Scenario([], VLLMv0(.init(), Scenario.context())).instance()
      }, router: RoundRobin(NoOptions(), RouterContext(instances: 2)), topology: topology)
    var run = simulation
    run.run()
    let links = try #require(run.record().memory).links
    #expect(links.map(\.name) == ["bus", "ssd out", "ssd in", "bus", "ssd out", "ssd in"])
    #expect(links.map(\.direction.rawValue) == ["both", "out", "in", "both", "out", "in"])
    #expect(links.map(\.touchesHBM) == [true, false, false, true, false, false])
    #expect(links.map(\.fabric) == [0, 0, 0, 1, 1, 1] && links.map(\.lane) == [0, 1, 2, 0, 1, 2])
    #expect(links.allSatisfy { $0.instances == 1 && $0.busy == 0 })
  }

  @Test func `bytes and copies of the lanes are those of the instances, whatever was called off`()
    throws
  {
    var cancelled = 0
    for seed in 0..<UInt64(isDebug ? 20 : 200) {
      let scenario = SwapScenario(seed: seed)
      let record = scenario.run(maxLeap: 256)
      let memory = try #require(record.memory)
      func sent(_ causes: [TransferCause]) -> Int64 {
        memory.links.reduce(0) { sum, link in
          sum + causes.reduce(0) { $0 + link.causes[$1.index].bytes }
        } * memory.gpus
      }
      #expect(sent([.swapOut, .contextOut]) == record.totals.swapOutBytes, "seed \(seed)")
      #expect(sent([.swapIn, .contextIn]) == record.totals.swapInBytes, "seed \(seed)")
      let total = memory.links.map(\.total)
      #expect(total.reduce(0) { $0 + $1.transfers } == memory.transfers, "one lane a transfer")
      #expect(memory.log.count { $0.outcome == .landed } == Int(memory.transfers))
      #expect(total.reduce(0) { $0 + $1.waiting } == memory.waiting.reduce(0, +))
      cancelled += Int(total.reduce(0) { $0 + $1.cancelledTransfers })
      for link in memory.links {
        #expect(link.busy >= 0 && link.busy <= Int128(record.end.picoseconds), "seed \(seed)")
        guard scenario.sharing == .fifo else { continue }
        let slices = memory.log.filter { slice in
          slice.fabric == link.fabric && slice.lanes == [link.lane] && slice.started < .never
        }.sorted { ($0.started, $0.ended) < ($1.started, $1.ended) }
        let isInOrder = zip(slices, slices.dropFirst()).allSatisfy { $0.ended <= $1.started }
        #expect(isInOrder, "seed \(seed): two move at once on \(link.name)")
      }
    }
    #expect(cancelled > 0)
  }

  @Test func `tiers never hold more than they can, nor blocks of nobody in the end`() throws {
    for seed in 0..<UInt64(isDebug ? 20 : 200) {
      let scenario = SwapScenario(seed: seed)
      let record = scenario.run(maxLeap: 256)
      let tiers = try #require(record.series).tiers
      #expect(tiers.count == record.series?.count)
      for row in 0..<tiers.count {
        let use = tiers[row]
        #expect(min(use.swapped, use.kept, use.contexts) >= 0, "seed \(seed)")
        #expect(use.total <= scenario.hostBlocks && use.cached == 0, "seed \(seed)")
      }
      for row in max(0, tiers.count - scenario.base.instances)..<tiers.count {
        #expect(tiers[row].swapped == 0 && tiers[row].kept == 0, "seed \(seed)")
      }
    }
  }
}
