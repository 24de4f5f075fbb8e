internal import ArgumentParser
internal import Experiment
internal import Files
internal import Studies

/// `martlet capacity`: how far a key can go while every SLO is met.
struct Capacity: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "capacity",
    abstract: "Finds the largest rate, or the fewest instances, that meets the SLOs.",
    discussion: """
      Probes the experiment with the same random draws at up to \(CapacityPlan.mostProbes) values \
      and answers with the hardest that met every condition. Conditions are on numbers of \
      summary.json, METRIC<=NUMBER or METRIC>=NUMBER, or presets (martlet list slos), separated \
      by commas; without --slo, 99 % of the requests must meet the experiment's own targets. An \
      OVERLOADED run does not meet. Exit code 1: no value meets.
      """)

  @OptionGroup var options: ExperimentOptions

  @Option(
    help: ArgumentHelp(
      "Conditions, such as 'p99_ttft_ms<=500,p99_tpot_ms<=50' or mlperf:llama2-70b.",
      valueName: "conditions"))
  var slo: String?

  @Option(
    help: ArgumentHelp(
      "The key to vary: workload.rate, workload.speedup, cluster.instances, a closed loop's "
        + "concurrency, or any number with --largest or --fewest.", valueName: "key"))
  var vary: String

  @Option(help: "Relative width of the bracket around the answer.")
  var tolerance = "1%"

  @Option(
    help: ArgumentHelp(
      "Seeds of each probe, one a run, whose means must meet: 5 for 1 to 5, or 6-10; the "
        + "experiment's own by default.", valueName: "n"))
  var seeds: String?

  @Option(name: .customLong("min"), help: "Smallest value to probe.")
  var least: Double?

  @Option(name: .customLong("max"), help: "Largest value to probe.")
  var most: Double?

  @Flag(help: "More of the key is harder: finds the largest value.")
  var largest = false

  @Flag(help: "Less of the key is harder: finds the smallest value.")
  var fewest = false

  @Flag(help: "Lets an OVERLOADED run meet when its numbers do.")
  var acceptOverloaded = false

  @Option(help: "Runs at the same time, of the seeds of a probe; all cores by default.")
  var jobs: Int?

  @Option(help: "A new directory for capacity.json and capacity.csv, a row for every probe.")
  var out: String?

  @Flag(help: "Prints capacity.json instead of the answer.")
  var json = false

  @Flag(help: "Prints no progress and no answer.")
  var quiet = false

  @Flag(help: "Replaces an existing --out directory.")
  var force = false

  func validate() throws {
    if seeds != nil, options.changes.seed != nil {
      throw ValidationError("--seed and --seeds exclude each other; --seeds 7-7 is one seed")
    }
    if let jobs, jobs < 1 { throw ValidationError("--jobs \(jobs) must be at least 1") }
    if largest, fewest { throw ValidationError("--largest and --fewest exclude each other") }
  }

  func run() throws {
    let start = monotonicSeconds()
    let plan = try CapacityPlan(try question)
    let answer: CapacityAnswer
    if let out {
      let directory = try OutputDirectory(at: out, force: force)
      answer = try search(plan)
      try answer.write(into: directory)
      try directory.publish()
    } else {
      answer = try search(plan)
    }
    if json {
      printBytes(answer.json.bytes)
    } else if !quiet {
      let wall = isTerminal(standardOutput) ? monotonicSeconds() - start : nil
      print(answer.text(wallSeconds: wall), terminator: "")
      if let out { print("wrote \(out)/{\(CapacityAnswer.files.joined(separator: ","))}") }
    }
    guard answer.outcome != .found else { return }
    checkOutput()
    leave(with: answer.outcome == .stopped ? .stuck : .worse)
  }

  private var question: CapacityQuestion {
    get throws(ConfigError) {
      var question = CapacityQuestion(options.experiment, vary: vary)
      (question.overrides, question.seed) = (
        try options.changes.list(), try options.changes.checkedSeed()
      )
      question.slo = slo
      question.tolerance = try CapacityQuestion.tolerance(tolerance)
      (question.least, question.most) = (least, most)
      question.goal = largest ? .largest : fewest ? .fewest : nil
      question.seeds =
        try seeds.map { (text) throws(ConfigError) in try SeedList(text).seeds } ?? []
      question.acceptsOverload = acceptOverloaded
      return question
    }
  }

  private func search(_ plan: CapacityPlan) throws(ConfigError) -> CapacityAnswer {
    let console = StudyConsole(isShown: !quiet)
    defer { console.finish() }
    let runner = CapacityRunner(plan, jobs: jobs ?? availableCores(), clock: monotonicSeconds) {
      console.show($0)
    }
    return try runner.run()
  }
}
