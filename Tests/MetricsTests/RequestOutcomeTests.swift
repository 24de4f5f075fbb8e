import Metrics
import Testing
import Units

@Suite struct RequestOutcomeTests {
  @Test func `latencies of a request by hand`() {
    let event = Event(arrival: 100, scheduled: 130, first: 200, finish: 210, output: 4)
    let outcome = record([event]).requests.outcome(of: 0)
    #expect(outcome.finishReason == .length)
    #expect(outcome.queueTime == 30)
    #expect(outcome.prefillTime == 70)
    #expect(outcome.decodeTime == 10)
    #expect(outcome.ttft == 100)
    #expect(outcome.e2el == 110)
    #expect(outcome.tpot == 3)  // 10 / 3 = 3.33
  }

  @Test func `a single token has no time per token and meets any target on it`() {
    let event = Event(arrival: 0, scheduled: 0, first: millisecond, finish: millisecond, output: 1)
    let outcome = record([event]).requests.outcome(of: 0)
    #expect(outcome.tpot == nil)
    #expect(outcome.longestGapOfMany == nil)
    #expect(outcome.meets(ServiceLevel(tpot: Seconds(1e-9))))
    #expect(!outcome.meets(ServiceLevel(ttft: Seconds(0.9e-3), tpot: Seconds(1))))
  }

  @Test func `targets hold up to and including the limit, all of them together`() {
    let event = Event(arrival: 0, scheduled: 0, first: 5, finish: 45, output: 5)
    let outcome = record([event]).requests.outcome(of: 0)
    var targets = ServiceLevel()
    #expect(targets.isEmpty)
    (targets.ttft, targets.tpot, targets.e2el) = (5, 10, 45)
    #expect(outcome.meets(targets))
    for path in [\ServiceLevel.ttft, \.tpot, \.e2el] {
      var tighter = targets
      tighter[keyPath: path] = (targets[keyPath: path] ?? 0) - 1
      #expect(!outcome.meets(tighter))
    }
  }

  @Test func `rejected and unfinished requests meet nothing and say why`() {
    let table = record([
      Event(arrival: 0, isRejected: true), Event(arrival: 1, scheduled: 4, first: 9),
      Event(arrival: 2),
    ]).requests
    #expect(table.outcome(of: 0).finishReason == .unservable)
    #expect(table.outcome(of: 1).finishReason == .unfinished)
    #expect(table.outcome(of: 1).ttft == 8)
    #expect(table.outcome(of: 1).decodeTime == nil)
    #expect(table.outcome(of: 2).queueTime == nil)
    #expect(!table.outcome(of: 1).meets(ServiceLevel()))
  }

  @Test func `targets in seconds become whole picoseconds`() {
    let targets = ServiceLevel(ttft: Seconds(0.5), tpot: Seconds(0.05))
    #expect(targets.ttft == 500 * millisecond)
    #expect(targets.tpot == 50 * millisecond)
    #expect(targets.e2el == nil)
  }
}
