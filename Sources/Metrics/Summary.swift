public import Units

/// Every number of summary.json: one definition, computed once, from integers.
///
/// Names, units and populations follow `vllm bench serve` (its `serve.py`, `calculate_metrics`);
/// where a value has no meaning it is nil instead of 0. `ColumnCatalog.summary` defines each key.
public struct Summary: Sendable {
  /// What the caller said of the run.
  public let description: RunDescription
  /// Requests of the workload: warm-up + measured, which are completed + failed.
  public let injected: Int64
  /// Requests that were simulated but not measured.
  public let warmupRequests: Int64
  /// Measured requests whose tokens were all made.
  public private(set) var completed: Int64 = 0
  /// Measured requests refused because they could never be served.
  public private(set) var rejected: Int64 = 0
  /// Prompt tokens of completed measured requests.
  public private(set) var inputTokens: Int64 = 0
  /// Output tokens of completed measured requests.
  public private(set) var outputTokens: Int64 = 0
  /// Completed measured requests within every target.
  public private(set) var good: Int64 = 0
  /// End-to-end latency over output tokens, mean over completed measured requests; nil without any.
  public private(set) var normalizedLatency: Seconds?
  /// Times that requests were preempted.
  public let preemptions: Int64
  /// First arrival → last completion of measured requests, picoseconds; nil when none completed.
  public private(set) var duration: Int64?
  /// Arrival rate asked for, or the mean rate of the arrivals; infinite when all come at once or
  /// as fast as a closed loop lets them.
  public let requestRate: Double?
  /// Most requests in flight that a closed loop lets in; nil is an open loop.
  public let concurrency: Int?
  /// Sessions of the workload, requests that follow another turn, and whether these wait for its
  /// end; nil without sessions.
  public let sessions: (count: Int64, followUps: Int64, areClosed: Bool)?
  /// Highest number of output tokens in one second; nil without a time series of 1-s buckets.
  public let peakOutputTokens: Int64?
  /// Most requests in the system at once.
  public let peakConcurrency: Int64
  /// Time to first token of completed measured requests.
  public let ttft: Statistics?
  /// Time per output token of completed measured requests with more than one.
  public let tpot: Statistics?
  /// Gaps between neighbouring tokens, pooled over measured requests.
  public let itl: Statistics?
  /// Time to last token of completed measured requests.
  public let e2el: Statistics?
  /// Time until first scheduled of completed measured requests.
  public let queueTime: Statistics?
  /// How far means and percentiles may be off.
  public let intervals: SummaryIntervals
  /// Counts and integrals of all instances.
  public let totals: RunTotals
  /// The run's end, picoseconds.
  public let end: Int64
  /// Arrivals + steps + samples.
  public let events: Int64
  /// Time-weighted requests in batches from 0 to the last arrival; nil when that is no time.
  public let meanRunning: Double?
  /// KV tokens over pool while a request waits, time-weighted; nil when none waited.
  public let tokenShareWaiting: Double?
  /// Most KV blocks in use on any instance over its pool; nil without a pool.
  public let peakUsage: Double?
  /// Time with a step in flight, mean over instances, over the whole run.
  public private(set) var busyShare: Double?
  /// The same over `duration` alone; nil when that is no time.
  public private(set) var busyShareOfDuration: Double?
  /// Each instance.
  public private(set) var instances: [InstanceSummary] = []
  /// Whether instances were not there all the time.
  public let comesAndGoes: Bool
  /// Coefficient of variation of the instances' pending prompt tokens, mean over requests.
  public let loadVariation: Double?
  /// Times that requests went from one queue to another.
  public private(set) var migrations: Int64 = 0
  /// Times that requests were sent again after a failure.
  public private(set) var retries: Int64 = 0
  /// Measured requests that failures ended.
  public private(set) var failedByFailure: Int64 = 0
  /// What its tiers and links come to; nil when KV lies in HBM only.
  public let memory: MemorySummary?
  /// How evenly users were served; nil unless there are several.
  public let fairness: Fairness?
  /// Whether to believe it; of the whole run, as a backlog of the warm-up is a load, too.
  public let verdict: Verdict

