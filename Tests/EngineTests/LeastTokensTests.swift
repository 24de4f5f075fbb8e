import Cluster
import Kernel
import Serving
import Testing

@Suite struct LeastTokensTests {
  @Test func `a request goes where prompts have the fewest tokens, equal ones to the lowest index`()
  {
    CheckedRouter.compare { context in
      (
        LeastTokens(NoOptions(), context),
        LeastOracle { _, i, fleet in (Double(fleet.loads[i].promptTokens), 0) }
      )
    }
  }
}
