internal import ArgumentParser
internal import Experiment
internal import Files

/// `martlet validate`: reads an experiment and says what is wrong, or that nothing is.
struct Validate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate", abstract: "Checks an experiment file and runs nothing.")

  @OptionGroup var options: ExperimentOptions

  @Flag(help: "Prints every key with its value, defaults included.")
  var printConfig = false

  func run() throws {
    let config = try options.load()
    let assembly = try Assembly(config)
    try assembly.checkWorkload()
    if printConfig {
      print(config.effectiveYAML(assembly.resolved, in: "."), terminator: "")
    } else {
      print("\(options.experiment): valid")
    }
  }
}
