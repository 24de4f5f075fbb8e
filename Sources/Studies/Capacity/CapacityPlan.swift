public import Experiment
public import Files
internal import Metrics
internal import Units
internal import Workload

/// What `martlet capacity` is asked, as typed.
public struct CapacityQuestion: Sendable {
  /// The experiment file.
  public var experiment: String
  /// The key to vary.
  public var key: String
  /// What is laid over the experiment.
  public var overrides: [Override] = []
  /// The seed, in place of the experiment's.
  public var seed: UInt64?
  /// The seeds of each probe, one a run; empty: the experiment's own one.
  public var seeds: [UInt64] = []
  /// The conditions; nil stands for 99 % attainment of the experiment's own targets.
  public var slo: String?
  /// Relative width of the bracket at which the search ends, 0.0001…0.5.
  public var tolerance = 0.01
  /// Smallest value to probe.
  public var least: Double?
  /// Largest value to probe.
  public var most: Double?
  /// The direction of a key that has none by itself.
  public var goal: CapacityGoal?
  /// Whether an OVERLOADED run may meet its conditions.
  public var acceptsOverload = false

  /// The question how far `key` of the file `experiment` can go.
  public init(_ experiment: String, vary key: String) {
    self.experiment = experiment
    self.key = key
  }

  /// Reads `1%`, `0.5 %` or `0.01`.
  ///
  /// - Throws: `ConfigError` when it is none of these, below 0.01 % or above 50 %.
  public static func tolerance(_ text: String) throws(ConfigError) -> Double {
    let isPercent = text.hasSuffix("%")
    let digits = (isPercent ? text.dropLast() : text[...]).filter { $0 != " " }
    guard let number = Scalar.number(String(digits)) else {
      throw ConfigError(
        .flag("--tolerance"), "\"\(text)\" is no share; write 1% or 0.01, for example")
    }
    let share = isPercent ? number / 100 : number
    guard share >= 1e-4, share <= 0.5 else {
      throw ConfigError(
        .flag("--tolerance"), "\(text) is out of range; write a share from 0.01% to 50%")
    }
    return share
  }
}

/// A question whose parts are looked up and fit together.
public struct CapacityPlan: Sendable {
  /// Most probes of a search.
  public static let mostProbes = 20

  /// As asked.
  public let question: CapacityQuestion
  /// What every probe must meet.
  public let terms: [SLOTerm]
  /// What a reader of the answer should be warned of.
  public let caveats: [String]
  let key: CapacityKey
  let domain: CapacitySearch.Domain
  /// The experiment's own value.
  let start: Double
  /// Seeds of each probe.
  let seeds: [UInt64]
  /// The experiment at its own value.
  let config: ExperimentConfig
  private let text: String
  private let traces: TraceLibrary?

  /// Looks up the parts of `question`, reading the experiment and, for its rate, the trace.
  ///
  /// - Throws: `ConfigError` for the first fault of usage or of the experiment.
  public init(_ question: CapacityQuestion) throws(ConfigError) {
    self.question = question
    text = try ExperimentConfig.text(of: question.experiment)
    var root = try ConfigNode(yaml: text, file: question.experiment)
    for override in question.overrides { try override.apply(to: &root) }
    config = try ExperimentConfig.read(
      text, file: question.experiment, overrides: question.overrides, seed: question.seed)
    var written: Double?
    if case .scalar(let text, false)? = root.value(at: question.key)?.content {
      written = Scalar.number(text)
    }
    var countsSessions = false
    if case .generate(let generate) = config.workload { countsSessions = generate.sessions != nil }
    key = try CapacityKey(
      question.key, goal: question.goal, start: written, countsSessions: countsSessions)
    terms = try Self.terms(question.slo, config)
    traces = TraceLibrary.Reading(config).map { reading in
      TraceLibrary(
        of: Array(repeating: reading, count: 2 + Self.mostProbes * max(1, question.seeds.count)))
    }
    let load = try Load(config, key: key, traces)
    domain = try Self.domain(question, key, least: load.least)
    start = load.start ?? load.recorded.map(domain.rounded) ?? written ?? 1
    seeds = question.seeds.isEmpty ? [config.seed] : question.seeds
    var caveats: [String] = []
    if seeds.count > 1, case .trace = config.workload {
      caveats.append("a trace is the same for every seed; --seeds repeats equal runs")
    }
    self.caveats = caveats
    let first = try config(at: domain.clamped(start), seed: seeds[0])
    try Assembly(first).checkWorkload(sharing: traces(of: first))
  }

