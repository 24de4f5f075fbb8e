import Cluster
import Kernel
import Serving
import Testing

@Suite struct PrefixLoadTests {
  private func oracle(_ o: PrefixLoad.Options) -> LeastOracle {
    @Sendable func load(_ i: Int, _ fleet: Fleet) -> Double {
      let load = fleet.loads[i]
      return o.requestsWeight * Double(load.requests) + o.tokensWeight * Double(load.promptTokens)
        + o.pendingWeight * Double(load.pendingPrefill)
    }
    return LeastOracle { request, i, fleet in
      let own = load(i, fleet)
      let prompt = Double(request.promptTokens)
      let uncached = prompt - Double(fleet.hitTokens(of: request.id, on: i))
      if o.scale == .tokens {
        return (o.prefixWeight * uncached + o.loadWeight * own, own)
      }
      let loads = fleet.openInstances.map { load($0, fleet) }
      let (least, most) = (loads.min() ?? 0, loads.max() ?? 0)
      // In the order of the rule's own roundings: equal costs are equal.
      let place = most > least ? o.loadWeight / (most - least) * (own - least) : 0
      return (o.prefixWeight / prompt * uncached + place, own)
    }
  }

  private func compare(_ options: PrefixLoad.Options) {
    CheckedRouter.compare { (PrefixLoad(options, $0), oracle(options)) }
  }

  @Test func `llm-d's weights, and more or less of the load`() {
    var options = PrefixLoad.Options()
    compare(options)
    options.loadWeight = 20
    compare(options)
    options.prefixWeight = 0
    compare(options)
  }

  @Test(arguments: [0.5, 1, 4])
  func `Dynamo's cost by tokens`(overlapScoreWeight: Double) {
    var options = PrefixLoad.Options()
    (options.scale, options.prefixWeight) = (.tokens, overlapScoreWeight)
    (options.loadWeight, options.requestsWeight) = (1, 0)
    (options.tokensWeight, options.pendingWeight) = (1, overlapScoreWeight)
    compare(options)
  }

  @Test func `settings out of range are refused`() {
    var options = PrefixLoad.Options()
    #expect(options.fault == nil)
    options.tokensWeight = -1
    #expect(options.fault == "tokens_weight must be 0 to 1e9")
  }
}
