import Cluster
import Kernel
import Serving
import Testing
import Units

@Suite struct MinTTFTTests {
  /// Equal times go to the fewest tokens left to compute.
  private func oracle(_ times: [Double]) -> LeastOracle {
    LeastOracle { request, i, fleet in
      let pending = Double(fleet.loads[i].pendingPrefill)
      let hit = fleet.hitTokens(of: request.id, on: i)
      return ((pending + Double(request.promptTokens - hit)) * times[i], pending)
    }
  }

  @Test func `the least queue and uncached prompt by each instance's own speed wins`() {
    CheckedRouter.compare { (MinTTFT(.init(), $0), oracle($0.promptTokenTimes)) }
  }

  @Test func `a time that is set holds for all`() {
    var options = MinTTFT.Options()
    options.prefillToken = .value(Seconds(1.6e-4))
    CheckedRouter.compare { context in
      (
        MinTTFT(options, context), oracle(Array(repeating: 1.6e-4, count: context.instances))
      )
    }
    options.prefillToken = .value(Seconds(0))
    #expect(options.fault == "prefill_token must be above 0 s")
  }
}
