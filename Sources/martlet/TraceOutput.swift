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
  var output: String?

  @Flag(help: "Replaces an existing file.")
  var force = false

  @Flag(help: "Prints JSON.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "How to write: csv and jsonl are our own and keep all, mooncake keeps blocks, vidur neither.",
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
    return output?.hasSuffix(".jsonl") == true ? .jsonl : nil
  }

  /// The format that keeps all that is known of `requests`, unless the user asks for another.
  func format(for requests: RequestTable) throws(ConfigError) -> TraceWriter.Format {
    let isPlain = requests.turns == nil && requests.chains == nil
    return try format() ?? (isPlain ? .vidur : .csv)
  }

  /// Checks, before long work, that the file could be written.
  func check() throws {
    _ = try format()
    guard let output else { throw ValidationError("Missing expected argument '--output <output>'") }
    if output.hasSuffix(".gz") {
      throw ConfigError(.flag("--output"), "\(output): files are written plain; leave .gz out")
    }
    if output != "-" { try checkFile(output, force: force) }
  }

  /// Writes `requests`; `report` tells how they were read.
  ///
  /// - Returns: what to say of it; nil when there is no file to write, or it is standard output.
  func write(
    _ requests: RequestTable, as format: TraceWriter.Format, _ report: TraceReport?,
    _ warnings: inout Warnings
  ) throws(ConfigError) -> WrittenTrace? {
    guard let output else { return nil }
    for warning in report?.warnings ?? [] { warnings.warn(warning, warning) }
    let writer = TraceWriter(requests, as: format)
    for loss in writer.losses { warnings.warn(loss, loss) }
    if output == "-" {
      var bytes = Array(writer.header.utf8)
      for row in 0..<writer.count {
        writer.write(row, to: &bytes)
        if bytes.count < 1 << 20 { continue }
        printBytes(bytes)
        bytes.removeAll(keepingCapacity: true)
      }
      printBytes(bytes)
      return nil
    }
    try writeFile(to: output, force: force) { file in
      file.write(writer.header)
      for row in 0..<writer.count { file.write { writer.write(row, to: &$0) } }
    }
    return WrittenTrace(file: output, format: format, requests: requests, report: report)
  }

  /// Says what was written.
  func report(_ answer: WrittenTrace?) {
    if let answer { print(json ? answer.json.text : answer.text, terminator: "") }
  }
}
