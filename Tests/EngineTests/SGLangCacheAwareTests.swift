import Cluster
import Kernel
import Metrics
import Serving
import Testing
import Units

@Suite struct SGLangCacheAwareTests {
  /// Trees as sets of blocks, none of which is ever full.
  private struct Trees: RoutingOracle {
    var trees: [Set<BlockID>]
    var unknown: [Int]
    let options: SGLangCacheAware.Options

    init(_ options: SGLangCacheAware.Options, _ context: RouterContext) {
      self.options = options
      trees = Array(repeating: [], count: context.instances)
      unknown = Array(repeating: 0, count: context.instances)
    }

    mutating func picks(_ request: Arrival, in fleet: inout Fleet) -> [Int] {
      let open = fleet.openInstances
      func least(_ keys: (Int) -> Int) -> [Int] {
        open.min { (keys($0), $0) < (keys($1), $1) }.map { [$0] } ?? []
      }
      let queues = open.map { Int(fleet.loads[$0].requests) }
      let (short, long) = (queues.min() ?? 0, queues.max() ?? 0)
      if long - short > options.balanceAbsThreshold,
        Double(long) > options.balanceRelThreshold * Double(short)
      {
        return least { Int(fleet.loads[$0].requests) }
      }
      let blocks = Array(fleet.promptBlocks(of: request.id))
      let size = Int(fleet.tokensPerPromptBlock)
      let matches = open.map { i in blocks.prefix { trees[i].contains($0) }.count }
      let best = matches.max() ?? 0
      let tokens = min(best * size, Int(request.promptTokens))
      if Double(tokens) > options.cacheThreshold * Double(request.promptTokens) {
        return [open[matches.firstIndex(of: best) ?? 0]]
      }
      return least { trees[$0].count * size + unknown[$0] }
    }

    mutating func forget(_ instance: Int) { (trees[instance], unknown[instance]) = ([], 0) }

    mutating func note(_ request: Arrival, _ pick: Int, in fleet: inout Fleet) {
      let blocks = fleet.promptBlocks(of: request.id)
      trees[pick].formUnion(blocks)
      if blocks.isEmpty { unknown[pick] += Int(request.promptTokens) }
    }
  }

  @Test(arguments: [(32, 1.0001, 0.5), (2, 1.5, 0.5), (0, 1, 0.9), (1000, 1, 0.1)])
  func `queues that differ too much decide, else long matches, else the smallest tree`(
    absolute: Int, relative: Double, threshold: Double
  ) {
    var options = SGLangCacheAware.Options()
    options.balanceAbsThreshold = absolute
    options.balanceRelThreshold = relative
    options.cacheThreshold = threshold
    CheckedRouter.compare { (SGLangCacheAware(options, $0), Trees(options, $0)) }
  }

  @Test func `a tree that is full forgets what it used last, and faults are told`() {
    var cluster = RandomCluster.crowd(seed: 6)
    cluster.instances = 4
    cluster.rules.absent = []
    var options = SGLangCacheAware.Options()
    let whole = cluster.run(SGLangCacheAware(options, cluster.context)).requests.instance
    options.maxTreeTokens = 32
    let small = cluster.run(SGLangCacheAware(options, cluster.context)).requests.instance
    #expect(whole != small)
    options.maxTreeTokens = 0
    #expect(options.fault == "max_tree_tokens must be at least 1")
    options = .init()
    options.cacheThreshold = 1.5
    #expect(options.fault == "cache_threshold must be 0 to 1")
  }
}
