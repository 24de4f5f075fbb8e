import Cluster
import Kernel
import Serving
import Testing
import Units

@Suite struct PrebleTests {
  /// Recent work as a list that is summed for every request; nothing is ever evicted.
  private struct Window: RoutingOracle {
    var sent: [(time: Instant, instance: Int, work: Int64)] = []
    let options: Preble.Options
    let times: [Double]

    mutating func picks(_ request: Arrival, in fleet: inout Fleet) -> [Int] {
      let open = fleet.openInstances
      // Without latency and retries a request is routed when it arrives.
      let window = options.window
      sent.removeAll { $0.time + window <= request.time }
      var work = [Int64](repeating: 0, count: fleet.count)
      for one in sent { work[one.instance] += one.work }
      let loads = work.map { Double($0) * 1e-12 }
      var hits: [Int: Int32] = [:]
      for i in open { hits[i] = fleet.hitTokens(of: request.id, on: i) }
      func least(_ keys: (Int) -> Double) -> Int {
        open.min { (keys($0), loads[$0], $0) < (keys($1), loads[$1], $1) } ?? -1
      }
      let longest = hits.values.max() ?? 0
      if 2 * Double(longest) > Double(request.promptTokens) {
        let pick = least { -Double(hits[$0] ?? 0) }
        let (low, high) = (
          open.map { loads[$0] }.min() ?? 0, open.map { loads[$0] }.max() ?? 0
        )
        let isHeavy = loads[pick] == high && loads[pick] > options.redirectRatio * low
        if options.redirectRatio == 0 || !isHeavy { return [pick] }
      }
      return [
        least { loads[$0] + (Double(request.promptTokens) - Double(hits[$0] ?? 0)) * times[$0] }
      ]
    }

    mutating func note(_ request: Arrival, _ pick: Int, in fleet: inout Fleet) {
      let uncached = Double(request.promptTokens - fleet.hitTokens(of: request.id, on: pick))
      let work = options.requestTime.value + uncached * times[pick]
      sent.append((request.time, pick, Int64((work * 1e12).rounded())))
    }
  }

  @Test(arguments: [(180.0, 1.4, 0.0), (0.5, 1.4, 0.02), (2, 0, 0)])
  func `most cached goes to the longest hit, the rest where it costs least, away from the heaviest`(
    window: Double, ratio: Double, requestTime: Double
  ) {
    var options = Preble.Options()
    (options.window, options.redirectRatio) = (Seconds(window), ratio)
    options.requestTime = Seconds(requestTime)
    CheckedRouter.compare {
      (Preble(options, $0), Window(options: options, times: $0.promptTokenTimes))
    } change: {
      ($0.rules.latency, $0.rules.retries, $0.rules.coldStart) = (Seconds(0), 0, Seconds(0))
      $0.rules.changes = []
      if $0.rules.index != .exact { $0.rules.index = .approximate(capacityTokens: 1 << 30) }
    }
  }

  @Test func `half: more than half cached goes to the longest hit, the rest to the fewest tokens`()
  {
    var options = Preble.Options()
    options.rule = .half
    CheckedRouter.compare { context in
      (
        Preble(options, context),
        LeastOracle { request, i, fleet in
          let hit = fleet.hitTokens(of: request.id, on: i)
          let isMost = 2 * hit > request.promptTokens
          return (isMost ? -Double(hit) : 0, Double(fleet.loads[i].pendingPrefill))
        }
      )
    }
  }

  @Test func `settings out of range are refused`() {
    var options = Preble.Options()
    #expect(options.fault == nil)
    options.redirectRatio = 0.5
    #expect(options.fault == "redirect_ratio must be 0, for never, or at least 1")
    options = .init()
    options.window = Seconds(0)
    #expect(options.fault == "window must be above 0 s")
  }
}
