import Metrics
import Testing
import Units

@Suite struct InstanceSummaryTests {
  /// Two instances, two requests from 1 s to 11 s; the second instance is there from 5 s on.
  private func run(elastic: Bool) -> RunRecord {
    var recorders = [Recorder(), Recorder()]
    recorders[0].totals.busyTime = Int128(6 * second)
    recorders[0].totals.runningTime = Int128(2 * second)
    recorders[1].totals.busyTime = Int128(3 * second)
    (recorders[1].totals.prefixHitTokens, recorders[1].totals.prefixQueryTokens) = (30, 40)
    var run = record(
      [
        Event(arrival: second, scheduled: second, first: 2 * second, finish: 3 * second),
        Event(
          arrival: 4 * second, scheduled: 4 * second, first: 5 * second, finish: 11 * second),
      ], recorders: recorders)
    guard elastic else { return run }
    run.cluster.comesAndGoes = true
    run.cluster.members[0].spans = [UpSpan(from: .zero, until: instant(20 * second))]
    run.cluster.members[1].spans = [
      UpSpan(from: instant(5 * second), until: instant(8 * second)),
      UpSpan(from: instant(9 * second), until: instant(20 * second)),
    ]
    return run
  }

  private func described(_ change: (inout RunDescription) -> Void = { _ in }) -> RunDescription {
    var description = plain
    let power = PowerDraw(idle: Watts(100), busy: Watts(200))
    description.instances = [
      InstanceDescription(
        pool: "a", role: "mixed", gpu: "g", gpus: 1, gpuHourPrice: 3.6, power: power),
      InstanceDescription(
        pool: "b", role: "mixed", gpu: "h", gpus: 2, gpuHourPrice: 7.2, power: power),
    ]
    description.gpuCount = 3
    change(&description)
    return description
  }

  @Test func `up time is that within the run and within its measured part`() {
    let instances = Summary(run(elastic: true), described()).instances
    // The run ends at 11 s; it is measured from 1 s on.
    #expect(instances.map(\.upTime) == [Int128(11 * second), Int128(5 * second)])
    #expect(instances.map(\.upTimeOfDuration) == [Int128(10 * second), Int128(5 * second)])
    #expect(instances[1].busyShare == 0.6)
    #expect(instances[1].hitRate == 0.75)
    #expect(instances[0].hitRate == nil)
    // Two requests-seconds in the 4 s until the last arrival; the other was not there.
    #expect(instances.map(\.meanRunning) == [0.5, nil])
  }

  @Test func `without coming and going everything is there all the time`() {
    let summary = Summary(run(elastic: false), described())
    #expect(summary.instances.map(\.upTime) == [Int128(11 * second), Int128(11 * second)])
    #expect(summary.gpuHours == 3.0 * 10 / 3600)
    #expect(abs(summary.instanceHours - 22.0 / 3600) < 1e-15)
  }

  @Test func `time, cost and energy are those of the time in which instances were there`() throws {
    let summary = Summary(run(elastic: true), described())
    // 10 s on one GPU and 5 s on two.
    #expect(abs(try #require(summary.gpuHours) - 20.0 / 3600) < 1e-15)
    let cost = try #require(summary.totalCost)
    #expect(abs(cost - 0.03) < 1e-12)  // 10 s at 3.6 and at 7.2 an hour
    // 100 W · 10 s + 100 W · 6 s, and twice 100 W · 5 s + 100 W · 3 s.
    let energy = try #require(summary.energy)
    #expect(abs(energy - 3200) < 1e-9)
    #expect(summary.busyShare == 9.0 / 16)
    #expect(summary.outputPerGPU == 10.0 / 20)
    #expect(abs(summary.instanceHours - 16.0 / 3600) < 1e-15)
  }

  @Test func `a cost needs all prices`() {
    let summary = Summary(run(elastic: true), described { $0.instances[1].gpuHourPrice = nil })
    #expect(summary.totalCost == nil)
  }

  @Test func `KV shares are those of each instance's own pool`() {
    var run = run(elastic: false)
    run.pools = [
      KVPoolSize(blocks: 10, tokensPerBlock: 16), KVPoolSize(blocks: 40, tokensPerBlock: 32),
    ]
    run.instanceTotals[0].peakBlocks = 5
    run.instanceTotals[1].peakBlocks = 10
    run.instanceTotals[1].waitingTime = 100
    run.totals.tokenTimeWaiting = 64_000
    let summary = Summary(run, described())
    #expect(summary.peakUsage == 0.5)
    #expect(summary.tokenShareWaiting == 0.5)  // 640 of 1,280 tokens
  }

  @Test func `failures, retries and migrations are counted`() {
    var run = SummaryTests.small()
    run.requests.isFailed[4] = true
    run.requests.retries[4] = 3
    run.requests.retries[1] = 1
    run.requests.migrations[0] = 2
    let summary = Summary(run, plain)
    #expect((summary.failed, summary.rejected, summary.unfinished) == (2, 1, 0))
    #expect((summary.failedByFailure, summary.retries, summary.migrations) == (1, 4, 2))
  }
}
