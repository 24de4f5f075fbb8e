internal import ArgumentParser
internal import Experiment
internal import Files

/// `martlet validate-cost`: the calibrated cost against measured kernels.
struct ValidateCost: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate-cost",
    abstract: "Compares the cost model with measured kernels, copies and collectives.",
    discussion: "The header of a file tells its class; Workloads/measure makes such files.")

  @Argument(help: "CSV files of measurements.", completion: .file(extensions: ["csv"]))
  var files: [String] = []

  @Option(help: "The GPU that was measured, see martlet list gpus.", completion: .names(.gpus))
  var gpu: String

  @Option(help: "Only rows measured on so many GPUs (or shards).")
  var tensorParallel: Int?

  @Option(
    help: "A file of constants from martlet calibrate, in place of the GPU's own.",
    completion: .file(extensions: ["yaml"]))
  var kernels: String?

  @Flag(help: "Predicts the constants from the data sheet and the other measured GPUs.")
  var heldOut = false

  @Flag(help: "Prints JSON.")
  var json = false

  @Flag(help: "Prints CSV, one row a class and group.")
  var csv = false

  func validate() throws {
    guard !json || !csv else { throw ValidationError("--json and --csv exclude each other") }
  }

  func run() throws {
    let measured = try MeasuredFiles(files, gpu: gpu, tensorParallel: tensorParallel)
    let validation = try CostValidation(measured, kernels: kernels, isHeldOut: heldOut)
    var warnings = Warnings()
    for warning in measured.warnings + validation.warnings { warnings.warn(warning, warning) }
    let answer = json ? validation.json.text : csv ? validation.csv : validation.text
    print(answer, terminator: "")
    warnings.finish()
  }
}
