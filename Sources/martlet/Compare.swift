internal import ArgumentParser
internal import Experiment
internal import Files
internal import Studies
internal import Synchronization

/// `martlet compare`: two results, variants of an experiment, or a scenario and what it expects.
struct Compare: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract:
      "Compares two results, variants of an experiment, or a scenario with what it expects.",
    discussion: """
      A and B are each the --out directory of a run or a sweep, a sweep.csv, a result JSON of \
      vllm bench serve, or an experiment, which is run. The exit code is 1 when B is worse: the \
      interval of a metric's difference lies beyond its tolerance on the bad side. It is the same \
      when all of the interval lies within the tolerance, and unclear, with exit code 0, when only \
      a part does. A metric that --metrics or --tolerance names and only one side has is missing: \
      exit code 1. Runs with the same seeds and arrivals are paired; all intervals together have \
      the confidence asked for.

      With --vary, A is an experiment that is run in every combination; the first is the baseline. \
      A alone is a scenario (base and expect), or a directory of scenarios; 1 when one fails.
      """)

  @Argument(help: "The baseline, an experiment to vary, or a scenario.", completion: .file())
  var a: String

  @Argument(help: "What is compared with it.", completion: .file())
  var b: String?

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "How much worse a metric may be: a share of A (p99_ttft_ms=2%), an amount in its unit "
        + "(num_preemptions=5), or a share for all (2%). Default: 0 with an interval, 1% without.",
      valueName: "metric=share"))
  var tolerance: [String] = []

  @Option(help: "The metrics to compare, parted by commas.")
  var metrics: String?

  @Option(help: "Confidence of all intervals together.")
  var confidence = "99%"

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp("Values of a key, parted by commas.", valueName: "key=value,…"))
  var vary: [String] = []

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp("Sets a key of every experiment that is run.", valueName: "key=value"))
  var overrides: [String] = []

  @Option(help: ArgumentHelp("Seeds of each experiment: 5 for 1 to 5, or 6-10.", valueName: "n"))
  var seeds: String?

  @Option(help: "Runs at the same time; all cores by default.")
  var jobs: Int?

  @Option(help: "A new directory for compare.csv and columns.json.")
  var out: String?

  @Flag(help: "Replaces an existing --out directory.")
  var force = false

  @Flag(help: "Prints no progress and no answer.")
  var quiet = false

  @Flag(help: "Prints JSON.")
  var json = false

  func validate() throws {
    if let jobs, jobs < 1 { throw ValidationError("--jobs \(jobs) must be at least 1") }
    if b != nil, !vary.isEmpty {
      throw ValidationError("--vary takes one experiment; leave B out")
    }
  }

  func run() throws {
    let settings = try CompareSettings(
      tolerances: tolerance, metrics: metrics, confidence: confidence)
    var changes = RunChanges(seeds: try seeds.map { try SeedList($0).seeds } ?? [])
    for text in overrides { changes.overrides.append(try Override(text)) }
    let console = StudyConsole(isShown: !quiet)
    let pool = RunPool(jobs: jobs ?? availableCores(), clock: monotonicSeconds) {
      console.show($0)
    }
    // The directory is begun first: a run of minutes must not end at a name that is taken.
    if let out {
      let directory = try OutputDirectory(at: out, force: force)
      let answer = try answer(settings, changes, pool)
      for (name, bytes) in answer.files {
        var file = try directory.file(name)
        file.write(bytes)
        try file.close()
      }
      try directory.publish()
      show(answer, console)
    } else {
      show(try answer(settings, changes, pool), console)
    }
  }

  private typealias Answer = (
    text: String, json: JSON, files: [(name: String, bytes: [UInt8])], end: Status
  )

  private func answer(
    _ settings: CompareSettings, _ changes: RunChanges, _ pool: RunPool
  ) throws(ConfigError) -> Answer {
    if let b {
      let answer = try CompareAnswer.of(a, b, changes, settings, in: pool)
      let end: Status = answer.isWorse || answer.isMissing ? .worse : .done
      return (answer.text, answer.json, answer.files, end)
    }
    guard vary.isEmpty else {
      let plan = try VariantComparison.plan(a, vary: vary, changes)
      let answer = try VariantComparison(plan, settings, in: pool)
      let end: Status = answer.failedRuns > 0 ? .failures : .done
      return (answer.text, answer.json, answer.files, end)
    }
    try checkScenario(changes)
    let report = try ScenarioReport(of: a, in: pool)
    return (report.text, report.json, report.files, report.isWorse ? .worse : .done)
  }

  /// Refuses one argument that is no scenario, and flags that a scenario has no use for.
  private func checkScenario(_ changes: RunChanges) throws(ConfigError) {
    let place = Place.file(a)
    guard try ScenarioReport.isOne(a) else {
      throw ConfigError(
        place,
        "is no scenario (base and expect); name what it is compared with as a second, or "
          + "add --vary engine.scheduler=vllm-v0,vllm-v1 to an experiment")
    }
    let reason = "a scenario says itself what it runs and expects"
    try changes.refuse(because: reason)
    for (flag, isThere) in [("--tolerance", !tolerance.isEmpty), ("--metrics", metrics != nil)]
    where isThere {
      throw ConfigError(.flag(flag), "has no meaning here: \(reason)")
    }
  }

  private func show(_ answer: Answer, _ console: StudyConsole) {
    console.finish()
    if json {
      printBytes(answer.json.bytes)
    } else if !quiet {
      print(answer.text, terminator: "")
      if let out {
        print("wrote \(out)/{\(answer.files.map(\.name).joined(separator: ","))}")
      }
    }
    guard answer.end != .done else { return }
    checkOutput()
    leave(with: answer.end)
  }
}
