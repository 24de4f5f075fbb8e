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

/// Documents in DRAM and SSD, and requests that wait for one place in the batch.
///
/// Document A of 8 blocks is asked for at 0 s; document B of 16 blocks drives it out of HBM, of 17
/// blocks, and of DRAM, of 16. From 2 s to 3 s a request without either decodes. A step takes
/// 10 ms, or 20 ms with 256 tokens of prompt. A block is 1,600 B, so A is 12,800 B: 12.8 ms over
/// the GPU's link of 1 MB/s, three times that over the one behind it to the SSD.
private struct Documents {
  var prefetch = Prefetching.queued
  var load = LoadRule.always
  var dram: Int32 = 16
  /// When others ask for A, s.
  var asked: [Double] = [2.5]
  var scheduled = 1
  var rules = ClusterRules()
  var instances = 1

  private var table: RequestTable {
    var (table, chains) = (RequestTable(), PromptChains(tokensPerBlock: 16))
    func document(_ blocks: Int) -> [BlockID] {
      (0..<blocks).reduce(into: []) { list, _ in
        list.append(chains.addBlock(after: list.last ?? -1))
      }
    }
    let (a, b) = (document(8), document(16))
    func ask(_ document: [BlockID], at time: Double, output: Int32 = 1) {
      let own = chains.addBlock(after: document.last ?? -1)
      for block in document + [own] { chains.append(block) }
      chains.endRequest()
      table.append(
        at: .zero + Seconds(time), prompt: Int32(document.count * 16 + 1), output: output)
      // The others get something, too, so that all of this is on the first one.
      for _ in 1..<instances where !document.isEmpty || output > 1 {
        ask([], at: time)
      }
    }
    ask(a, at: 0)
    ask(b, at: 1)
    ask([], at: 2, output: 100)
    for time in asked { ask(a, at: time) }
    table.chains = chains
    return table
  }

  private func instance(_ i: Int, _ setting: OffloadSetting, _ topology: Topology) -> Instance {
    var batch = Batch(blocks: 17, tokensPerBlock: 16, maxModelLength: 512)
    PrefixSetting(index: .hash).install(in: &batch, table)
    let names = PrefixKeys(table, tokensPerBlock: 16)?.count ?? 0
    batch.offload(
      to: setting.store(names: names, blocks: 17), setting.mode,
      BlockLayout(bytesPerBlock: 1600, tensors: 1), computing: QuantisedCost(),
      over: topology.links(of: i))
    var options = VLLMv1.Options()
    (options.maxNumSeqs, options.maxNumBatchedTokens) = (.value(scheduled), .value(512))
    let context = EngineContext(maxModelLength: 512, gpuMemory: Bytes(40 * 0x1p30))
    return Instance(
      batch: batch, scheduler: VLLMv1(options, context), cost: QuantisedCost(), maxLeap: 256,
      recorder: Recorder(logsSteps: false))
  }

  func run() -> RunRecord {
    var setting = OffloadSetting()
    setting.capacities = [dram, 1000]
    setting.between = .through
    setting.mode.load = load
    setting.mode.prefetch = prefetch
    setting.bandwidth = 1e6
    let topology = setting.topology(instances: instances)
    var simulation = Simulation(
      requests: table, instances: (0..<instances).map { instance($0, setting, topology) },
      router: RoundRobin(NoOptions(), RouterContext(instances: instances)), topology: topology,
      rules: rules)
    simulation.checksInvariants = true
    simulation.run()
    return simulation.record()
  }

  /// Times from arrival to the first token of those who ask for A again, ps.
  func waits() -> [Int64] {
    let r = run().requests
    return (3..<r.count).map { r.firstToken[$0] - r.arrival[$0] }
  }
}

/// Blocks that rise to the nearest tier while their requests wait.
@Suite struct PrefetchTests {
  @Test func `what rises while its request waits is loaded at the speed of DRAM`() {
    // It waits 500 ms, loads, and computes one token.
    let plain = Documents(prefetch: .none).waits()
    #expect(plain == [500_000_000_000 + 38_400_000_000 + 10_000_000_000])
    #expect(Documents().waits() == [500_000_000_000 + 12_800_000_000 + 10_000_000_000])
    let record = Documents().run()
    #expect(record.totals.prefetchedBytes == 12_800)
    #expect(Documents(prefetch: .none).run().totals.prefetchedBytes == 0)
  }

  @Test func `a load waits until what it needs has landed`() {
    // It would be admitted after 20 ms, but what it needs lands after 38.4 ms.
    let late = Documents(asked: [2.98]).waits()
    #expect(late == [38_400_000_000 + 12_800_000_000 + 10_000_000_000])
    let plain = Documents(prefetch: .none, asked: [2.98]).waits()
    #expect(plain == [20_000_000_000 + 38_400_000_000 + 10_000_000_000])
  }

