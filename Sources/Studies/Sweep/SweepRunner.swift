internal import Experiment
public import Files
internal import Metrics
internal import Synchronization

/// A part of a sweep: the points whose number leaves the remainder `index` modulo `count`.
public struct Shard: Sendable, Equatable {
  /// 0 … `count`; `count` is the same shard as 0, so that arrays from 0 and from 1 both work.
  public let index: Int
  /// Shards of the whole sweep.
  public let count: Int

  /// Reads `3/16`.
  ///
  /// - Throws: `ConfigError` when it is not two such numbers.
  public init(_ text: String) throws(ConfigError) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let index = Scalar.whole(String(parts[0])),
      let count = Scalar.whole(String(parts[1])), count >= 1, (0...count).contains(index)
    else {
      throw ConfigError(
        .flag("--shard"), "\"\(text)\" is no shard; write i/N with i from 1 to N, 3/16 for example")
    }
    (self.index, self.count) = (index, count)
  }

  /// Whether `point` is of this shard.
  func holds(_ point: SweepPoint) -> Bool { point.index % count == index % count }
}

/// How a sweep, or a shard of it, ended.
public struct SweepOutcome: Sendable {
  /// Points of this process.
  public var points: Int
  /// Points that were finished before.
  public var kept: Int
  /// Points that this process ran to their end, stopped and failed ones included.
  public var ran = 0
  /// Points, kept ones included, that were stopped or failed.
  public var failed = 0
  /// The signal that ended it early; nil when nothing did.
  public var interruption: Int32?
  /// Points that have a file.
  public var saved: Int { kept + ran }
}

/// Runs the points of a sweep on a pool of threads.
public struct SweepRunner: Sendable {
  private let plan: SweepPlan
  private let directory: SweepDirectory
  private let clock: @Sendable () -> Double
  private let report: @Sendable (StudyEvent) -> Void

  /// A runner of `plan` into `directory`; `clock` tells wall-clock seconds, for the estimate.
  public init(
    _ plan: SweepPlan, into directory: SweepDirectory, clock: @escaping @Sendable () -> Double,
    report: @escaping @Sendable (StudyEvent) -> Void
  ) {
    self.plan = plan
    self.directory = directory
    self.clock = clock
    self.report = report
  }

  /// Runs the points of `shard` (all of them when nil) that are not finished, `jobs` at a time.
  ///
  /// An interruption (SIGINT, SIGTERM, SIGHUP) drops the points that are running and returns.
  /// Without `resumes`, a finished point is an error.
  ///
  /// - Throws: `ConfigError` when a point's file cannot be written; finished points stay.
  public func run(
    shard: Shard?, jobs: Int, resumes: Bool
  ) throws(ConfigError) -> SweepOutcome {
    for caveat in plan.caveats { report(.warning(.init(caveat))) }
    let own = plan.points.filter { shard?.holds($0) ?? true }
    let saved = try directory.finished(own) { report(.warning(.init($0))) }
    for name in try directory.aliens() {
      report(.warning(.init("\(directory.path)/\(name) is no point of this sweep; it is ignored")))
    }
    guard resumes || saved.isEmpty else {
      throw ConfigError(
        .file(directory.path),
        "has \(saved.count) finished points of these \(own.count); add --resume to keep them")
    }
    let kept = Set(saved.map(\.index))  // only looked up
    let rest = own.filter { !kept.contains($0.index) }
    var outcome = SweepOutcome(points: own.count, kept: saved.count)
    outcome.failed = saved.count { $0.status != .ok }
    let stop = StopRequest()
    let watch = SignalWatch { stop.note($0) }
    let workers = min(max(1, jobs), max(1, rest.count))
    let pool = PointPool(rest, kept: saved.count, workers: workers, start: clock())
    concurrently(workers) { work($0, pool, stop) }
    watch.hold()
    let (ran, failed, fault) = pool.result
    outcome.ran = ran
    outcome.failed += failed
    outcome.interruption = ran < rest.count ? stop.signal : nil
    watch.release()
    if let fault {
      let saved = "\(outcome.saved) of \(outcome.points) points are saved, --resume keeps them"
      throw ConfigError(fault.place, "\(fault.message); \(saved)")
    }
    return outcome
  }

  /// Takes points from the pool until it is empty or somebody asks to stop.
  private func work(_ worker: Int, _ pool: PointPool, _ stop: StopRequest) {
    while stop.signal == nil, let point = pool.take() {
      let outcome = outcome(of: point, pool) { progress in
        let share = Double(progress.settled) / Double(max(1, progress.requests))
        report(.progress(pool.note(share, of: worker, at: clock())))
        return stop.signal == nil && !pool.hasFault
      }
      guard let outcome else { return }
      let row = SweepTable(keys: plan.keys, hasTiers: plan.hasTiers).row(point, outcome)
      do throws(ConfigError) {
        try directory.save(
          SavedPoint(index: point.index, hash: point.hash, status: outcome.status, row: row))
      } catch {
        return pool.stop(because: error)
      }
      let isFailed = outcome.status != .ok
      report(.progress(pool.finish(by: worker, failed: isFailed, at: clock())))
    }
  }

  /// Runs one point; nil when `goesOn` ended it.
  private func outcome(
    of point: SweepPoint, _ pool: PointPool, goesOn: (Progress) -> Bool
  ) -> PointOutcome? {
    do throws(ConfigError) {
      let assembly = try Assembly(point.config)
      var warnings = Warnings { _ in }
      let execution = try assembly.execute(
        sharing: pool.traces, clock: clock, warnings: &warnings, goesOn: goesOn)
      guard let execution else { return nil }
      for kind in warnings.kinds { report(.warning(kind.of(point))) }
      let values = SweepTable.values(execution.summary)
      guard let reason = execution.record.stop else { return .done(values) }
      report(.warning(.init("point \(point.index) was stopped: \(reason)", "stopped points")))
      return .stopped(values, reason)
    } catch {
      report(.warning(.init("point \(point.index) failed: \(error)", "failed points")))
      return .failed(error.unplaced)
    }
  }
}

extension Warnings.Kind {
  /// One warning, of a kind of its own unless `kind` names it.
  fileprivate init(_ message: String, _ kind: String? = nil) {
    self.init(kind: kind ?? message, message: message, count: 1)
  }

  /// The same warning as one of `point`.
  fileprivate func of(_ point: SweepPoint) -> Warnings.Kind {
    Warnings.Kind(kind: kind, message: "point \(point.index): \(message)", count: count)
  }
}
