import Cluster
import Kernel
import Serving
import Testing

@Suite struct MinPendingPrefillTests {
  @Test
  func
    `the fewest prompt tokens left to compute decide, then the lowest index`()
  {
    CheckedRouter.compare { context in
      (
        MinPendingPrefill(NoOptions(), context),
        LeastOracle { _, i, fleet in (Double(fleet.loads[i].pendingPrefill), 0) }
      )
    }
  }
}