  @Test func `who need not wait loads from where it lies`() {
    let record = Documents(asked: [5]).run()
    #expect(record.totals.prefetchedBytes == 0)
    #expect(record.requests.firstToken[3] - record.requests.arrival[3] == 48_400_000_000)
  }

  @Test func `what rises for one request rises for all that need it`() {
    let record = Documents(asked: [2.5, 2.51]).run()
    #expect(record.totals.prefetchedBytes == 12_800)
    // The second one finds A in HBM when the first one has loaded it.
    #expect(record.totals.loadedBytes == 12_800)
  }

  @Test func `no more than half of DRAM is taken`() {
    for (dram, blocks) in [(16, 8), (15, 8), (14, 7), (10, 5), (8, 4)] as [(Int32, Int64)] {
      let record = Documents(dram: dram).run()
      #expect(record.totals.prefetchedBytes == blocks * 1600, "\(dram) blocks")
      #expect(record.totals.loadedBytes == 12_800)
    }
  }

  @Test func `where computing is quicker than loading from DRAM nothing rises`() {
    // One step of 10 ms computes all of A.
    let record = Documents(load: .cheaper).run()
    #expect(record.totals.prefetchedBytes == 0 && record.totals.loadedBytes == 0)
    #expect(record.requests.firstToken[3] - record.requests.arrival[3] == 510_000_000_000)
  }

  @Test func `what rises where an instance fails or sends its requests away is accounted for`() {
    for kind in [PlannedChange.Kind.fail, .leave] {
      var documents = Documents()
      documents.instances = 2
      documents.rules.retries = 5
      documents.rules.changes = [
        PlannedChange(at: .zero + Seconds(2.52), kind, instance: 0),
        PlannedChange(at: .zero + Seconds(2.6), .join, instance: 0),
      ]
      let record = documents.run()
      #expect(record.stop == nil)
      #expect(record.requests.finished.allSatisfy { $0 < .never })
      let prefetch = LinkRecord.causeNames.firstIndex(of: "prefetch") ?? -1
      let links = record.memory?.links ?? []
      let (moved, lost) = links.reduce(into: (Int64(0), Int64(0))) {
        $0.0 += $1.causes[prefetch].bytes
        $0.1 += $1.causes[prefetch].cancelledBytes
      }
      // 20 ms of 38.4 ms had passed, at a third of 1 MB/s.
      #expect(moved + lost == 12_800, "\(kind)")
      #expect(kind == .fail ? moved == 6_666 : lost == 0, "\(kind): \(moved)")
    }
  }

  @Test func `leaping equals single steps while blocks rise`() {
    var (rose, waited) = (0, 0)
    let few: [UInt64] = [19, 31, 32, 46, 74, 76, 178, 192]
    for seed in isDebug ? few : (0..<200).map({ UInt64($0) }) {
      var scenario = OffloadScenario(seed: 900_000 + seed)
      var random = SplitMix(seed: seed)
      let pool = Int32(scenario.base.blocks)
      scenario.setting.mode.prefetch = .queued
      scenario.setting.capacities = [random.pick([1, pool / 4 + 1, pool]), pool * 9]
      scenario.setting.life = nil
      scenario.setting.bandwidth = random.pick([3e4, 1e6, 3e7])
      if seed % 3 == 0 { scenario.setting.capacities.append(pool * 20) }
      if seed % 5 > 0 { scenario.setting.mode.load = .always }
      if seed % 4 == 0 {
        scenario.base.instances = 2 + random.below(2)
        for _ in 0..<6 {
          let tick: Int64 = scenario.base.isQuantised ? 10_000_000_000 : 1
          let time = Int64(random.uniform() * 2e13) / tick * tick
          scenario.base.rules.changes.append(
            PlannedChange(
              at: Instant(picoseconds: time), random.pick([.fail, .leave, .join, .join]),
              instance: random.below(scenario.base.instances)))
        }
      }
      let record = scenario.run(maxLeap: 256)
      let exact = scenario.run(maxLeap: 1)
      #expect(bytes(record) == bytes(exact), "seed \(seed)")
      if seed % 4 > 0 { #expect(record.stop == nil, "seed \(seed): \(record.stop ?? "")") }
      if record.totals.prefetchedBytes > 0 { rose += 1 }
      var without = scenario
      without.setting.mode.prefetch = .none
      if bytes(without.run()) != bytes(record) { waited += 1 }
    }
    let least = isDebug ? few.count : 30
    #expect(rose >= least && waited >= least, "\(rose) \(waited)")
  }
}
