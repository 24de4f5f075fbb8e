import Cluster
import Kernel
import Metrics
import Serving
import TestSupport
import Testing
import Units

@Suite struct CacheAffinityTests {
  @Test(arguments: [1, 2, 3])
  func `the longest hit wins, then the fewest tokens left to compute`(minHitBlocks: Int) {
    var options = CacheAffinity.Options()
    options.minHitBlocks = minHitBlocks
    CheckedRouter.compare { context in
      (
        CacheAffinity(options, context),
        LeastOracle { request, i, fleet in
          let hit = Int(fleet.hitTokens(of: request.id, on: i))
          let size = max(1, Int(fleet.tokensPerPromptBlock))
          let counts = (hit + size - 1) / size >= minHitBlocks
          return (counts ? -Double(hit) : 0, Double(fleet.loads[i].pendingPrefill))
        }
      )
    }
  }

  @Test func `where all prompts begin alike one instance serves all, unless that does not count`() {
    var cluster = RandomCluster.crowd(seed: 4)
    cluster.rules.index = .approximate(capacityTokens: 100_000)
    let plain = cluster.run(CacheAffinity(.init(), cluster.context)).requests.instance
    #expect(Set(plain).count == 1)
    var options = CacheAffinity.Options()
    options.minHitBlocks = 3
    let spread = cluster.run(CacheAffinity(options, cluster.context)).requests.instance
    #expect(Set(spread).count > 1)
    options.minHitBlocks = 0
    #expect(options.fault == "min_hit_blocks must be at least 1")
  }
}
