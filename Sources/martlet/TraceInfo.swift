internal import ArgumentParser
internal import Experiment
internal import Files
internal import Workload

/// `martlet trace info`: what a file of requests holds.
struct TraceInfo: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info", abstract: "Describes a trace: rows, rates, lengths.")

  @Argument(help: "The trace, plain or gzipped.", completion: .file())
  var file: String

  @Option(
    help: "The format by name, see martlet list formats, or auto.", completion: .names(.formats))
  var format = "auto"

  @Option(help: "Reads only until so many requests are kept.")
  var limit: Int?

  @Option(help: "Tokens of a block of hash_ids, if not those of the format.")
  var blockTokens: Int?

  @Flag(help: "Prints JSON, times in seconds and rates in requests per second.")
  var json = false

  func run() throws {
    let description = try TraceDescription(
      of: file, format: format, limit: limit, blockTokens: blockTokens)
    var warnings = Warnings()
    for warning in description.report.warnings { warnings.warn(warning, warning) }
    print(json ? description.json.text : description.text, terminator: "")
    warnings.finish()
  }
}
