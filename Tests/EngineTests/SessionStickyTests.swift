import Cluster
import Kernel
import Serving
import Testing

@Suite struct SessionStickyTests {
  private struct Homes: RoutingOracle {
    var homes: [Int32: Int] = [:]
    mutating func picks(_ request: Arrival, in fleet: inout Fleet) -> [Int] {
      if let home = homes[request.session], fleet.isOpen(home) { return [home] }
      let loads = fleet.openInstances.map { (fleet.loads[$0].requests, $0) }
      return loads.min { $0 < $1 }.map { [$0.1] } ?? []
    }
    mutating func note(_ request: Arrival, _ pick: Int, in fleet: inout Fleet) {
      homes[request.session] = pick
    }
  }

  @Test func `a session stays where it was while that is open, others go to the fewest requests`() {
    CheckedRouter.compare { (SessionSticky(NoOptions(), $0), Homes()) }
  }
}
