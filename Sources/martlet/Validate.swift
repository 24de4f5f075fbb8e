internal import ArgumentParser
internal import Experiment
internal import Files
internal import Studies

/// `martlet validate`: reads an experiment or a sweep and says what is wrong, or that nothing is.
struct Validate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Checks an experiment file, or every point of a sweep file, and runs nothing.")

  @OptionGroup var options: ExperimentOptions

  @Flag(help: "Prints every key of an experiment with its value, defaults included.")
  var printConfig = false

  @Flag(help: "Prints JSON.")
  var json = false

  func validate() throws {
    if printConfig, json { throw ValidationError("--print-config and --json exclude each other") }
  }

  func run() throws {
    var warnings = Warnings()
    if try FileCheck.isSweep(options.experiment) {
      let check = try sweep()
      for caveat in check.caveats { warnings.warn(caveat, caveat) }
      print(json ? check.json.text : check.text, terminator: "")
      warnings.finish()
      return
    }
    let config = try options.load()
    let assembly = try Assembly(config)
    let check = try FileCheck(assembly, file: options.experiment)
    if printConfig {
      print(config.effectiveYAML(assembly.resolved, in: "."), terminator: "")
    } else {
      print(json ? check.json.text : check.text, terminator: "")
    }
  }

  private func sweep() throws(ConfigError) -> FileCheck {
    guard options.changes.seed == nil else {
      throw ConfigError(.flag("--seed"), "a sweep has its seeds in the file, under seeds")
    }
    guard !printConfig else {
      throw ConfigError(.flag("--print-config"), "prints an experiment, this file is a sweep")
    }
    return FileCheck(
      try SweepPlan.load(options.experiment, overrides: try options.changes.list()))
  }
}
