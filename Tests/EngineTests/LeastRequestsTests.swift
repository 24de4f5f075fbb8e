import Cluster
import Kernel
import Serving
import Testing

@Suite struct LeastRequestsTests {
  @Test func `a request goes where fewest are, equal ones to the lowest index`() {
    CheckedRouter.compare { context in
      (
        LeastRequests(NoOptions(), context),
        LeastOracle { _, i, fleet in (Double(fleet.loads[i].requests), 0) }
      )
    }
  }
}
