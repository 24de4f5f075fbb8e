import Cluster
import Cost
import Kernel
import Memory
import Metrics
import Schedulers
import Serving
import Units

/// Turns that rotate through a pool too small for all of them: one instance, one half-duplex link
/// on which every copy takes a millisecond and bytes take nothing to speak of.
struct Rotation {
  var turns = 12
  var isConversation = false
  var hostBlocks: Int32 = 10_000

  static let tensors: Int64 = 8
  static let bytesPerBlock: Int64 = 64

  private var table: RequestTable {
    var table = RequestTable()
    var sessions = SessionTurns()
    for i in 0..<turns {
      table.append(at: Instant(picoseconds: Int64(i) * 5_000_000_000), prompt: 96, output: 40)
      sessions.append(session: Int32(i), turn: 1, parent: -1, delay: -1)
    }
    guard isConversation else { return table }
    for i in 0..<turns {
      table.append(at: .never, prompt: 96 + 40 + 30, output: 20)
      sessions.append(session: Int32(i), turn: 2, parent: Int32(i), delay: 0)
    }
    table.turns = sessions
    table.closeSessions()
    return table
  }

  static var context: EngineContext {
    EngineContext(maxModelLength: 512, gpuMemory: Bytes(24 * 0x1p30), seed: 7)
  }

  /// Steps of 10 ms, 5 updates apart.
  func run(_ scheduler: any Scheduler, maxLeap: Int = 256) -> RunRecord {
    var batch = Batch(blocks: 40, tokensPerBlock: 16, maxModelLength: 512)
    if let mode = scheduler.swapMode(nil) {
      batch.swapTo(
        HostMemory(
          blocks: hostBlocks,
          layout: BlockLayout(bytesPerBlock: Self.bytesPerBlock, tensors: Self.tensors)), mode)
    }
    let lane = Lane("link", bandwidth: BytesPerSecond(1e15), perCopy: Seconds(1e-3))
    var simulation = Simulation(
      requests: table,
      instances: [
        Instance(
          batch: batch, scheduler: scheduler, cost: Tick(), maxLeap: maxLeap,
          recorder: Recorder(logsSteps: true))
      ], router: RoundRobin(NoOptions(), RouterContext(instances: 1)),
      topology: Topology(
        [SharedLink(outward: lane, inward: nil)], paths: [TierPath([0])], instances: 1))
    simulation.checksInvariants = true
    simulation.run()
    return simulation.record()
  }

  private struct Tick: StepCost {
    func time(of shape: StepShape) -> Seconds { Seconds(0.01) }
    func parts(of shape: StepShape) -> StepParts {
      StepParts([.init("all", Seconds(0.01), .hbm)], total: Seconds(0.01))
    }
  }
}
