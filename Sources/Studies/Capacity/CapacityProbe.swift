internal import CGSL
internal import Files
internal import Metrics

/// One run of a probe.
struct CapacityRun: Sendable {
  let seed: UInt64
  let summary: Summary
  /// Why the progress watchdog stopped it; nil when it ran to its end.
  let stop: String?
}

/// One value of the varied key and what its runs say of it.
struct CapacityProbe: Sendable {
  /// One condition at this value.
  struct Reading: Sendable {
    /// Mean of the metric over the seeds; nil when nothing completed in some run.
    let mean: Double?
    /// Half width of its 95 % interval (Student's t); nil with one seed.
    let halfWidth: Double?
    /// `SLOTerm.margin` of the mean.
    let margin: Double
    /// Whether the mean is on the right side of the limit.
    let isMet: Bool
  }

  /// What is closest to its limit, or furthest beyond it.
  enum Binding: Sendable, Equatable {
    /// A condition, by its number.
    case term(Int)
    /// Most runs were OVERLOADED although their numbers met every condition.
    case verdict
    /// The progress watchdog stopped a run.
    case stopped
    /// The setting cannot run: a model that no longer fits, for example.
    case misfit(String)
  }

  /// Number of the probe, from 1.
  let number: Int
  let value: Double
  let runs: [CapacityRun]
  let readings: [Reading]
  /// Above 0 when the probe does not meet.
  let margin: Double
  let binding: Binding
  let meets: Bool

  /// The probe `number` of a setting that cannot run.
  init(_ number: Int, at value: Double, misfit: String) {
    self.number = number
    self.value = value
    runs = []
    readings = []
    margin = SLOTerm.mostMargin
    binding = .misfit(misfit)
    meets = false
  }

  /// The probe `number` of `runs`, one a seed.
  ///
  /// An overloaded probe does not meet, since its latencies depend on its length: more than half
  /// of its runs are OVERLOADED. Its margin is then at least that of the backlog's growth over the
  /// growth that the verdict allows.
  ///
  /// - Throws: `ConfigError` for a metric that runs with completed requests do not define.
  init(
    _ number: Int, at value: Double, _ runs: [CapacityRun], _ plan: CapacityPlan
  ) throws(ConfigError) {
    self.number = number
    self.value = value
    self.runs = runs
    var readings: [Reading] = []
    for term in plan.terms { readings.append(try Self.reading(term, runs)) }
    self.readings = readings
    let worst = readings.indices.max { readings[$0].margin < readings[$1].margin } ?? 0
    var margin = readings[worst].margin
    let isOverloaded = Self.overloaded(runs) * 2 > runs.count && !plan.question.acceptsOverload
    if isOverloaded {
      let growth = runs.map { max(0, $0.summary.verdict.growth ?? 0) }.reduce(0, +)
      let quotient = growth / Double(runs.count) / Verdict.mostGrowth
      margin = max(margin, max(cgsl_log(max(quotient, 1e-9)), 0.05))
    }
    let isStopped = runs.contains { $0.stop != nil }
    if isStopped { margin = max(margin, 1) }
    meets = readings.allSatisfy(\.isMet) && !isOverloaded && !isStopped
    self.margin = margin
    binding = isStopped ? .stopped : isOverloaded && readings[worst].isMet ? .verdict : .term(worst)
  }

  private static func reading(
    _ term: SLOTerm, _ runs: [CapacityRun]
  ) throws(ConfigError) -> Reading {
    var values: [Double] = []
    for run in runs {
      if let value = run.summary.number(of: term.metric) {
        values.append(value)
      } else if run.summary.completed > 0 {
        let population = SLOTerm.metrics.first { $0.name == term.metric }?.population ?? ""
        throw ConfigError(
          .flag("--slo"),
          "\(term.metric) is not defined for these requests (population: \(population)); "
            + "leave it out")
      }
    }
    guard values.count == runs.count, !values.isEmpty else {
      return Reading(mean: nil, halfWidth: nil, margin: SLOTerm.mostMargin, isMet: false)
    }
    let mean = values.reduce(0, +) / Double(values.count)
    return Reading(
      mean: mean, halfWidth: ConfidenceInterval.of(samples: values)?.halfWidth,
      margin: term.margin(of: mean),
      isMet: term.isMet(by: mean))
  }

  private static func overloaded(_ runs: [CapacityRun]) -> Int {
    runs.count { $0.summary.verdict.kind == .overloaded }
  }

  /// Runs with the verdict OVERLOADED.
  var overloaded: Int { Self.overloaded(runs) }

  /// Requests rejected, in the run with most of them.
  var rejected: Int64 { runs.map(\.summary.rejected).max() ?? 0 }

  /// The mean of a number of summary.json over the runs; nil when one does not define it.
  func mean(of metric: String) -> Double? {
    let values = runs.compactMap { $0.summary.number(of: metric) }
    guard values.count == runs.count, !values.isEmpty else { return nil }
    return values.reduce(0, +) / Double(values.count)
  }

  /// Requests completed a second over the rate of arrival, when more than half of the runs were
  /// overloaded and could carry no more.
  var loadShare: Double? {
    guard overloaded * 2 > runs.count else { return nil }
    var sum = 0.0
    for run in runs {
      guard let carried = run.summary.perSecond(run.summary.completed),
        let offered = run.summary.requestRate, offered.isFinite, offered > 0
      else { return nil }
      sum += carried / offered
    }
    let share = sum / Double(runs.count)
    return share > 0 && share < 1 ? share : nil
  }
}

extension Summary {
  /// The number at `key`; nil when it is text or not defined.
  func number(of key: String) -> Double? { fields.first { $0.key == key }?.value.number }
}
