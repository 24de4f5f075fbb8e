import Cost
import Testing
import Units

@Suite struct LinearTests {
  @Test func `a prompt pays per token and a step with decodes pays once`() {
    var prices = Linear.Options()
    prices.prefillToken = Seconds(0.5)
    prices.decodeStep = Seconds(8)
    let cost = Linear(prices)
    #expect(cost.time(of: .prompt(10)) == Seconds(5))
    #expect(cost.time(of: .decode(1, context: 7)) == Seconds(8))
    #expect(cost.time(of: .decode(200, context: 7)) == Seconds(8))
    var mixed = StepShape.decode(3, context: 7)
    mixed.prefillTokens = 10
    #expect(cost.time(of: mixed) == Seconds(13))
    #expect(cost.parts(of: .decode(1, context: 7)).bound == .hbm)
  }
}
