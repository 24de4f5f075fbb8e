internal import ArgumentParser
internal import Experiment
internal import Files
internal import Report
internal import Studies
internal import Workload

/// `martlet cache`: eviction policies on the blocks of a trace, without a serving engine.
struct Cache: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cache", abstract: "Compares eviction policies of a prefix cache on a trace.",
    discussion: """
      Requests ask the cache one after another, as they stand in the trace: each looks up the \
      blocks of its prompt, then all of them are used. A prefix hit is a block found together with \
      all blocks before it. No time passes but for ttl, nothing runs at the same time, outputs \
      leave no blocks. The bounds are min (no policy has more prefix hits) and infinite.

      The trace must be in a format that names the blocks of prompts.

      A policy may have options, each after a colon: lru-k:k=3, mark0:error=0.1:predictor=history. \
      See martlet list evictions --options.
      """)

  @OptionGroup var input: TraceInput

  @Option(
    help: ArgumentHelp(
      "Eviction policies, parted by commas, or all; see martlet list evictions.",
      valueName: "name[,name]"), completion: .names(.evictions))
  var policies = "all"

  @Option(
    help: ArgumentHelp(
      "Rooms of the cache in blocks, parted by commas; 100..100000 is four a decade.",
      valueName: "n[,n]"))
  var capacity: String

  @Option(
    help: "Order in which a request's blocks are used: rev, the last first, as engines do; or fwd.",
    completion: .list(["rev", "fwd"]))
  var order = "rev"

  @Option(
    help: "Blocks that count: all, or full, which leaves a partial last block out.",
    completion: .list(["all", "full"]))
  var blocks = "all"

  @Option(
    help: "A new directory for cache.csv, columns.json and miss-ratio.svg.",
    completion: .directory)
  var out: String?

  @Flag(help: "Replaces an existing --out directory.")
  var force = false

  @Flag(help: "Prints JSON, an object for each policy at each capacity.")
  var json = false

  @Option(help: "Caches tried at the same time; all cores by default.")
  var jobs: Int?

  func validate() throws {
    if let jobs, jobs < 1 { throw ValidationError("--jobs \(jobs) must be at least 1") }
    if force, out == nil { throw ValidationError("--force belongs to --out") }
  }

  func run() throws {
    let question = try CacheQuestion(
      policies: policies, capacities: capacity, order: order, blocks: blocks)
    if let out {
      let directory = try OutputDirectory(at: out, force: force)
      let table = try answer(question)
      let files = try write(table, into: directory)
      try directory.publish()
      show(table, files: files)
    } else {
      show(try answer(question), files: [])
    }
  }

  private func answer(_ question: CacheQuestion) throws(ConfigError) -> CacheTable {
    let study = try CacheStudy(of: input.file, as: try input.options.reading())
    var warnings = Warnings()
    for warning in study.report.warnings { warnings.warn(warning, warning) }
    let rows = try study.rows(question, jobs: jobs ?? availableCores())
    warnings.finish()
    return CacheTable(rows)
  }

  /// Writes the files and names them; a picture that cannot be drawn is left out with a warning.
  private func write(
    _ table: CacheTable, into directory: borrowing OutputDirectory
  ) throws(ConfigError) -> [String] {
    try write(Array(table.csv.utf8), to: "cache.csv", in: directory)
    try write(table.columnsJSON.bytes, to: "columns.json", in: directory)
    let files = ["cache.csv", "columns.json"]
    let title = "Blocks missed in \(Paths.last(of: input.file))"
    guard let figure = Figure.missRatios(title, table.curves).drawable else { return files }
    do throws(ConfigError) {
      let picture = try Gnuplot.draw(GnuplotScript(figure, .alone(.svg)), .svg, of: figure)
      try write(picture, to: "miss-ratio.svg", in: directory)
      return files + ["miss-ratio.svg"]
    } catch {
      printError("warning: no miss-ratio.svg: \(error)")
      return files
    }
  }

  private func write(
    _ bytes: [UInt8], to name: String, in directory: borrowing OutputDirectory
  ) throws(ConfigError) {
    var file = try directory.file(name)
    bytes.withUnsafeBytes { file.write($0) }
    try file.close()
  }

  private func show(_ table: CacheTable, files: [String]) {
    if json { return printBytes(table.json.bytes) }
    print(table.text, terminator: "")
    if let out { print("wrote \(out)/{\(files.joined(separator: ","))}") }
  }
}
