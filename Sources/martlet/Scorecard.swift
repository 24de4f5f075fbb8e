internal import ArgumentParser
internal import Experiment
internal import Files
internal import Report
internal import Studies

/// `martlet scorecard`: what papers publish beside what is simulated on their set-ups.
struct ScorecardVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scorecard",
    abstract: "Sets published gains beside simulated ones, each on the paper's own set-up.",
    discussion: """
      Every folder of Workloads/papers with a claims.yaml is a paper: claims, experiments, what \
      the system and its baselines change of them. A row is in range within the published ends (a \
      single figure within 10 %), near beyond an end by at most 20 % of it (of a ratio by 20 % of \
      its distance from 1), else off. Rows gate when their \
      source is [primary], [official-data] or [secondary] and they have a lower end; the exit code \
      is 1 when one of those has no figure or is further off than its claim says that it is \
      (known, with what is missing). A row whose trace is not there is skipped.
      """)

  @Argument(help: "Parts of the names of systems, scenarios or claims; all by default.")
  var filters: [String] = []

  @Option(help: "Where the papers' folders are.", completion: .directory)
  var papers = ScorecardPlan.folder

  @Flag(
    help: ArgumentHelp(
      "Runs all again with each kind of constants of the cost model 20 % off, and says where the "
        + "order of systems changes."))
  var robustness = false

  @Option(help: "Runs at the same time; all cores by default.")
  var jobs: Int?

  @Option(
    help: "A new directory for scorecard.csv, columns.json, scorecard.html and scorecard.svg.",
    completion: .directory)
  var out: String?

  @Flag(help: "Replaces an existing --out directory.")
  var force = false

  @Flag(help: "Prints no progress and no answer.")
  var quiet = false

  @Flag(help: "Prints JSON.")
  var json = false

  func validate() throws {
    if let jobs, jobs < 1 { throw ValidationError("--jobs \(jobs) must be at least 1") }
    if force, out == nil { throw ValidationError("--force belongs to --out") }
  }

  func run() throws {
    let plan = try ScorecardPlan(of: papers, filters: filters)
    guard let out else { return show(try answer(plan), files: []) }
    let directory = try OutputDirectory(at: out, force: force)
    let answer = try answer(plan)
    var names: [String] = []
    for (name, bytes) in answer.card.files(answer.robustness) + pages(answer.card) {
      var file = try directory.file(name)
      bytes.withUnsafeBytes { file.write($0) }
      try file.close()
      names.append(name)
    }
    try directory.publish()
    show(answer, files: names)
  }

  private func answer(
    _ plan: ScorecardPlan
  ) throws(ConfigError) -> (card: Scorecard, robustness: Robustness?) {
    let console = StudyConsole(isShown: !quiet)
    defer { console.finish() }
    let runner = ScorecardRunner(jobs: jobs ?? availableCores(), clock: monotonicSeconds) {
      console.show($0)
    }
    let card = try runner.run(plan)
    return (card, robustness ? try runner.robustness(of: card, plan) : nil)
  }

  /// The page and the plot; without gnuplot the page has no drawing.
  private func pages(_ card: Scorecard) -> [(name: String, bytes: [UInt8])] {
    let lines = card.lines.map { line in
      ScorecardPage.Line(
        names: line.names, published: line.published,
        ends: line.low.isNaN ? nil : line.low...line.high, simulated: line.simulated,
        quotient: line.quotient, verdict: line.verdict, source: line.source,
        scenario: line.scenario, remark: line.remark)
    }
    do throws(ConfigError) {
      let page = try ScorecardPage.page(lines, summary: card.summary)
      guard let figure = ScorecardPage.figure(lines).drawable else {
        return [("scorecard.html", page)]
      }
      let plot = try Gnuplot.draw(GnuplotScript(figure, .alone(.svg)), .svg, of: figure)
      return [("scorecard.html", page), ("scorecard.svg", plot)]
    } catch {
      printError("warning: no scorecard.svg: \(error)")
      let page = try? ScorecardPage.page(lines, summary: card.summary, draws: false)
      return page.map { [("scorecard.html", $0)] } ?? []
    }
  }

  private func show(_ answer: (card: Scorecard, robustness: Robustness?), files: [String]) {
    if json {
      printBytes(answer.card.json(answer.robustness).bytes)
    } else if !quiet {
      print(answer.card.text, terminator: "")
      if let robustness = answer.robustness { print(robustness.text, terminator: "") }
      if let out { print("wrote \(out)/{\(files.joined(separator: ","))}") }
    }
    guard answer.card.isWorse else { return }
    checkOutput()
    leave(with: .worse)
  }
}