  /// Summarises a run.
  ///
  /// - Complexity: O(requests); one column of 8 bytes a request at a time beside the record.
  public init(_ record: RunRecord, _ description: RunDescription) {
    let table = record.requests
    self.description = description
    injected = Int64(table.count)
    warmupRequests = Int64(table.warmupRequests)
    totals = record.totals
    preemptions = record.totals.preemptions
    end = record.end.picoseconds
    events = record.events
    requestRate = description.requestRate ?? Self.meanRate(table)
    concurrency = table.concurrency
    sessions = table.turns.map { ($0.sessions, $0.followUps, table.closesSessions) }
    peakOutputTokens = Self.peakOutput(record.series)
    peakConcurrency = Metrics.peakConcurrency(of: table)
    let settings = description.intervals
    var intervals = SummaryIntervals()
    (ttft, intervals.ttft) = Self.statistics(table, settings) { $0.ttft }
    (tpot, intervals.tpot) = Self.statistics(table, settings) { $0.tpot }
    itl = Statistics(of: record.gaps)
    intervals.takeGaps(of: table, settings)
    (e2el, intervals.e2el) = Self.statistics(table, settings) { $0.e2el }
    (queueTime, intervals.queueTime) = Self.statistics(table, settings) { $0.queueTime }
    if !description.targets.isEmpty {
      intervals.takeAttainment(of: table, description.targets, settings)
    }
    self.intervals = intervals
    let lastArrival = Double(record.lastArrival.picoseconds)
    meanRunning = Self.ratio(Double(totals.runningTime), lastArrival)
    tokenShareWaiting = Self.tokenShareWaiting(record)
    peakUsage = Self.peakUsage(record)
    busyShare = Self.ratio(
      Double(totals.busyTime), Double(record.instances) * Double(record.end.picoseconds))
    memory = record.memory.map { MemorySummary($0, record.totals) }
    verdict = Verdict(of: record)
    fairness = Fairness(of: table)
    comesAndGoes = record.cluster.comesAndGoes
    loadVariation = record.cluster.loadVariation
    for row in 0..<table.count {
      migrations += Int64(table.migrations[row])
      retries += Int64(table.retries[row])
    }
    count(table)
    let first = table.measuredRows.first.map { table.arrival[$0] }
    let window = duration.flatMap { time in
      first.map { $0...Instant(picoseconds: $0.picoseconds + time) }
    }
    instances = Self.instances(of: record, description, measuring: window)
    if comesAndGoes {
      (busyShare, busyShareOfDuration) = busyShares()
    } else if let duration {
      let busy = totals.busyTime - totals.busyTimeInWarmup - totals.busyTimeAfterwards
      let whole = Double(record.instances) * Double(duration)
      // The last step of a run that was stopped may end after its last completion.
      busyShareOfDuration = Self.ratio(Double(busy), whole).map { min(1, $0) }
    }
  }

  /// Requests that count: completed + failed.
  public var measured: Int64 { injected - warmupRequests }
  /// Measured requests that did not complete.
  public var failed: Int64 { measured - completed }
  /// Measured requests that were in the system when the run ended.
  public var unfinished: Int64 { failed - rejected - failedByFailure }

  /// `count` per second of `duration`; nil when there is none.
  public func perSecond(_ count: Int64) -> Double? {
    guard let duration else { return nil }
    return Self.ratio(Double(count) * 1e12, Double(duration))
  }

  /// Share of measured requests that completed within the targets; nil without targets or
  /// requests.
  public var attainment: Double? {
    description.targets.isEmpty ? nil : Self.ratio(Double(good), Double(measured))
  }

  /// Prefix hits over look-ups in tokens; nil when nothing was looked up.
  public var prefixHitRate: Double? {
    Self.ratio(Double(totals.prefixHitTokens), Double(totals.prefixQueryTokens))
  }

  /// Share of the prompt tokens of requests with a first token that no step computed; below 0 where
  /// more was computed again than found; nil without such requests.
  public var savedPrefillShare: Double? {
    Self.ratio(Double(totals.promptTokens - totals.prefillTokens), Double(totals.promptTokens))
  }

  /// Share of the context of decodes that several of them read together; nil without decodes.
  public var sharedContextShare: Double? {
    Self.ratio(Double(totals.sharedContext), Double(totals.context))
  }

  /// Share of the steps under a budget of tokens that used less than 90 % of it; nil without one.
  public var underfilledShare: Double? {
    Self.ratio(Double(totals.underfilledSteps), Double(totals.budgetedSteps))
  }

  static func ratio(_ part: Double, _ whole: Double) -> Double? { whole > 0 ? part / whole : nil }

  private mutating func count(_ table: RequestTable) {
    var last = Instant.zero
    let rows = table.measuredRows
    var perToken = 0.0
    for row in rows {
      if table.isRejected[row] { rejected += 1 }
      if table.isFailed[row] { failedByFailure += 1 }
      guard table.finished[row] != .never else { continue }
      completed += 1
      inputTokens += Int64(table.prompt[row])
      outputTokens += Int64(table.output[row])
      last = max(last, table.finished[row])
      perToken += Double(table.finished[row] - table.arrival[row]) / Double(table.output[row])
      if table.outcome(of: row).meets(description.targets) { good += 1 }
    }
    guard completed > 0 else { return }
    duration = last - table.arrival[rows.lowerBound]
    normalizedLatency = Seconds(perToken * 1e-12 / Double(completed))
  }

  private static func statistics(
    _ table: RequestTable, _ settings: IntervalSettings, _ latency: (RequestOutcome) -> Int64?
  ) -> (Statistics?, LatencyInterval) {
    var column: [Int64] = []
    column.reserveCapacity(table.measuredRows.count)
    for row in table.measuredRows where table.finished[row] != .never {
      if let time = latency(table.outcome(of: row)) { column.append(time) }
    }
    let statistics = Statistics(of: column)
    return (statistics, LatencyInterval(of: column, statistics, settings))
  }

  private static func meanRate(_ table: RequestTable) -> Double? {
    if table.concurrency != nil { return .infinity }
    let arrived = table.released
    guard arrived > 0 else { return nil }
    let (first, last) = (table.arrival[0], table.arrival[arrived - 1])
    guard last > first else { return arrived > 1 ? .infinity : nil }
    return Double(arrived - 1) * 1e12 / Double(last - first)
  }

  private static func peakOutput(_ series: TimeSeries?) -> Int64? {
    guard let series, series.width == 1_000_000_000_000 else { return nil }
    var peak: Int64?
    for bucket in 0..<series.count / max(1, series.instances) {
      var tokens: Int64 = 0
      for instance in 0..<series.instances {
        tokens += series.generatedTokens[bucket * series.instances + instance]
      }
      peak = max(peak ?? 0, tokens)
    }
    return peak
  }
}
