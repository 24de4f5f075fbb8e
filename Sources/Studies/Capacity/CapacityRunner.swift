internal import Experiment
public import Files
internal import Metrics
internal import Synchronization

/// Runs the probes of a search, the seeds of each at the same time.
public struct CapacityRunner: Sendable {
  private let plan: CapacityPlan
  private let jobs: Int
  private let clock: @Sendable () -> Double
  private let report: @Sendable (StudyEvent) -> Void

  /// A runner of `plan` with up to `jobs` runs at a time; what it finds does not depend on them.
  public init(
    _ plan: CapacityPlan, jobs: Int, clock: @escaping @Sendable () -> Double,
    report: @escaping @Sendable (StudyEvent) -> Void
  ) {
    self.plan = plan
    self.jobs = max(1, jobs)
    self.clock = clock
    self.report = report
  }

  /// Searches.
  ///
  /// - Throws: `ConfigError` when a workload cannot be had or a metric is not defined.
  public func run() throws(ConfigError) -> CapacityAnswer {
    for caveat in plan.caveats {
      report(.warning(Warnings.Kind(kind: caveat, message: caveat, count: 1)))
    }
    var probes: [CapacityProbe] = []
    let search = CapacitySearch(plan.domain) { (value) throws(ConfigError) in
      let probe = try self.probe(probes.count + 1, at: value)
      probes.append(probe)
      return CapacitySearch.Reading(
        margin: probe.margin, meets: probe.meets,
        loadShare: plan.key.setsLoad ? probe.loadShare : nil)
    }
    let end = try search.run(from: plan.start)
    func found(_ point: CapacitySearch.Point?) -> CapacityProbe? {
      probes.first { $0.value == point?.value }
    }
    let best = found(search.easy)
    var limit: NextLimit?
    if let best, let run = best.runs.first {
      let assembly = try Assembly(try plan.config(at: best.value, seed: run.seed))
      limit = NextLimit(run.summary, assembly)
    }
    return CapacityAnswer(
      plan: plan, probes: probes, end: end, best: best, failing: found(search.hard),
      nextLimit: limit, configHash: try plan.config.configHash(try Assembly(plan.config).resolved))
  }

  private func probe(_ number: Int, at value: Double) throws(ConfigError) -> CapacityProbe {
    do throws(ConfigError) {
      let runs = try runs(number, at: value)
      return try CapacityProbe(number, at: value, runs, plan)
    } catch {
      guard error.isMisfit else { throw error }
      return CapacityProbe(number, at: value, misfit: error.unplaced)
    }
  }

  private func runs(_ number: Int, at value: Double) throws(ConfigError) -> [CapacityRun] {
    var assemblies: [Assembly] = []
    for seed in plan.seeds {
      assemblies.append(try Assembly(try plan.config(at: value, seed: seed)))
    }
    let traces = assemblies.first.flatMap { plan.traces(of: $0.config) }
    let bench = ProbeBench(assemblies)
    let phrase = plan.key.phrase(value)
    concurrently(min(jobs, assemblies.count)) { _ in
      while let (index, assembly) = bench.take() {
        bench.finish(
          index,
          run(assembly, traces) { share in
            report(
              .progress(
                StudyProgress(
                  share: bench.note(share, of: index), text: "probe \(number): \(phrase)")))
          })
      }
    }
    return try bench.results()
  }

  private func run(
    _ assembly: Assembly, _ traces: TraceLibrary?, progress: (Double) -> Void
  ) -> Result<CapacityRun, ConfigError> {
    do throws(ConfigError) {
      var warnings = Warnings { _ in }
      let execution = try assembly.execute(sharing: traces, clock: clock, warnings: &warnings) {
        progress(Double($0.settled) / Double(max(1, $0.requests)))
        return true
      }
      guard let execution else { preconditionFailure("a run stopped that nobody stops") }
      // A search asks for no interval within a run.
      for kind in warnings.kinds where kind.kind != Warnings.correlatedBatches {
        report(.warning(kind))
      }
      return .success(
        CapacityRun(
          seed: assembly.config.seed, summary: execution.summary, stop: execution.record.stop))
    } catch {
      return .failure(error)
    }
  }
}

/// The runs of one probe, which the threads share.
private final class ProbeBench: Sendable {
  private struct State {
    var next = 0
    var shares: [Double]
    var results: [Result<CapacityRun, ConfigError>?]
  }
  private let assemblies: [Assembly]
  private let state: Mutex<State>

  init(_ assemblies: [Assembly]) {
    self.assemblies = assemblies
    let count = assemblies.count
    state = Mutex(
      State(
        shares: Array(repeating: 0, count: count), results: Array(repeating: nil, count: count)))
  }

  func take() -> (Int, Assembly)? {
    state.withLock { state in
      guard state.next < assemblies.count else { return nil }
      state.next += 1
      return (state.next - 1, assemblies[state.next - 1])
    }
  }

  /// The share of all runs once that of run `index` is `share`.
  func note(_ share: Double, of index: Int) -> Double {
    state.withLock { state in
      state.shares[index] = share
      return state.shares.reduce(0, +) / Double(state.shares.count)
    }
  }

  func finish(_ index: Int, _ result: Result<CapacityRun, ConfigError>) {
    state.withLock { state in
      state.results[index] = result
      state.shares[index] = 1
    }
  }

  /// Every run in the order of the seeds.
  ///
  /// - Throws: the first failure in that order.
  func results() throws(ConfigError) -> [CapacityRun] {
    var runs: [CapacityRun] = []
    for result in state.withLock({ $0.results }) {
      if let result { runs.append(try result.get()) }
    }
    return runs
  }
}
