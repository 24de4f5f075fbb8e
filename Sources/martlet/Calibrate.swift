internal import ArgumentParser
internal import Experiment

/// `martlet calibrate`: constants from measurements.
struct Calibrate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "calibrate",
    abstract: "Fits the cost model's constants to measurements of a GPU.",
    discussion: """
      Weighted non-linear least squares by GSL, robust against outliers. The file of --out goes \
      into an experiment as cluster: {kernels: FILE}.
      """)

  @Argument(help: "CSV files of measurements.", completion: .file(extensions: ["csv"]))
  var files: [String] = []

  @Option(help: "The GPU that was measured, see martlet list gpus.")
  var gpu: String

  @Option(help: "A file for the constants; without it they are only printed.")
  var out: String?

  @Flag(help: "Replaces an existing --out file.")
  var force = false

  func run() throws {
    let report = try CalibrationReport(try MeasuredFiles(files, gpu: gpu))
    var warnings = Warnings()
    for warning in report.warnings { warnings.warn(warning, warning) }
    if let out { try writeFile(Array(report.yaml.utf8), to: out, force: force) }
    print(report.text, terminator: "")
    warnings.finish()
  }
}
