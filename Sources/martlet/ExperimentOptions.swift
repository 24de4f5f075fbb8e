internal import ArgumentParser
internal import Experiment
internal import Files

/// The experiment and what the command line lays over it.
struct ExperimentOptions: ParsableArguments {
  @Argument(help: "The experiment file (YAML or JSON).", completion: .file(extensions: ["yaml"]))
  var experiment: String

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp(
      "Sets a key, such as cluster.instances=4; a path is as seen from the working directory.",
      valueName: "key=value"))
  var overrides: [String] = []

  @Option(help: "The seed of every random stream, in place of the file's.")
  var seed: Int?

  /// The experiment, overrides applied.
  func load() throws(ConfigError) -> ExperimentConfig {
    if let seed, seed < 0 {
      throw ConfigError(.flag("--seed"), "\(seed) is negative; write a whole number from 0")
    }
    var list: [Override] = []
    for text in overrides { list.append(try Override(text)) }
    return try .load(experiment, overrides: list, seed: seed.map { UInt64($0) })
  }
}
