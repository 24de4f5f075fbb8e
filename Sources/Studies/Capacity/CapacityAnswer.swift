internal import Experiment
public import Files
internal import Metrics

/// What a search has found.
public struct CapacityAnswer: Sendable {
  /// What a script makes of it.
  public enum Outcome: String, Sendable {
    /// A probed value meets every condition.
    case found
    /// None does.
    case nothingMeets = "nothing_meets"
    /// None does, and the progress watchdog stopped a probe.
    case stopped
  }

  let plan: CapacityPlan
  /// Every probe, in order.
  let probes: [CapacityProbe]
  let end: CapacitySearch.End
  /// The hardest probe that meets; nil when none does.
  let best: CapacityProbe?
  /// The easiest probe that does not meet; nil when all do.
  let failing: CapacityProbe?
  let nextLimit: NextLimit?
  let configHash: String

  /// What a script makes of it.
  public var outcome: Outcome {
    if best != nil { return .found }
    return probes.contains { $0.binding == .stopped } ? .stopped : .nothingMeets
  }

  /// The value found; nil when nothing meets.
  public var value: Double? { best?.value }

  /// The easiest probed value that does not meet; nil when all do.
  public var failingValue: Double? { failing?.value }

  /// Number of probes.
  public var probeCount: Int { probes.count }

  /// The probe that missed by least.
  private var nearest: CapacityProbe? { probes.min { $0.margin < $1.margin } }

  /// Relative width of the bracket; nil without one.
  var width: Double? {
    guard let best, let failing else { return nil }
    let (low, high) = (min(best.value, failing.value), max(best.value, failing.value))
    return (high - low) / low
  }
}

// MARK: - For a person

extension CapacityAnswer {
  /// The lines on standard output; with `wallSeconds` they say how long the search took.
  public func text(wallSeconds: Double?) -> String {
    var lines: [String] = []
    let effort = runs + (wallSeconds.map { ", \(WaitText.duration($0))" } ?? "")
    if let best {
      let binding = bindingAtBest(best)
      let next = nextLimit.map { " Next limit: \($0.text)." } ?? ""
      lines.append("\(headline(best)) (\(effort)). \(binding).\(next)")
      if let failing { lines.append(fault(of: failing)) }
    } else {
      let range =
        end == .probeLimit ? "" : ", and easing it further will not help"
      lines.append("no value of \(plan.key.name) meets the SLOs (\(effort))\(range)")
      if let nearest { lines.append("best probe: \(fault(of: nearest))") }
    }
    lines += notes
    return lines.joined(separator: "\n") + "\n"
  }

  private var runs: String {
    let (probes, seeds) = (probes.count, plan.seeds.count)
    guard seeds == 1 else {
      return "\(probes) \(probes == 1 ? "probe" : "probes") of \(seeds) seeds"
    }
    return "\(probes) \(probes == 1 ? "run" : "runs")"
  }

  private func headline(_ best: CapacityProbe) -> String {
    let phrase = plan.key.phrase(best.value)
    switch plan.key.name {
    case "cluster.instances":
      let gpus = best.runs.first?.summary.description.gpuCount ?? 0
      return "\(phrase), \(gpus) \(gpus == 1 ? "GPU" : "GPUs")"
    case "workload.rate", "workload.generate.arrivals.rate": return "max rate \(phrase)"
    default: return "\(plan.key.goal == .largest ? "max" : "min") \(phrase)"
    }
  }

  /// The condition that the failing probe misses, or the closest one, as it is at the answer.
  private func bindingAtBest(_ best: CapacityProbe) -> String {
    switch failing?.binding {
    case .term(let index): return "Binding: \(reading(index, of: best))"
    case .verdict: return "Binding: the verdict OVERLOADED, not an SLO"
    case .stopped: return "Binding: the progress watchdog, not an SLO"
    case .misfit: return "Binding: what fits, not an SLO"
    case nil:
      guard case .term(let index) = best.binding else { return "No limit was found" }
      return "No limit was found, the closest is \(reading(index, of: best))"
    }
  }

  /// `p99_tpot_ms 49.83 ± 0.4 of 50`.
  private func reading(_ index: Int, of probe: CapacityProbe) -> String {
    let (term, reading) = (plan.terms[index], probe.readings[index])
    guard let mean = reading.mean else { return "\(term.metric) undefined: nothing completed" }
    let error = reading.halfWidth.map { " ± \(NumberShown.plain($0))" } ?? ""
    let limit = term.comparison == .atMost ? "of" : "of at least"
    return "\(term.metric) \(NumberShown.plain(mean))\(error) \(limit) "
      + NumberText.shortest(term.limit)
  }

  /// `7.9 req/s fails: p99_tpot_ms 50.4 of 50`.
  private func fault(of probe: CapacityProbe) -> String {
    let start = plan.key.failure(probe.value)
    switch probe.binding {
    case .term(let index): return start + reading(index, of: probe)
    case .misfit(let fault): return start + fault
    case .stopped:
      return start + (probe.runs.compactMap(\.stop).first ?? "stopped by the watchdog")
    case .verdict:
      let growth = probe.runs.compactMap(\.summary.verdict.growth).reduce(0, +)
      let share = (100 * growth / Double(max(1, probe.runs.count))).fixed(1)
      let worst = probe.readings.indices.max {
        probe.readings[$0].margin < probe.readings[$1].margin
      }
      let met = worst.map { "; the SLOs are met there, \(reading($0, of: probe))" } ?? ""
      return start + "OVERLOADED, the backlog grows by \(share) % of the arrivals\(met)"
    }
  }