  private static func terms(
    _ text: String?, _ config: ExperimentConfig
  ) throws(ConfigError) -> [SLOTerm] {
    let slo = config.slo
    let targets = [slo.timeToFirstToken, slo.timePerOutputToken, slo.endToEnd]
    let hasTargets = targets.contains { $0 != nil }
    guard let text else {
      guard hasTargets else {
        throw ConfigError(
          .flag("--slo"),
          "is missing, and \(config.file) has no block slo; write --slo 'p99_ttft_ms<=500'")
      }
      return [SLOTerm("slo_attainment", .atLeast, 0.99)]
    }
    let terms = try SLOTerm.list(text)
    let needy = terms.first { ["slo_attainment", "request_goodput"].contains($0.metric) }
    if let needy, !hasTargets {
      throw ConfigError(
        .flag("--slo"),
        "\(needy.metric) needs targets, and \(config.file) has no block slo; add slo: "
          + "{ttft_ms: 500}, or --set slo.ttft_ms=500")
    }
    return terms
  }

  private static func domain(
    _ question: CapacityQuestion, _ key: CapacityKey, least: Double?
  ) throws(ConfigError) -> CapacitySearch.Domain {
    for (flag, value) in [("--min", question.least), ("--max", question.most)] {
      guard let value else { continue }
      guard key.range.contains(value), !key.isWhole || value == value.rounded() else {
        let kind = key.isWhole ? "a whole number" : "a number"
        throw ConfigError(
          .flag(flag),
          "\(NumberText.shortest(value)) is no value of \(key.name); write \(kind) from "
            + "\(NumberText.shortest(key.range.lowerBound)) to "
            + NumberText.shortest(key.range.upperBound))
      }
    }
    let low = question.least ?? max(key.range.lowerBound, least ?? 0)
    let high = question.most ?? key.range.upperBound
    guard low <= high else {
      throw ConfigError(
        .flag("--min"), "\(NumberText.shortest(low)) is above --max \(NumberText.shortest(high))")
    }
    return CapacitySearch.Domain(
      seeksLargest: key.goal == .largest, isWhole: key.isWhole, isLoad: key.setsLoad,
      range: low...high,
      tolerance: question.tolerance, mostProbes: mostProbes)
  }

  // MARK: - One probe

  /// The experiment with the varied key at `value`; it writes no files.
  func config(at value: Double, seed: UInt64) throws(ConfigError) -> ExperimentConfig {
    let setting = Override(key.name, key.text(value), from: "--vary \(key.name)")
    var config = try ExperimentConfig.read(
      text, file: question.experiment, overrides: question.overrides + [setting], seed: seed)
    config.output.timeseries = terms.contains { $0.metric == "max_output_tokens_per_s" }
    config.output.steps = false
    config.output.timeline = false
    return config
  }

  /// What the runs of a probe of `config` read in common: that of all probes when they read the
  /// same.
  func traces(of config: ExperimentConfig) -> TraceLibrary? {
    guard let reading = TraceLibrary.Reading(config) else { return nil }
    if TraceLibrary.Reading(self.config) == reading { return traces }
    return TraceLibrary(of: Array(repeating: reading, count: seeds.count))
  }
}

/// Where the search for a load begins, and where it must end.
private struct Load {
  /// The experiment's own value; nil when the key sets no load or another key tells.
  var start: Double?
  /// The mean rate that a trace was recorded at, when nobody sets another.
  var recorded: Double?
  /// Below it requests arrive over more than 92 days; the clock ends after 106.
  var least: Double?

  private static let longest = 8e6

  init(
    _ config: ExperimentConfig, key: CapacityKey, _ traces: TraceLibrary?
  ) throws(ConfigError) {
    switch (key.name, config.workload) {
    case ("workload.rate", .trace), ("workload.speedup", .trace):
      let requests = try Assembly(config).workload(sharing: traces).requests
      // Of closed sessions only the first turns have an arrival before the run.
      let arrivals = requests.arrival.filter { $0 != .never }
      guard let first = arrivals.first, let last = arrivals.last, last > first else { return }
      let span = Double(last - first) * 1e-12
      guard case .trace(let trace) = config.workload else { return }
      if key.name == "workload.speedup" {
        start = trace.speedup.value
        least = span * trace.speedup.value / Self.longest
      } else {
        let gaps = Double(arrivals.count - 1)
        start = trace.rate?.value
        recorded = gaps / span
        least = gaps / Self.longest
      }
    case ("workload.rate", .generate(let generate)),
      ("workload.generate.arrivals.rate", .generate(let generate)):
      switch generate.arrivals.value {
      case .poisson(let rate), .gamma(let rate, _), .fixed(let rate),
        .diurnal(let rate, _, _, _):
        start = rate
      case .mmpp:
        // It has two rates; their mean is what workload.rate sets.
        guard key.name == "workload.rate" else { return }
        start = generate.arrivals.value.meanRate
      case .burst, .closed: return
      }
      if case .requests(let count) = generate.extent.value {
        least = Double(count) / Self.longest
      }
    case ("workload.rate", .servegen(let servegen)):
      start = servegen.rate?.value
      if start == nil {
        let drawn = try Assembly(config).workload(sharing: traces).requests
        recorded = Double(drawn.count) / servegen.duration.value.value
      }
    case ("cluster.instances", _): start = Double(config.cluster.instances.value)
    default: return
    }
  }
}
