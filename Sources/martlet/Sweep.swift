internal import ArgumentParser
internal import Experiment
internal import Files
internal import Studies

/// `martlet sweep`: every point of a sweep file.
struct Sweep: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep", abstract: "Runs every point of a sweep and writes one table.",
    discussion: """
      A sweep file holds an experiment under base, lists of values under vary (all combinations), \
      explicit points under points, and seeds. A point that cannot run becomes a row with its \
      error; the exit code is then 3. An interrupted sweep goes on with --resume.
      """)

  @Argument(
    help: "The sweep file (YAML or JSON).", completion: .file(extensions: ["yaml", "json"]))
  var sweep: String

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp(
      "Sets a key of the base; a path is as seen from the working directory.",
      valueName: "key=value"))
  var overrides: [String] = []

  @Option(help: "Points that run at the same time; all cores by default, one in a job file.")
  var jobs: Int?

  @Option(
    help: "The directory of the results; NAME-out for NAME.yaml by default.",
    completion: .directory)
  var out: String?

  @Flag(help: "Keeps the finished points of an interrupted sweep.")
  var resume = false

  @Flag(help: "Runs nothing but a sample; prints points, columns and an estimate of the time.")
  var dryRun = false

  @Option(help: ArgumentHelp("Runs one of N parts, see merge.", valueName: "i/N"))
  var shard: String?

  @Option(
    help: ArgumentHelp(
      "Prints a job file that runs the sweep in shards: slurm, parallel or k8s.",
      valueName: "system"), completion: .list(JobFile.System.allCases.map(\.rawValue)))
  var emit: String?

  @Option(help: "Shards of the job file, 16 by default, at most one a point.")
  var shards: Int?

  @Flag(help: "Prints no progress and no answer.")
  var quiet = false

  @Flag(help: "Replaces an existing directory.")
  var force = false

  @Flag(help: "Prints JSON.")
  var json = false

  func validate() throws {
    if let jobs, jobs < 1 { throw ValidationError("--jobs \(jobs) must be at least 1") }
    if let shards, shards < 1 { throw ValidationError("--shards \(shards) must be at least 1") }
    let pairs = [
      (force && resume, "--force and --resume"), (force && shard != nil, "--force and --shard"),
      (emit != nil && shard != nil, "--emit and --shard"),
      (emit != nil && dryRun, "--emit and --dry-run"), (emit != nil && json, "--emit and --json"),
      (emit != nil && force, "--emit and --force"), (emit != nil && resume, "--emit and --resume"),
    ]
    for (isThere, names) in pairs where isThere {
      throw ValidationError("\(names) exclude each other")
    }
    if shards != nil, emit == nil { throw ValidationError("--shards belongs to --emit") }
  }

  func run() throws {
    let part = try shard.map { (text) throws(ConfigError) in try Shard(text) }
    var list: [Override] = []
    for text in overrides { list.append(try Override(text)) }
    let plan = try SweepPlan.load(sweep, overrides: list)
    if let emit { return try print(job: emit, of: plan) }
    let jobs = jobs ?? availableCores()
    if dryRun {
      let estimate = try SweepEstimate(plan, shard: part, jobs: jobs, clock: monotonicSeconds)
      Swift.print(json ? estimate.json.text : estimate.text, terminator: "")
      return
    }
    let mode: SweepDirectory.Mode = force ? .replace : resume || part != nil ? .join : .new
    let directory = try SweepDirectory(at: target, for: plan, mode: mode)
    let console = StudyConsole(isShown: !quiet)
    let runner = SweepRunner(plan, into: directory, clock: monotonicSeconds) { console.show($0) }
    let outcome: SweepOutcome
    do {
      outcome = try runner.run(shard: part, jobs: jobs, resumes: resume)
    } catch {
      console.finish()
      throw error
    }
    console.finish()
    if let signal = outcome.interruption {
      printError(
        "interrupted: \(outcome.saved) of \(outcome.points) points saved; "
          + "continue with the same command + --resume")
      leave(with: Status(rawValue: 128 + signal))
    }
    try answer(outcome, directory, part)
    if outcome.failed > 0 {
      checkOutput()
      leave(with: .failures)
    }
  }

  private var target: String { out ?? SweepPlan.defaultDirectory(for: sweep) }

  private func print(job system: String, of plan: SweepPlan) throws {
    guard let known = JobFile.System(rawValue: system) else {
      throw ConfigError.unknown(
        "batch system", system, known: JobFile.System.allCases.map(\.rawValue), at: .flag("--emit"))
    }
    let job = JobFile(
      plan, out: target, shards: shards ?? 16, jobs: jobs ?? 1,
      executable: CommandLine.arguments[0])
    Swift.print(job.text(for: known), terminator: "")
    if !quiet { printError(job.hint(for: known)) }
  }

  /// Merges the points unless other shards may still run, and says what there is.
  private func answer(
    _ outcome: SweepOutcome, _ directory: SweepDirectory, _ shard: Shard?
  ) throws(ConfigError) {
    let merged = shard == nil ? try directory.merge() : nil
    if json {
      printBytes(outcome.json(directory, files: merged?.files ?? []).bytes)
      return
    }
    guard !quiet else { return }
    let path = directory.path
    let kept = outcome.kept > 0 ? ["\(outcome.kept) kept"] : []
    let table = merged == nil ? "" : ": see \(path)/failed.csv"
    let failed = outcome.failed > 0 ? ["\(outcome.failed) failed\(table)"] : []
    let notes = kept + failed
    let note = notes.isEmpty ? "" : " (\(notes.joined(separator: ", ")))"
    Swift.print("\(outcome.saved)/\(outcome.points) done\(note)")
    if let merged {
      Swift.print("wrote \(path)/{\(merged.files.joined(separator: ","))}")
    } else {
      Swift.print("next: martlet merge \(path)   # when all shards are done")
    }
  }
}
