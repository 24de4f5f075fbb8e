internal import ArgumentParser
internal import Experiment
internal import Files
internal import Metrics
internal import Workload

/// `martlet trace generate`: the requests of an experiment as a file.
struct TraceGenerate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Writes the requests of an experiment as a trace in format vidur.")

  @OptionGroup var options: ExperimentOptions

  @Option(
    name: .shortAndLong, help: "The file to write; - is standard output.",
    completion: .file(extensions: ["csv"]))
  var output: String

  @Flag(help: "Replaces an existing file.")
  var force = false

  @Flag(help: "Prints JSON.")
  var json = false

  func validate() throws {
    if json, output == "-" { throw ValidationError("--json and -o - exclude each other") }
  }

  func run() throws {
    let assembly = try Assembly(try options.load())
    try assembly.checkOpenLoop()
    let workload = try assembly.workload()
    var warnings = Warnings()
    for warning in workload.report?.warnings ?? [] { warnings.warn(warning, warning) }
    let bytes = vidurCSV(workload.requests)
    if output == "-" {
      printBytes(bytes)
    } else {
      try writeFile(bytes, to: output, force: force)
      let answer = WrittenTrace(file: output, requests: workload.requests.count)
      print(json ? answer.json.text : answer.text, terminator: "")
    }
    warnings.finish()
  }
}
