internal import ArgumentParser
internal import Experiment
internal import Files
internal import Metrics
internal import Units
internal import Workload

/// `martlet trace generate`: the requests of an experiment, or requests like a trace's, as a file.
struct TraceGenerate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Writes the requests of an experiment, or requests like those of a trace.",
    discussion: """
      With --like a generator is fitted to the trace: its arrivals, lengths, sessions and shared \
      prompt blocks. The answer is a table of how like the original the synthetic trace is.
      """)

  @Argument(
    help: "The experiment file (YAML or JSON).", completion: .file(extensions: ["yaml", "json"]))
  var experiment: String?

  @OptionGroup var changes: OverrideOptions

  @OptionGroup var likeness: LikenessOptions

  @Option(
    name: .shortAndLong, help: "The file to write; - is standard output.",
    completion: .file(extensions: ["csv", "jsonl"]))
  var output: String?

  @Option(
    help: ArgumentHelp(
      "The format to write: vidur or mooncake; by default the one that keeps all that is known.",
      valueName: "format"),
    completion: .list(WrittenTrace.formats))
  var to: String?

  @Flag(help: "Replaces an existing file.")
  var force = false

  @Flag(help: "Prints JSON.")
  var json = false

  func validate() throws {
    if json, output == "-" { throw ValidationError("--json and -o - exclude each other") }
    if experiment != nil, likeness.like != nil {
      throw ValidationError("an experiment and --like exclude each other")
    }
    if experiment == nil, likeness.like == nil {
      throw ValidationError("Missing expected argument '<experiment>' or option '--like <trace>'")
    }
    if likeness.like != nil, !changes.overrides.isEmpty {
      throw ValidationError("--set belongs to an experiment, not to --like")
    }
    if likeness.like == nil, let flag = likeness.given {
      throw ValidationError("\(flag) belongs to --like <trace>")
    }
    if output == nil, !likeness.report {
      throw ValidationError("Missing expected argument '--output <output>'")
    }
  }

  func run() throws {
    var warnings = Warnings()
    if let trace = likeness.like {
      try imitate(trace, &warnings)
    } else if let experiment {
      let seed = try changes.checkedSeed()
      let config = try ExperimentConfig.load(
        experiment, overrides: try changes.list(), seed: seed)
      let assembly = try Assembly(config)
      try assembly.checkOpenLoop()
      let workload = try assembly.workload()
      for warning in workload.report?.warnings ?? [] { warnings.warn(warning, warning) }
      if let answer = try write(workload.requests, &warnings) {
        print(json ? answer.json.text : answer.text, terminator: "")
      }
    }
    warnings.finish()
  }

  private func imitate(_ trace: String, _ warnings: inout Warnings) throws {
    let seed = try changes.checkedSeed() ?? 1
    let imitation = try TraceImitation(
      of: trace, format: likeness.format, try likeness.wish(seed: seed))
    for warning in imitation.warnings { warnings.warn(warning, warning) }
    let answer = try write(imitation.requests, &warnings)
    if output == "-" { return }
    let text = (answer?.text ?? "") + imitation.text(details: likeness.report)
    print(json ? imitation.json(answer).text : text, terminator: "")
  }

  /// Writes `requests` where the user wants them; nil when that is standard output or nowhere.
  private func write(
    _ requests: RequestTable, _ warnings: inout Warnings
  ) throws -> WrittenTrace? {
    guard let output else { return nil }
    let format = to ?? WrittenTrace.format(for: requests)
    let bytes = try WrittenTrace.bytes(of: requests, in: format)
    for loss in WrittenTrace.losses(of: requests, in: format) { warnings.warn(loss, loss) }
    if output == "-" {
      printBytes(bytes)
      return nil
    }
    try writeFile(bytes, to: output, force: force)
    return WrittenTrace(file: output, format: format, requests: requests.count)
  }
}

/// What to draw, and from which trace.
struct LikenessOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("A trace, plain or gzipped, to draw like.", valueName: "trace"),
    completion: .file())
  var like: String?

  @Option(
    help: "The format of the trace by name, see martlet list formats, or auto.",
    completion: .names(.formats))
  var format = "auto"

  @Option(help: "How many requests to draw; by default as many as the trace has.")
  var requests: Int?

  @Option(help: "How long they arrive, such as '30 min', in place of their number.")
  var duration: String?

  @Option(help: "Their mean rate in requests/s; by default the trace's.")
  var rate: Double?

  @Flag(
    help: "Adds distances of distributions and the gaps' best fits; needs no file to write.")
  var report = false

  /// The first of these flags that was given besides `--like`.
  var given: String? {
    if format != "auto" { return "--format" }
    if requests != nil { return "--requests" }
    if duration != nil { return "--duration" }
    if rate != nil { return "--rate" }
    return report ? "--report" : nil
  }

  /// What to draw.
  func wish(seed: UInt64) throws(ConfigError) -> TraceImitation.Wish {
    var wish = TraceImitation.Wish(requests: requests, rate: rate, seed: seed)
    if requests != nil, duration != nil {
      throw ConfigError(.flag("--duration"), "stands beside --requests; keep one of them")
    }
    if let rate, !(1e-9...1e12).contains(rate) {
      throw ConfigError(.flag("--rate"), "\(rate) must lie in 1e-9...1e12 requests/s")
    }
    if let requests, !(1...200_000_000).contains(requests) {
      throw ConfigError(.flag("--requests"), "\(requests) must lie in 1...200000000")
    }
    guard let duration else { return wish }
    do {
      let time = try Seconds(parsing: duration)
      guard time.value > 0, time.value <= 100 * 86_400 else {
        throw ConfigError(.flag("--duration"), "\(duration) must be above 0 and at most 100 d")
      }
      wish.duration = time
    } catch let error as ConfigError {
      throw error
    } catch {
      throw ConfigError(.flag("--duration"), "\(error)")
    }
    return wish
  }
}
