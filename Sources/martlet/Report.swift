internal import ArgumentParser
internal import Files
internal import Report

/// `martlet report`: a directory of results as one page.
struct ReportVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Makes one HTML page of a run's or a sweep's directory.",
    discussion: """
      The page holds its drawings and asks for nothing else: no network, no script. It is written \
      to report.html in the directory. A roofline needs steps.csv (output.steps: true).
      """)

  @Argument(help: "The --out of martlet run or sweep.", completion: .directory)
  var directory: String

  @Option(
    name: .shortAndLong, help: "The page to write; - is standard output.",
    completion: .file(extensions: ["html"]))
  var output: String?

  @Flag(help: "Replaces an existing page.")
  var force = false

  @Flag(help: "Prints JSON.")
  var json = false

  func validate() throws {
    if json, output == "-" { throw ValidationError("--json and --output - exclude each other") }
  }

  func run() throws {
    let target = output ?? Paths.join(directory, "report.html")
    if target != "-", !force { try refuseExisting(target) }
    let page = try ReportPage(of: directory)
    if target == "-" {
      printBytes(page.bytes)
      return
    }
    try writeFile(page.bytes, to: target, force: force)
    if json {
      printBytes(page.json(output: target).bytes)
      return
    }
    let size = (Double(page.bytes.count) / 1000).rounded()
    print("wrote \(target): \(page.figures) figures, \(Int(size)) kB")
    for title in page.empty { printError("warning: nothing to draw for \"\(title)\"") }
  }

  /// Drawing takes a while, and an existing page would be refused after it.
  private func refuseExisting(_ path: String) throws(ConfigError) {
    guard (try? Posix.kind(of: path)) == .file else { return }
    throw ConfigError(
      .file(path), "exists; name another file with --output, or add --force to replace it")
  }
}
