import Cluster
import Kernel
import Metrics
import Serving
import TestSupport
import Testing

@Suite struct PowerOfTwoTests {
  /// All but those that are more loaded than every other one: of two, they are never the less
  /// loaded.
  private struct NotTheWorst: RoutingOracle {
    let signal: LoadSignal
    mutating func picks(_ request: Arrival, in fleet: inout Fleet) -> [Int] {
      let open = fleet.openInstances
      let loads = open.map { signal.value(of: fleet.loads[$0]) }
      let most = loads.max() ?? 0
      guard open.count > 1, loads.count(where: { $0 == most }) == 1 else { return open }
      return open.filter { signal.value(of: fleet.loads[$0]) < most }
    }
  }

  @Test(arguments: LoadSignal.allCases)
  func `the most loaded of all is never picked`(signal: LoadSignal) {
    var options = PowerOfTwo.Options()
    options.signal = signal
    CheckedRouter.compare { (PowerOfTwo(options, $0), NotTheWorst(signal: signal)) }
  }

  @Test func `every other instance is picked at times`() {
    var cluster = RandomCluster.crowd(seed: 1)
    (cluster.instances, cluster.rules.absent) = (6, [])
    let record = cluster.run(PowerOfTwo(.init(), cluster.context))
    #expect(Set(record.requests.instance).count == 6)
  }
}
