import Cluster
import Kernel
import Metrics
import TestSupport
import Testing

@Suite struct UniformRandomTests {
  @Test func `every open instance is as likely as any other, and seeds differ`() {
    var cluster = RandomCluster.crowd(seed: 5)
    (cluster.instances, cluster.rules.absent) = (5, [2])
    var counts = [0.0, 0, 0, 0, 0]
    var picks: [[Int32]] = []
    for seed in 0..<UInt64(isDebug ? 5 : 50) {
      let context = RouterContext(instances: 5, seed: seed)
      let record = cluster.run(UniformRandom(NoOptions(), context))
      picks.append(record.requests.instance)
      for i in record.requests.instance { counts[Int(i)] += 1 }
    }
    let expected = 400 * Double(picks.count) / 4
    #expect(counts[2] == 0)
    // Chi-square with three degrees of freedom: above 21.1 once in ten thousand times.
    let square = [0, 1, 3, 4].map { (counts[$0] - expected) * (counts[$0] - expected) / expected }
    #expect(square.reduce(0, +) < 21.1)
    #expect(Set(picks).count == picks.count)
  }
}
