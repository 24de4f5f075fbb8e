import Metrics
import TestSupport
import Testing
import Units

/// Numbered as in Sources/Cluster/README.md; every run here also checks I3 and I4 at each event.
@Suite struct InvariantTests {
  static let seeds: [UInt64] = (0..<(isDebug ? 60 : 400)).map { 5000 + UInt64($0) }

  private func runs(_ check: (RunRecord, String) -> Void) {
    for seed in Self.seeds {
      let scenario = RandomScenario(seed: seed)
      check(scenario.run(maxLeap: 256), "seed \(seed) \(scenario.policy)")
    }
  }

  @Test func `I1 every request is finished or rejected`() {
    runs { record, name in
      let r = record.requests
      for i in 0..<r.count {
        #expect((r.finished[i] < .never) != r.isRejected[i], "\(name) request \(i)")
      }
      #expect(record.stop == nil, "\(name)")
    }
  }

  @Test func `I5 a request is scheduled after it arrives, and its tokens follow`() {
    runs { record, name in
      let r = record.requests
      for i in 0..<r.count where !r.isRejected[i] {
        #expect(r.arrival[i] <= r.firstScheduled[i], "\(name)")
        #expect(r.firstScheduled[i] < r.firstToken[i], "\(name)")
        #expect(r.firstToken[i] <= r.finished[i], "\(name)")
        #expect((r.output[i] == 1) == (r.firstToken[i] == r.finished[i]), "\(name)")
        #expect(r.preemptedTime[i] <= r.finished[i] - r.firstScheduled[i], "\(name)")
      }
    }
  }

  @Test func `I11 gaps and first tokens are all tokens, and gaps add up to decode times`() {
    runs { record, name in
      let r = record.requests
      var (tokens, gaps, prompts, decodeTime) = (Int64(0), Int64(0), Int64(0), Int128(0))
      for i in 0..<r.count where !r.isRejected[i] {
        tokens += Int64(r.output[i])
        gaps += Int64(r.output[i] - 1)
        prompts += Int64(r.prompt[i])
        decodeTime += Int128(r.finished[i] - r.firstToken[i])
      }
      #expect(record.totals.generatedTokens == tokens, "\(name)")
      #expect(record.gaps.count == gaps, "\(name)")
      #expect(record.totals.promptTokens == prompts, "\(name)")
      #expect(record.gaps.sum == decodeTime, "\(name)")
      // Every token's KV is computed once, but the last one's never; what was lost, again.
      let stored = prompts + gaps + record.totals.recomputedTokens
      #expect(record.totals.prefillTokens + record.totals.decodes == stored, "\(name)")
    }
  }

  @Test func `a request's longest gap is one of its gaps`() {
    runs { record, name in
      let r = record.requests
      for i in 0..<r.count where !r.isRejected[i] && r.output[i] > 1 {
        let span = r.finished[i] - r.firstToken[i]
        let gaps = Int64(r.output[i] - 1)
        #expect(r.longestGap[i] >= (span + gaps - 1) / gaps && r.longestGap[i] <= span, "\(name)")
      }
      if record.gaps.count > 0 { #expect(r.longestGap.max() == record.gaps.max, "\(name)") }
    }
  }

  @Test func `Little's law holds exactly on every drained run`() {
    runs { record, name in
      let r = record.requests
      var sojourn = Int128(0)
      for i in 0..<r.count where !r.isRejected[i] {
        sojourn += Int128(r.finished[i] - r.arrival[i])
      }
      #expect(record.totals.presenceTime == sojourn, "\(name)")
    }
  }

  @Test func `a closed loop is full until its last request has arrived`() {
    runs { record, name in
      let (r, last) = (record.requests, record.lastArrival)
      guard let concurrency = r.concurrency else { return }
      var present = Int128(0)
      for i in 0..<r.count where !r.isRejected[i] {
        present += Int128(min(r.finished[i], last) - r.arrival[i])
      }
      #expect(present == Int128(concurrency) * Int128(last - .zero), "\(name)")
      #expect(zip(r.arrival, r.arrival.dropFirst()).allSatisfy { $0 <= $1 }, "\(name)")
    }
  }

  @Test func `an instance works whenever it holds a request`() {
    // Every scheduler here can always run its oldest request, so idle time with work is a bug.
    runs { record, name in
      for (i, totals) in record.instanceTotals.enumerated() {
        #expect(totals.busyTime >= present(record.requests, on: i), "\(name)")
      }
    }
  }

  /// The time during which at least one request was on instance `i`.
  private func present(_ r: RequestTable, on i: Int) -> Int128 {
    var until = Instant.zero
    var sum = Int128(0)
    for row in 0..<r.count where r.instance[row] == Int32(i) && !r.isRejected[row] {
      let start = max(until, r.arrival[row])
      if r.finished[row] > start { sum += Int128(r.finished[row] - start) }
      until = max(until, r.finished[row])
    }
    return sum
  }

  @Test func `counts of the time series add up to the run's`() {
    runs { record, name in
      guard let series = record.series else { return }
      #expect(series.generatedTokens.reduce(0, +) == record.totals.generatedTokens, "\(name)")
      #expect(series.promptTokens.reduce(0, +) == record.totals.promptTokens, "\(name)")
      #expect(
        series.finished.reduce(0) { $0 + Int64($1) } == record.totals.finished, "\(name)")
      #expect(
        series.preemptions.reduce(0) { $0 + Int64($1) } == record.totals.preemptions, "\(name)")
      #expect(series.running.suffix(series.instances).allSatisfy { $0 == 0 }, "\(name)")
    }
  }

  @Test func `the order of instances' work does not reach the record`() {
    for seed in Self.seeds.prefix(20) {
      let scenario = RandomScenario(seed: seed)
      #expect(bytes(scenario.run(maxLeap: 64)) == bytes(scenario.run(maxLeap: 64)))
    }
  }
}
