import Cluster
import Kernel
import Metrics
import Serving
import TestSupport
import Testing
import Units

@Suite struct ConsistentHashTests {
  /// A ring made anew for every request of those who are open, and below the bound.
  private struct NewRing: RoutingOracle {
    let options: ConsistentHash.Options
    let seed: UInt64
    mutating func picks(_ request: Arrival, in fleet: inout Fleet) -> [Int] {
      let open = fleet.openInstances
      var allowed = open
      if options.bound > 0 {
        let total = open.reduce(1) { $0 + Double(fleet.loads[$1].requests) }
        let most = (options.bound * total / Double(open.count)).rounded(.up)
        allowed = open.filter { Double(fleet.loads[$0].requests) < most }
      }
      var ring = HashRing(seed: seed, virtualNodes: options.virtualNodes)
      // With stale loads all may be above the bound.
      ring.add(contentsOf: allowed.isEmpty ? open : allowed)
      let blocks = Array(fleet.promptBlocks(of: request.id))
      let isByBlocks = options.key == .prefix && !blocks.isEmpty
      let key =
        isByBlocks
        ? 1 << 32 | UInt64(blocks[min(options.blocks, blocks.count) - 1])
        : UInt64(request.session)
      return [ring.successor(of: HashRing.hash(of: key, seed: seed))]
    }
  }

  @Test(arguments: [(HashKey.prefix, 2, 0), (.prefix, 1, 1.25), (.session, 2, 1), (.prefix, 4, 2)])
  func `the ring of those who are open and below the bound says where a request goes`(
    key: HashKey, blocks: Int, bound: Double
  ) {
    var options = ConsistentHash.Options()
    (options.key, options.blocks, options.bound) = (key, blocks, bound)
    options.virtualNodes = 13
    CheckedRouter.compare {
      (ConsistentHash(options, $0), NewRing(options: options, seed: $0.seed))
    }
  }

  @Test func `prompts with the same first blocks go to one instance unless that is full`() {
    var cluster = RandomCluster.crowd(seed: 2)
    (cluster.rules.absent, cluster.rules.refresh) = ([], Seconds(0))
    var options = ConsistentHash.Options()
    options.blocks = 1
    let one = cluster.run(ConsistentHash(options, cluster.context)).requests.instance
    #expect(Set(one).count == 1)
    options.bound = 1.5
    let many = cluster.run(ConsistentHash(options, cluster.context)).requests.instance
    #expect(Set(many).count > 20)
  }

  @Test func `settings out of range are refused`() {
    var options = ConsistentHash.Options()
    #expect(options.fault == nil)
    options.bound = 0.5
    #expect(options.fault == "bound must be 0, for none, or at least 1")
    options = .init()
    options.blocks = 0
    #expect(options.fault == "blocks must be at least 1")
    options = .init()
    options.virtualNodes = 0
    #expect(options.fault == "virtual_nodes must be 1 to 100000")
  }
}
