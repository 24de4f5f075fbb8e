internal import ArgumentParser
internal import Experiment
internal import Files
internal import Workload

/// `martlet trace info`: what a file of requests holds.
struct TraceInfo: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info", abstract: "Describes a trace: rows, rates, lengths.")

  @OptionGroup var input: TraceInput

  @Flag(help: "Prints JSON, times in seconds and rates in requests per second.")
  var json = false

  func run() throws {
    let description = try TraceDescription(of: input.file, as: try input.options.reading())
    var warnings = Warnings()
    for warning in description.report.warnings { warnings.warn(warning, warning) }
    print(json ? description.json.text : description.text, terminator: "")
    warnings.finish()
  }
}
