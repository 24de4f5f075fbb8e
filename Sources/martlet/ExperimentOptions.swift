internal import ArgumentParser
internal import Experiment
internal import Files

/// What the command line lays over an experiment.
struct OverrideOptions: ParsableArguments {
  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp(
      "Sets a key, such as cluster.instances=4; a path is as seen from the working directory.",
      valueName: "key=value"))
  var overrides: [String] = []

  @Option(help: "The seed of every random stream, in place of the file's.")
  var seed: Int?

  /// The settings, in the order of the command line.
  func list() throws(ConfigError) -> [Override] {
    var list: [Override] = []
    for text in overrides { list.append(try Override(text)) }
    return list
  }

  /// The seed; nil when none was given.
  func checkedSeed() throws(ConfigError) -> UInt64? {
    if let seed, seed < 0 {
      throw ConfigError(.flag("--seed"), "\(seed) is negative; write a whole number from 0")
    }
    return seed.map { UInt64($0) }
  }
}

/// The experiment and what the command line lays over it.
struct ExperimentOptions: ParsableArguments {
  @Argument(
    help: "The experiment file (YAML or JSON).", completion: .file(extensions: ["yaml", "json"]))
  var experiment: String

  @OptionGroup var changes: OverrideOptions

  /// The experiment, overrides applied.
  func load() throws(ConfigError) -> ExperimentConfig {
    let seed = try changes.checkedSeed()
    return try .load(experiment, overrides: try changes.list(), seed: seed)
  }
}
