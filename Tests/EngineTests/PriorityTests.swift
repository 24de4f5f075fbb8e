import Metrics
import Schedulers
import Testing
import Units

@Suite struct PriorityTests {
  private func priority(_ pattern: PriorityPattern = .random, interval: Int = 5) -> Priority {
    var options = PriorityOptions()
    options.pattern = pattern
    options.updateInterval = interval
    return Priority(options, Rotation.context)
  }

  @Test func `every step waits for all copies that were decided with it`() {
    let record = Rotation().run(priority())
    let totals = record.totals
    #expect(totals.preemptions > 10 && totals.recomputedTokens == 0)
    // What goes out comes back once: blocks are as bytes, and a copy is a tensor of a block.
    #expect(totals.swapOutBytes == totals.swapInBytes && totals.swapOutBytes > 0)
    let blocks = (totals.swapOutBytes + totals.swapInBytes) / Rotation.bytesPerBlock
    // A millisecond a copy; the bytes of a copy take well under a nanosecond.
    let copies = blocks * Rotation.tensors
    let stall = Int64(totals.copyStallTime) - copies * 1_000_000_000
    #expect(stall >= 0 && stall < 1_000_000, "\(stall) ps over \(copies) copies")
    // Nothing else keeps the engine from a step once turns have begun to arrive.
    #expect(record.end.picoseconds == Int64(totals.busyTime + totals.copyStallTime))
  }

  @Test func `a turn finds what the one before it left on the host`() {
    var rotation = Rotation()
    rotation.isConversation = true
    let totals = rotation.run(priority()).totals
    // The first turns compute 96 tokens, their followers what is new: 166 − (96 + 40 − 1).
    #expect(totals.prefillTokens == Int64(rotation.turns) * (96 + 31))
    #expect(totals.recomputedTokens == 0)
  }

  @Test func `without room on the host turns are computed again`() {
    var rotation = Rotation()
    rotation.isConversation = true
    rotation.hostBlocks = 4
    let record = rotation.run(priority())
    #expect(record.stop == nil && record.totals.finished == Int64(2 * rotation.turns))
    #expect(record.totals.swapOutBytes == 0)
    #expect(record.totals.prefillTokens >= Int64(rotation.turns) * (96 + 166))
  }

  @Test func `whoever runs keeps its place longer by Markov's pattern, and with rarer updates`() {
    func preemptions(_ pattern: PriorityPattern, _ interval: Int) -> Int64 {
      Rotation(turns: 40).run(priority(pattern, interval: interval)).totals.preemptions
    }
    #expect(preemptions(.markov, 5) < preemptions(.random, 5))
    #expect(preemptions(.random, 20) < preemptions(.random, 5))
  }
}
