internal import ArgumentParser
internal import Experiment
internal import Files
internal import Metrics
internal import Workload

/// Where a file of requests goes, and what is said of it.
struct TraceOutput: ParsableArguments {
  @Option(
    name: .shortAndLong, help: "The file to write; - is standard output.",
    completion: .file(extensions: ["csv", "jsonl"]))
  var output: String

  @Flag(help: "Replaces an existing file.")
  var force = false

  @Flag(help: "Prints JSON.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "How to write: csv and jsonl are our own and keep sessions and blocks, vidur does not.",
      valueName: "form"),
    completion: .list(TraceWriter.Format.allCases.map(\.rawValue)))
  var to: String?

  func validate() throws {
    if json, output == "-" { throw ValidationError("--json and -o - exclude each other") }
  }

  /// What `--to` or else the name of the file asks for; nil if neither says.
  func format() throws(ConfigError) -> TraceWriter.Format? {
    if let to {
      if let format = TraceWriter.Format(rawValue: to) { return format }
      let known = TraceWriter.Format.allCases.map(\.rawValue)
      throw .unknown("form", to, known: known, at: .flag("--to"))
    }
    return output.hasSuffix(".jsonl") ? .jsonl : nil
  }

  /// Checks, before long work, that the file could be written.
  func check() throws(ConfigError) {
    _ = try format()
    if output != "-" { try checkFile(output, force: force) }
  }

  /// Writes `requests` and says so; `report` tells how they were read.
  func write(
    _ requests: RequestTable, as format: TraceWriter.Format, _ report: TraceReport?
  ) throws(ConfigError) {
    var warnings = Warnings()
    for warning in report?.warnings ?? [] { warnings.warn(warning, warning) }
    if format == .vidur, requests.turns != nil || requests.chains != nil {
      warnings.warn("vidur", "vidur has neither sessions nor prompt blocks; they are left out")
    }
    let writer = TraceWriter(requests, as: format)
    if output == "-" {
      var bytes = Array(writer.header.utf8)
      for row in 0..<writer.count {
        writer.write(row, to: &bytes)
        if bytes.count < 1 << 20 { continue }
        printBytes(bytes)
        bytes.removeAll(keepingCapacity: true)
      }
      printBytes(bytes)
    } else {
      try writeFile(to: output, force: force) { file in
        file.write(writer.header)
        for row in 0..<writer.count { file.write { writer.write(row, to: &$0) } }
      }
      let answer = WrittenTrace(file: output, format: format, requests: requests, report: report)
      print(json ? answer.json.text : answer.text, terminator: "")
    }
    warnings.finish()
  }
}
