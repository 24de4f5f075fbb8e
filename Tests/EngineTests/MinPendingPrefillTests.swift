import Cluster
import Kernel
import Serving
import Testing

@Suite struct MinPendingPrefillTests {
  @Test
  func
    `a request goes where the fewest prompt tokens are left to compute, equal ones to the lowest index`()
  {
    CheckedRouter.compare { context in
      (
        MinPendingPrefill(NoOptions(), context),
        LeastOracle { _, i, fleet in (Double(fleet.loads[i].pendingPrefill), 0) }
      )
    }
  }
}
