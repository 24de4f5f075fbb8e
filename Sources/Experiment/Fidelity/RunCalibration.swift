public import Calibration
internal import Catalog
public import Files
internal import Metrics
internal import Units

/// Constants of an engine fitted to measured runs, as a page and as an experiment's `profile`.
public struct RunCalibration: Sendable {
  /// Name of the profile that the fit started from and whose other constants it keeps.
  public let profile: String
  /// The fit.
  public let calibration: EngineCalibration
  /// Measured times that were fitted to.
  public let rows: Int
  /// Rows left out, one line each.
  public private(set) var warnings: [String] = []
  private let files: [MeasuredRunFile]

  /// Fits the constants to the times in `paths` that `choice` means.
  ///
  /// - Throws: `ConfigError` for files of several engine generations, requests one by one, and data
  ///   that determine no constant.
  public init(
    _ paths: [String], _ choice: RunChoice,
    options: EngineCalibration.Options = EngineCalibration.Options()
  ) throws(ConfigError) {
    let replay = try choice.replay()
    var files: [MeasuredRunFile] = []
    var rows: [MeasuredRunRow] = []
    for path in paths {
      let file = try MeasuredRunFile(path, choice)
      guard case .runs(let list) = file.content else {
        throw ConfigError(.file(path), "holds single requests; a fit takes the means of runs")
      }
      rows += list
      files.append(file)
    }
    try choice.checkEngine(files)
    self.files = files
    let profile = try Self.profile(of: rows, replay)
    self.profile = profile.name
    var skipped: [RunValidation.Skipped] = []
    let pairs = try replay.pairs(rows, source: "", skipped: &skipped).filter { Self.isFitted($0) }
    warnings = skipped.map { "\($0.rows) rows of \($0.engine) \($0.model) left out: \($0.reason)" }
    self.rows = pairs.count
    let (constants, start) = Self.constants(of: profile)
    do {
      calibration = try EngineCalibration(
        constants, from: start, measured: pairs.map { Seconds($0.measured) }, options: options
      ) { (values) throws(ConfigError) in
        try Self.times(pairs, replay, constants, values)
      }
    } catch {
      throw ConfigError(nil, "\(error)")
    }
  }

  /// The three constants that count most in `profile`, with their values.
  private static func constants(
    of profile: EngineProfile
  ) -> (constants: [EngineConstant], values: [Double]) {
    var list: [(EngineConstant, Double)] = []
    for (name, _, path) in ProfileOptions.times {
      if name == "launch_time_per_layer", profile.launches == .never { continue }
      if name == "gap", !profile.isOverlapped { continue }
      if list.count == 3 { break }
      guard let constant = EngineConstant.all.first(where: { $0.name == name }) else { continue }
      list.append((constant, profile[keyPath: path].value))
    }
    return (list.map(\.0), list.map(\.1))
  }

  /// The one profile that runs `rows`.
  private static func profile(
    of rows: [MeasuredRunRow], _ replay: RunReplay
  ) throws(ConfigError) -> EngineProfile {
    var names: [String] = []
    for row in rows where row.run != nil {
      if let name = replay.profile(of: row), !names.contains(name) { names.append(name) }
    }
    guard let name = names.first, let profile = EngineProfile.named(name) else {
      throw ConfigError(nil, "no row is left of this engine, model and GPU")
    }
    guard names.count == 1 else {
      throw ConfigError(
        nil,
        "the rows are of several generations (\(names.joined(separator: ", "))); choose with "
          + "--engine and --model, or write --profile NAME")
    }
    return profile
  }

  /// Host time shows in the time per token and in whole latencies; first tokens wait for requests
  /// before them as well, so they count only for batches.
  private static func isFitted(_ pair: RunValidation.Pair) -> Bool {
    guard let run = pair.row.run else { return false }
    switch (pair.metric, run.load) {
    case (.tpot, _): return true
    case (.ttft, .batch): return true
    case (.latency, .batch): return !run.times.contains { $0.metric == .tpot }
    default: return false
    }
  }

  private static func times(
    _ pairs: [RunValidation.Pair], _ replay: RunReplay, _ constants: [EngineConstant],
    _ values: [Double]
  ) throws(ConfigError) -> [Double] {
    var replay = replay
    replay.overrides += zip(constants, values).map { override($0.name, $1) }
    var times: [Double] = []
    var last: (place: String, times: RunReplay.Times)?
    for pair in pairs {
      guard let run = pair.row.run else { continue }
      if last?.place != pair.row.place {
        last = (
          pair.row.place, try replay.times(run, engine: pair.row.engine, profile: pair.profile)
        )
      }
      times.append(last?.times.value(of: pair.metric) ?? .nan)
    }
    return times
  }
}

extension RunCalibration {
  /// The constants as settings of an experiment.
  var overrides: [Override] {
    calibration.constants.map { Self.override($0.name, $0.value) }
  }

  fileprivate static func override(_ name: String, _ value: Double) -> Override {
    Override("engine.profile.\(name)", "\(value) s", from: "engine.profile.\(name)")
  }

  /// Errors before and after, and the constants.
  public var text: String {
    var errors = TextTable([
      .text("fitted to \(rows) times"), .number("median"), .number("p90"), .number("bias"),
    ])
    for (name, error) in [("before", calibration.before), ("after", calibration.after)] {
      errors.add([
        name, error.medianAbsolute.fixed(1), error.p90Absolute.fixed(1), error.bias.fixed(1),
      ])
    }
    var constants = TextTable([
      .text("constant"), .number("value"), .number("standard error"),
    ])
    for constant in calibration.constants {
      constants.add([
        constant.name, NumberText.time(Seconds(constant.value)),
        constant.standardError.map { NumberText.time(Seconds($0)) } ?? "open",
      ])
    }
    let head = ["profile  \(profile)", "", "errors = |replayed / measured - 1|, %", ""]
    return (head + errors.lines + [""] + constants.lines).joined(separator: "\n") + "\n"
  }

  /// The block `engine` of an experiment that runs with these constants.
  public var yaml: String {
    var out = YAMLWriter()
    out.block("engine") { out in
      out.block("profile") { out in
        out.key("name", profile)
        for constant in calibration.constants {
          let error = constant.standardError.map {
            "standard error \(($0 * 1e6).fixed(2)) us"
          }
          out.key(
            constant.name, "\((constant.value * 1e6).fixed(2)) us",
            comment: error ?? "left open by the runs")
        }
      }
    }
    let data = files.map { "# \(Paths.last(of: $0.path)) \($0.contentHash)\n" }.joined()
    return "# Fitted to \(rows) times of measured runs by martlet \(martletVersion).\n" + data
      + out.text
  }
}
