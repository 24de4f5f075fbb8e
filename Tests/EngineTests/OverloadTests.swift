import Cluster
import Cost
import Kernel
import Metrics
import Schedulers
import Serving
import Testing
import Units

/// Overload that no queue shows: the batch takes everybody in, and everybody gets slower.
@Suite struct OverloadTests {
  private func verdict(output: Int32) -> Verdict {
    var table = RequestTable()
    for i in 0..<300 {
      table.append(
        at: Instant(picoseconds: Int64(i) * 33_000_000_000), prompt: 50, output: output)
    }
    let context = EngineContext(maxModelLength: 8192, gpuMemory: Bytes(80 * 0x1p30))
    let instance = Instance(
      batch: Batch(blocks: 1 << 17, tokensPerBlock: 16),
      scheduler: VLLMv1(VLLMv1.Options(), context), cost: SmoothCost(), maxLeap: 256,
      recorder: Recorder())
    var simulation = Simulation(
      requests: table, instances: [instance],
      router: RoundRobin(NoOptions(), RouterContext(instances: 1)))
    simulation.run()
    return Verdict(of: simulation.record())
  }

  @Test func `a batch that grows as long as requests arrive is overload`() {
    // 300 requests fit into the 1,024 slots of the batch: none is ever queued behind it.
    #expect(verdict(output: 4000).kind == .overloaded)
  }

  @Test func `the same arrivals with short outputs are carried`() {
    #expect(verdict(output: 10).kind == .stable)
  }
}