  /// Why the verdict OVERLOADED of `probe` may be wrong, and what settles it.
  ///
  /// Until the first requests leave, every run's backlog grows.
  private func doubt(of probe: CapacityProbe) -> String {
    if let summary = probe.runs.first?.summary, let rate = summary.requestRate, rate.isFinite,
      let latency = summary.e2el?.mean
    {
      let (window, mean) = (Double(summary.injected) / rate, Double(latency) * 1e-12)
      if window < 10 * mean {
        return "its arrivals last \(NumberShown.plain(window)) s and a request "
          + "\(NumberShown.plain(mean)) s, too short a run to tell: give it more requests"
      }
    }
    return "a longer run tells a trend from chance"
  }

  /// What an answer must not hide.
  var notes: [String] {
    var notes: [String] = []
    if let failing, failing.binding == .verdict {
      notes.append(
        "note: the verdict decides, not an SLO; \(doubt(of: failing)), --accept-overloaded leaves "
          + "the verdict out")
    }
    switch end {
    case .probeLimit:
      let width = width.map { ", the bracket is \((100 * $0).fixed(2)) % wide" } ?? ""
      notes.append("note: stopped at \(probes.count) probes\(width)")
    case .rangeEnd:
      notes.append("note: the end of the range meets; beyond it nothing was probed")
    case .unlimited:
      notes.append(
        "note: even a million times the start meets: these requests are too few to load the system")
    case .closed, .nothingMeets: break
    }
    if plan.seeds.count > 1 {
      notes.append("note: means of \(plan.seeds.count) seeds, ± half a 95 % t interval")
    }
    let rejected = (best ?? nearest)?.rejected ?? 0
    if rejected > 0 {
      notes.append(
        "note: \(rejected) requests can never be served and are rejected at any value; latencies "
          + "are those of the others")
    }
    if plan.question.slo == nil {
      notes.append("note: SLO slo_attainment>=0.99 of the experiment's own targets (block slo)")
    }
    return notes
  }
}

// MARK: - For programs

extension CapacityAnswer {
  /// capacity.json, and the answer of `--json`: the same bytes for the same question.
  public var json: JSON {
    .object([
      ("key", .string(plan.key.name)), ("goal", .string(plan.key.goal.rawValue)),
      ("outcome", .string(outcome.rawValue)), ("search_end", .string(end.rawValue)),
      ("value", Self.json(best?.value)), ("lowest_failing", Self.json(failing?.value)),
      ("bracket_width", Self.json(width)), ("tolerance", .number(plan.domain.tolerance)),
      ("slo", .array(plan.terms.indices.map { json(term: $0) })),
      ("binding", binding(of: failing ?? best).map { .string($0) } ?? .null),
      (
        "next_limit",
        nextLimit.map {
          .object([("name", .string($0.name)), ("text", .string($0.text))])
        } ?? .null
      ),
      ("seeds", .array(plan.seeds.map { .integer(Int64(clamping: $0)) })),
      ("probe_count", .integer(Int64(probes.count))),
      ("probes", .array(probes.map { json(probe: $0) })),
      ("notes", .array(notes.map { .string(String($0.dropFirst(6))) })),
      ("experiment", .string(plan.config.name)), ("config_hash", .string(configHash)),
      (
        "trace_hash",
        (best ?? probes.first)?.runs.first?.summary.description.traceHash.map { .string($0) }
          ?? .null
      ), ("tool_version", .string(martletVersion)),
    ])
  }

  private static func json(_ value: Double?) -> JSON {
    guard let value else { return .null }
    return Int64(exactly: value).map { .integer($0) } ?? .number(value)
  }

  private func json(term index: Int) -> JSON {
    let term = plan.terms[index]
    let (at, beyond) = (best?.readings[index], failing?.readings.dropFirst(index).first)
    return .object([
      ("metric", .string(term.metric)), ("comparison", .string(term.comparison.rawValue)),
      ("limit", Self.json(term.limit)), ("value", Self.json(at?.mean)),
      ("half_width", Self.json(at?.halfWidth)), ("value_failing", Self.json(beyond?.mean)),
    ])
  }

  private func json(probe: CapacityProbe) -> JSON {
    .object([
      ("probe", .integer(Int64(probe.number))), ("value", Self.json(probe.value)),
      ("meets", .bool(probe.meets)), ("margin", .number(probe.margin)),
      ("binding", binding(of: probe).map { .string($0) } ?? .null),
    ])
  }

  /// The metric that binds, or `verdict`, `watchdog` or `misfit`.
  func binding(of probe: CapacityProbe?) -> String? {
    switch probe?.binding {
    case .term(let index): plan.terms[index].metric
    case .verdict: "verdict"
    case .stopped: "watchdog"
    case .misfit: "misfit"
    case nil: nil
    }
  }
}
