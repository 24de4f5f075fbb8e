internal import ArgumentParser
internal import Experiment
internal import Files
internal import Units
internal import Workload

/// `martlet trace generate`: the requests of an experiment, or requests like a trace's, as a file.
struct TraceGenerate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Writes the requests of an experiment, or requests like those of a trace.",
    discussion: """
      With --like a generator is fitted to the trace: its arrivals, lengths, sessions and shared \
      prompt blocks. The answer is a table of how like the original the synthetic trace is. The \
      file is in format vidur, or in our own when requests have sessions or prompt blocks; --to \
      says otherwise.
      """)

  @Argument(
    help: "The experiment file (YAML or JSON).", completion: .file(extensions: ["yaml", "json"]))
  var experiment: String?

  @OptionGroup var changes: OverrideOptions

  @OptionGroup var likeness: LikenessOptions

  @OptionGroup var output: TraceOutput

  func validate() throws {
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
    if output.output == nil, output.force || output.to != nil {
      throw ValidationError("\(output.force ? "--force" : "--to") needs a file: --output <output>")
    }
  }

  func run() throws {
    // A report on the likeness alone needs no file.
    if output.output != nil || !likeness.report { try output.check() }
    var warnings = Warnings()
    if let trace = likeness.like {
      try imitate(trace, &warnings)
    } else if let experiment {
      let seed = try changes.checkedSeed()
      let assembly = try Assembly(
        try .load(experiment, overrides: try changes.list(), seed: seed))
      let workload = try assembly.recordedWorkload()
      let format = try output.format(for: workload.requests)
      output.report(try output.write(workload.requests, as: format, workload.report, &warnings))
    }
    warnings.finish()
  }

  private func imitate(_ trace: String, _ warnings: inout Warnings) throws {
    let seed = try changes.checkedSeed() ?? 1
    let imitation = try TraceImitation(
      of: trace, as: try likeness.reading.reading(), try likeness.wish(seed: seed))
    for warning in imitation.warnings { warnings.warn(warning, warning) }
    let requests = imitation.requests
    let answer = try output.write(
      requests, as: try output.format(for: requests), nil, &warnings)
    if output.output == "-" { return }
    let text = (answer?.text ?? "") + imitation.text(details: likeness.report)
    print(output.json ? imitation.json(answer).text : text, terminator: "")
  }
}

/// What to draw, and from which trace.
struct LikenessOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("A trace, plain or gzipped, to draw like.", valueName: "trace"),
    completion: .file())
  var like: String?

  @OptionGroup var reading: ReadingOptions

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
    if let flag = reading.given { return flag }
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
