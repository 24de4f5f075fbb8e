import Metrics
import Testing
import Units

@Suite struct CostAndEnergyTests {
  /// Half a second, 24 prompt and 7 output tokens; one instance of two GPUs, busy for 0.2 s of it.
  private func summary(_ change: (inout RunDescription) -> Void) -> Summary {
    var run = SummaryTests.small()
    run.totals.busyTime = Int128(300 * millisecond)
    run.totals.busyTimeInWarmup = Int128(100 * millisecond)
    var description = plain
    description.gpuCount = 2
    change(&description)
    return Summary(run, description)
  }

  @Test func `costs by hand`() throws {
    let summary = summary { $0.gpuHourPrice = 3.6 }
    #expect(summary.gpuHours == 1.0 / 3600)
    #expect(abs(try #require(summary.totalCost) - 1e-3) < 1e-15)
    #expect(abs(try #require(summary.costPerMillion(7)) - 1000.0 / 7) < 1e-9)
    #expect(abs(try #require(summary.costPerMillion(31)) - 1000.0 / 31) < 1e-9)
    #expect(summary.costPerMillion(0) == nil)
    #expect(summary.energy == nil)
  }

  @Test func `energy by hand`() throws {
    // 0.2 of 0.5 s busy: 100 + 0.4 · 500 = 300 W; two GPUs for half a second: 300 J; PUE 1.5.
    let summary = summary { $0.power = PowerDraw(idle: Watts(100), busy: Watts(600), pue: 1.5) }
    #expect(summary.busyShareOfDuration == 0.4)
    #expect(abs(try #require(summary.energy) - 450) < 1e-9)
    #expect(abs(try #require(summary.energyPerOutputToken) - 450.0 / 7) < 1e-9)
    #expect(summary.totalCost == nil)
  }

  @Test func `without prices and power, or without anything served, keys are undefined`() {
    func undefined(_ summary: Summary) -> [String] {
      summary.fields.filter { $0.value == .undefined }.map(\.key)
        .filter { $0.hasPrefix("cost_") || $0.hasPrefix("energy_") || $0 == "gpu_hours" }
    }
    let names = [
      "cost_total", "cost_per_million_output_tokens", "cost_per_million_total_tokens", "energy_j",
      "energy_j_per_output_token",
    ]
    #expect(undefined(summary { _ in }) == names)
    var description = plain
    (description.gpuHourPrice, description.power) = (2, PowerDraw(idle: Watts(1), busy: Watts(2)))
    let nothing = Summary(record([Event(arrival: 5, isRejected: true)]), description)
    #expect(undefined(nothing) == ["gpu_hours"] + names)
  }

  @Test func `a share of time never exceeds one`() {
    var run = SummaryTests.small()
    run.totals.busyTime = Int128(9 * second)
    #expect(Summary(run, plain).busyShareOfDuration == 1)
  }
}
