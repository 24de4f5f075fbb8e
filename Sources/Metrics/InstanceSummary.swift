internal import Units

/// What one instance of a run did: a row of instances.csv.
public struct InstanceSummary: Sendable {
  /// What it is.
  public let description: InstanceDescription
  /// What the router and the cluster did with it.
  public let member: MemberCounts
  /// What it counted.
  public let totals: RunTotals
  /// Time in which it was there, ps.
  public let upTime: Int128
  /// The part of it within the run's `duration`; 0 when that is no time.
  public let upTimeOfDuration: Int128
  /// Requests in its batch while requests arrive, time-weighted over its up time then; nil when
  /// that is no time.
  public let meanRunning: Double?

  init(
    _ index: Int, of record: RunRecord, _ description: InstanceDescription,
    measuring window: ClosedRange<Instant>?
  ) {
    self.description = description
    member = record.cluster.members[index]
    totals = record.instanceTotals[index]
    let (member, isFixed) = (member, !record.cluster.comesAndGoes)
    func upTime(from start: Instant, until end: Instant) -> Int128 {
      isFixed ? Int128(max(0, end - start)) : member.upTime(from: start, until: end)
    }
    self.upTime = upTime(from: .zero, until: record.end)
    upTimeOfDuration = window.map { upTime(from: $0.lowerBound, until: $0.upperBound) } ?? 0
    let arriving = upTime(from: .zero, until: record.lastArrival)
    meanRunning = Summary.ratio(Double(totals.runningTime), Double(arriving))
  }

  /// Time with a step in flight within the run's `duration`, ps.
  public var busyTimeOfDuration: Int128 {
    totals.busyTime - totals.busyTimeInWarmup - totals.busyTimeAfterwards
  }

  /// Time with a step in flight over the time in which it was there; nil when it never was.
  public var busyShare: Double? { Summary.ratio(Double(totals.busyTime), Double(upTime)) }

  /// Prefix hits over look-ups in tokens; nil when nothing was looked up.
  public var hitRate: Double? {
    Summary.ratio(Double(totals.prefixHitTokens), Double(totals.prefixQueryTokens))
  }
}

extension Summary {
  /// The instances of `record`; `window` is the run's `duration`.
  static func instances(
    of record: RunRecord, _ description: RunDescription, measuring window: ClosedRange<Instant>?
  ) -> [InstanceSummary] {
    let alike = InstanceDescription(
      pool: nil, role: "mixed", gpu: description.gpu,
      gpus: description.gpuCount / max(1, record.instances),
      gpuHourPrice: description.gpuHourPrice, power: description.power)
    return (0..<record.instances).map { index in
      let known = description.instances
      return InstanceSummary(
        index, of: record, known.indices.contains(index) ? known[index] : alike,
        measuring: window)
    }
  }

  /// Whether all instances are of one kind and there all the time.
  var isUniform: Bool {
    guard !comesAndGoes, let first = instances.first?.description else { return !comesAndGoes }
    return instances.allSatisfy {
      let other = $0.description
      return other.gpus == first.gpus && other.gpuHourPrice == first.gpuHourPrice
        && other.power == first.power
    }
  }

  /// Time in which instances were there, added up, hours.
  public var instanceHours: Double {
    instances.reduce(0) { $0 + Double($1.upTime) } * 1e-12 / 3600
  }

  /// Coefficient of variation over the instances that were ever there of their busy share; nil
  /// unless there are several and any was busy.
  public var busyVariation: Double? {
    let shares = instances.compactMap(\.busyShare)
    guard shares.count > 1 else { return nil }
    let count = Double(shares.count)
    let mean = shares.reduce(0, +) / count
    let spread = shares.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    return Self.ratio(spread.squareRoot(), mean)
  }

  /// Time with a step in flight over time in which instances were there: of the whole run, and of
  /// `duration`.
  func busyShares() -> (whole: Double?, duration: Double?) {
    var (busy, up) = (Int128(0), Int128(0))
    var (busyOfDuration, upOfDuration) = (Int128(0), Int128(0))
    for one in instances {
      busy += one.totals.busyTime
      up += one.upTime
      busyOfDuration += one.busyTimeOfDuration
      upOfDuration += one.upTimeOfDuration
    }
    return (
      Self.ratio(Double(busy), Double(up)),
      Self.ratio(Double(busyOfDuration), Double(upOfDuration)).map { min(1, $0) }
    )
  }

  /// KV tokens over pool while a request waits, of instances whose pools may differ.
  static func tokenShareWaiting(_ record: RunRecord) -> Double? {
    guard let first = record.pools.first else { return nil }
    if record.pools.allSatisfy({ $0 == first }) {
      let pool = Double(first.blocks) * Double(first.tokensPerBlock)
      return ratio(
        Double(record.totals.tokenTimeWaiting), pool * Double(record.totals.waitingTime))
    }
    var room = 0.0
    for (pool, totals) in zip(record.pools, record.instanceTotals) {
      room += Double(pool.tokens) * Double(totals.waitingTime)
    }
    return ratio(Double(record.totals.tokenTimeWaiting), room)
  }

  /// Most KV blocks in use over the pool, on the instance where that is most.
  static func peakUsage(_ record: RunRecord) -> Double? {
    zip(record.pools, record.instanceTotals).compactMap { pool, totals in
      ratio(Double(totals.peakBlocks), Double(pool.blocks))
    }.max()
  }
}
