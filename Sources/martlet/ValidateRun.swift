internal import ArgumentParser
internal import Experiment
internal import Files

/// `martlet validate-run`: whole simulated runs against measured ones.
struct ValidateRun: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate-run",
    abstract: "Replays measured runs of serving engines and compares the times.",
    discussion: """
      The header of a CSV file tells its kind: closed loops, batches, or the requests of one run \
      with their arrivals; a JSON file is a result of vllm bench serve.
      """)

  @Argument(help: "Files of measured runs.", completion: .file(extensions: ["csv", "json"]))
  var files: [String] = []

  @OptionGroup var choice: RunChoiceOptions

  @Option(
    help: ArgumentHelp(
      "Fits host times to the rows of this model, as calibrate does, and replays the others.",
      valueName: "model"))
  var fittedOn: String?

  @Flag(help: "Prints JSON.")
  var json = false

  @Flag(help: "Prints CSV.")
  var csv = false

  @Flag(help: "Prints every measured time and its replay as CSV.")
  var rows = false

  func validate() throws {
    let formats = [("--json", json), ("--csv", csv), ("--rows", rows)].filter(\.1).map(\.0)
    guard formats.count < 2 else {
      throw ValidationError("\(formats.joined(separator: " and ")) exclude each other")
    }
  }

  func run() throws {
    var choice = choice.choice
    choice.fittedOn = fittedOn
    let validation = try RunValidation(files, choice)
    var warnings = Warnings()
    // The other answers list what is left out themselves.
    if rows || csv { for line in validation.omissions { warnings.warn(line, line) } }
    let table = json ? validation.json.text : csv ? validation.csv : validation.text
    print(rows ? validation.rowsCSV : table, terminator: "")
    warnings.finish()
  }
}

/// Which measured runs are meant and what replays them, for the verbs that take such files.
struct RunChoiceOptions: ParsableArguments {
  @Option(help: "Only rows of this engine, as the file names it.")
  var engine: String?

  @Option(
    help: "Only rows of this model; of a file that names none, the model that was served.",
    completion: .names(.models))
  var model: String?

  @Option(
    help: "Only rows of this GPU; of a file that names none, the GPU that was measured.",
    completion: .names(.gpus))
  var gpu: String?

  @Option(
    name: .customLong("tp"), help: "GPUs of an instance, of a file that does not say (default: 1).")
  var tensorParallel: Int?

  @Option(
    help: "The engine profile of every run; without it: by engine and version.",
    completion: .names(.profiles))
  var profile: String?

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp("Sets a key of every experiment.", valueName: "key=value"))
  var overrides: [String] = []

  /// The same as a value.
  var choice: RunChoice {
    var choice = RunChoice()
    (choice.engine, choice.model, choice.gpu) = (engine, model, gpu)
    (choice.profile, choice.overrides) = (profile, overrides)
    if let tensorParallel { choice.tensorParallel = tensorParallel }
    return choice
  }

  /// The flags that mean nothing for files of kernels, and whether they are given.
  var ofRuns: [(flag: String, isGiven: Bool)] {
    [
      ("--engine", engine != nil), ("--model", model != nil), ("--profile", profile != nil),
      ("--set", !overrides.isEmpty), ("--tp", tensorParallel != nil),
    ]
  }
}
