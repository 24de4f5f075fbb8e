import Cluster
import Kernel
import Testing
import Units

/// What an autoscaler sees.
func scalingView(
  at time: Double = 10, open: Int = 4, starting: Int = 0, waiting: Int = 0, tokens: Int64 = 0,
  ended: [(Double, Double)] = []
) -> ScalingView {
  ScalingView(
    time: Instant.zero + Seconds(time), open: open, starting: starting, waiting: waiting,
    tokens: tokens,
    ended: ended.map { EndedRequest(time: Instant.zero + Seconds($0.0), ttft: $0.1) })
}

/// By requests that wait.
@Suite struct QueueScalerTests {
  @Test func `queue compares those that wait with the open instances`() {
    var options = QueueScaler.Options()
    options.step = 2
    var scaler = QueueScaler(options, AutoscalerContext())
    #expect(scaler.instances(for: scalingView(waiting: 16)) == 4)  // 4 each, not above
    #expect(scaler.instances(for: scalingView(waiting: 17)) == 6)
    #expect(scaler.instances(for: scalingView(waiting: 2)) == 4)  // 0.5 each, not below
    #expect(scaler.instances(for: scalingView(waiting: 1)) == 2)
    // Those that start count as there, but nobody waits on them.
    #expect(scaler.instances(for: scalingView(open: 1, starting: 3, waiting: 5)) == 6)
    #expect(scaler.instances(for: scalingView(open: 0, starting: 1, waiting: 5)) == 3)
  }

  @Test func `thresholds that cross are refused`() {
    var options = QueueScaler.Options()
    #expect(options.fault == nil)
    options.down = 4
    #expect(options.fault == "down 4.0 is not below up 4.0")
    options.step = 0
    #expect(options.fault == "step 0 changes nothing; write at least 1")
  }

  @Test func `names differ and each is registered`() {
    #expect(autoscalers.map { $0.name } == ["queue", "slo", "token-rate"])
  }
}
