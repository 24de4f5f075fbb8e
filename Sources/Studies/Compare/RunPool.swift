internal import Experiment
internal import Files
internal import Metrics
internal import Synchronization

/// A finished run of a pool.
struct PooledRun: Sendable {
  let outcome: PointOutcome
  /// What happened to each request, where it was asked for.
  let requests: RequestTimes?
}

/// Runs points on all cores and keeps their results in memory.
public struct RunPool: Sendable {
  private let jobs: Int
  private let clock: @Sendable () -> Double
  private let report: @Sendable (StudyEvent) -> Void

  /// A pool of `jobs` threads; `clock` tells wall-clock seconds, for the estimate.
  public init(
    jobs: Int, clock: @escaping @Sendable () -> Double,
    report: @escaping @Sendable (StudyEvent) -> Void
  ) {
    self.jobs = jobs
    self.clock = clock
    self.report = report
  }

  /// The results of `points`, in their order whatever the number of threads.
  func run(_ points: [SweepPoint], keepsRequests: Bool) -> [PooledRun] {
    let workers = min(max(1, jobs), max(1, points.count))
    // The pool hands points out in order; their numbers in the list tell the slots.
    let numbered = points.enumerated().map { slot, point in
      SweepPoint(
        index: slot, cells: point.cells, config: point.config, hash: point.hash,
        misfit: point.misfit)
    }
    let pool = PointPool(numbered, kept: 0, workers: workers, start: clock())
    let results = Mutex([PooledRun?](repeating: nil, count: points.count))
    concurrently(workers) { worker in
      while let point = pool.take() {
        let result = run(point, worker, pool, keepsRequests)
        results.withLock { $0[point.index] = result }
        let isFailed = result.outcome.status != .ok
        report(.progress(pool.finish(by: worker, failed: isFailed, at: clock())))
      }
    }
    return results.withLock { $0.compactMap(\.self) }
  }

  private func run(
    _ point: SweepPoint, _ worker: Int, _ pool: PointPool, _ keepsRequests: Bool
  ) -> PooledRun {
    let name = "\(point.config.name), seed \(point.config.seed)"
    do throws(ConfigError) {
      let assembly = try Assembly(point.config)
      var warnings = Warnings { _ in }
      let execution = try assembly.execute(
        sharing: pool.traces, clock: clock, warnings: &warnings
      ) { progress in
        let share = Double(progress.settled) / Double(max(1, progress.requests))
        report(.progress(pool.note(share, of: worker, at: clock())))
        return true
      }
      guard let execution else { preconditionFailure("a run stopped that nobody stops") }
      for kind in warnings.kinds {
        report(
          .warning(
            Warnings.Kind(kind: kind.kind, message: "\(name): \(kind.message)", count: kind.count)))
      }
      let values = SweepTable.values(execution.summary)
      let requests = keepsRequests ? RequestTimes(execution.record.requests) : nil
      guard let reason = execution.record.stop else {
        return PooledRun(outcome: .done(values), requests: requests)
      }
      warn("stopped runs", "\(name) was stopped: \(reason)")
      return PooledRun(outcome: .stopped(values, reason), requests: nil)
    } catch {
      warn("failed runs", "\(name) failed: \(error)")
      return PooledRun(outcome: .failed(error.unplaced), requests: nil)
    }
  }

  private func warn(_ kind: String, _ message: String) {
    report(.warning(Warnings.Kind(kind: kind, message: message, count: 1)))
  }
}

extension ComparedSide {
  /// The side called `name` of the runs of `plan`.
  init(_ plan: SweepPlan, _ runs: [PooledRun], name: String) {
    let columns = SweepTable.scalars(hasTiers: plan.hasTiers).map(\.name)
    var points: [ComparedPoint] = []
    for (point, run) in zip(plan.points, runs) {
      let compared = ComparedRun(
        seed: "\(point.config.seed)", cells: Array(run.outcome.cells.prefix(columns.count)),
        status: run.outcome.status,
        requests: run.requests)
      if points.last?.cells == point.cells {
        points[points.count - 1].runs.append(compared)
      } else {
        points.append(ComparedPoint(cells: point.cells, runs: [compared]))
      }
    }
    self.init(
      name: name, kind: plan.points.count == 1 ? .run : .sweep, keys: plan.keys,
      columns: columns, points: points)
    mostSequences = plan.points.first.flatMap { Self.mostSequences(of: $0.config) }
  }

  /// `max_num_seqs` of all instances; nil when the scheduler has no such option.
  static func mostSequences(of config: ExperimentConfig) -> Int? {
    guard let assembly = try? Assembly(config) else { return nil }
    var sum = 0
    for pool in assembly.pools {
      let option = pool.resolved.scheduler.first { $0.name == "max_num_seqs" }
      guard let most = option.flatMap({ Int($0.text) }) else { return nil }
      sum += most * pool.pool.instances.count
    }
    return sum
  }
}

extension PointOutcome {
  /// The cells of `SweepTable.valueNames`.
  fileprivate var cells: [String] {
    switch self {
    case .done(let values), .stopped(let values, _): values.map(\.cell)
    case .failed: SweepTable.valueNames.map { _ in "" }
    }
  }
}
