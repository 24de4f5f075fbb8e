internal import Kernel
public import Metrics
internal import Serving
internal import Units

extension Simulation {
  mutating func pendNextSample(after time: Instant) {
    guard let series else { return }
    let (next, isBeyond) = time.picoseconds.addingReportingOverflow(series.width)
    nextSample = isBeyond ? .horizon : Instant(picoseconds: next)
    queue.set(samples, at: nextSample)
  }

  /// Writes one row per instance; goes on while anything is pending or about to start.
  mutating func sample() {
    sampleEvents += 1
    let tiers = series?.tiers.tiers ?? 0
    for i in 0..<fleet.count {
      fleet.exchangeTier(with: i)
      defer { fleet.exchangeTier(with: i) }
      let row = fleet.instances[i].sample(at: queue.now, since: sampled[i])
      sampled[i] = fleet.instances[i].recorder.totals
      series?.append(row, tiers: fleet.instances[i].tierUses(tiers, at: queue.now))
    }
    series?.compact()
    // What would happen to the cluster afterwards concerns nobody.
    if settledRequests == requests.count {
      membership.forgetPlan()
      pendNextChange()
      scaling = nil
      queue.set(scalings, at: .never)
    }
    nextSample = .never
    if goesOn() { pendNextSample(after: queue.now) }
  }
}

// MARK: - The end of a run

extension Simulation {
  /// Nothing is pending: whoever still holds work would wait for ever (I2).
  mutating func findDeadlock() {
    for i in 0..<fleet.count where fleet.current[i].requests > 0 {
      stop = report(i, "has nothing that it could run")
      return
    }
  }

  /// The next event lies past the range of the clock: steps that end before it still count.
  mutating func beyondTheClock() -> String {
    let last = Instant(picoseconds: Instant.horizon.picoseconds - 1)
    for i in 0..<fleet.count {
      fleet.instances[i].settle(at: last)
      end = max(end, fleet.instances[i].progress)
    }
    let fault = "simulated time passed 106 days, the range of the clock"
    guard let i = fleet.current.firstIndex(where: { $0.requests > 0 }) else { return fault }
    return report(i, "still works when \(fault)")
  }

  func report(_ i: Int, _ fault: String) -> String {
    guard let id = fleet.instances[i].oldestRequest else { return "instance \(i) \(fault)" }
    let row = Int(id.row)
    let number = requests.number(of: row)
    return "instance \(i) \(fault): request \(number) (\(requests.prompt[row]) prompt tokens) "
      + "and \(fleet.current[i].requests - 1) more wait at "
      + "\(fleet.instances[i].batch.totalBlocks) KV blocks"
  }

  /// What the run left behind; the run is over.
  public consuming func record() -> RunRecord {
    for i in 0..<fleet.count { fleet.instances[i].close(at: max(end, queue.now)) }
    precondition(
      stop != nil || (settledRequests == requests.count && parcels.isEmpty),
      "a request was lost (I1)")
    membership.close(at: max(end, queue.now))
    let batch = fleet.instances[0].batch
    var record = RunRecord(
      requests: requests, recorders: fleet.instances.map(\.recorder), series: series, end: end,
      arrivals: release.arrived, copies: copies, sampleEvents: sampleEvents,
      blocks: batch.totalBlocks,
      tokensPerBlock: batch.tokensPerBlock, stop: stop,
      memory: topology.record(
        until: max(end, queue.now), transfers: Int64(copies), copies: copyCalls),
      cluster: membership.record(variation))
    record.pools = fleet.instances.map {
      KVPoolSize(blocks: $0.batch.totalBlocks, tokensPerBlock: $0.batch.tokensPerBlock)
    }
    return record
  }
}
