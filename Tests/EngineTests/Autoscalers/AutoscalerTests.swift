import Cluster
import Kernel
import Testing
import Units

/// What each autoscaler answers to what it sees.
@Suite struct AutoscalerTests {
  private func view(
    at time: Double = 10, open: Int = 4, starting: Int = 0, waiting: Int = 0, tokens: Int64 = 0,
    ended: [(Double, Double)] = []
  ) -> ScalingView {
    ScalingView(
      time: Instant.zero + Seconds(time), open: open, starting: starting, waiting: waiting,
      tokens: tokens,
      ended: ended.map { EndedRequest(time: Instant.zero + Seconds($0.0), ttft: $0.1) })
  }

  @Test func `queue compares those that wait with the open instances`() {
    var options = QueueScaler.Options()
    options.step = 2
    var scaler = QueueScaler(options, AutoscalerContext())
    #expect(scaler.instances(for: view(waiting: 16)) == 4)  // 4 each, not above
    #expect(scaler.instances(for: view(waiting: 17)) == 6)
    #expect(scaler.instances(for: view(waiting: 2)) == 4)  // 0.5 each, not below
    #expect(scaler.instances(for: view(waiting: 1)) == 2)
    // Those that start count as there, but nobody waits on them.
    #expect(scaler.instances(for: view(open: 1, starting: 3, waiting: 5)) == 6)
    #expect(scaler.instances(for: view(open: 0, starting: 1, waiting: 5)) == 3)
  }

  @Test func `slo takes the requests of its window`() {
    var options = SLOScaler.Options()
    (options.least, options.window) = (4, Seconds(20))
    var scaler = SLOScaler(options, AutoscalerContext(ttftTarget: 1))
    // Too few say nothing.
    #expect(scaler.instances(for: view(ended: [(1, 9), (2, 9), (3, 9)])) == 4)
    // One of four in time.
    #expect(scaler.instances(for: view(at: 11, ended: [(10, 1)])) == 5)
    // At 23.5 those of 1 to 3 are gone: all of four in time, and nobody waits.
    let met = [(21.0, 0.5), (22.0, 0.5), (23.0, 0.5)]
    #expect(scaler.instances(for: view(at: 23.5, waiting: 1, ended: met)) == 4)
    #expect(scaler.instances(for: view(at: 23.5)) == 3)
    // At 31 that of 10 is gone, too.
    #expect(scaler.instances(for: view(at: 31)) == 4)
  }

  @Test func `slo needs a target`() {
    let fault = SLOScaler.fault(.init(), in: AutoscalerContext())
    #expect(fault == "needs a target; write slo: {ttft_ms: 500}, for example")
    #expect(SLOScaler.fault(.init(), in: AutoscalerContext(ttftTarget: 1)) == nil)
  }

  @Test func `token-rate takes the rate of its window`() {
    var options = TokenRateScaler.Options()
    (options.tokensPerSecond, options.utilization) = (100, 0.5)
    options.window = Seconds(20)
    var scaler = TokenRateScaler(options, AutoscalerContext())
    // 200 tokens a second at 50 an instance.
    #expect(scaler.instances(for: view(at: 10, tokens: 2000)) == 4)
    // 215 are within a tenth of 200, 230 are not.
    #expect(scaler.instances(for: view(at: 20, tokens: 4300)) == 4)
    #expect(scaler.instances(for: view(at: 20, tokens: 4600)) == 5)
    // From 20 to 40 nothing was served.
    #expect(scaler.instances(for: view(at: 40, tokens: 4600)) == 0)
  }

  @Test func `impossible settings are refused`() {
    var queue = QueueScaler.Options()
    queue.down = 4
    #expect(queue.fault == "down 4.0 is not below up 4.0")
    var slo = SLOScaler.Options()
    slo.up = 1.1
    #expect(slo.fault != nil)
    var rate = TokenRateScaler.Options()
    rate.utilization = 1.5
    #expect(rate.fault == "utilization 1.5 is not above 0 and at most 1")
    #expect(QueueScaler.Options().fault == nil && SLOScaler.Options().fault == nil)
    #expect(TokenRateScaler.Options().fault == nil)
  }

  @Test func `names differ and each is registered`() {
    #expect(autoscalers.map { $0.name } == ["queue", "slo", "token-rate"])
  }
}
