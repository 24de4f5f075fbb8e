internal import ArgumentParser
internal import Calibration
internal import Experiment
internal import Files

/// `martlet calibrate`: constants from measurements.
struct Calibrate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "calibrate",
    abstract: "Fits constants to measurements: of a GPU to its kernels, of an engine to its runs.",
    discussion: """
      Weighted non-linear least squares by GSL, robust against outliers. From kernels the file of \
      --out goes into an experiment as cluster: {kernels: FILE}; from runs (as validate-run takes \
      them, results of vllm bench serve included) it is the block engine: {profile: …}.
      """)

  @Argument(
    help: "Files of measurements, all of kernels or all of runs.",
    completion: .file(extensions: ["csv", "json"]))
  var files: [String] = []

  @OptionGroup var choice: RunChoiceOptions

  @Option(
    help: ArgumentHelp(
      "Runs: step of the differences, as a share of each constant (default: 0.2)."))
  var step: Double?

  @Option(
    help: "A file for the constants; without it they are only printed.",
    completion: .file(extensions: ["yaml"]))
  var out: String?

  @Flag(help: "Replaces an existing --out file.")
  var force = false

  @Flag(help: "Prints JSON, constants in their units.")
  var json = false

  func run() throws {
    if let out { try checkFile(out, force: force) }
    if let first = files.first, MeasuredRunFile.isOne(first) { return try calibrateEngine() }
    for (flag, isGiven) in choice.ofRuns + [("--step", step != nil)] where isGiven {
      throw ConfigError(
        .flag(flag), "is for files of runs; kernels take --gpu, --out and --force alone")
    }
    guard let gpu = choice.gpu else {
      throw ConfigError(nil, "measurements of kernels do not name their GPU; write --gpu NAME")
    }
    let report = try CalibrationReport(try MeasuredFiles(files, gpu: gpu))
    try answer(json ? report.json.text : report.text, report.yaml, report.warnings)
  }

  private func calibrateEngine() throws {
    var options = EngineCalibration.Options()
    if let step {
      guard step > 0, step.isFinite else {
        throw ConfigError(.flag("--step"), "\(step) is no share; write a number above 0")
      }
      options.step = step
    }
    let fit = try RunCalibration(files, choice.choice, options: options)
    let text = fit.text + (out == nil ? "\n" + fit.yaml : "")
    try answer(json ? fit.json.text : text, fit.yaml, fit.warnings)
  }

  private func answer(_ text: String, _ yaml: String, _ list: [String]) throws {
    var warnings = Warnings()
    for warning in list { warnings.warn(warning, warning) }
    if let out { try writeFile(Array(yaml.utf8), to: out, force: force) }
    print(text, terminator: "")
    warnings.finish()
  }
}
