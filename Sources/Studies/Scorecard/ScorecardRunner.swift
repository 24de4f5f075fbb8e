internal import Experiment
public import Files
internal import Metrics
internal import Synchronization

/// Runs what the claims of a scorecard need, each run once however many claims ask for it.
public struct ScorecardRunner: Sendable {
  private let jobs: Int
  private let clock: @Sendable () -> Double
  private let report: @Sendable (StudyEvent) -> Void

  /// A runner with up to `jobs` runs at a time; what it finds does not depend on them.
  public init(
    jobs: Int, clock: @escaping @Sendable () -> Double,
    report: @escaping @Sendable (StudyEvent) -> Void
  ) {
    self.jobs = max(1, jobs)
    self.clock = clock
    self.report = report
  }

  /// The rows of `plan`.
  ///
  /// - Throws: `ConfigError` for a fault of any experiment, before the first run.
  public func run(_ plan: ScorecardPlan) throws(ConfigError) -> Scorecard {
    Scorecard(rows: try rows(plan))
  }

  func rows(_ plan: ScorecardPlan) throws(ConfigError) -> [ScorecardRow] {
    var trials: [Trial] = []
    var known: Set<Trial> = []
    for (claim, isSkipped) in zip(plan.claims, plan.isSkipped) where !isSkipped {
      for trial in claim.trials(plan.perturbation) where known.insert(trial).inserted {
        trials.append(trial)
      }
    }
    let results = try results(of: trials)
    return zip(plan.claims, plan.isSkipped).map { claim, isSkipped in
      isSkipped
        ? ScorecardRow(claim, nil) : ScorecardRow(claim, claim.figure(results, plan.perturbation))
    }
  }

  /// What came of each trial.
  private func results(of trials: [Trial]) throws(ConfigError) -> [Trial: TrialResult] {
    var points: [SweepPoint] = []
    let runs = trials.filter { $0.search == nil }
    for trial in runs {
      let config = try asClaimed(trial) { (trial) throws(ConfigError) in try trial.config() }
      points.append(
        SweepPoint(index: points.count, cells: [], config: config, hash: "", misfit: nil))
    }
    var plans: [CapacityPlan] = []
    let searches = trials.filter { $0.search != nil }
    for trial in searches {
      plans.append(
        try asClaimed(trial) { (trial) throws(ConfigError) in
          guard let question = try trial.question() else { preconditionFailure("a search asks") }
          return try CapacityPlan(question)
        })
    }
    var results: [Trial: TrialResult] = [:]
    // Searches are the longest, and each is one run after another.
    for (trial, result) in zip(searches, search(plans)) { results[trial] = result }
    let pool = RunPool(jobs: jobs, clock: clock, report: report)
    for (trial, run) in zip(runs, pool.run(points, keepsRequests: false)) {
      results[trial] = TrialResult(run.outcome)
    }
    return results
  }

  /// What `make` makes of `trial`; its faults are those of the claims.
  private func asClaimed<Made>(
    _ trial: Trial, _ make: (Trial) throws(ConfigError) -> Made
  ) throws(ConfigError) -> Made {
    do throws(ConfigError) {
      return try make(trial)
    } catch {
      throw trial.located(error)
    }
  }

  private func search(_ plans: [CapacityPlan]) -> [TrialResult] {
    let state = Mutex((next: 0, results: [TrialResult](repeating: .none, count: plans.count)))
    concurrently(min(jobs, max(1, plans.count))) { _ in
      while case let index = state.withLock({
        $0.next += 1
        return $0.next - 1
      }),
        index < plans.count
      {
        let runner = CapacityRunner(plans[index], jobs: 1, clock: clock) { _ in }
        let result = result(of: runner, plans[index].question)
        state.withLock { $0.results[index] = result }
        report(
          .progress(
            StudyProgress(
              share: Double(index + 1) / Double(plans.count),
              text: "\(index + 1) of \(plans.count) searches")))
      }
    }
    return state.withLock { $0.results }
  }

  /// What a search has found; none when it failed or came to the end of its range.
  private func result(of runner: CapacityRunner, _ question: CapacityQuestion) -> TrialResult {
    let name = "the search for \(question.key) of \(question.experiment)"
    do throws(ConfigError) {
      let answer = try runner.run()
      guard let value = answer.value else { return .capacity(0) }
      if answer.failingValue != nil { return .capacity(value) }
      warn("\(name) met its conditions up to \(NumberText.shortest(value)), its end; raise max")
    } catch {
      warn("\(name) failed: \(error)")
    }
    return .none
  }

  private func warn(_ message: String) {
    report(.warning(Warnings.Kind(kind: "searches", message: message, count: 1)))
  }
}

/// What came of a trial.
enum TrialResult: Sendable {
  /// It failed.
  case none
  /// The greatest value that meets; 0 when none does.
  case capacity(Double)
  /// The keys of `SweepTable.valueNames`.
  case values([SummaryValue])

  init(_ outcome: PointOutcome) {
    switch outcome {
    case .done(let values): self = .values(values)
    // The numbers of a part of a run are no answer.
    case .stopped, .failed: self = .none
    }
  }

  /// The number that `measure` asks for; nil when it is not defined.
  func number(_ measure: Claim.Measure) -> Double? {
    switch (self, measure) {
    case (.capacity(let value), .capacity): return value
    case (.values(let values), .key(let name)):
      return SweepTable.valueNames.firstIndex(of: name).flatMap { Double(values[$0].cell) }
    default: return nil
    }
  }
}
