import Cluster
import Kernel
import Metrics
import Schedulers
import Serving
import Testing
import Units

@Suite struct RoundRobinTests {
  private func targets(_ requests: [Request], instances: Int, blocks: Int32 = 10_000) -> [Int32] {
    var scenario = Scenario(requests, VLLMv1(.init(), Scenario.context()))
    (scenario.instances, scenario.blocks) = (instances, blocks)
    return scenario.run().requests.instance
  }

  @Test func `requests go to one instance after the other`() {
    let requests = (0..<8).map { Request(Int64($0), 4, 3) }
    #expect(targets(requests, instances: 3) == [0, 1, 2, 0, 1, 2, 0, 1])
    #expect(targets(requests, instances: 1) == [0, 0, 0, 0, 0, 0, 0, 0])
  }

  @Test func `loads do not matter`() {
    // Every second request is long, so instance 0 is busy and 1 idle.
    let requests = (0..<6).map { Request(Int64($0), $0 % 2 == 0 ? 500 : 1, 1) }
    #expect(targets(requests, instances: 2) == [0, 1, 0, 1, 0, 1])
  }

  @Test func `a refused request has had its turn`() {
    let requests = [Request(0, 60, 1), Request(0, 4, 1), Request(0, 4, 1)]
    #expect(targets(requests, instances: 2, blocks: 50) == [0, 1, 0])
  }
}
