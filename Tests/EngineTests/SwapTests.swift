import Metrics
import TestSupport
import Testing
import Units

/// Swapping under random pressure; every run also checks I3, I4 and I5 at each event.
@Suite struct SwapTests {
  static let seeds: [UInt64] = (0..<(isDebug ? 60 : 150)).map { UInt64($0) }

  @Test func `leaping equals single steps while copies run`() {
    for seed in Self.seeds.prefix(isDebug ? 15 : 150) {
      let scenario = SwapScenario(seed: seed)
      let exact = bytes(scenario.run(maxLeap: 1, logsSteps: true))
      #expect(bytes(scenario.run(maxLeap: 256, logsSteps: true)) == exact, "seed \(seed)")
      #expect(bytes(scenario.run(maxLeap: 3)) == bytes(scenario.run(maxLeap: 1)), "seed \(seed)")
    }
  }

  @Test func `every request finishes or is refused, and each token is computed once`() {
    var (swapping, away, contexts) = (0, 0, 0)
    for seed in Self.seeds {
      let scenario = SwapScenario(seed: seed)
      let record = scenario.run(maxLeap: 256)
      let r = record.requests
      #expect(record.stop == nil, "seed \(seed): \(record.stop ?? "")")
      var sojourn = Int128(0)
      for i in 0..<r.count where r.arrival[i] < .never {
        #expect((r.finished[i] < .never) != r.isRejected[i], "seed \(seed)")
        if !r.isRejected[i] { sojourn += Int128(r.finished[i] - r.arrival[i]) }
      }
      #expect(record.totals.presenceTime == sojourn, "seed \(seed): Little's law")
      if record.totals.swapOutBytes > 0 { swapping += 1 }
      if record.totals.copyStallTime > 0 { away += 1 }
      if record.totals.swapInBytes > record.totals.swapOutBytes { contexts += 1 }
    }
    #expect(swapping > Self.seeds.count / 3 && away > Self.seeds.count / 4 && contexts > 0)
  }
}
