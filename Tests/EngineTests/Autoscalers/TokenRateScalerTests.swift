import Cluster
import Kernel
import Testing
import Units

/// By tokens a second.
@Suite struct TokenRateScalerTests {
  @Test func `token-rate takes the rate of its window`() {
    var options = TokenRateScaler.Options()
    (options.tokensPerSecond, options.utilization) = (100, 0.5)
    options.window = Seconds(20)
    var scaler = TokenRateScaler(options, AutoscalerContext())
    // 200 tokens a second at 50 an instance.
    #expect(scaler.instances(for: scalingView(at: 10, tokens: 2000)) == 4)
    // 215 are within a tenth of 200, 230 are not.
    #expect(scaler.instances(for: scalingView(at: 20, tokens: 4300)) == 4)
    #expect(scaler.instances(for: scalingView(at: 20, tokens: 4600)) == 5)
    // From 20 to 40 nothing was served.
    #expect(scaler.instances(for: scalingView(at: 40, tokens: 4600)) == 0)
  }

  @Test func `a utilization is above 0 and at most 1`() {
    var options = TokenRateScaler.Options()
    #expect(options.fault == nil)
    options.utilization = 1.5
    #expect(options.fault == "utilization 1.5 is not above 0 and at most 1")
  }
}
