internal import ArgumentParser
internal import Experiment

/// `martlet run`: simulates one experiment.
struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Simulates an experiment and writes its results.")

  @OptionGroup var options: ExperimentOptions

  @Option(help: "The directory of the results; NAME-out beside the working directory by default.")
  var out: String?

  @Flag(help: "Prints summary.json instead of the table.")
  var json = false

  @Flag(help: "Prints no progress.")
  var quiet = false

  @Flag(help: "Replaces an existing --out directory.")
  var force = false

  @Flag(help: "Simulates every engine step on its own: slower, the same results.")
  var exactSteps = false

  func run() throws {
    let config = try options.load()
    let directory = try OutputDirectory(at: out ?? "\(config.name)-out", force: force)
    _ = directory.partial
    throw ConfigError(nil, "run: the engine is not assembled")
  }
}
