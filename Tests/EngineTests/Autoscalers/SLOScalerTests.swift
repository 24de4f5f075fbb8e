import Cluster
import Kernel
import Testing
import Units

/// By the share of requests in time.
@Suite struct SLOScalerTests {
  @Test func `slo takes the requests of its window`() {
    var options = SLOScaler.Options()
    (options.least, options.window) = (4, Seconds(20))
    var scaler = SLOScaler(options, AutoscalerContext(ttftTarget: 1))
    // Too few say nothing.
    #expect(scaler.instances(for: scalingView(ended: [(1, 9), (2, 9), (3, 9)])) == 4)
    // One of four in time.
    #expect(scaler.instances(for: scalingView(at: 11, ended: [(10, 1)])) == 5)
    // At 23.5 those of 1 to 3 are gone: all of four in time, and nobody waits.
    let met = [(21.0, 0.5), (22.0, 0.5), (23.0, 0.5)]
    #expect(scaler.instances(for: scalingView(at: 23.5, waiting: 1, ended: met)) == 4)
    #expect(scaler.instances(for: scalingView(at: 23.5)) == 3)
    // At 31 that of 10 is gone, too.
    #expect(scaler.instances(for: scalingView(at: 31)) == 4)
  }

  @Test func `slo needs a target`() {
    let fault = SLOScaler.fault(.init(), in: AutoscalerContext())
    #expect(fault == "needs a target; write slo: {ttft_ms: 500}, for example")
    #expect(SLOScaler.fault(.init(), in: AutoscalerContext(ttftTarget: 1)) == nil)
  }

  @Test func `shares rise from above 0 to at most 1`() {
    var options = SLOScaler.Options()
    #expect(options.fault == nil)
    options.up = 1.1
    #expect(options.fault == "up 1.1 and down 0.99 must rise from above 0 to at most 1")
  }
}
