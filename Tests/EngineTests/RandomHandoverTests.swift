import Memory
import Metrics
import Serving
import TestSupport
import Testing
import Units

/// Two phases on random clusters; every run also checks I3, I4 and I5 at each event.
@Suite struct RandomHandoverTests {
  static let seeds: [UInt64] = (0..<(isDebug ? 10 : 100)).map { UInt64($0) }

  private func text(_ record: RunRecord) -> String {
    let r = record.requests
    return bytes(record)
      + "\(r.decodeInstance) \(r.migrations) \(r.retries) \(r.isFailed) \(record.cluster as Any)"
  }

  @Test(arguments: [false, true])
  func `leaping equals single steps while KV goes from one to the other`(fails: Bool) {
    for seed in Self.seeds {
      let scenario = HandoverScenario(seed: seed, fails: fails)
      let isLogged = seed % 2 == 0
      let exact = text(scenario.run(maxLeap: 1, logsSteps: isLogged))
      let isSame = text(scenario.run(maxLeap: 256, logsSteps: isLogged)) == exact
      #expect(isSame, "seed \(seed)")
      let isShortSame = text(scenario.run(maxLeap: 3, logsSteps: isLogged)) == exact
      #expect(isShortSame, "seed \(seed), leaps of 3")
    }
  }

  @Test func `every token of a prompt is handed over once`() {
    var (preempted, called, hits) = (0, 0, 0)
    for seed in Self.seeds {
      let scenario = HandoverScenario(seed: seed)
      let record = scenario.run()
      let (r, totals) = (record.requests, record.totals)
      #expect(record.stop == nil, "seed \(seed): \(record.stop ?? "")")
      var (sojourn, tokens, count, made) = (Int128(0), Int64(0), Int64(0), Int64(0))
      for i in 0..<r.count where r.arrival[i] < .never {
        #expect((r.finished[i] < .never) != r.isRejected[i], "seed \(seed)")
        guard !r.isRejected[i] else { continue }
        sojourn += Int128(r.finished[i] - r.arrival[i])
        made += Int64(r.output[i])
        let isHandedOver = scenario.roles[Int(r.instance[i])] == .prefill && r.output[i] > 1
        #expect((r.decodeInstance[i] >= 0) == isHandedOver, "seed \(seed)")
        guard isHandedOver else { continue }
        #expect(scenario.roles[Int(r.decodeInstance[i])] == .decode, "seed \(seed)")
        tokens += Int64(r.prompt[i])
        count += 1
      }
      #expect(totals.presenceTime == sojourn, "seed \(seed): Little's law")
      #expect(totals.generatedTokens == made && totals.handovers == count, "seed \(seed)")
      let gpus = scenario.mode.gpus
      let bytes = tokens * HandoverScenario.bytesPerToken * gpus
      #expect(
        scenario.cachesDecodes ? totals.handoverBytes <= bytes : totals.handoverBytes == bytes,
        "seed \(seed)")
      let (moved, landed, messages) = handed(over: record, scenario.mode)
      #expect(landed * gpus == totals.handoverBytes && moved >= landed, "seed \(seed)")
      #expect(messages, "seed \(seed)")
      if totals.preemptions > 0 { preempted += 1 }
      if moved > landed { called += 1 }
      if totals.prefixHitTokens > 0 { hits += 1 }
    }
    #expect(preempted >= Self.seeds.count / 5, "\(preempted)")
    #expect(called >= 1, "\(called)")
    #expect(hits >= Self.seeds.count / 5, "\(hits)")
  }

  /// Bytes of one GPU that moved over the lanes out of instances, those of them that landed, and
  /// whether messages are as many as they must be.
  private func handed(over record: RunRecord, _ mode: HandoverMode) -> (Int64, Int64, Bool) {
    guard let memory = record.memory else { return (0, 0, false) }
    let index = TransferCause.handover.index
    let out = memory.links.filter { $0.direction != .inward }
    let moved = out.reduce(0) { $0 + $1.causes[index].bytes }
    let landed = memory.log.filter { $0.outcome == .landed }
    let isRight = memory.log.allSatisfy {
      $0.copies * mode.messageBytes >= $0.bytes && ($0.copies - 1) * mode.messageBytes < $0.bytes
    }
    return (moved, landed.reduce(0) { $0 + $1.bytes }, isRight)
  }

  @Test func `nothing is lost when instances fail while KV is on its way`() {
    var (retried, moved, failed) = (0, 0, 0)
    for seed in Self.seeds {
      let record = HandoverScenario(seed: seed, fails: true).run()
      let r = record.requests
      #expect(record.stop == nil, "seed \(seed): \(record.stop ?? "")")
      for i in 0..<r.count where r.arrival[i] < .never {
        let ways = [r.finished[i] < .never, r.isRejected[i], r.isFailed[i]]
        #expect(ways.filter { $0 }.count == 1, "seed \(seed)")
        if r.finished[i] < .never {
          let decoding = r.finished[i] - r.firstToken[i]
          #expect(decoding >= 0 && r.longestGap[i] <= decoding, "seed \(seed)")
        }
      }
      retried += r.retries.reduce(0) { $0 + Int($1) }
      moved += r.migrations.reduce(0) { $0 + Int($1) }
      failed += r.isFailed.filter { $0 }.count
    }
    #expect(retried > 0 && moved > 0 && failed > 0, "\(retried) \(moved) \(failed)")
  }
}
